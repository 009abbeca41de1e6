/**
 * Candles of any interval out of the one-second ones. Seconds replace each other by their start, so a
 * candle that is sent again while it grows is never counted twice.
 */
import { stepsOf, textOfSteps } from '@sandpit/schemas/decimal.ts';
import type { Candle, CandleInterval } from '@sandpit/schemas/market-data.ts';

export const INTERVAL_SECONDS: Record<CandleInterval, number> = {
  '1s': 1,
  '5s': 5,
  '15s': 15,
  '1m': 60,
  '5m': 300,
  '15m': 900,
};

const MAX_SECONDS = 2_000;

/** Unix seconds of the interval that `start` falls into. */
export function bucketOf(start: string, intervalSeconds: number): number {
  return Math.floor(Date.parse(start) / 1_000 / intervalSeconds) * intervalSeconds;
}

/** One candle over several in order of time; null for none. Volumes are exact. */
export function mergeCandles(candles: readonly Candle[], start: string): Candle | null {
  const [first] = candles;
  const last = candles.at(-1);
  if (!first || !last) return null;
  let { high, low } = first;
  let volume = 0;
  let trades = 0;
  const decimals = Math.max(...candles.map(({ volume }) => volume.split('.')[1]?.length ?? 0));
  const step = decimals === 0 ? '1' : `0.${'1'.padStart(decimals, '0')}`;
  for (const candle of candles) {
    if (Number(candle.high) > Number(high)) high = candle.high;
    if (Number(candle.low) < Number(low)) low = candle.low;
    volume += stepsOf(candle.volume, step) ?? 0;
    trades += candle.trades;
  }
  const total = textOfSteps(volume, step);
  return { start, open: first.open, high, low, close: last.close, volume: total, trades };
}

/** The bars of one chart: history from the venue, the newest ones rebuilt from live seconds. */
export class CandleSeries {
  readonly #intervalSeconds: number;
  /** By start in Unix seconds. */
  readonly #bars = new Map<number, Candle>();
  readonly #seconds = new Map<number, Candle>();
  /** Buckets told by the venue whose first seconds are unknown here: they can only be extended. */
  readonly #toldOnly = new Set<number>();

  constructor(interval: CandleInterval) {
    this.#intervalSeconds = INTERVAL_SECONDS[interval];
  }

  /** @param history  Candles of the interval. @param seconds  The newest one-second candles. */
  load(history: readonly Candle[], seconds: readonly Candle[]): void {
    for (const candle of seconds) this.#seconds.set(bucketOf(candle.start, 1), candle);
    const [earliest] = seconds;
    const knownFrom = earliest ? bucketOf(earliest.start, 1) : Number.POSITIVE_INFINITY;
    for (const candle of history) {
      const bucket = bucketOf(candle.start, this.#intervalSeconds);
      this.#bars.set(bucket, candle);
      if (bucket < knownFrom) this.#toldOnly.add(bucket);
    }
    const touched = new Set(seconds.map(({ start }) => bucketOf(start, this.#intervalSeconds)));
    for (const bucket of touched) this.#rebuild(bucket);
  }

  /** @returns the bars that changed, as [Unix seconds, candle]. */
  apply(seconds: readonly Candle[]): [number, Candle][] {
    const touched = new Set<number>();
    for (const candle of seconds) {
      this.#seconds.set(bucketOf(candle.start, 1), candle);
      touched.add(bucketOf(candle.start, this.#intervalSeconds));
    }
    this.#forgetOld();
    const changed: [number, Candle][] = [];
    for (const bucket of [...touched].toSorted((a, b) => a - b)) {
      this.#rebuild(bucket);
      const bar = this.#bars.get(bucket);
      if (bar) changed.push([bucket, bar]);
    }
    return changed;
  }

  /** All bars, oldest first. */
  all(): [number, Candle][] {
    return [...this.#bars].toSorted(([a], [b]) => a - b);
  }

  /** @param time  Start of a bar in Unix seconds. */
  at(time: number): Candle | undefined {
    return this.#bars.get(time);
  }

  #rebuild(bucket: number): void {
    const seconds: Candle[] = [];
    for (let second = bucket; second < bucket + this.#intervalSeconds; second += 1) {
      const candle = this.#seconds.get(second);
      if (candle) seconds.push(candle);
    }
    const merged = mergeCandles(seconds, new Date(bucket * 1_000).toISOString());
    if (!merged) return;
    const known = this.#bars.get(bucket);
    // Of a bar whose beginning is unknown the venue's sum stands, and only its end moves on.
    const isExtended =
      known !== undefined && this.#toldOnly.has(bucket) && this.#intervalSeconds > 1;
    this.#bars.set(bucket, isExtended ? extended(known, merged) : merged);
  }

  #forgetOld(): void {
    for (const second of this.#seconds.keys()) {
      if (this.#seconds.size <= MAX_SECONDS) return;
      this.#seconds.delete(second);
    }
  }
}

/** `known` with the extremes and the close of `newer`. */
function extended(known: Candle, newer: Candle): Candle {
  return {
    ...known,
    high: Number(newer.high) > Number(known.high) ? newer.high : known.high,
    low: Number(newer.low) < Number(known.low) ? newer.low : known.low,
    close: newer.close,
  };
}
