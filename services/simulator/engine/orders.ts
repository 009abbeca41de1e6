/** The trader's commands on orders: new, cancel, replace, cancel all, and expiry at midnight. */
import type { CommandBody } from '@sandpit/schemas/command.ts';
import type { Order, OrderTicket, RejectReason } from '@sandpit/schemas/order.ts';
import type { Micros, PriceTicks, QuantityLots, SimNs } from '@sandpit/schemas/units.ts';
import { MAX_ORDERS } from './blotter.ts';
import type { ExchangeState } from './exchange-state.ts';
import { invariant } from './invariant.ts';
import { type Listing, sideCode } from './listing.ts';
import { isOpen } from './order-status.ts';
import { firstReason, type Intent, keepsPlace, mayRest, reasonNow, workingTicks } from './risk.ts';
import { endOrder, settleFill } from './settlement.ts';
import { IOC, TRADER } from './sides.ts';
import { isTrailing, isWaiting, limitWhenFired, needsTrigger, startWaiting } from './triggers.ts';

type Replace = Extract<CommandBody, { type: 'replaceOrder' }>;
type CancelAll = Extract<CommandBody, { type: 'cancelAll' }>;

/** Puts an order into a book and reports the trades; the façade's, because agents use it too. */
export type Submit = (
  listing: Listing,
  owner: number,
  side: 0 | 1,
  priceTicks: number,
  lots: number,
  flags: number,
) => number;

/**
 * A client id that was used before names the first order: this one is refused without becoming an
 * order. Any other refusal leaves a rejected order in the blotter.
 *
 * @param refusal  Reason found before the exchange was asked (halted, too late), or null.
 */
export function newOrder(
  state: ExchangeState,
  ticket: OrderTicket,
  refusal: RejectReason | null,
  submit: Submit,
): void {
  const first = state.blotter.idOfClient(ticket.clientOrderId);
  if (refusal === null && first !== undefined) {
    refuse(state, 'duplicateClientOrderId', first);
    return;
  }
  const listing = state.listing(ticket.symbol);
  const intent = listing ? intentOf(state, listing, ticket) : null;
  const reason = refusal ?? (intent ? firstReason(intent) : 'unknownSymbol');
  if (reason !== null) {
    // Nothing may grow without end: a full blotter, or an id that is taken, gets a bare refusal.
    if (first !== undefined || state.blotter.count >= MAX_ORDERS) {
      refuse(state, reason, first ?? null);
    } else {
      rejectTicket(state, ticket, reason);
    }
    return;
  }
  const order = orderOf(state, ticket, 'new', null);
  state.blotter.add(order);
  if (intent!.waits) {
    order.progress = startWaiting(intent!.listing, intent!.side, ticket);
    intent!.listing.waiting.set(order.orderId, order);
  }
  state.emit({ type: 'orderAccepted', order: { ...order } });
  if (!intent!.waits) work(intent!, order, submit);
}

/** A refusal that is not about an order of its own. */
export function refuse(state: ExchangeState, reason: RejectReason, orderId: string | null): void {
  state.emit({ type: 'commandRefused', reason, orderId });
}

export function cancelOrder(state: ExchangeState, orderId: string): void {
  const order = openOrder(state, orderId);
  if (!order) return;
  takeOut(state, order);
  endOrder(state, order, 'canceled', null);
}

/** Oldest first. None to cancel is no refusal. */
export function cancelAll(state: ExchangeState, { symbol, side }: CancelAll): void {
  for (const order of state.blotter.open()) {
    if (symbol !== null && order.symbol !== symbol) continue;
    if (side !== null && order.side !== side) continue;
    takeOut(state, order);
    endOrder(state, order, 'canceled', null);
  }
}

/** Every open order ends, for a reason that is not the trader's. */
export function endEveryOrder(state: ExchangeState, reason: RejectReason): void {
  for (const order of state.blotter.open()) {
    takeOut(state, order);
    endOrder(state, order, 'canceled', reason);
  }
}

