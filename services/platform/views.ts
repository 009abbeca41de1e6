/**
 * Engine shapes (ticks, lots, micros, simulated ns) -> wire shapes (decimal text, ISO times). Pure.
 *
 * A mark is given in half ticks, so that the mid between two neighbouring prices is a whole number.
 */
import {
  averagePriceText,
  moneyText,
  priceText,
  quantityText,
  stepsOf,
  textOfSteps,
} from '@sandpit/schemas/decimal.ts';
import type { Execution, Position, VenueEvent } from '@sandpit/schemas/event.ts';
import type {
  ExecutionView,
  InstrumentPhase,
  OrderView,
  PositionView,
  SplitView,
} from '@sandpit/schemas/http.ts';
import type { Instrument, StockSplit } from '@sandpit/schemas/instrument.ts';
import type { QuoteFrame } from '@sandpit/schemas/market-data.ts';
import type { Order } from '@sandpit/schemas/order.ts';
import { NS_PER_MS } from '@sandpit/schemas/units.ts';

/** Simulated time as a date: `opensAtMs` is the scenario's opening, ms since the epoch. */
export function simulatedIso(simNs: number, opensAtMs: number): string {
  return new Date(opensAtMs + Math.floor(simNs / NS_PER_MS)).toISOString();
}

/** What a change of phase says; older records say less. */
export function phaseView(
  event: Extract<VenueEvent, { type: 'phaseChanged' }>,
  opensAtMs: number,
): InstrumentPhase {
  const { symbol, phase, endsNs = null, haltReason = null, extensions = 0 } = event;
  const endsAt = endsNs === null ? null : simulatedIso(endsNs, opensAtMs);
  return { symbol, phase, endsAt, haltReason, auctionExtensions: extensions };
}

export const stockSplit = (
  { newUnits, oldUnits }: { newUnits: number; oldUnits: number },
  at: string,
): StockSplit => ({ at, newUnits, oldUnits, priceFactor: oldUnits / newUnits });

export function splitView(
  event: Extract<VenueEvent, { type: 'stockSplit' }>,
  instrument: Instrument,
  opensAtMs: number,
): SplitView {
  return {
    symbol: event.symbol,
    ...stockSplit(event, simulatedIso(event.atNs, opensAtMs)),
    price: priceText(event.priceTicks, instrument),
    fromQuantity: quantityText(event.fromLots, instrument),
    quantity: quantityText(event.quantityLots, instrument),
    cash: moneyText(event.cashMicros),
  };
}

/** @param sequence  Stream sequence of the record that last changed the order. */
export function orderView(
  order: Order,
  instrument: Instrument,
  opensAtMs: number,
  sequence: number,
): OrderView {
  return {
    orderId: order.orderId,
    clientOrderId: order.clientOrderId,
    symbol: order.symbol,
    side: order.side,
    type: order.type,
    timeInForce: order.timeInForce,
    postOnly: order.postOnly,
    quantity: quantityText(order.quantityLots, instrument),
    limitPrice: order.limitTicks === null ? null : priceText(order.limitTicks, instrument),
    status: order.status,
    filledQuantity: quantityText(order.filledLots, instrument),
    leavesQuantity: quantityText(order.leavesLots, instrument),
    averagePrice: averagePriceText(order.notionalMicros, order.filledLots, instrument),
    fees: moneyText(order.feesMicros),
    rejectReason: order.rejectReason,
    ...instructionsView(order, instrument, opensAtMs),
    ...listView(order),
    ...liquidationView(order),
    createdAt: simulatedIso(order.createdNs, opensAtMs),
    updatedAt: simulatedIso(order.updatedNs, opensAtMs),
    sequence,
  };
}

const listView = ({ list }: Order): Partial<OrderView> =>
  list ? { listId: list.listId, contingency: list.contingency, listRole: list.role } : {};

const liquidationView = ({ liquidation }: { liquidation?: boolean }) =>
  liquidation ? { liquidation } : {};

/** What a plain order has not. */
function instructionsView(
  { instructions, progress }: Order,
  instrument: Instrument,
  opensAtMs: number,
): Partial<OrderView> {
  const view: Partial<OrderView> = {};
  if (progress?.slidFromTicks != null)
    view.slidFrom = priceText(progress.slidFromTicks, instrument);
  if (!instructions) return view;
  const { expireNs, selfTradePrevention, postOnlyMode, reduceOnly, minimumLots } = instructions;
  const { displayLots, allOrNone } = instructions;
  if (allOrNone) view.allOrNone = allOrNone;
  if (instructions.pegPriceType) {
    const { pegPriceType, pegOffsetTicks } = instructions;
    view.pegPriceType = pegPriceType;
    if (pegOffsetTicks != null) view.pegOffset = priceText(pegOffsetTicks, instrument);
    const pegTicks = progress?.pegTicks;
    view.pegPrice = pegTicks == null ? null : priceText(pegTicks, instrument);
  }
  if (expireNs != null) view.expireAt = simulatedIso(expireNs, opensAtMs);
  if (selfTradePrevention) view.selfTradePrevention = selfTradePrevention;
  if (postOnlyMode) view.postOnlyMode = postOnlyMode;
  if (reduceOnly) view.reduceOnly = reduceOnly;
  if (minimumLots != null) view.minimumQuantity = quantityText(minimumLots, instrument);
  if (displayLots != null) view.displayQuantity = quantityText(displayLots, instrument);
  const { triggerReference, trailTicks, trailPpm, limitOffsetTicks } = instructions;
  const stopTicks = progress?.triggerTicks ?? instructions.stopTicks;
  if (stopTicks != null) {
    view.stopPrice = priceText(stopTicks, instrument);
    view.triggerReference = triggerReference ?? 'last';
    const triggeredNs = progress?.triggeredNs;
    view.triggeredAt = triggeredNs == null ? null : simulatedIso(triggeredNs, opensAtMs);
  }
  if (trailTicks != null) view.trailAmount = priceText(trailTicks, instrument);
  if (trailPpm != null) view.trailPercent = percentText(trailPpm);
  if (limitOffsetTicks != null) view.limitOffset = priceText(limitOffsetTicks, instrument);
  return view;
}

