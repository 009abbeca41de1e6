/** Series that come in days: nothing is compared across the night between two of them. */
import { log } from '../math.ts';
import { autocorrelation, mean, type Values } from '../statistics.ts';
import type { DayRecord } from './day-record.ts';

export type Days = readonly DayRecord[];

/** The mean over days of what is measured on each, days without a result left out. */
export function meanOverDays(
  days: Days,
  measure: (day: DayRecord, index: number) => number,
): number {
  const results = days.map(measure).filter((result) => Number.isFinite(result));
  return results.length === 0 ? Number.NaN : mean(results);
}

/** The values of all days in one row. */
export function pooled(days: Days, values: (day: DayRecord) => Values): Float64Array {
  const parts = days.map(values);
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Log returns of the mid over so many seconds, one behind the other. */
export function midReturns({ midTicks }: DayRecord, seconds: number): Float64Array {
  const count = Math.max(0, Math.floor((midTicks.length - 1) / seconds));
  return Float64Array.from({ length: count }, (_, i) =>
    log(midTicks[(i + 1) * seconds]! / midTicks[i * seconds]!),
  );
}

/** Autocorrelations at lags 1 … `most` by day, then averaged. */
export function meanAutocorrelations(series: readonly Values[], most: number): Float64Array {
  return Float64Array.from({ length: most }, (_, i) =>
    mean(series.map((values) => autocorrelation(values, i + 1)).filter(Number.isFinite)),
  );
}

/** Market orders per window of so many seconds. */
export function orderCounts({ orderNs, startNs, seconds }: DayRecord, window: number) {
  const counts = new Float64Array(Math.floor(seconds / window));
  for (const atNs of orderNs) {
    const index = Math.floor((atNs - startNs) / (window * 1e9));
    if (index < counts.length) counts[index]!++;
  }
  return counts;
}
