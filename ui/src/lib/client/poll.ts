/**
 * Asks again and again for as long as somebody looks: never two at once, not from a hidden page, and
 * ever more rarely while it fails.
 */
import type { Clock } from './clock.ts';

const FAILED_MAX_MS = 60_000;

export interface PollOptions {
  clock: Clock;
  /** @returns when to ask next, ms from the answer; null = never again. */
  ask(): Promise<number | null>;
  /** After a failure, doubled with each further one up to a minute. */
  failedMs: number;
  isVisible(): boolean;
}

export class Poll {
  readonly #options: PollOptions;
  #cancel: (() => void) | null = null;
  #running = false;
  #asking = false;
  #failures = 0;

  constructor(options: PollOptions) {
    this.#options = options;
  }

  /** @param firstMs  Until it is asked for the first time. */
  start(firstMs = 0): void {
    if (this.#running) return;
    this.#running = true;
    this.#next(firstMs);
  }

  stop(): void {
    this.#running = false;
    this.#cancel?.();
    this.#cancel = null;
  }

  /** The page is looked at again, or something has changed: asks before its time. */
  now(): void {
    if (this.#running && !this.#asking) this.#next(0);
  }

  #next(ms: number): void {
    this.#cancel?.();
    this.#cancel = this.#options.clock.after(ms, () => void this.#ask());
  }

  async #ask(): Promise<void> {
    this.#cancel = null;
    const { ask, failedMs, isVisible } = this.#options;
    // It is asked as soon as it is looked at.
    if (!isVisible()) return;
    this.#asking = true;
    let waitMs: number | null;
    try {
      waitMs = await ask();
      this.#failures = 0;
    } catch {
      waitMs = Math.min(FAILED_MAX_MS, failedMs * 2 ** this.#failures);
      this.#failures += 1;
    }
    this.#asking = false;
    if (this.#running && waitMs !== null) this.#next(waitMs);
  }
}
