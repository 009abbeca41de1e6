/** A session's trace -> its report. Pure. */
import {
  averagePriceText,
  moneyText,
  quantityText,
  textOfSteps,
} from '@sandpit/schemas/decimal.ts';
import type { ReportInstrument, ReportOrder, SessionReport } from '@sandpit/schemas/report.ts';
import { NS_PER_MS, NS_PER_SECOND } from '@sandpit/schemas/units.ts';
import type { FillTrace, InstrumentTrace, OrderTrace, Trace } from '../trace.ts';
import { maxDrawdown, returnsOf, sharpeRatio, sortinoRatio } from './ratios.ts';
import { roundTrips } from './round-trips.ts';
import { SlippageSum } from './slippage.ts';

const CURVE_POINTS = 600;
const ORDERS_MAX = 500;
const MINUTES_PER_YEAR = 252 * 390;
const MINUTE_NS = 60 * NS_PER_SECOND;

export interface ReportSubject {
  simulatorId: string;
  currency: string;
  /** Simulated time 0, ms since the epoch. */
  opensAtMs: number;
}

const total = <Item>(items: readonly Item[], amount: (item: Item) => number): number =>
  items.reduce((sum, item) => sum + amount(item), 0);

const direction = (side: 'buy' | 'sell'): 1 | -1 => (side === 'buy' ? 1 : -1);

export const isoAt = (atNs: number, opensAtMs: number): string =>
  new Date(opensAtMs + Math.floor(atNs / NS_PER_MS)).toISOString();

/** Half ticks as a price; null for none. */
export const midText = (halfTicks: number, { instrument }: InstrumentTrace): string | null =>
  halfTicks === 0 ? null : averagePriceText(halfTicks * instrument.tickValueMicros, 2, instrument);

export function reportOf(trace: Trace, subject: ReportSubject): SessionReport {
  const { atNs, equityMicros, startingCashMicros, fills } = trace;
  const time = (ns: number) => isoAt(ns, subject.opensAtMs);
  const equity = equityMicros.at(-1) ?? startingCashMicros;
  const worst = maxDrawdown(equityMicros);
  const fell = worst.amount > 0;
  const trips = roundTrips(fills, trace.splits);
  const orders = trace.orders.map((each) => reportOrder(each, trace, subject));
  return {
    simulatorId: subject.simulatorId,
    currency: subject.currency,
    from: time(atNs[0] ?? 0),
    to: time(atNs.at(-1) ?? 0),
    tapeHash: trace.tapeHash,
    startingCash: moneyText(startingCashMicros),
    equity: moneyText(equity),
    profit: moneyText(equity - startingCashMicros),
    fees: moneyText(total(fills, ({ feeMicros }) => feeMicros)),
    turnover: moneyText(total(fills, ({ notionalMicros }) => notionalMicros)),
    maxDrawdown: {
      amount: moneyText(worst.amount),
      fraction: worst.fraction,
      peakAt: fell ? time(atNs[worst.peak]!) : null,
      troughAt: fell ? time(atNs[worst.trough]!) : null,
    },
    ...ratios(trace),
    roundTrips: trips.count,
    winRate: trips.count === 0 ? null : trips.wins / trips.count,
    timeInMarket: timeInMarket(trace.instruments),
    ...slippages(fills, trace),
    shortfall: moneyText(Math.round(total(trace.orders, (each) => shortfallMicros(each, trace)))),
    instruments: trace.instruments.map((each) => reportInstrument(each, trace)),
    orders: orders.slice(-ORDERS_MAX),
    curve: curve(trace, time),
  };
}

function ratios({ atNs, equityMicros }: Trace) {
  const perMinute = equityMicros.filter((_, i) => (atNs[i]! - atNs[0]!) % MINUTE_NS === 0);
  const returns = returnsOf(perMinute);
  return {
    sharpe: sharpeRatio(returns),
    sharpeAnnualised: sharpeRatio(returns, 0, MINUTES_PER_YEAR),
    sortino: sortinoRatio(returns),
    sortinoAnnualised: sortinoRatio(returns, 0, MINUTES_PER_YEAR),
  };
}

