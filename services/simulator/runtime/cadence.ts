/**
 * How often the host has to look at a market. Most of what a step costs is that the market's memory is
 * not in the processor's caches, so a thousand markets in a process are looked at only when there is
 * something to see. Nobody can tell afterwards: a market is the same in however many steps it is run.
 */
import { NS_PER_SECOND } from '@sandpit/schemas/units.ts';
import type { Venue } from '../venue/venue.ts';

/** Of host time: how far a market that nobody watches runs in one step. */
const UNWATCHED_SECONDS = 0.5;

export type Paced = Pick<
  Venue,
  'clock' | 'nowNs' | 'seekNs' | 'hasOpenOrders' | 'frameNs' | 'nextFrameNs'
>;

/** Is a step towards `targetNs` worth it by now? An open order is looked after at every chance. */
export function isStepDue(venue: Paced, targetNs: number, isWatched: boolean): boolean {
  if (venue.seekNs !== null || venue.hasOpenOrders) return true;
  if (targetNs < venue.nextFrameNs) return false;
  const speed = venue.clock?.speed ?? 1;
  return isWatched || targetNs - venue.nowNs >= UNWATCHED_SECONDS * NS_PER_SECOND * speed;
}

/** How far to run before frames are worth building for a market that nobody watches: all but one. */
export function unseenNs({ nowNs, frameNs }: Paced, targetNs: number): number {
  return Math.max(0, targetNs - frameNs - nowNs);
}
