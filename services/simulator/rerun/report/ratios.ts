/**
 * Risk of a curve of equity. Pure; money in any unit, time in any unit.
 *
 * Sources: Sharpe, The Sharpe Ratio (Journal of Portfolio Management, 1994), with the deviation of a
 * sample (n − 1); Rollinger and Hoffman, Sortino: A Sharper Ratio (Red Rock Capital, 2013), with the
 * downside taken over all periods, not only over the losing ones.
 */

/** Return of each period: its change over what stood at its beginning. */
export function returnsOf(equity: readonly number[]): number[] {
  return equity.slice(1).map((value, i) => value / equity[i]! - 1);
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** @param periodsPerYear  1 leaves the ratio as it is per period. Null without any deviation. */
export function sharpeRatio(
  returns: readonly number[],
  riskFree = 0,
  periodsPerYear = 1,
): number | null {
  if (returns.length < 2) return null;
  const average = mean(returns);
  const squares = returns.reduce((sum, value) => sum + (value - average) * (value - average), 0);
  const deviation = Math.sqrt(squares / (returns.length - 1));
  return ratio(average - riskFree, deviation, periodsPerYear);
}

/** @param target  Lowest acceptable return of a period. Null when no period fell short of it. */
export function sortinoRatio(
  returns: readonly number[],
  target = 0,
  periodsPerYear = 1,
): number | null {
  if (returns.length < 2) return null;
  const squares = returns.reduce((sum, value) => {
    const short = Math.min(0, value - target);
    return sum + short * short;
  }, 0);
  return ratio(mean(returns) - target, Math.sqrt(squares / returns.length), periodsPerYear);
}

/** Rounding leaves some 1e-18 of deviation in returns that are all alike. */
const NO_DEVIATION = 1e-15;

const ratio = (excess: number, deviation: number, periodsPerYear: number): number | null =>
  deviation < NO_DEVIATION ? null : (excess / deviation) * Math.sqrt(periodsPerYear);

export interface Drawdown {
  /** Largest fall from a peak; 0 when it never fell. */
  amount: number;
  /** The same as a part of that peak. */
  fraction: number;
  /** Indexes into the curve. */
  peak: number;
  trough: number;
}

/** The deepest one by amount; of two alike the earlier. */
export function maxDrawdown(equity: readonly number[]): Drawdown {
  let peak = 0;
  let worst: Drawdown = { amount: 0, fraction: 0, peak: 0, trough: 0 };
  for (let i = 0; i < equity.length; i++) {
    if (equity[i]! > equity[peak]!) peak = i;
    const amount = equity[peak]! - equity[i]!;
    if (amount > worst.amount) {
      worst = { amount, fraction: amount / equity[peak]!, peak, trough: i };
    }
  }
  return worst;
}
