/**
 * Notices that the device has slept: on some systems the clock that never runs backwards stands still
 * meanwhile, while the wall clock goes on.
 */

/** Less is an ordinary correction of the wall clock. */
const SLEPT_MS = 2_000;

export class SleepWatch {
  #wallMs: number;
  #monotonicMs: number;

  constructor(wallMs: number, monotonicMs: number) {
    this.#wallMs = wallMs;
    this.#monotonicMs = monotonicMs;
  }

  /** Whether it has since the last question. */
  hasSlept(wallMs: number, monotonicMs: number): boolean {
    const missedMs = wallMs - this.#wallMs - (monotonicMs - this.#monotonicMs);
    this.#wallMs = wallMs;
    this.#monotonicMs = monotonicMs;
    return missedMs > SLEPT_MS;
  }
}
