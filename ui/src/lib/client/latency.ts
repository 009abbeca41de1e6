/** The last few durations, for a median and a 95th percentile. */
const CAPACITY = 60;

export class LatencySamples {
  #samples: number[] = [];

  add(ms: number): void {
    this.#samples.push(ms);
    if (this.#samples.length > CAPACITY) this.#samples.shift();
  }

  /** Milliseconds by nearest rank, or null without samples. @param ratio  0.5 for the median. */
  percentile(ratio: number): number | null {
    if (this.#samples.length === 0) return null;
    const sorted = this.#samples.toSorted((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(ratio * sorted.length) - 1)] ?? null;
  }
}
