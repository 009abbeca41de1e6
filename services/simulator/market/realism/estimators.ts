/** Estimators of tails, decays and slopes that the certificate is made of. */
import { exp, log, pow } from '../math.ts';
import { mean, type Values } from '../statistics.ts';

const descending = (values: Values) => Float64Array.from(values, Math.abs).sort().reverse();

/**
 * Tail index of the absolute values: a in P(|X| > x) ~ x^−a.
 *
 * Source: Hill, Annals of Statistics 3 (1975).
 * @param share  Of the values that count as tail, 0 … 1.
 */
export function hillIndex(values: Values, share: number): number {
  const sorted = descending(values);
  const count = Math.floor(sorted.length * share);
  const threshold = sorted[count];
  if (count === 0 || !threshold) return Number.NaN;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += log(sorted[i]! / threshold);
  return count / sum;
}

/** Share of the sum that the largest values hold, `share` of their number. All ≥ 0. */
export function largestShare(values: Values, share: number): number {
  const sorted = descending(values);
  const count = Math.floor(sorted.length * share);
  let [top, all] = [0, 0];
  for (let i = 0; i < sorted.length; i++) {
    all += sorted[i]!;
    if (i < count) top = all;
  }
  return top / all;
}

const WEIBULL_STEPS = 60;

/**
 * Shape of the Weibull distribution that fits best: 1 = exponential, less = clustered.
 *
 * Maximum likelihood, the root of Σxᵏ·ln x / Σxᵏ − 1/k − mean(ln x) found by bisection.
 *
 * Source: Cohen, Technometrics 7 (1965).
 * @param values  All > 0.
 */
export function weibullShape(values: Values): number {
  const logs = Float64Array.from(values, (value) => log(value));
  const meanLog = mean(logs);
  let [low, high] = [0.02, 20];
  for (let step = 0; step < WEIBULL_STEPS; step++) {
    const k = (low + high) / 2;
    let [weighted, sum] = [0, 0];
    for (const each of logs) {
      const power = exp(k * (each - meanLog));
      weighted += power * (each - meanLog);
      sum += power;
    }
    if (weighted / sum - 1 / k > 0) high = k;
    else low = k;
  }
  return (low + high) / 2;
}

export interface Line {
  slope: number;
  intercept: number;
  /** Share of the variance of `y` that the line explains, 0 … 1. */
  rSquared: number;
}

/** Least squares. */
export function lineThrough(x: Values, y: Values): Line {
  const [meanX, meanY] = [mean(x), mean(y)];
  let [xx, xy, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [dx, dy] = [x[i]! - meanX, y[i]! - meanY];
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  const slope = xy / xx;
  return { slope, intercept: meanY - slope * meanX, rSquared: (xy * xy) / (xx * yy) };
}

/** Slope of log y against log x over the points where both are > 0; NaN for fewer than three. */
export function powerLawExponent(x: Values, y: Values): number {
  const [logX, logY]: [number[], number[]] = [[], []];
  for (let i = 0; i < x.length; i++) {
    if (!(x[i]! > 0) || !(y[i]! > 0)) continue;
    logX.push(log(x[i]!));
    logY.push(log(y[i]!));
  }
  return logX.length < 3 ? Number.NaN : lineThrough(logX, logY).slope;
}

/**
 * How fast a function of the lag falls: means over the lags 1, 2, 3–4, 5–8, … joined by a power law,
 * so that the many noisy long lags do not outweigh the few short ones.
 *
 * @param values  At lags 1, 2, 3, …
 * @returns       Negative for a decay.
 */
export function decayExponent(values: Values): number {
  const [lags, means]: [number[], number[]] = [[], []];
  for (let from = 1, to = 1; from <= values.length; from = to + 1, to = 2 * to) {
    const end = Math.min(to, values.length);
    const bin = Array.from({ length: end - from + 1 }, (_, i) => values[from - 1 + i]!);
    lags.push(Math.sqrt(from * end));
    means.push(mean(bin));
  }
  return powerLawExponent(lags, means);
}

export function median(values: Values): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Third standardized moment; positive = a long tail to the right. */
export function skewness(values: Values): number {
  const centre = mean(values);
  let [second, third] = [0, 0];
  for (const value of values) {
    const d = value - centre;
    second += d * d;
    third += d * d * d;
  }
  const n = values.length;
  return third / n / pow(second / n, 1.5);
}
