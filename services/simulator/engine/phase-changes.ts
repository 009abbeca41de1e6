/** What ends by its time: a phase of the trading day, a halt, a reopening auction. */
import type { ExchangeState } from './exchange-state.ts';
import { continueHalt } from './halts.ts';
import { enterPhase, sessionAt } from './phases.ts';

/** Ends every phase that is over at `state.nowNs`. */
export function changePhases(state: ExchangeState): void {
  for (const listing of state.listings) {
    if (listing.phaseEndsNs > state.nowNs) continue;
    if (listing.halt !== null) {
      continueHalt(state, listing);
      continue;
    }
    const { phase, endsNs } = sessionAt(listing.session, state.nowNs);
    enterPhase(state, listing, phase, endsNs);
  }
}