/** Day orders entered before `midnightNs` end there. */
export function expireDayOrders(state: ExchangeState, midnightNs: number): void {
  for (const order of state.blotter.open()) {
    if (order.timeInForce !== 'day' || order.createdNs >= midnightNs) continue;
    takeOut(state, order);
    endOrder(state, order, 'expired', null);
  }
}

/**
 * Less at the same price stays where it is in the queue. Anything else is judged like a new order,
 * leaves the book, and comes back as the youngest at its price, trading first what it crosses. A
 * refusal leaves the order as it was.
 */
export function replaceOrder(state: ExchangeState, replace: Replace, submit: Submit): void {
  const order = openOrder(state, replace.orderId);
  if (!order) return;
  const listing = state.listing(order.symbol)!;
  const quantityLots = replace.quantityLots ?? order.quantityLots;
  const limitTicks = replace.limitTicks ?? order.limitTicks;
  const terms = { ...termsOf(order), limitTicks };
  if (replace.stopTicks != null) {
    terms.instructions = { ...order.instructions, stopTicks: replace.stopTicks };
  }
  const intent: Intent = {
    state,
    listing,
    side: sideCode(order.side),
    terms,
    waits: isWaiting(order),
    quantityLots,
    filledLots: order.filledLots,
    replaces: order,
  };
  const reason = firstReason(intent);
  if (reason !== null) {
    refuse(state, reason, order.orderId);
    return;
  }
  if (intent.waits) {
    replaceWaiting(intent, order);
    return;
  }
  const staysInQueue = keepsPlace(intent);
  const handle = listing.handleOf(order.orderId);
  if (!staysInQueue) takeOut(state, order);
  order.quantityLots = quantityLots;
  order.limitTicks = limitTicks;
  order.leavesLots = quantityLots - order.filledLots;
  order.updatedNs = state.nowNs as SimNs;
  state.emit({ type: 'orderReplaced', order: { ...order } });
  if (staysInQueue) shrink(listing, handle, order.leavesLots);
  else work(intent, order, submit);
}

/** A waiting order has no place to lose; a trailing trigger stays where it has come to. */
function replaceWaiting({ state, listing, side, terms, quantityLots }: Intent, order: Order): void {
  order.quantityLots = quantityLots as QuantityLots;
  order.limitTicks = terms.limitTicks;
  order.leavesLots = quantityLots;
  order.updatedNs = state.nowNs as SimNs;
  if (terms.instructions?.stopTicks != null) order.instructions = terms.instructions;
  if (!isTrailing(order.type)) order.progress = startWaiting(listing, side, terms);
  state.emit({ type: 'orderReplaced', order: { ...order } });
}

/** An order's trigger has fired: it is judged as things are now, and worked. */
export function release(state: ExchangeState, order: Order, submit: Submit): void {
  const listing = state.listing(order.symbol)!;
  const side = sideCode(order.side);
  listing.waiting.delete(order.orderId);
  order.progress = { ...order.progress, triggeredNs: state.nowNs as SimNs };
  order.updatedNs = state.nowNs as SimNs;
  if (order.type === 'trailingStopLimit') {
    order.limitTicks = limitWhenFired(side, order, order.progress.triggerTicks!);
  }
  state.emit({ type: 'orderTriggered', order: { ...order } });
  const intent: Intent = {
    state,
    listing,
    side,
    terms: termsOf(order),
    waits: false,
    quantityLots: order.quantityLots,
    filledLots: order.filledLots,
    replaces: order,
  };
  const reason = reasonNow(intent);
  if (reason === null) work(intent, order, submit);
  else endOrder(state, order, reason === 'selfTrade' ? 'expired' : 'canceled', reason);
}

