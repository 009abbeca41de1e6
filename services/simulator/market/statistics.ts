/**
 * Statistics of tapes and mids, for judging how lifelike a market is.
 *
 * Source: the facts and their usual measures in Cont, Quantitative Finance 1 (2001); the catalogue of
 * tests in Vyetrenko et al., "Get Real" (2020).
 */
import { log } from './math.ts';

/** Numbers in their order, read only. */
export type Values = readonly number[] | Float64Array;

export function mean(values: Values): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function centralMoment(values: Values, order: 2 | 4): number {
  const centre = mean(values);
  let sum = 0;
  for (const value of values) {
    const square = (value - centre) * (value - centre);
    sum += order === 2 ? square : square * square;
  }
  return sum / values.length;
}

export const deviation = (values: Values) => Math.sqrt(centralMoment(values, 2));

/** 0 for a normal distribution; NaN when the values are all the same. */
export function excessKurtosis(values: Values): number {
  const variance = centralMoment(values, 2);
  return centralMoment(values, 4) / (variance * variance) - 3;
}

/** Autocorrelation at a lag ≥ 0, −1 … 1; NaN when the values are all the same. */
export function autocorrelation(values: Values, lag: number): number {
  const centre = mean(values);
  let covariance = 0;
  for (let i = lag; i < values.length; i++) {
    covariance += (values[i]! - centre) * (values[i - lag]! - centre);
  }
  return covariance / (centralMoment(values, 2) * values.length);
}

/** Pearson's correlation of two columns of equal length. */
export function correlation(a: Values, b: Values): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - meanA) * (b[i]! - meanB);
  return sum / a.length / (deviation(a) * deviation(b));
}

/** Variance over mean of counts: 1 for a Poisson process, more when arrivals cluster. */
export const fanoFactor = (counts: Values) => centralMoment(counts, 2) / mean(counts);

/** Deviation over mean of waiting times: 1 for a Poisson process. */
export const coefficientOfVariation = (values: Values) => deviation(values) / mean(values);

/** Log returns over `stride` entries, without overlap. Prices > 0. */
export function logReturns(prices: Values, stride: number): number[] {
  const returns: number[] = [];
  for (let i = stride; i < prices.length; i += stride) {
    returns.push(log(prices[i]! / prices[i - stride]!));
  }
  return returns;
}

/** Events per window of `windowNs`, from `startNs` to `endNs`. Times sorted or not. */
export function countsPerWindow(
  timesNs: Values,
  startNs: number,
  endNs: number,
  windowNs: number,
): number[] {
  const counts = new Array<number>(Math.floor((endNs - startNs) / windowNs)).fill(0);
  for (const timeNs of timesNs) {
    const window = Math.floor((timeNs - startNs) / windowNs);
    if (window >= 0 && window < counts.length) counts[window]!++;
  }
  return counts;
}