/** Millionths as percent: 15000 -> "1.5". */
const percentText = (ppm: number) => textOfSteps(ppm, '0.0001').replace(/\.?0+$/, '');

export function executionView(
  execution: Execution,
  instrument: Instrument,
  opensAtMs: number,
  sequence: number,
): ExecutionView {
  return {
    executionId: execution.executionId,
    orderId: execution.orderId,
    clientOrderId: execution.clientOrderId,
    symbol: execution.symbol,
    side: execution.side,
    price: priceText(execution.priceTicks, instrument),
    quantity: quantityText(execution.quantityLots, instrument),
    fee: moneyText(execution.feeMicros),
    ...commissionView(execution),
    realised: moneyText(execution.realisedMicros),
    liquidity: execution.liquidity,
    ...liquidationView(execution),
    at: simulatedIso(execution.atNs, opensAtMs),
    sequence,
  };
}

export const commissionView = ({ commissionMicros }: { commissionMicros?: number }) =>
  commissionMicros === undefined ? {} : { commission: moneyText(commissionMicros) };

/**
 * Where a position is valued, in half ticks: the mid of a two-sided quote, else the last trade, else
 * the one side there is; null when the instrument has never been quoted.
 */
export function markHalfTicks(
  quote: Pick<QuoteFrame, 'bid' | 'ask' | 'last'> | null | undefined,
  instrument: Instrument,
): number | null {
  if (!quote) return null;
  const ticks = (text: string | null) =>
    text === null ? null : stepsOf(text, instrument.tickSize);
  const bid = ticks(quote.bid);
  const ask = ticks(quote.ask);
  if (bid !== null && ask !== null) return bid + ask;
  const price = ticks(quote.last) ?? bid ?? ask;
  return price === null ? null : 2 * price;
}

/** Half ticks as price text: one decimal more than the tick where the mid needs it. */
export function markText(halfTicks: number, instrument: Instrument): string {
  if (halfTicks % 2 === 0) return priceText(halfTicks / 2, instrument);
  return textOfSteps(halfTicks * 5, stepOfTenth(instrument.tickSize));
}

/** A tenth of a decimal step: "0.01" -> "0.001". */
function stepOfTenth(step: string): string {
  const [whole, fraction = ''] = step.split('.');
  const digits = `${whole}${fraction}`.padStart(fraction.length + 2, '0');
  const point = digits.length - fraction.length - 1;
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Signed value at the mark in micros, half a micro rounded away from zero. */
export function valueMicros(lots: number, halfTicks: number, instrument: Instrument): number {
  const doubled = BigInt(lots) * BigInt(halfTicks) * BigInt(instrument.tickValueMicros);
  return Number((doubled + (doubled < 0n ? -1n : 1n)) / 2n);
}

/** @param mark  Half ticks; null values the position at what it cost. */
export function positionView(
  position: Position,
  instrument: Instrument,
  mark: number | null,
): PositionView {
  const { quantityLots: lots, costMicros } = position;
  const unrealised =
    mark === null || lots === 0 ? 0 : valueMicros(lots, mark, instrument) - costMicros;
  return {
    symbol: position.symbol,
    quantity: quantityText(lots, instrument),
    cost: moneyText(costMicros),
    averagePrice: averagePriceText(costMicros, lots, instrument),
    mark: mark === null ? null : markText(mark, instrument),
    unrealised: moneyText(unrealised),
    realised: moneyText(position.realisedMicros),
    fees: moneyText(position.feesMicros),
    exposure: moneyText(costMicros + unrealised),
    ...fifoView(position, costMicros + unrealised, instrument),
    ...(position.dividendsMicros !== undefined && {
      dividends: moneyText(position.dividendsMicros),
    }),
    ...(position.borrowFeesMicros !== undefined && {
      borrowFees: moneyText(position.borrowFeesMicros),
    }),
  };
}

/** Absent where the position is told without it: in the archive, and by earlier versions. */
function fifoView(
  { quantityLots, fifoCostMicros: cost, fifoRealisedMicros: realised }: Position,
  value: number,
  instrument: Instrument,
): Pick<PositionView, 'fifo'> {
  if (cost === undefined || realised === undefined) return {};
  return {
    fifo: {
      cost: moneyText(cost),
      averagePrice: averagePriceText(cost, quantityLots, instrument),
      unrealised: moneyText(value - cost),
      realised: moneyText(realised),
    },
  };
}