/** What a triggered order has become: a plain limit or market order. */
function termsOf(order: Order): Intent['terms'] {
  const { type, timeInForce, postOnly, limitTicks, instructions } = order;
  if (isWaiting(order) || !needsTrigger(type)) {
    return { type, timeInForce, postOnly, limitTicks, ...(instructions && { instructions }) };
  }
  return { type: limitTicks === null ? 'market' : 'limit', timeInForce, postOnly, limitTicks };
}

/** Trades what it can, and rests or ends the remainder: no order is left in between. */
function work(intent: Intent, order: Order, submit: Submit): void {
  const { state, listing, side } = intent;
  const { book } = listing;
  const flags = mayRest(intent) ? 0 : IOC;
  const handle = submit(listing, TRADER, side, workingTicks(intent), order.leavesLots, flags);
  const { fills, selfTrade } = book;
  for (let i = 0; i < fills.count; i++) {
    settleFill(state, listing, order, fills.priceTicks[i], fills.lots[i], 'taker');
  }
  if (handle !== 0) listing.resting.set(handle, order);
  else if (order.leavesLots > 0) {
    if (selfTrade) endOrder(state, order, 'expired', 'selfTrade');
    else endOrder(state, order, 'canceled', intent.terms.type === 'market' ? 'noLiquidity' : null);
  }
  invariant(handle !== 0 || !isOpen(order.status), 'an order rests or is done');
}

function shrink(listing: Listing, handle: number, toLots: number): void {
  if (listing.book.reduce(handle, toLots)) listing.bookChanged = true;
}

function takeOut(state: ExchangeState, order: Order): void {
  const listing = state.listing(order.symbol)!;
  if (listing.waiting.delete(order.orderId)) return;
  const handle = listing.handleOf(order.orderId);
  const lots = listing.book.cancel(handle);
  invariant(lots === order.leavesLots, 'an open order rests with what it has left');
  listing.resting.delete(handle);
  listing.bookChanged = true;
  state.hash.add(lots);
}

/** The open order of that id; a refusal is emitted when there is none. */
function openOrder(state: ExchangeState, orderId: string): Order | null {
  const order = state.blotter.get(orderId);
  if (order && isOpen(order.status)) return order;
  const wasThere = order !== undefined || state.blotter.wasGivenOut(orderId);
  refuse(state, wasThere ? 'tooLateToCancel' : 'unknownOrder', wasThere ? orderId : null);
  return null;
}

function intentOf(state: ExchangeState, listing: Listing, ticket: OrderTicket): Intent {
  return {
    state,
    listing,
    side: sideCode(ticket.side),
    terms: ticket,
    waits: needsTrigger(ticket.type),
    quantityLots: ticket.quantityLots,
    filledLots: 0,
    replaces: null,
  };
}

function rejectTicket(state: ExchangeState, ticket: OrderTicket, reason: RejectReason): void {
  const order = orderOf(state, ticket, 'rejected', reason);
  state.blotter.add(order);
  state.emit({ type: 'orderRejected', order: { ...order }, reason });
}

function orderOf(
  state: ExchangeState,
  ticket: OrderTicket,
  status: 'new' | 'rejected',
  rejectReason: RejectReason | null,
): Order {
  return {
    orderId: state.blotter.nextId,
    clientOrderId: ticket.clientOrderId,
    symbol: ticket.symbol,
    side: ticket.side,
    type: ticket.type,
    timeInForce: ticket.timeInForce,
    postOnly: ticket.postOnly,
    quantityLots: ticket.quantityLots as QuantityLots,
    limitTicks: ticket.limitTicks as PriceTicks | null,
    filledLots: 0,
    leavesLots: status === 'new' ? ticket.quantityLots : 0,
    notionalMicros: 0 as Micros,
    feesMicros: 0 as Micros,
    status,
    rejectReason,
    createdNs: state.nowNs as SimNs,
    updatedNs: state.nowNs as SimNs,
    ...(ticket.instructions && { instructions: ticket.instructions }),
  };
}
