/**
 * The eighteen tests of the realism certificate and the bands they must stay in. Set around IBM
 * 2013, Binance 2024 and the literature named with the measures; a naive zero-intelligence book fails
 * R1, R3, R5, R7, R8 and R9.
 */
import { pow } from '../math.ts';

export type TickClass = 'small' | 'large';

export interface Part {
  /** `R5.lag10`: the test and the part of it. */
  id: string;
  /** For people, unit included. */
  name: string;
  /** Both ends belong to the band; ±Infinity = no limit. */
  low: number;
  high: number;
  /** Absent = for all instruments. */
  only?: TickClass | 'session' | undefined;
}

export interface Test {
  id: string;
  name: string;
  parts: readonly Part[];
}

const NONE = Number.POSITIVE_INFINITY;
const ABOVE_ZERO = pow(10, -9);

const part = (id: string, name: string, low: number, high: number, only?: Part['only']): Part => ({
  id,
  name,
  low,
  high,
  only,
});

export const TESTS: readonly Test[] = [
  {
    id: 'R1',
    name: 'Fat tails that thin out with the horizon',
    parts: [
      part('R1.1s', 'excess kurtosis of mid returns, 1 s', 5, NONE),
      part('R1.10s', 'the same, 10 s', 2, 30),
      part('R1.60s', 'the same, 60 s', 1, 15),
      part('R1.falls', 'smallest ratio of one to the next', 1 + ABOVE_ZERO, NONE),
    ],
  },
  {
    id: 'R2',
    name: 'Tail index of returns',
    parts: [part('R2.hill', 'Hill index of 10 s returns, top 2 %', 2, 5, 'small')],
  },
  {
    id: 'R3',
    name: 'No linear predictability',
    parts: [
      part('R3.10s', 'lag-1 autocorrelation of mid returns, 10 s', -0.1, 0.1),
      part('R3.60s', 'the same, 60 s', -0.1, 0.1),
    ],
  },
  {
    id: 'R4',
    name: 'Bid-ask bounce',
    parts: [part('R4.bounce', 'lag-1 autocorrelation of trade-price changes', -0.5, -0.15)],
  },
  {
    id: 'R5',
    name: 'Volatility clusters',
    parts: [
      part('R5.lag1', 'autocorrelation of absolute 10 s returns, lag 1', 0.03, NONE),
      part('R5.lag10', 'the same, lag 10', 0.03, NONE),
      part('R5.lag50', 'the same, lag 50', ABOVE_ZERO, NONE),
      part('R5.slope', 'exponent of its decay', -0.5, -0.1),
    ],
  },
  {
    id: 'R6',
    name: 'Spread',
    parts: [
      part('R6.oneTick', 'share of time at one tick', 0.9, 1, 'large'),
      part('R6.mean', 'mean spread, ticks', 2, 8, 'small'),
      part('R6.one', 'share of time at one tick', 0, 0.35, 'small'),
      part('R6.skew', 'skewness of the minute means', ABOVE_ZERO, NONE),
      part('R6.widens', 'correlation with volatility, 5 min', 0.1, 1),
    ],
  },
  {
    id: 'R7',
    name: 'Sizes',
    parts: [
      part('R7.mode', 'most frequent market order, round lots', 1, 1),
      part('R7.mass', 'its share of the orders', 0.3, 0.8),
      part('R7.tail', 'Hill index, top 1 %', 1.2, 2.2),
      part('R7.largest', 'volume share of the largest 1 %', 0.1, 0.5),
    ],
  },
  {
    id: 'R8',
    name: 'Clustered arrivals',
    parts: [
      part('R8.variation', 'variation of the time between market orders', 1.3, NONE),
      part('R8.weibull', 'its Weibull shape', 0.3, 0.8),
      part('R8.fano1s', 'Fano factor of counts, 1 s', 2, NONE),
      part('R8.growth', 'Fano factor at 60 s over that at 1 s', 2, NONE),
      part('R8.memory', 'lag-1 autocorrelation of 60 s counts', 0.2, 1),
    ],
  },
  {
    id: 'R9',
    name: 'Memory of order flow',
    parts: [
      part('R9.lag1', 'autocorrelation of signs, lag 1', 0.05, 0.65),
      part('R9.lag10', 'the same, lag 10', 0.03, 1),
      part('R9.positive', 'the smallest up to lag 20', ABOVE_ZERO, 1),
      part('R9.exponent', 'exponent of its decay, sign turned', 0.3, 1),
    ],
  },
  {
    id: 'R10',
    name: 'Volume goes with volatility',
    parts: [part('R10.correlation', 'correlation of volume and absolute return, 1 min', 0.18, 0.7)],
  },
  {
    id: 'R11',
    name: 'The price answers to market orders',
    parts: [
      part('R11.first', 'move of the mid at the next order, ticks', ABOVE_ZERO, NONE),
      part('R11.growth', 'after 10 orders over after 1', 1.5, NONE),
      part('R11.lasting', 'after 100 over after 10', 0.8, 2, 'small'),
    ],
  },
  {
    id: 'R12',
    name: 'Order-flow imbalance',
    parts: [
      part('R12.rSquared', 'R² of the 10 s move', 0.3, 1),
      part('R12.slope', 'slope, ticks per 1,000 lots', ABOVE_ZERO, NONE),
      part('R12.depth', 'exponent of the slope in the depth', -NONE, -ABOVE_ZERO),
    ],
  },
  {
    id: 'R13',
    name: 'Queue imbalance foretells the next move',
    parts: [
      part('R13.lowest', 'chance of a move up, thinnest bid', 0, 0.35),
      part('R13.highest', 'the same, thickest bid', 0.65, 1),
      part('R13.monotone', 'smallest step between fifths', ABOVE_ZERO, 1),
    ],
  },
  {
    id: 'R14',
    name: 'Square-root impact of parent orders',
    parts: [
      part('R14.exponent', 'exponent in the size', 0.4, 0.7),
      part('R14.prefactor', 'impact / (σ·√(Q/V))', 0.3, 2),
      part('R14.remaining', 'left one execution length later', 0.4, 0.9),
    ],
  },
  {
    id: 'R15',
    name: 'Lives of limit orders',
    parts: [
      part('R15.cancelled', 'share cancelled', 0.7, 0.98),
      part('R15.tail', 'tail exponent of the time to cancel', 1.6, 2.6),
    ],
  },
  {
    id: 'R16',
    name: 'Where limit orders go',
    parts: [
      part('R16.exponent', 'exponent of the distance to the best', 0.8, 2),
      part('R16.peak', 'ticks behind the best with most depth', 1, NONE, 'small'),
    ],
  },
  {
    id: 'R17',
    name: 'Large moves come together',
    parts: [part('R17.fano', 'Fano factor of the largest 1 % of 10 s moves', 1 + ABOVE_ZERO, NONE)],
  },
  {
    id: 'R18',
    name: 'Shape of the day',
    parts: [
      part('R18.open', 'volume of the first half hour over midday', 1.5, NONE, 'session'),
      part('R18.close', 'the same, last half hour', 1.5, NONE, 'session'),
    ],
  },
];

/** Whether a value lies in the band; NaN never does. */
export const isWithin = ({ low, high }: Part, value: number) => value >= low && value <= high;

/** The band at twice its width: where a single seed may stray to. One-sided limits are halved. */
export function doubled(band: Part): Part {
  const { low, high } = band;
  if (Number.isFinite(low) && Number.isFinite(high)) {
    const half = (high - low) / 2;
    return { ...band, low: low - half, high: high + half };
  }
  if (Number.isFinite(low)) return { ...band, low: low > 0 ? low / 2 : low * 2 };
  return { ...band, high: high > 0 ? high * 2 : high / 2 };
}
