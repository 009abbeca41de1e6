/** A market model that resembles a recording: what the crowd falls back on, and trades around. */
import type { MarketModel, Recording } from '@sandpit/schemas/scenario.ts';
import type { PriceTicks } from '@sandpit/schemas/units.ts';
import type { SessionStatistics } from './sampler.ts';

/** Returns over this long measure the volatility: long enough for the bounce of the mid not to count. */
const RETURN_MS = 60_000;
const SHORT_RETURN_MS = 5_000;
/** Fewer long returns than this say too little. */
const MIN_RETURNS = 30;
/** The book of the crowd keeps to a pace that leaves room for other simulators on the machine. */
const MAX_LIMIT_ORDERS_PER_SECOND = 25;
const MIN_LIMIT_ORDERS_PER_SECOND = 4;
const MAX_MARKET_ORDERS_PER_SECOND = 20;
/** Limit orders behind the touch do not show in best quotes: this many per change of it. */
const LIMIT_ORDERS_PER_QUOTE = 1.5;
/** A size must be this frequent to count as the round lot. */
const MIN_ROUND_LOT_SHARE = 0.15;

/** Half of the crowd's orders are the round lot; the rest averages 2.19 times the typical size. */
const ROUND_LOT_SHARE = 0.5;
const BODY_MEAN = 1.097;
const MEAN_WITHOUT_ROUND_LOTS = 1.786;
/** Above this many round lots, an order of one round lot is an exception. */
const MAX_ROUND_LOTS = 20;

export function calibrate(
  recording: Pick<Recording, 'stepMs' | 'midHalfTicks' | 'spreadTicks'>,
  statistics: SessionStatistics,
  secondsPerDay: number,
): MarketModel {
  const { seconds, marketOrders, quotes, meanDepthLots } = statistics;
  const roundLot =
    statistics.modalShare >= MIN_ROUND_LOT_SHARE
      ? clamp(Math.round(statistics.modalTradeLots), 1, 1_000_000)
      : 1;
  return {
    referenceTicks: Math.max(1, Math.round(recording.midHalfTicks[0]! / 2)) as PriceTicks,
    volatilityPerDay: clamp(rounded(volatilityPerDay(recording, secondsPerDay)), 0.001, 2),
    marketOrdersPerSecond: clamp(
      rounded(marketOrders / seconds),
      0.01,
      MAX_MARKET_ORDERS_PER_SECOND,
    ),
    limitOrdersPerSecond: clamp(
      rounded((quotes / seconds) * LIMIT_ORDERS_PER_QUOTE),
      MIN_LIMIT_ORDERS_PER_SECOND,
      MAX_LIMIT_ORDERS_PER_SECOND,
    ),
    typicalSpreadTicks: clamp(median(recording.spreadTicks), 1, 1_000),
    typicalDepthLots: clamp(Math.round(meanDepthLots), 1, 10_000_000),
    roundLot,
    typicalOrderLots: clamp(
      rounded(typicalOrderLots(statistics.meanOrderLots, roundLot)),
      1,
      1_000_000,
    ),
  };
}

/** Realised volatility of the mid, scaled to a day of `secondsPerDay`. */
function volatilityPerDay(
  { stepMs, midHalfTicks }: Pick<Recording, 'stepMs' | 'midHalfTicks'>,
  secondsPerDay: number,
): number {
  const rows = midHalfTicks.length - 1;
  const isLong = (rows * stepMs) / RETURN_MS >= MIN_RETURNS;
  const stride = Math.max(1, Math.round((isLong ? RETURN_MS : SHORT_RETURN_MS) / stepMs));
  let squares = 0;
  let count = 0;
  for (let row = stride; row <= rows; row += stride) {
    const change = Math.log(midHalfTicks[row]! / midHalfTicks[row - stride]!);
    squares += change * change;
    count++;
  }
  if (count === 0) return 0;
  const perSecond = squares / count / ((stride * stepMs) / 1_000);
  return Math.sqrt(perSecond * secondsPerDay);
}

/** The typical size at which the crowd's orders have the recorded mean. */
function typicalOrderLots(meanLots: number, roundLot: number): number {
  const withRoundLots = (meanLots - ROUND_LOT_SHARE * roundLot) / BODY_MEAN;
  if (withRoundLots < MAX_ROUND_LOTS * roundLot) return Math.max(withRoundLots, roundLot / 2);
  return meanLots / MEAN_WITHOUT_ROUND_LOTS;
}

/** The spread that is there most of the time; a mean would follow the few moments of a wide one. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

const clamp = (value: number, least: number, most: number) =>
  Math.max(least, Math.min(most, value));
/** Four significant digits: more would only look like knowledge. */
const rounded = (value: number) => Number(value.toPrecision(4));
