/**
 * Sizes of orders: most are the round lot, the rest log-normal, a few from a heavy tail.
 *
 * Source: the shape is that of ABIDES' order-size model (a log-normal with spikes at round lots);
 * the tail index is within the 1.2–2.2 seen in recorded trades.
 */
import { exp } from './math.ts';
import type { Parameters } from './parameters.ts';
import type { Random } from './random.ts';

const ROUND_LOT_SHARE = 0.5;
const TAIL_SHARE = 0.03;
const TAIL_INDEX = 1.5;
const LOG_SIGMA = 0.8;
/** Share of the odd sizes that are made whole round lots. */
const ROUNDED_SHARE = 0.85;
/** Nobody sends more than this many typical orders at once. */
const MAX_TYPICAL_ORDERS = 60;

const TAIL_FACTOR = 5;
/** The spike is left out where a round lot is nothing to the typical order. */
const MAX_ROUND_LOTS = 20;

/**
 * @param scale  Multiplies the typical size, for busy or quiet minutes; > 0.
 * @param mostOrders  Nobody sends more than this many typical orders.
 * @returns      Whole lots, 1 … `maxOrderLots`.
 */
export function drawOrderLots(
  random: Random,
  parameters: Parameters,
  scale: number,
  mostOrders = MAX_TYPICAL_ORDERS,
): number {
  const kind = random.uniform();
  const u = random.normal();
  const { roundLot, orderLots } = parameters;
  if (kind < ROUND_LOT_SHARE && orderLots * scale < roundLot * MAX_ROUND_LOTS) {
    return Math.min(roundLot, parameters.maxOrderLots);
  }
  let lots = orderLots * scale * exp(LOG_SIGMA * u);
  if (kind > 1 - TAIL_SHARE) lots = orderLots * scale * TAIL_FACTOR * random.pareto(TAIL_INDEX);
  lots = Math.min(lots, orderLots * mostOrders);
  return roundedLots(lots, roundLot, random.chance(ROUNDED_SHARE), parameters.maxOrderLots);
}

/** Whole lots, at least one; whole round lots where asked and not tiny. */
export function roundedLots(
  lots: number,
  roundLot: number,
  wholeRoundLots: boolean,
  maxLots: number,
): number {
  const rounded =
    wholeRoundLots && lots > roundLot / 2
      ? Math.round(lots / roundLot) * roundLot
      : Math.round(lots);
  return Math.max(1, Math.min(rounded, maxLots));
}

/** Mean of a log-normal over its median. */
const LOG_NORMAL_MEAN = exp((LOG_SIGMA * LOG_SIGMA) / 2);
const TAIL_MEAN = (TAIL_FACTOR * TAIL_INDEX) / (TAIL_INDEX - 1);

/** Mean of `drawOrderLots` at scale 1, the cap and the rounding left out. */
export function meanOrderLots(roundLot: number, orderLots: number): number {
  const spike = orderLots < roundLot * MAX_ROUND_LOTS ? ROUND_LOT_SHARE : 0;
  const body = (1 - TAIL_SHARE - spike) * LOG_NORMAL_MEAN + TAIL_SHARE * TAIL_MEAN;
  return spike * roundLot + body * orderLots;
}
