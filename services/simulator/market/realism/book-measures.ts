/**
 * R6, R12, R13, R15, R16: what the book looks like and what it foretells.
 *
 * Source: order-flow imbalance, Cont, Kukanov & Stoikov (2014); queue imbalance, Gould & Bonart,
 * Market Microstructure and Liquidity 2 (2016); lifetimes, Eisler et al. (2012); placement, Zovko &
 * Farmer, Quantitative Finance 2 (2002).
 */
import { correlation, mean } from '../statistics.ts';
import { DEPTH_TICKS, FLOW_SECONDS, IMBALANCE_BINS } from './day-record.ts';
import { type Days, meanOverDays, midReturns, pooled } from './days.ts';
import { hillIndex, lineThrough, powerLawExponent, skewness } from './estimators.ts';

/** R6. Mean over time in ticks, and the share of time at one tick. */
export function spread(days: Days): { meanTicks: number; oneTickShare: number } {
  let [all, weighted, one] = [0, 0, 0];
  for (const { spreadSeconds } of days) {
    for (const [ticks, seconds] of spreadSeconds) {
      all += seconds;
      weighted += ticks * seconds;
      if (ticks === 1) one += seconds;
    }
  }
  return { meanTicks: weighted / all, oneTickShare: one / all };
}

/** R6. Skewness over minutes of the mean spread; positive = now and then much wider. */
export const spreadSkewness = (days: Days) =>
  skewness(pooled(days, ({ minuteSpreadTicks }) => minuteSpreadTicks.filter(Number.isFinite)));

const VOLATILITY_MINUTES = 5;

/** R6. Correlation over five minutes of the mean spread with the mean absolute 10 s return. */
export const spreadVolatility = (days: Days) =>
  meanOverDays(days, (day) => {
    const returns = midReturns(day, 10).map(Math.abs);
    const perWindow = (VOLATILITY_MINUTES * 60) / 10;
    const [spreads, moves]: [number[], number[]] = [[], []];
    for (let w = 0; (w + 1) * perWindow <= returns.length; w++) {
      const minutes = day.minuteSpreadTicks.subarray(w * 5, (w + 1) * 5).filter(Number.isFinite);
      if (minutes.length === 0) continue;
      spreads.push(mean(minutes));
      moves.push(mean(returns.subarray(w * perWindow, (w + 1) * perWindow)));
    }
    return correlation(spreads, moves);
  });

const REGRESSION_SECONDS = 1_800;

export interface FlowImpact {
  /** Share of the variance of 10 s mid changes explained, mean over half hours. */
  rSquared: number;
  /** Ticks per 1,000 lots of imbalance. */
  slope: number;
  /** Exponent of the slope in the depth of the touch; about −1 in real books. */
  depthExponent: number;
}

/** R12. The mid's 10 s change on the order-flow imbalance, half hour by half hour. */
export function flowImpact(days: Days): FlowImpact {
  const [slopes, depths, shares]: number[][] = [[], [], []];
  const perWindow = REGRESSION_SECONDS / FLOW_SECONDS;
  for (const { midTicks, flowLots, flowDepthLots } of days) {
    const rows = Math.floor((midTicks.length - 1) / FLOW_SECONDS);
    for (let from = 0; from + perWindow <= rows; from += perWindow) {
      const moves = Float64Array.from({ length: perWindow }, (_, i) => {
        const at = (from + i) * FLOW_SECONDS;
        return midTicks[at + FLOW_SECONDS]! - midTicks[at]!;
      });
      const line = lineThrough(flowLots.subarray(from, from + perWindow), moves);
      if (!Number.isFinite(line.rSquared)) continue;
      shares!.push(line.rSquared);
      slopes!.push(line.slope * 1_000);
      depths!.push(mean(flowDepthLots.subarray(from, from + perWindow).filter(Number.isFinite)));
    }
  }
  return {
    rSquared: mean(shares!),
    slope: mean(slopes!),
    depthExponent: powerLawExponent(depths!, slopes!),
  };
}

/** R13. Probability that the next mid move is up, by fifths of the queue imbalance, thin bid first. */
export function upMoveChances(days: Days): Float64Array {
  return Float64Array.from({ length: IMBALANCE_BINS }, (_, bin) => {
    const up = days.reduce((sum, { movesUp }) => sum + movesUp[bin]!, 0);
    const down = days.reduce((sum, { movesDown }) => sum + movesDown[bin]!, 0);
    return up / (up + down);
  });
}

/** R15. Share of the resting limit orders that ended by cancellation. */
export function cancelledShare(days: Days): number {
  const cancelled = days.reduce((sum, { cancelSeconds }) => sum + cancelSeconds.length, 0);
  const filled = days.reduce((sum, { filledOrders }) => sum + filledOrders, 0);
  return cancelled / (cancelled + filled);
}

const LIFETIME_TAIL_SHARE = 0.05;

/** R15. Hill index of the longest 5 % of times to cancellation, plus one: exponent of their density. */
export const cancelTailExponent = (days: Days) =>
  1 +
  hillIndex(
    pooled(days, ({ cancelSeconds }) => cancelSeconds),
    LIFETIME_TAIL_SHARE,
  );

/**
 * R16. Exponent of the share of limit orders placed further than so many ticks behind the best,
 * fitted between the median distance and the one that a thousandth exceeds. Positive.
 */
export function placementExponent(days: Days): number {
  const behind = pooled(days, ({ placedTicks }) => placedTicks.filter((ticks) => ticks > 0)).sort();
  const at = (share: number) => behind[Math.floor(share * (behind.length - 1))]!;
  const [from, to] = [Math.max(1, at(0.5)), at(0.999)];
  const [distances, shares]: [number[], number[]] = [[], []];
  for (let distance = from; distance < to; distance = Math.max(distance + 1, distance * 1.2)) {
    distances.push(distance);
    shares.push(1 - lowerBound(behind, distance) / behind.length);
  }
  return -powerLawExponent(distances, shares);
}

/** R16. Ticks behind the own best at which most lots rest on average. */
export function depthPeakTicks(days: Days): number {
  let peak = 0;
  const lots = Array.from({ length: DEPTH_TICKS }, (_, ticks) =>
    days.reduce((sum, { depthLots }) => sum + depthLots[ticks]!, 0),
  );
  lots.forEach((each, ticks) => {
    if (each > lots[peak]!) peak = ticks;
  });
  return peak;
}

/** How many of the sorted values are smaller. */
function lowerBound(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
