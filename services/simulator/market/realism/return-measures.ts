/**
 * R1–R3, R5, R17: what the mid does.
 *
 * Source: the facts in Cont, Quantitative Finance 1 (2001).
 */
import { autocorrelation, excessKurtosis, fanoFactor } from '../statistics.ts';
import { type Days, meanAutocorrelations, meanOverDays, midReturns, pooled } from './days.ts';
import { decayExponent, hillIndex } from './estimators.ts';

const TAIL_SHARE = 0.02;
/** Autocorrelations of absolute returns are followed this many lags. */
export const VOLATILITY_LAGS = 100;
const EXTREME_SHARE = 0.01;
const EXTREME_WINDOW_SECONDS = 600;

const absoluteReturns = (days: Days, seconds: number) =>
  days.map((day) => midReturns(day, seconds).map(Math.abs));

/** Excess kurtosis of the log returns of all days over so many seconds. */
export const returnKurtosis = (days: Days, seconds: number) =>
  excessKurtosis(pooled(days, (day) => midReturns(day, seconds)));

/** Hill index of the largest 2 % of absolute returns. */
export const returnTailIndex = (days: Days, seconds: number) =>
  hillIndex(
    pooled(days, (day) => midReturns(day, seconds)),
    TAIL_SHARE,
  );

/** Lag-1 autocorrelation of returns. */
export const returnMemory = (days: Days, seconds: number) =>
  meanOverDays(days, (day) => autocorrelation(midReturns(day, seconds), 1));

/** Autocorrelations of absolute returns at lags 1 … `VOLATILITY_LAGS`. */
export const volatilityMemory = (days: Days, seconds: number) =>
  meanAutocorrelations(absoluteReturns(days, seconds), VOLATILITY_LAGS);

/** Exponent of the decay of `volatilityMemory`; negative. */
export const volatilityDecay = (days: Days, seconds: number) =>
  decayExponent(volatilityMemory(days, seconds));

/** Fano factor of the number of 10 s returns per ten minutes that are among the largest 1 % of all. */
export function extremesFano(days: Days): number {
  const series = absoluteReturns(days, 10);
  const sorted = pooled(days, (day) => midReturns(day, 10).map(Math.abs)).sort();
  const threshold = sorted[Math.floor(sorted.length * (1 - EXTREME_SHARE))]!;
  const window = EXTREME_WINDOW_SECONDS / 10;
  const counts = series.flatMap((returns) =>
    Array.from({ length: Math.floor(returns.length / window) }, (_, w) =>
      returns
        .subarray(w * window, (w + 1) * window)
        .reduce((count, size) => count + (size >= threshold ? 1 : 0), 0),
    ),
  );
  return fanoFactor(counts);
}