function timeInMarket(instruments: readonly InstrumentTrace[]): number {
  const samples = instruments[0]?.positionLots.length ?? 0;
  if (samples === 0) return 0;
  let held = 0;
  for (let i = 0; i < samples; i++) {
    if (instruments.some(({ positionLots }) => positionLots[i] !== 0)) held += 1;
  }
  return held / samples;
}

/** Ticks that everybody paid on average from the start of the session; 0 when nothing traded. */
function vwapTicks({ tickLots, volumeLots }: InstrumentTrace): number {
  const lots = volumeLots.at(-1) ?? 0;
  return lots === 0 ? 0 : tickLots.at(-1)! / lots;
}

/** What splits after `ns` have done to prices. */
const factorSince = ({ splits }: Trace, symbol: string, ns: number): number =>
  splits
    .filter((split) => split.symbol === symbol && split.atNs > ns)
    .reduce((factor, { newUnits, oldUnits }) => (factor * oldUnits) / newUnits, 1);

function instrumentTrace({ instruments }: Trace, symbol: string): InstrumentTrace {
  const found = instruments.find(({ instrument }) => instrument.symbol === symbol);
  if (!found) throw new RangeError(`The session has no instrument ${symbol}.`);
  return found;
}

function slippages(fills: readonly FillTrace[], trace: Trace) {
  const sums = { arrival: new SlippageSum(), mid: new SlippageSum(), vwap: new SlippageSum() };
  const arrivals = new Map(
    trace.orders.map(({ order, arrivalHalfTicks }) => [order.orderId, arrivalHalfTicks]),
  );
  for (const fill of fills) {
    const { orderId, symbol, side, priceTicks, quantityLots, midHalfTicks } = fill;
    const market = instrumentTrace(trace, symbol);
    const { tickValueMicros } = market.instrument;
    const add = (sum: SlippageSum, benchmark: number) =>
      sum.add(direction(side), priceTicks, benchmark, quantityLots, tickValueMicros);
    add(sums.arrival, (arrivals.get(orderId) ?? 0) / 2);
    add(sums.mid, midHalfTicks / 2);
    add(sums.vwap, vwapTicks(market) / factorSince(trace, symbol, fill.atNs));
  }
  return {
    slippageArrival: sums.arrival.view(),
    slippageMid: sums.mid.view(),
    slippageVwap: sums.vwap.view(),
  };
}

/**
 * Perold, The Implementation Shortfall (Journal of Portfolio Management, 1988): the paper portfolio
 * trades all of it at the arrival mid.
 */
export function shortfallMicros({ order, arrivalHalfTicks }: OrderTrace, trace: Trace): number {
  return (
    executionCostMicros(order, arrivalHalfTicks, trace) +
    order.feesMicros +
    opportunityMicros({ order, arrivalHalfTicks }, trace)
  );
}

function executionCostMicros(
  order: OrderTrace['order'],
  arrivalHalfTicks: number,
  trace: Trace,
): number {
  if (arrivalHalfTicks === 0) return 0;
  const { tickValueMicros } = instrumentTrace(trace, order.symbol).instrument;
  const atArrival = (arrivalHalfTicks / 2) * order.filledLots * tickValueMicros;
  return direction(order.side) * (order.notionalMicros - atArrival);
}

/** What the part that was not filled has missed from its arrival until the order ended. */
export function opportunityMicros(
  { order, arrivalHalfTicks }: Pick<OrderTrace, 'order' | 'arrivalHalfTicks'>,
  trace: Trace,
): number {
  const missedLots = order.quantityLots - order.filledLots;
  if (missedLots <= 0 || arrivalHalfTicks === 0 || order.status === 'rejected') return 0;
  const market = instrumentTrace(trace, order.symbol);
  const isOpen = order.leavesLots > 0;
  // One that a split has ended is judged on the scale on which it was entered.
  const isSplit = order.rejectReason === 'corporateAction';
  const endNs = isOpen ? trace.atNs.at(-1)! : order.updatedNs - (isSplit ? 1 : 0);
  const mid = market.midHalfTicks[sampleAt(trace, endNs)] ?? 0;
  if (mid === 0) return 0;
  const { tickValueMicros } = market.instrument;
  return (direction(order.side) * (mid - arrivalHalfTicks) * missedLots * tickValueMicros) / 2;
}

