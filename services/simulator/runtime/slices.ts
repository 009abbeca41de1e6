/** Long stretches of market, run in slices so that leases and other simulators keep their turn. */
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import { NS_PER_SECOND, type SimNs } from '@sandpit/schemas/units.ts';
import type { Venue } from '../venue/venue.ts';
import { DefectError, type Host } from './host.ts';

/** At 2,000 simulated seconds per CPU second, half a millisecond of work. */
export const SLICE_NS = NS_PER_SECOND;
const YIELD_AFTER_MS = 8;

/**
 * Advances to `targetNs`, yielding to the process in between.
 *
 * @param mayContinue  Throws when the simulator is no longer ours.
 * @returns            What touched the trader, in order.
 */
export async function advanceInSlices(
  venue: Venue,
  targetNs: SimNs,
  host: Host,
  mayContinue: () => void,
): Promise<VenueEvent[]> {
  const events: VenueEvent[] = [];
  let busySinceMs = host.monotonicMs();
  while (venue.nowNs < targetNs) {
    const fromNs = venue.nowNs;
    events.push(...venue.advanceTo(Math.min(targetNs, fromNs + SLICE_NS) as SimNs));
    if (venue.nowNs === fromNs) throw new DefectError(`The market stands still at ${fromNs} ns.`);
    if (host.monotonicMs() - busySinceMs < YIELD_AFTER_MS) continue;
    await host.yield();
    mayContinue();
    busySinceMs = host.monotonicMs();
  }
  return events;
}
