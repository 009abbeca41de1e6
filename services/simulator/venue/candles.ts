/** Candles of one instrument for every interval on offer, from one-second and one-minute ones. */
import type { CandleInterval } from '@sandpit/schemas/market-data.ts';
import { NS_PER_SECOND } from '@sandpit/schemas/units.ts';
import { lotsAfter, priceAfter, type SplitRatio } from '../engine/split-ratio.ts';
import { CandleRing, type CandleRow } from './candle-ring.ts';

export const SECOND_CANDLES = 3_600;
export const MINUTE_CANDLES = 1_440;
const SECONDS_PER_MINUTE = 60;

/** Seconds in an interval, and which ring it is made of. */
const INTERVALS: Readonly<Record<CandleInterval, { seconds: number; unitSeconds: number }>> = {
  '1s': { seconds: 1, unitSeconds: 1 },
  '5s': { seconds: 5, unitSeconds: 1 },
  '15s': { seconds: 15, unitSeconds: 1 },
  '1m': { seconds: 60, unitSeconds: 60 },
  '5m': { seconds: 300, unitSeconds: 60 },
  '15m': { seconds: 900, unitSeconds: 60 },
};

/** A candle on its grid, `startSecond` since simulated time 0. */
export interface CandleTicks extends Omit<CandleRow, 'interval'> {
  startSecond: number;
}

export interface DayStatistics {
  /** 0 = no trade yet. */
  openTicks: number;
  highTicks: number;
  lowTicks: number;
  volumeLots: number;
}

/** From this second on, prices and volumes are on another scale. No candle holds both. */
export interface CandleSplit extends SplitRatio {
  atSecond: number;
}

export class Candles {
  readonly #splits: readonly CandleSplit[];
  #seconds = new CandleRing(SECOND_CANDLES);
  #minutes = new CandleRing(MINUTE_CANDLES);
  #day: DayStatistics = { openTicks: 0, highTicks: 0, lowTicks: 0, volumeLots: 0 };
  #dayMinute = -1;

  /** @param splits  All that the instrument will ever have, oldest first. */
  constructor(splits: readonly CandleSplit[] = []) {
    this.#splits = splits;
  }

