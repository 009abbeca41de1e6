/** The curves that certificates draw: small, so that they can be averaged over seeds. */

import { deviation, mean } from '../statistics.ts';
import { DEPTH_TICKS } from './day-record.ts';
import { type Days, meanAutocorrelations, midReturns, pooled } from './days.ts';
import { volatilityMemory } from './return-measures.ts';
import { response, signMemory } from './trade-measures.ts';

/** Edges of the histogram of standardized returns, in deviations. */
export const RETURN_BIN = 0.5;
export const RETURN_EDGE = 10;
export const LAGS = 50;
export const SPREAD_BINS = 24;
export const HALF_HOURS = 13;
export const RESPONSE_LAGS = [1, 2, 5, 10, 20, 50, 100, 200, 500] as const;

export interface Curves {
  /** Density of 10 s returns over their deviation, from −RETURN_EDGE in steps of RETURN_BIN. */
  returns: number[];
  /** At lags 1 … LAGS of 10 s. */
  returnMemory: number[];
  absoluteMemory: number[];
  signMemory: number[];
  /** Share of time by spread, in tenths of twice the mean spread for wide ones. */
  spread: { ticks: number; share: number }[];
  /** Volume per half hour of the day over its mean. */
  volume: number[];
  /** Ticks at `RESPONSE_LAGS`. */
  response: number[];
  /** Mean lots by ticks behind the best, over their largest. */
  depth: number[];
  deviation300s: number;
}

export function curvesOf(days: Days): Curves {
  const tens = days.map((day) => midReturns(day, 10));
  return {
    returns: density(pooled(days, (day) => midReturns(day, 10))),
    returnMemory: [...meanAutocorrelations(tens, LAGS)],
    absoluteMemory: [...volatilityMemory(days, 10).subarray(0, LAGS)],
    signMemory: [...signMemory(days, LAGS)],
    spread: spreadShares(days),
    volume: volumeByHalfHour(days),
    response: RESPONSE_LAGS.map((lag) => response(days, lag)),
    depth: depthProfile(days),
    deviation300s: deviation(pooled(days, (day) => midReturns(day, 300))),
  };
}

/** The mean of curves of equal shape. */
export function meanCurves(all: readonly Curves[]): Curves {
  const column = (of: (curves: Curves) => readonly number[]) =>
    of(all[0]!).map((_, i) => mean(all.map((curves) => of(curves)[i] ?? 0)));
  return {
    returns: column((curves) => curves.returns),
    returnMemory: column((curves) => curves.returnMemory),
    absoluteMemory: column((curves) => curves.absoluteMemory),
    signMemory: column((curves) => curves.signMemory),
    spread: all[0]!.spread.map(({ ticks }, i) => ({
      ticks,
      share: mean(all.map(({ spread }) => spread[i]!.share)),
    })),
    volume: column((curves) => curves.volume),
    response: column((curves) => curves.response),
    depth: column((curves) => curves.depth),
    deviation300s: mean(all.map(({ deviation300s }) => deviation300s)),
  };
}

function density(returns: Float64Array): number[] {
  const unit = deviation(returns);
  const bins = new Array<number>((2 * RETURN_EDGE) / RETURN_BIN).fill(0);
  for (const each of returns) {
    const bin = Math.floor((each / unit + RETURN_EDGE) / RETURN_BIN);
    if (bin >= 0 && bin < bins.length) bins[bin]!++;
  }
  return bins.map((count) => count / returns.length / RETURN_BIN);
}

/** One bar per tick; the last holds all that is wider. */
function spreadShares(days: Days): Curves['spread'] {
  const shares = new Array<number>(SPREAD_BINS).fill(0);
  let all = 0;
  for (const { spreadSeconds } of days) {
    for (const [ticks, seconds] of spreadSeconds) {
      shares[Math.min(ticks, SPREAD_BINS) - 1]! += seconds;
      all += seconds;
    }
  }
  return shares.map((seconds, i) => ({ ticks: i + 1, share: seconds / all }));
}

/** A record that begins or ends within a half hour counts for the part it covers. */
function volumeByHalfHour(days: Days): number[] {
  const [lots, minutes] = [0, 0].map(() => new Array<number>(HALF_HOURS).fill(0));
  for (const { startNs, minuteLots } of days) {
    const first = Math.floor(startNs / 60e9) % (HALF_HOURS * 30);
    minuteLots.forEach((each, m) => {
      const half = Math.floor((first + m) / 30);
      if (half >= HALF_HOURS) return;
      lots![half]! += each;
      minutes![half]!++;
    });
  }
  const perMinute = lots!.map((each, half) => each / Math.max(1, minutes![half]!));
  const usual = mean(perMinute);
  return perMinute.map((each) => each / usual);
}

function depthProfile(days: Days): number[] {
  const lots = Array.from({ length: DEPTH_TICKS }, (_, ticks) =>
    days.reduce((sum, { depthLots }) => sum + depthLots[ticks]!, 0),
  );
  const most = Math.max(...lots);
  return lots.map((each) => each / most);
}
