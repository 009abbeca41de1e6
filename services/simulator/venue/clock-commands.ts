/** What each command makes of a clock, and the clock's part of the venue's fingerprint. */
import type { CommandBody } from '@sandpit/schemas/command.ts';
import type { ClockState } from '@sandpit/schemas/event.ts';
import type { StateHash } from '../engine/state-hash.ts';
import { anchored } from './clock.ts';
import { isSeek, type SeekBody, seekOf } from './seek.ts';
import type { Hibernation } from './venue.ts';

export type ClockCommand =
  | Extract<CommandBody, { type: 'stop' | 'pause' | 'resume' | 'speed' }>
  | SeekBody;

const STATE_AFTER = { stop: 'stopped', pause: 'paused', resume: 'running' } as const;

/** Another speed leaves a seek under way alone; every other command puts its own in its place. */
export function clockAfter(
  { state, speed, seek }: ClockState,
  body: ClockCommand,
  nowNs: number,
  wallMs: number,
): ClockState {
  if (isSeek(body)) {
    return { ...anchored('running', speed, nowNs, wallMs), seek: seekOf(body, nowNs)! };
  }
  if (body.type !== 'speed') return anchored(STATE_AFTER[body.type], speed, nowNs, wallMs);
  const clock = anchored(state, body.speed, nowNs, wallMs);
  return seek ? { ...clock, seek } : clock;
}

/** Null: it changes nothing. */
export function clockAfterPace(
  clock: ClockState | null,
  realSpeed: number | null,
  nowNs: number,
  wallMs: number,
): ClockState | null {
  if (clock?.state !== 'running' || clock.seek) return null;
  const next = anchored('running', clock.speed, nowNs, wallMs);
  return realSpeed === null ? next : { ...next, lagging: { realSpeed } };
}

/** Null: it changes nothing. */
export function clockAfterHibernation(
  clock: ClockState | null,
  hibernation: Hibernation,
  nowNs: number,
  wallMs: number,
): ClockState | null {
  if (!clock || clock.state === 'stopped' || clock.seek) return null;
  const { state, speed, hibernated } = clock;
  if (hibernation === 'ends') return hibernated ? anchored(hibernated, speed, nowNs, wallMs) : null;
  if (hibernated) return clock;
  return { ...anchored('paused', speed, nowNs, wallMs), hibernated: state };
}

export function digestClock(clock: ClockState, hash: StateHash): void {
  hash.addText(clock.state);
  hash.addText(clock.anchorWall);
  hash.addLarge(clock.anchorSimNs);
  hash.addLarge(Math.round(clock.speed * 1_000_000));
  const { seek, lagging, hibernated } = clock;
  if (seek) {
    hash.addText(seek.until);
    hash.addLarge(seek.toNs);
    hash.add(seek.left);
  }
  if (lagging) hash.addLarge(Math.round(lagging.realSpeed * 1_000_000));
  if (hibernated) hash.addText(hibernated);
}
