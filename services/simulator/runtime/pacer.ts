/**
 * Notices that a machine cannot run a market at the speed that was asked for, and which speed it can
 * keep up with. A market that fell behind because its worker was away is left to catch up: only a lag
 * that does not shrink is one that stays.
 */
import { NS_PER_MS } from '@sandpit/schemas/units.ts';
import { realSpeed } from '../venue/clock.ts';
import type { Venue } from '../venue/venue.ts';

/** Host time that a market may be late without a word. */
const LATE_MS = 1_000;
const WINDOW_MS = 1_000;
/** Of what the machine has just done: the rest is for commands and other simulators. */
const MARGIN = 0.8;
/** A slowed market that was on time for so long is let run faster. */
const CALM_MS = 10_000;
const FASTER = 1.5;
const SPEED_MIN = 0.1;

export class Pacer {
  /** Since when it has been late, how late it was then, and where the market stood. */
  #late: { sinceMs: number; lateMs: number; nowNs: number } | null = null;
  #calmSinceMs: number | null = null;

  /**
   * @param targetNs  Where the clock wants the market to be.
   * @returns         The speed to run at from now on, null = as asked for; undefined = no change.
   */
  judge(
    { clock, nowNs, seekNs }: Pick<Venue, 'clock' | 'nowNs' | 'seekNs'>,
    targetNs: number,
    monotonicMs: number,
  ): number | null | undefined {
    if (clock?.state !== 'running' || seekNs !== null) return this.#forget();
    const speed = realSpeed(clock);
    const lateMs = (targetNs - nowNs) / NS_PER_MS / speed;
    if (lateMs > LATE_MS) return this.#judgeLate(speed, lateMs, nowNs, monotonicMs);
    this.#late = null;
    if (!clock.lagging) return this.#forget();
    this.#calmSinceMs ??= monotonicMs;
    if (monotonicMs - this.#calmSinceMs < CALM_MS) return undefined;
    this.#calmSinceMs = null;
    return speed * FASTER >= clock.speed ? null : speed * FASTER;
  }

  #judgeLate(
    speed: number,
    lateMs: number,
    nowNs: number,
    monotonicMs: number,
  ): number | undefined {
    this.#calmSinceMs = null;
    const late = this.#late;
    const elapsedMs = late ? monotonicMs - late.sinceMs : 0;
    if (late && elapsedMs < WINDOW_MS) return undefined;
    this.#late = { sinceMs: monotonicMs, lateMs, nowNs };
    if (!late || lateMs < late.lateMs) return undefined;
    this.#late = null;
    const achieved = (nowNs - late.nowNs) / NS_PER_MS / elapsedMs;
    const slower = Math.max(SPEED_MIN, Math.min(achieved, speed) * MARGIN);
    return slower < speed ? slower : undefined;
  }

  #forget(): undefined {
    this.#late = null;
    this.#calmSinceMs = null;
  }
}
