/** Time and timers, handed in so that tests own them. */
export interface Clock {
  /** Milliseconds that never run backwards. */
  nowMs(): number;
  /** Runs once; the result cancels it. */
  after(ms: number, run: () => void): () => void;
}

export const browserClock: Clock = {
  nowMs: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
