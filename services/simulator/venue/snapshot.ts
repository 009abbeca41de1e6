/** A whole venue as bytes: books and candles as columns, the rest as one plain object. */
import type { ClockState } from '@sandpit/schemas/event.ts';
import { type ExchangeSnapshot, restoreInto, snapshotOf } from '../engine/exchange-snapshot.ts';
import type { MarketAccess } from '../market/access.ts';
import { Market, type MarketSnapshot } from '../market/market.ts';
import { pack, unpack } from './bytes.ts';
import type { FeedSnapshot } from './feed.ts';
import { Outcomes } from './outcomes.ts';
import type { SimulatedVenue } from './simulated-venue.ts';
import type { CommandOutcome } from './venue.ts';
import type { VenueIdentity } from './venue-view.ts';
import { ENGINE_VERSION } from './version.ts';

/** Of this layout; another one is refused. */
const FORMAT = 1;

export interface SavedVenue extends VenueIdentity {
  format: number;
  engineVersion: string;
  scenarioId: string;
  seed: number;
  nowNs: number;
  clock: ClockState | null;
  nextCutNs: number;
  nextMidnightNs: number;
  exchange: ExchangeSnapshot;
  market: MarketSnapshot | null;
  feeds: FeedSnapshot[];
  outcomes: CommandOutcome[];
}

export function packVenue(venue: SimulatedVenue): Uint8Array {
  const exchange = snapshotOf(venue.exchange.state);
  const feeds = venue.feeds.map((feed) => feed.snapshot());
  const saved: SavedVenue = {
    format: FORMAT,
    engineVersion: ENGINE_VERSION,
    simulatorId: venue.simulatorId,
    scenarioHash: venue.scenarioHash,
    scenarioId: venue.scenario.id,
    seed: venue.seed,
    nowNs: venue.nowNs,
    clock: venue.clock,
    nextCutNs: venue.nextFrameNs,
    nextMidnightNs: venue.nextMidnightNs,
    exchange: exchange.plain,
    market: venue.market?.snapshot() ?? null,
    feeds: feeds.map(({ plain }) => plain),
    outcomes: venue.outcomes.snapshot(),
  };
  return pack(saved, [...exchange.books, ...feeds.flatMap(({ blobs }) => blobs)]);
}

/**
 * @param create  Makes an empty venue with the saved identity, and the crowd's access to it.
 * @throws RangeError when the snapshot is not of this format, engine version or scenario.
 */
export function unpackVenue(
  bytes: Uint8Array,
  create: (saved: SavedVenue) => { venue: SimulatedVenue; access: MarketAccess },
): SimulatedVenue {
  const { plain, blobs } = unpack(bytes);
  const saved = plain as SavedVenue;
  if (saved.format !== FORMAT || saved.engineVersion !== ENGINE_VERSION) {
    throw new RangeError(
      `This snapshot is of engine ${saved.engineVersion}, format ${saved.format}; this is engine ` +
        `${ENGINE_VERSION}, format ${FORMAT}. Rebuild the venue from its log.`,
    );
  }
  const { venue, access } = create(saved);
  if (saved.scenarioId !== venue.scenario.id) {
    throw new RangeError(
      `This snapshot is of scenario ${saved.scenarioId}, not of ${venue.scenario.id}.`,
    );
  }
  const count = venue.feeds.length;
  restoreInto(venue.exchange.state, saved.exchange, blobs.slice(0, count));
  venue.feeds.forEach((feed, i) => {
    feed.restore(saved.feeds[i], blobs.slice(count + 2 * i, count + 2 * i + 2));
  });
  venue.seed = saved.seed;
  venue.clock = saved.clock;
  venue.nextFrameNs = saved.nextCutNs;
  venue.nextMidnightNs = saved.nextMidnightNs;
  venue.outcomes = Outcomes.restore(saved.outcomes);
  venue.market = saved.market && Market.restore(venue.scenario, saved.market, access);
  return venue;
}
