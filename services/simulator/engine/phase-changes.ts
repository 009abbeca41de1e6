/** What ends by its time: a phase of the trading day, a halt, a reopening auction, a limit state. */
import type { ExchangeState } from './exchange-state.ts';
import { continueHalt } from './halts.ts';
import { changeBands } from './limit-state.ts';
import type { Listing } from './listing.ts';
import { enterPhase, sessionAt } from './phases.ts';

/** Ends every phase that is over at `state.nowNs`, and moves the price bands. */
export function changePhases(state: ExchangeState): void {
  for (const listing of state.listings) {
    if (listing.phaseEndsNs <= state.nowNs) changePhase(state, listing);
    changeBands(state, listing);
  }
}

function changePhase(state: ExchangeState, listing: Listing): void {
  if (listing.halt !== null) {
    continueHalt(state, listing);
    return;
  }
  const { phase, endsNs } = sessionAt(listing.session, state.nowNs);
  enterPhase(state, listing, phase, endsNs);
}