/** The last sample that is not after `ns`; the first one for what was before it. */
export function sampleAt({ atNs, everyNs }: Trace, ns: number): number {
  const index = Math.floor((ns - (atNs[0] ?? 0)) / everyNs);
  return Math.max(0, Math.min(atNs.length - 1, index));
}

function reportOrder(each: OrderTrace, trace: Trace, { opensAtMs }: ReportSubject): ReportOrder {
  const { order, arrivalHalfTicks } = each;
  const market = instrumentTrace(trace, order.symbol);
  const { instrument } = market;
  const own = trace.fills.filter(({ orderId }) => orderId === order.orderId);
  return {
    orderId: order.orderId,
    clientOrderId: order.clientOrderId,
    symbol: order.symbol,
    side: order.side,
    type: order.type,
    status: order.status,
    at: isoAt(each.arrivalNs, opensAtMs),
    quantity: quantityText(order.quantityLots, instrument),
    filledQuantity: quantityText(order.filledLots, instrument),
    averagePrice: averagePriceText(order.notionalMicros, order.filledLots, instrument),
    arrivalPrice: midText(arrivalHalfTicks, market),
    fees: moneyText(order.feesMicros),
    ...slippages(own, trace),
    shortfall: moneyText(Math.round(shortfallMicros(each, trace))),
  };
}

function reportInstrument(market: InstrumentTrace, trace: Trace): ReportInstrument {
  const { instrument, positionLots, midHalfTicks } = market;
  const { symbol } = instrument;
  const fills = trace.fills.filter((fill) => fill.symbol === symbol);
  const lots = positionLots.at(-1) ?? 0;
  const splits = trace.splits.filter((split) => split.symbol === symbol);
  const realised =
    total(fills, ({ realisedMicros }) => realisedMicros) +
    total(splits, ({ realisedMicros }) => realisedMicros);
  const inLieu = 0 - total(splits, ({ cashMicros }) => cashMicros);
  return {
    symbol,
    orders: trace.orders.filter(({ order }) => order.symbol === symbol).length,
    fills: fills.length,
    quantity: quantityText(
      total(fills, ({ quantityLots }) => quantityLots),
      instrument,
    ),
    turnover: moneyText(total(fills, ({ notionalMicros }) => notionalMicros)),
    fees: moneyText(total(fills, ({ feeMicros }) => feeMicros)),
    realised: moneyText(realised),
    unrealised: moneyText(
      Math.round(unrealised(fills, lots, midHalfTicks.at(-1) ?? 0, market, realised + inLieu)),
    ),
    position: textOfSteps(lots, instrument.lotSize),
    ...slippages(fills, trace),
    timeInMarket: timeInMarket([market]),
  };
}

/** What the position would bring at the mid, less what its lots have cost on average. */
function unrealised(
  fills: readonly FillTrace[],
  lots: number,
  halfTicks: number,
  { instrument }: InstrumentTrace,
  realisedMicros: number,
): number {
  const flow = total(fills, ({ side, notionalMicros }) => direction(side) * notionalMicros);
  // Money in fills, less cash in lieu = cost of what is held − what has been realised.
  return (lots * halfTicks * instrument.tickValueMicros) / 2 - (flow + realisedMicros);
}

function curve({ atNs, equityMicros }: Trace, time: (ns: number) => string) {
  const step = Math.max(1, Math.ceil(atNs.length / CURVE_POINTS));
  let peak = Number.NEGATIVE_INFINITY;
  return atNs.flatMap((ns, i) => {
    const equity = equityMicros[i]!;
    peak = Math.max(peak, equity);
    if (i % step !== 0 && i !== atNs.length - 1) return [];
    return [{ at: time(ns), equity: moneyText(equity), drawdown: (peak - equity) / peak }];
  });
}
