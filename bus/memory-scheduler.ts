/** Time as the in-memory bus sees it: handed in, so that a seed can decide what happens when. */
export interface Scheduler {
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /** Runs once, `delayMs` from now; never before the caller has returned. Returns how to call it off. */
  after(delayMs: number, run: () => void): () => void;
}

/** The host's own clock. */
export const hostScheduler: Scheduler = {
  nowMs: () => Date.now(),
  after(delayMs, run) {
    if (delayMs === 0) {
      const immediate = setImmediate(run);
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/**
 * Virtual time: nothing happens until `advance`, then everything in the order of its time, and of its
 * planning within the same millisecond.
 */
export class VirtualScheduler implements Scheduler {
  #nowMs: number;
  #planned: { atMs: number; run: () => void }[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const entry = { atMs: this.#nowMs + delayMs, run };
    // Behind everything planned for the same time.
    let at = this.#planned.length;
    while (at > 0 && (this.#planned[at - 1] as typeof entry).atMs > entry.atMs) at--;
    this.#planned.splice(at, 0, entry);
    return () => {
      this.#planned = this.#planned.filter((planned) => planned !== entry);
    };
  }

  /** Runs what is due within `durationMs`, letting promises settle after each step. */
  async advance(durationMs: number): Promise<void> {
    const untilMs = this.#nowMs + durationMs;
    await settle();
    for (let next = this.#planned[0]; next && next.atMs <= untilMs; next = this.#planned[0]) {
      this.#planned.shift();
      this.#nowMs = next.atMs;
      next.run();
      await settle();
    }
    this.#nowMs = untilMs;
  }
}

/** Promise callbacks that wait on one another, down to this depth, run before time goes on. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
