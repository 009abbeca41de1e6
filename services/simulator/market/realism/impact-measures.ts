/**
 * R14: the impact of parent orders that were put into the market on purpose, each bought and sold in
 * the same market of the same seed.
 *
 * Source: the square-root law, Tóth et al., Phys. Rev. X 1, 021006 (2011); decay to about two thirds,
 * Bershova & Rakhlin, Quantitative Finance 13 (2013); errors by the jackknife, Efron & Stein, Annals
 * of Statistics 9 (1981).
 */
import { mean } from '../statistics.ts';
import { median, powerLawExponent } from './estimators.ts';

export interface ImpactRun {
  seed: number;
  /** Size asked, as a share of the volume of a session. */
  share: number;
  /** Log move in the direction of the order: when it is done, and one execution length later. */
  peak: number;
  after: number;
}

export interface ImpactLaw {
  /** Of the mean peak in the share. */
  exponent: number;
  /** Peak / (volatility of a session × √share), median over the sizes. */
  prefactor: number;
  /** Share of the peak that is left one execution length later, all sizes on the scale of √share. */
  remaining: number;
}

export interface Impact extends ImpactLaw {
  /** Standard errors over the seeds; NaN for a single one. */
  error: ImpactLaw;
  /** Share and mean peak by size, smallest first. */
  curve: ImpactPoint[];
}

export interface ImpactPoint {
  share: number;
  peak: number;
  after: number;
  runs: number;
}

/** @param volatility  Standard deviation of the log return over a session. */
export function parentImpact(runs: readonly ImpactRun[], volatility: number): Impact {
  const curve = curveOf(runs);
  const seeds = [...new Set(runs.map(({ seed }) => seed))];
  const without = seeds.map((seed) =>
    lawOf(curveOf(runs.filter((run) => run.seed !== seed)), volatility),
  );
  const error = (of: (law: ImpactLaw) => number) =>
    seeds.length < 2 ? Number.NaN : jackknifeError(without.map(of));
  return {
    ...lawOf(curve, volatility),
    error: {
      exponent: error((law) => law.exponent),
      prefactor: error((law) => law.prefactor),
      remaining: error((law) => law.remaining),
    },
    curve,
  };
}

function curveOf(runs: readonly ImpactRun[]): ImpactPoint[] {
  const shares = [...new Set(runs.map(({ share }) => share))].sort((a, b) => a - b);
  return shares.map((share) => {
    const same = runs.filter((run) => run.share === share);
    return {
      share,
      peak: mean(same.map(({ peak }) => peak)),
      after: mean(same.map(({ after }) => after)),
      runs: same.length,
    };
  });
}

const lawOf = (curve: readonly ImpactPoint[], volatility: number): ImpactLaw => ({
  exponent: powerLawExponent(
    curve.map(({ share }) => share),
    curve.map(({ peak }) => peak),
  ),
  prefactor: median(curve.map(({ share, peak }) => peak / (volatility * Math.sqrt(share)))),
  remaining:
    mean(curve.map(({ share, after }) => after / Math.sqrt(share))) /
    mean(curve.map(({ share, peak }) => peak / Math.sqrt(share))),
});

/** @param without  The estimate with each of the samples left out in turn. */
function jackknifeError(without: readonly number[]): number {
  const centre = mean(without);
  const squares = mean(without.map((each) => (each - centre) * (each - centre)));
  return Math.sqrt((without.length - 1) * squares);
}
