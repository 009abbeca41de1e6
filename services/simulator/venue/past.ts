/**
 * The market before the trader came depends on the scenario and the seed alone, and can be the most
 * expensive part of a start. It is run beforehand, for nobody, and given to a venue that has just
 * started: what comes out is the same, byte for byte, as if the venue had run it itself.
 */
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { type Micros, NS_PER_SECOND, type SimNs } from '@sandpit/schemas/units.ts';
import type { ExchangeSnapshot } from '../engine/exchange-snapshot.ts';
import { nextWatchNs } from '../engine/margin-call.ts';
import { pack, unpack } from './bytes.ts';
import { openVenue, restoreVenue } from './create.ts';
import { nextCutNs } from './frame-grid.ts';
import type { SavedVenue } from './snapshot.ts';
import type { Venue } from './venue.ts';

/** Simulated time between two looks of `preparePast` at its caller. */
const STEP_NS = NS_PER_SECOND;
const EPOCH = '1970-01-01T00:00:00.000Z';

/** A market that was run up to the moment at which traders come. */
export interface Past {
  scenarioHash: string;
  seed: number;
  /** Before it was run. */
  begun: SavedVenue;
  /** Where it has come to, and its books and tapes. */
  saved: SavedVenue;
  blobs: Uint8Array[];
}

/**
 * Runs the past of a scenario and seed; yields often, and returns it. Null: it has none.
 *
 * @throws RangeError as `openVenue`
 */
export function* preparePast(
  scenario: Scenario,
  scenarioHash: string,
  seed: number,
): Generator<void, Past | null> {
  const untilNs = scenario.warmUpSeconds * NS_PER_SECOND;
  if (untilNs === 0) return null;
  const venue = openVenue(scenario, { simulatorId: 'nobody', scenarioHash });
  venue.setFramesWanted(false);
  start(venue, scenario, scenarioHash, seed);
  const begun = unpack(venue.snapshot()).plain as SavedVenue;
  while (venue.nowNs < untilNs) {
    yield;
    venue.advanceTo(Math.min(untilNs, venue.nowNs + STEP_NS) as SimNs);
  }
  const { plain, blobs } = unpack(venue.snapshot());
  return { scenarioHash, seed, begun, saved: plain as SavedVenue, blobs };
}

function start(venue: Venue, { id }: Scenario, scenarioHash: string, seed: number): void {
  const body = {
    type: 'start' as const,
    sessionId: 'nobody',
    scenarioId: id,
    scenarioHash,
    seed,
    startingCashMicros: 0 as Micros,
    speed: 1,
  };
  const ids = { commandId: 'start', simulatorId: 'nobody', accountId: 'nobody' };
  const command = { ...ids, correlationId: 'nobody', receivedAt: EPOCH, deadlineAt: null, body };
  venue.execute(command, { wallMs: 0, sequence: 1 });
}

/**
 * The venue with its past behind it.
 *
 * @param venue  Has executed its start command and nothing else; it is not changed.
 * @returns null when the past is not this venue's, or it has gone on by itself.
 */
export function venueWithPast(scenario: Scenario, venue: Venue, past: Past): Venue | null {
  if (venue.nowNs !== 0 || venue.clock === null) return null;
  const own = unpack(venue.snapshot()).plain as SavedVenue;
  const { scenarioHash, seed, begun, saved, blobs } = past;
  if (own.scenarioHash !== scenarioHash || own.seed !== seed) return null;
  // Whatever has moved a book or an agent since is no past of everybody's.
  if (!isEqual(own.market, begun.market) || !isEqual(own.exchange.hash, begun.exchange.hash)) {
    return null;
  }
  const merged: SavedVenue = {
    ...own,
    nowNs: saved.nowNs,
    nextCutNs: nextCutNs(saved.nowNs, venue.clock.speed),
    nextMidnightNs: saved.nextMidnightNs,
    exchange: exchangeAfter(own.exchange, begun.exchange, saved.exchange),
    market: saved.market,
    feeds: saved.feeds,
  };
  return restoreVenue(scenario, pack(merged, blobs));
}

/** What the past has changed; what it has not is the trader's own. */
function exchangeAfter(
  own: ExchangeSnapshot,
  begun: ExchangeSnapshot,
  saved: ExchangeSnapshot,
): ExchangeSnapshot {
  const listings = own.listings.map((listing, i) =>
    changed(listing, begun.listings[i]!, saved.listings[i]!),
  );
  const { type } = own.terms;
  const watch = type === 'margin' && { nextWatchNs: nextWatchNs(saved.nowNs) };
  return { ...changed(own, begun, saved), ...watch, listings };
}

function changed<Part extends object>(own: Part, begun: Part, saved: Part): Part {
  const moved = Object.entries(saved).filter(
    ([key, value]) => !isEqual(value, begun[key as keyof Part]),
  );
  return { ...own, ...Object.fromEntries(moved) };
}

/** Of plain data that was made by the same code: its keys stand in the same order. */
const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
