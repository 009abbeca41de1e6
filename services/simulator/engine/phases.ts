/**
 * The trading day of each instrument: which phase comes when, and what happens in between.
 *
 * An instrument without a session is in continuous trading for ever. With one, its phases follow the
 * simulated time; whoever drives the exchange stops at `nextPhaseNs` and calls `changePhases`.
 */
import type { TradingPhase, TradingSession } from '@sandpit/schemas/session.ts';
import type { SimNs } from '@sandpit/schemas/units.ts';
import { uncross } from './auction.ts';
import type { ExchangeState } from './exchange-state.ts';
import { expireAtClose } from './expiry.ts';
import { openBands } from './limit-state.ts';
import { isCollecting, type Listing } from './listing.ts';

const NS_PER_SECOND = 1_000_000_000;
/** A phase without an end of its own. */
export const NEVER_NS = Number.MAX_SAFE_INTEGER;

/** The phase that a session prescribes at `ns`, and when it ends. */
export function sessionAt(
  session: TradingSession | null,
  ns: number,
): { phase: TradingPhase; endsNs: number } {
  if (session === null) return { phase: 'continuous', endsNs: NEVER_NS };
  const phases: [TradingPhase, number][] = [
    ['preOpen', session.preOpenSeconds],
    ['openingAuction', session.openingAuctionSeconds],
    ['continuous', session.continuousSeconds],
    ['closingAuction', session.closingAuctionSeconds],
    ['closed', session.closedSeconds],
  ];
  const dayNs = phases.reduce((sum, [, seconds]) => sum + seconds, 0) * NS_PER_SECOND;
  let endsNs = Math.floor(ns / dayNs) * dayNs;
  for (const [phase, seconds] of phases) {
    endsNs += seconds * NS_PER_SECOND;
    if (ns < endsNs) return { phase, endsNs };
  }
  throw new RangeError(`A session of ${dayNs} ns does not cover ${ns}.`);
}

/** Puts every instrument where its session says, without an event: at the start of a venue. */
export function openSessions(state: ExchangeState): void {
  for (const listing of state.listings) {
    const { phase, endsNs } = sessionAt(listing.session, state.nowNs);
    listing.setPhase(phase, endsNs);
    if (phase === 'continuous') openBands(state, listing);
  }
}

/** When the next phase of any instrument begins, or its bands may move, in simulated ns. */
export function nextPhaseNs(state: ExchangeState): number {
  let next = NEVER_NS;
  for (const { phaseEndsNs, bands } of state.listings) {
    if (phaseEndsNs < next) next = phaseEndsNs;
    if (bands !== null && bands.nextNs < next) next = bands.nextNs;
  }
  return next;
}

/** An auction ends with its trade, a closing one with the end of the day orders as well. */
export function enterPhase(
  state: ExchangeState,
  listing: Listing,
  phase: TradingPhase,
  endsNs: number,
): void {
  const before = listing.phase;
  // What a halt has collected waits for an auction; a close right after it is none.
  const endsAuction = listing.isCollecting && before !== 'halted' && !isCollecting(phase);
  listing.setPhase(phase, endsNs);
  if (before !== phase) tellPhase(state, listing);
  const auctionTicks = endsAuction ? uncross(state, listing, before) : 0;
  if (phase === 'continuous' && before !== phase) openBands(state, listing, auctionTicks);
  if (phase === 'closed') listing.bands?.noteClose(listing.referenceTicks);
  if (before === 'closingAuction' || (phase === 'closed' && before !== 'closed')) {
    expireAtClose(state, listing);
  }
}

/** Tells the trader which phase the instrument is in, and until when. */
export function tellPhase(state: ExchangeState, listing: Listing): void {
  const { instrument, phase, halt } = listing;
  const endsNs = halt?.endsNs ?? listing.phaseEndsNs;
  state.hash.addText(phase);
  state.emit({
    type: 'phaseChanged',
    symbol: instrument.symbol,
    phase,
    endsNs: endsNs === NEVER_NS ? null : (endsNs as SimNs),
    ...(halt && { haltReason: halt.reason, extensions: halt.extensions }),
  });
}
