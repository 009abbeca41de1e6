/**
 * R14: the impact of parent orders that were put into the market on purpose, against the same seed
 * without them.
 *
 * Source: the square-root law, Tóth et al., Phys. Rev. X 1, 021006 (2011); decay to about two thirds,
 * Bershova & Rakhlin, Quantitative Finance 13 (2013).
 */
import { mean } from '../statistics.ts';
import { median, powerLawExponent } from './estimators.ts';

export interface ImpactRun {
  /** Size asked, as a share of the volume of a session. */
  share: number;
  /** Log move against the paired run in the direction of the order: when it is done, and one
   * execution length later. */
  peak: number;
  after: number;
}

export interface Impact {
  /** Of the mean peak in the share. */
  exponent: number;
  /** Peak / (volatility of a session × √share), median over the sizes. */
  prefactor: number;
  /** Share of the peak that is left one execution length later, all sizes on the scale of √share. */
  remaining: number;
  /** Share and mean peak by size, smallest first. */
  curve: { share: number; peak: number; after: number; runs: number }[];
}

/** @param volatility  Standard deviation of the log return over a session. */
export function parentImpact(runs: readonly ImpactRun[], volatility: number): Impact {
  const shares = [...new Set(runs.map(({ share }) => share))].sort((a, b) => a - b);
  const curve = shares.map((share) => {
    const same = runs.filter((run) => run.share === share);
    return {
      share,
      peak: mean(same.map(({ peak }) => peak)),
      after: mean(same.map(({ after }) => after)),
      runs: same.length,
    };
  });
  return {
    exponent: powerLawExponent(
      shares,
      curve.map(({ peak }) => peak),
    ),
    prefactor: median(curve.map(({ share, peak }) => peak / (volatility * Math.sqrt(share)))),
    remaining:
      mean(curve.map(({ share, after }) => after / Math.sqrt(share))) /
      mean(curve.map(({ share, peak }) => peak / Math.sqrt(share))),
    curve,
  };
}
