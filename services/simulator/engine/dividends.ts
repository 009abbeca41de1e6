/**
 * A cash dividend on its ex-date: from here on buyers of the instrument do not get it.
 *
 * - Whoever is long gets the amount for each unit, whoever is short pays it, at once and in cash.
 * - Open orders below the market are lowered by it, to the tick that is at least as much: buys at a
 *   limit or if touched, and sell stops. Orders above the market stay as they are. A lowered order is
 *   as young as any other at its new price. Below the first tick nothing goes.
 *
 * Source: FINRA rule 5330, adjustment of orders; it asks the same for each open order that is not
 * marked "do not reduce", a mark that is not known here.
 */
import { stepsOf } from '@sandpit/schemas/decimal.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { Order } from '@sandpit/schemas/order.ts';
import type { Micros, PriceTicks, SimNs } from '@sandpit/schemas/units.ts';
import type { ExchangeState } from './exchange-state.ts';
import { invariant } from './invariant.ts';
import { type Listing, sideCode } from './listing.ts';
import { safe } from './money.ts';
import { intentOfOpen } from './orders.ts';
import { BUY } from './sides.ts';
import { isTrailing, isWaiting, needsTrigger, startWaiting } from './triggers.ts';
import { noteHeld, type Submit, takeOut, work } from './work.ts';

const BUYS_BELOW: ReadonlySet<Order['type']> = new Set<Order['type']>([
  'limit',
  'marketToLimit',
  'marketIfTouched',
  'limitIfTouched',
]);

/**
 * An amount per unit as whole micros per lot; null when it is none.
 *
 * @param amount  In the currency, e.g. "0.24".
 */
export function microsPerLot(amount: string, { lotSize }: Pick<Instrument, 'lotSize'>) {
  const perUnit = stepsOf(amount, '0.000001');
  const nanoUnits = stepsOf(lotSize, '0.000000001');
  if (perUnit === null || nanoUnits === null) return null;
  const perLot = BigInt(perUnit) * BigInt(nanoUnits);
  return perLot % 1_000_000_000n === 0n ? Number(perLot / 1_000_000_000n) : null;
}

/** The amount in ticks, rounded up. */
export function reductionTicks(amount: string, { tickSize }: Pick<Instrument, 'tickSize'>): number {
  const nanos = stepsOf(amount, '0.000000001')!;
  return Math.ceil(nanos / stepsOf(tickSize, '0.000000001')!);
}

export function payDividend(
  state: ExchangeState,
  listing: Listing,
  amount: string,
  submit: Submit,
): void {
  const { instrument, position } = listing;
  const perLot = microsPerLot(amount, instrument);
  invariant(perLot !== null, 'a dividend is whole micros per lot');
  const cashMicros = safe(position.lots * perLot);
  listing.dividendsMicros = safe(listing.dividendsMicros + cashMicros);
  state.cashMicros = safe(state.cashMicros + cashMicros);
  state.ledger.postDividend(listing.index, cashMicros);
  state.hash.addLarge(cashMicros);
  state.emit({
    type: 'dividendPaid',
    symbol: instrument.symbol,
    amount,
    quantityLots: position.lots,
    cashMicros: cashMicros as Micros,
  });
  if (position.lots !== 0) state.positionMoved(listing);
  const byTicks = reductionTicks(amount, instrument);
  for (const order of state.blotter.open()) {
    if (order.symbol === instrument.symbol) lower(state, listing, order, byTicks, submit);
  }
}

function lower(
  state: ExchangeState,
  listing: Listing,
  order: Order,
  byTicks: number,
  submit: Submit,
): void {
  const waits = isWaiting(order);
  const isBuy = sideCode(order.side) === BUY;
  // A triggered order is a limit order like any other.
  const isBelow = isBuy ? BUYS_BELOW.has(order.type) || !waits : waits && isStop(order);
  if (!isBelow || (!waits && order.limitTicks === null)) return;
  const isHeld = listing.held.has(order.orderId);
  if (!waits && !isHeld) takeOut(state, order);
  order.limitTicks = lowered(order.limitTicks, byTicks);
  if (waits) lowerTrigger(listing, order, byTicks);
  order.updatedNs = state.nowNs as SimNs;
  if (waits || isHeld) {
    state.emitOrder('orderReplaced', order);
    return;
  }
  const intent = intentOfOpen(state, order, order.quantityLots);
  noteHeld(intent, order);
  state.emitOrder('orderReplaced', order);
  work(intent, order, submit);
}

const isStop = ({ type }: Order) => needsTrigger(type) && !type.endsWith('Touched');

function lowered(ticks: number | null | undefined, byTicks: number): PriceTicks | null {
  return ticks == null ? null : (Math.max(1, ticks - byTicks) as PriceTicks);
}

/** A new object: events hold copies of the order that share the old one. */
function lowerTrigger(listing: Listing, order: Order, byTicks: number): void {
  if (isTrailing(order.type)) {
    const triggerTicks = lowered(order.progress?.triggerTicks, byTicks);
    const heldTicks = lowered(order.progress?.heldTicks, byTicks);
    if (order.progress) order.progress = { ...order.progress, triggerTicks, heldTicks };
    return;
  }
  const stopTicks = lowered(order.instructions?.stopTicks, byTicks);
  order.instructions = { ...order.instructions, stopTicks };
  if (order.progress) {
    order.progress = { ...order.progress, ...startWaiting(listing, sideCode(order.side), order) };
  }
}
