/** The mean price of the trades of the last five minutes, to five seconds. */
const NS_PER_BUCKET = 5_000_000_000;
/** Sixty whole buckets and the one under way. */
const BUCKETS = 61;

export interface WindowSnapshot {
  newest: number;
  sums: number[];
  counts: number[];
}

export class ReferenceWindow {
  /** Number of the bucket under way: simulated time ÷ length. */
  #newest = 0;
  readonly #sums = new Float64Array(BUCKETS);
  readonly #counts = new Float64Array(BUCKETS);

  clear(): void {
    this.#sums.fill(0);
    this.#counts.fill(0);
  }

  add(nowNs: number, priceTicks: number): void {
    this.#goTo(nowNs);
    const slot = this.#newest % BUCKETS;
    this.#sums[slot] += priceTicks;
    this.#counts[slot]++;
  }

  /** Whole ticks, half up; 0 when nothing has traded. */
  mean(nowNs: number): number {
    this.#goTo(nowNs);
    let sum = 0;
    let count = 0;
    for (let i = 0; i < BUCKETS; i++) {
      sum += this.#sums[i];
      count += this.#counts[i];
    }
    return count === 0 ? 0 : Math.floor((2 * sum + count) / (2 * count));
  }

  snapshot(): WindowSnapshot {
    return { newest: this.#newest, sums: [...this.#sums], counts: [...this.#counts] };
  }

  restore({ newest, sums, counts }: WindowSnapshot): void {
    this.#newest = newest;
    this.#sums.set(sums);
    this.#counts.set(counts);
  }

  #goTo(nowNs: number): void {
    const bucket = Math.floor(nowNs / NS_PER_BUCKET);
    const first = Math.max(this.#newest + 1, bucket - BUCKETS + 1);
    for (let n = first; n <= bucket; n++) {
      this.#sums[n % BUCKETS] = 0;
      this.#counts[n % BUCKETS] = 0;
    }
    if (bucket > this.#newest) this.#newest = bucket;
  }
}
