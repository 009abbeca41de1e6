/** The few curves beside a session's certificate, each only where there is enough to draw it from. */
import type { CertificatePlot } from '@sandpit/schemas/certificate.ts';
import {
  type Curves,
  curvesOf,
  RESPONSE_LAGS,
  RETURN_BIN,
  RETURN_EDGE,
} from '../../market/realism/curves.ts';
import type { Days } from '../../market/realism/days.ts';
import type { Verdict } from '../../market/realism/session-verdict.ts';

type Point = CertificatePlot['series'][number]['points'][number];

const SEEN = 6;
const finite = (value: number) => (Number.isFinite(value) ? value : null);
const lags = (values: readonly number[]): Point[] =>
  values.map((y, i) => ({ x: i + 1, y: finite(y) }));

interface Plan {
  /** Part of the certificate that takes as much as the curve does. */
  part: string;
  plot: (curves: Curves) => CertificatePlot;
}

const PLANS: readonly Plan[] = [
  {
    part: 'R1.10s',
    plot: ({ returns }) => {
      const at = (i: number) => -RETURN_EDGE + (i + 0.5) * RETURN_BIN;
      const all = returns.map((y, i): Point => ({ x: at(i), y: finite(y) }));
      const shown = all.filter(({ x }) => Math.abs(x) < SEEN);
      const normal = shown.map(
        ({ x }): Point => ({ x, y: Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI) }),
      );
      return {
        test: 'R1',
        title: 'Returns over 10 s',
        x: 'standard deviations',
        y: 'density',
        series: [
          { name: 'this session', points: shown },
          { name: 'normal', points: normal },
        ],
      };
    },
  },
  {
    part: 'R5.lag1',
    plot: ({ absoluteMemory, returnMemory }) => ({
      test: 'R5',
      title: 'Memory of 10 s returns',
      x: 'lag, 10 s',
      y: 'autocorrelation',
      series: [
        { name: 'size', points: lags(absoluteMemory) },
        { name: 'direction', points: lags(returnMemory) },
      ],
    }),
  },
  {
    part: 'R9.lag1',
    plot: ({ signMemory }) => ({
      test: 'R9',
      title: 'Memory of order flow',
      x: 'lag, market orders',
      y: 'autocorrelation of signs',
      series: [{ name: 'signs', points: lags(signMemory) }],
    }),
  },
  {
    part: 'R6.skew',
    plot: ({ spread }) => ({
      test: 'R6',
      title: 'Spread',
      x: 'ticks',
      y: 'share of time',
      series: [
        {
          name: 'share of time',
          points: spread.map(({ ticks, share }): Point => ({ x: ticks, y: finite(share) })),
        },
      ],
    }),
  },
  {
    part: 'R11.growth',
    plot: ({ response }) => ({
      test: 'R11',
      title: 'The price after a market order',
      x: 'market orders later',
      y: 'ticks in its direction',
      series: [
        {
          name: 'response',
          points: response
            .map((y, i): Point => ({ x: RESPONSE_LAGS[i]!, y: finite(y) }))
            .filter(({ x }) => x <= 100),
        },
      ],
    }),
  },
  {
    part: 'R16.peak',
    plot: ({ depth }) => ({
      test: 'R16',
      title: 'Depth of the book',
      x: 'ticks behind the best',
      y: 'lots, over the largest',
      series: [{ name: 'depth', points: depth.map((y, i): Point => ({ x: i, y: finite(y) })) }],
    }),
  },
];

/** @param verdicts  By part. */
export function plotsOf(days: Days, verdicts: ReadonlyMap<string, Verdict>): CertificatePlot[] {
  const drawn = PLANS.filter(({ part }) => {
    const verdict = verdicts.get(part);
    return verdict === undefined || !['tooShort', 'notMeasured'].includes(verdict);
  });
  if (days.length === 0 || drawn.length === 0) return [];
  const curves = curvesOf(days);
  return drawn.map(({ plot }) => plot(curves));
}