  add(atNs: number, priceTicks: number, lots: number): void {
    const second = Math.floor(atNs / NS_PER_SECOND);
    const minute = Math.floor(second / SECONDS_PER_MINUTE);
    this.#seconds.add(second, priceTicks, lots);
    this.#minutes.add(minute, priceTicks, lots);
    const day = this.#day;
    if (minute !== this.#dayMinute) this.#recount(minute);
    else {
      day.highTicks = Math.max(day.highTicks, priceTicks);
      day.lowTicks = Math.min(day.lowTicks, priceTicks);
      day.volumeLots += lots;
    }
  }

  /** Over the last 24 hours, or since the start; as of the last trade, on the scale of now. */
  day(nowNs: number): Readonly<DayStatistics> {
    if (this.#splits.length === 0) return this.#day;
    const second = Math.floor(nowNs / NS_PER_SECOND);
    return this.#rescaled(this.#day, this.#dayMinute * SECONDS_PER_MINUTE, second);
  }

  /** One-second candles with a trade at or after `fromSecond`, oldest first, at most `limit`. */
  secondsSince(fromSecond: number, limit: number): CandleTicks[] {
    const candles: CandleTicks[] = [];
    for (let age = 0; age < Math.min(limit, this.#seconds.length); age++) {
      const { interval, ...candle } = this.#seconds.row(age);
      if (interval < fromSecond) break;
      candles.push({ ...candle, startSecond: interval });
    }
    return candles.reverse();
  }

  /**
   * The newest candles, oldest first, without gaps up to the one at `nowNs`: where nothing traded a
   * candle is flat at the close before, with volume 0.
   */
  list(interval: CandleInterval, limit: number, nowNs: number): CandleTicks[] {
    const { seconds, unitSeconds } = INTERVALS[interval];
    const ring = unitSeconds === 1 ? this.#seconds : this.#minutes;
    const last = Math.floor(nowNs / NS_PER_SECOND / seconds);
    const traded = merged(ring, seconds / unitSeconds, last - limit + 1);
    const candles: CandleTicks[] = [];
    traded.forEach((candle, i) => {
      const until = traded[i + 1]?.interval ?? last + 1;
      const from = candle.interval * seconds;
      for (let n = Math.max(candle.interval, last - limit + 1); n < until; n++) {
        candles.push({
          ...(n === candle.interval
            ? rest(candle)
            : flatAt(this.#ticksAt(candle.closeTicks, from, n * seconds))),
          startSecond: n * seconds,
        });
      }
    });
    return candles;
  }

  snapshot(): Uint8Array[] {
    return [this.#seconds.snapshot(), this.#minutes.snapshot()];
  }

  static restore(
    seconds: Uint8Array,
    minutes: Uint8Array,
    splits: readonly CandleSplit[] = [],
  ): Candles {
    const candles = new Candles(splits);
    candles.#seconds = CandleRing.restore(SECOND_CANDLES, seconds);
    candles.#minutes = CandleRing.restore(MINUTE_CANDLES, minutes);
    if (candles.#minutes.length > 0) candles.#recount(candles.#minutes.row(0).interval);
    return candles;
  }

  /** Adds up the last 24 hours anew; once a minute, so that old minutes drop out. */
  #recount(minute: number): void {
    const day = { openTicks: 0, highTicks: 0, lowTicks: Number.MAX_SAFE_INTEGER, volumeLots: 0 };
    for (let age = 0; age < this.#minutes.length; age++) {
      const row = this.#minutes.row(age);
      if (row.interval <= minute - MINUTE_CANDLES) break;
      const at = row.interval * SECONDS_PER_MINUTE;
      const candle = this.#rescaled(row, at, minute * SECONDS_PER_MINUTE);
      day.openTicks = candle.openTicks;
      day.highTicks = Math.max(day.highTicks, candle.highTicks);
      day.lowTicks = Math.min(day.lowTicks, candle.lowTicks);
      day.volumeLots += candle.volumeLots;
    }
    this.#day = day;
    this.#dayMinute = minute;
  }

  #splitsWithin(fromSecond: number, toSecond: number): readonly CandleSplit[] {
    if (this.#splits.length === 0) return this.#splits;
    return this.#splits.filter(({ atSecond }) => atSecond > fromSecond && atSecond <= toSecond);
  }

  /** A price of one time on the scale of another, later one. */
  #ticksAt(ticks: number, fromSecond: number, toSecond: number): number {
    return this.#splitsWithin(fromSecond, toSecond).reduce(priceAfter, ticks);
  }

  #rescaled<Row extends DayStatistics>(row: Row, fromSecond: number, toSecond: number): Row {
    const splits = this.#splitsWithin(fromSecond, toSecond);
    if (splits.length === 0 || row.openTicks === 0) return row;
    return {
      ...row,
      openTicks: splits.reduce(priceAfter, row.openTicks),
      highTicks: splits.reduce(priceAfter, row.highTicks),
      lowTicks: splits.reduce(priceAfter, row.lowTicks),
      volumeLots: splits.reduce(lotsAfter, row.volumeLots),
    };
  }
}

/** Candles of `units` units each, oldest first, back to the one in force at `fromInterval`. */
function merged(ring: CandleRing, units: number, fromInterval: number): CandleRow[] {
  const rows: CandleRow[] = [];
  for (let age = 0; age < ring.length; age++) {
    const row = ring.row(age);
    row.interval = Math.floor(row.interval / units);
    const later = rows.at(-1);
    if (later?.interval === row.interval) {
      later.openTicks = row.openTicks;
      later.highTicks = Math.max(later.highTicks, row.highTicks);
      later.lowTicks = Math.min(later.lowTicks, row.lowTicks);
      later.volumeLots += row.volumeLots;
      later.trades += row.trades;
    } else {
      if (later && later.interval <= fromInterval) break;
      rows.push(row);
    }
  }
  return rows.reverse();
}

const rest = ({ interval: _, ...candle }: CandleRow) => candle;

const flatAt = (ticks: number) => ({
  openTicks: ticks,
  highTicks: ticks,
  lowTicks: ticks,
  closeTicks: ticks,
  volumeLots: 0,
  trades: 0,
});
