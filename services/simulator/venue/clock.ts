/**
 * Where simulated time stands, given host time:
 *
 *   simNow = anchor.sim + (wall − anchor.wall) × speed     while running, else anchor.sim
 *
 * Pause, resume, speed and stop move the anchor, so simulated time never jumps at one of them. Whole
 * nanoseconds; whoever computes it from the same anchor gets the same number. During a seek the
 * market does not follow host time: its present is wherever it has come to.
 */
import type { ClockState } from '@sandpit/schemas/event.ts';
import { NS_PER_MS, type SimNs } from '@sandpit/schemas/units.ts';
import { epochMs, isoText } from './timestamps.ts';

/** The end of simulated time, some 104 days: the last nanosecond that is an exact number. */
export const MAX_SIM_NS = Number.MAX_SAFE_INTEGER;

/** Simulated time at a host time, never before `notBeforeNs` (host clocks may step back). */
export function simTimeAt(clock: ClockState, wallMs: number, notBeforeNs: number): SimNs {
  if (clock.seek) return notBeforeNs as SimNs;
  if (clock.state !== 'running') return Math.max(clock.anchorSimNs, notBeforeNs) as SimNs;
  const elapsedMs = Math.max(0, wallMs - epochMs(clock.anchorWall));
  const simNs = clock.anchorSimNs + Math.floor(elapsedMs * NS_PER_MS * realSpeed(clock));
  return Math.max(notBeforeNs, Math.min(simNs, MAX_SIM_NS)) as SimNs;
}

/** How fast it really runs. */
export const realSpeed = ({ speed, lagging }: ClockState): number => lagging?.realSpeed ?? speed;

/** A clock anchored at this moment. */
export function anchored(
  state: ClockState['state'],
  speed: number,
  simNs: number,
  wallMs: number,
): ClockState {
  return { state, speed, anchorSimNs: simNs as SimNs, anchorWall: isoText(wallMs) };
}
