/**
 * The trading day of each instrument: which phase comes when, and what happens in between.
 *
 * An instrument without a session is in continuous trading for ever. With one, its phases follow the
 * simulated time; whoever drives the exchange stops at `nextPhaseNs` and calls `changePhases`.
 */
import type { TradingPhase, TradingSession } from '@sandpit/schemas/session.ts';
import { uncross } from './auction.ts';
import type { ExchangeState } from './exchange-state.ts';
import { expireAtClose } from './expiry.ts';
import type { Listing } from './listing.ts';

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
  }
}

/** When the next phase of any instrument begins, in simulated ns. */
export function nextPhaseNs(state: ExchangeState): number {
  let next = NEVER_NS;
  for (const { phaseEndsNs } of state.listings) if (phaseEndsNs < next) next = phaseEndsNs;
  return next;
}

/** Ends every phase that is over at `state.nowNs`. */
export function changePhases(state: ExchangeState): void {
  for (const listing of state.listings) {
    if (listing.phaseEndsNs > state.nowNs) continue;
    const { phase, endsNs } = sessionAt(listing.session, state.nowNs);
    enterPhase(state, listing, phase, endsNs);
  }
}

/** An auction ends with its trade, a closing one with the end of the day orders as well. */
export function enterPhase(
  state: ExchangeState,
  listing: Listing,
  phase: TradingPhase,
  endsNs: number,
): void {
  const before = listing.phase;
  const endsAuction = listing.isCollecting && !isCollecting(phase);
  listing.setPhase(phase, endsNs);
  if (before !== phase) {
    state.hash.addText(phase);
    state.emit({ type: 'phaseChanged', symbol: listing.instrument.symbol, phase });
  }
  if (endsAuction) uncross(state, listing, before);
  if (before === 'closingAuction' || (phase === 'closed' && before !== 'closed')) {
    expireAtClose(state, listing);
  }
}

export function isCollecting(phase: TradingPhase): boolean {
  return phase === 'preOpen' || phase.endsWith('Auction');
}
