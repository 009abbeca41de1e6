/**
 * How much of a session a statistic needs before it says anything.
 *
 * An autocorrelation or a correlation of n values is known to about ±2/√n; tails need some twenty
 * values in them, kurtosis and decays some hundreds. With less, chance alone puts a sound market out
 * of its band, and nothing is said.
 */
import type { Days } from './days.ts';

/** What there was of a session, in the units in which needs are given. */
export interface Extent {
  /** Of continuous trading. */
  minutes: number;
  marketOrders: number;
  /** Days from their open to their close. */
  days: number;
}

export interface Need {
  of: keyof Extent;
  least: number;
}

const minutes = (least: number): Need => ({ of: 'minutes', least });
const marketOrders = (least: number): Need => ({ of: 'marketOrders', least });
const days: Need = { of: 'days', least: 1 };

const NEEDS: Readonly<Record<string, Need>> = {
  'R1.1s': minutes(30),
  'R1.10s': minutes(90),
  'R1.60s': minutes(360),
  'R1.falls': minutes(360),
  'R2.hill': minutes(180),
  'R3.10s': minutes(90),
  'R3.60s': minutes(360),
  'R4.bounce': marketOrders(500),
  'R5.lag1': minutes(120),
  'R5.lag10': minutes(240),
  'R5.lag50': minutes(360),
  'R5.slope': minutes(360),
  'R6.oneTick': minutes(20),
  'R6.mean': minutes(20),
  'R6.one': minutes(20),
  'R6.skew': minutes(60),
  'R6.widens': minutes(360),
  'R7.mode': marketOrders(200),
  'R7.mass': marketOrders(500),
  'R7.tail': marketOrders(3_000),
  'R7.largest': marketOrders(3_000),
  'R8.variation': marketOrders(1_000),
  'R8.weibull': marketOrders(1_000),
  'R8.fano1s': minutes(60),
  'R8.growth': minutes(120),
  'R8.memory': minutes(180),
  'R9.lag1': marketOrders(2_000),
  'R9.lag10': marketOrders(6_000),
  'R9.positive': marketOrders(6_000),
  'R9.exponent': marketOrders(6_000),
  'R10.correlation': minutes(240),
  'R11.first': marketOrders(1_000),
  'R11.growth': marketOrders(3_000),
  'R11.lasting': marketOrders(10_000),
  'R12.rSquared': minutes(60),
  'R12.slope': minutes(60),
  'R12.depth': minutes(360),
  'R13.lowest': minutes(60),
  'R13.highest': minutes(60),
  'R13.monotone': minutes(60),
  'R15.cancelled': minutes(30),
  'R15.tail': minutes(60),
  'R16.exponent': minutes(30),
  'R16.peak': minutes(30),
  'R17.fano': minutes(360),
  'R18.open': days,
  'R18.close': days,
};

/** Of a part of the certificate; null when a session alone cannot show it, however long. */
export const needOf = (partId: string): Need | null => NEEDS[partId] ?? null;

/** @param wholeDays  Those of the days that last from the open to the close. */
export function extentOf(days: Days, wholeDays: Days): Extent {
  const sum = (of: (day: Days[number]) => number) => days.reduce((all, day) => all + of(day), 0);
  return {
    minutes: Math.floor(sum(({ seconds }) => seconds) / 60),
    marketOrders: sum(({ orderNs }) => orderNs.length),
    days: wholeDays.length,
  };
}
