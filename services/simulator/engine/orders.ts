/** The trader's commands on orders: new, cancel, replace, cancel all. */
import type { CancelCause, CommandBody } from '@sandpit/schemas/command.ts';
import type {
  ListMembership,
  Order,
  OrderTicket,
  RejectReason,
  TimeInForce,
} from '@sandpit/schemas/order.ts';
import type { Micros, PriceTicks, QuantityLots, SimNs } from '@sandpit/schemas/units.ts';
import { MAX_ORDERS } from './blotter.ts';
import type { ExchangeState } from './exchange-state.ts';
import { type Intent, newIntent } from './intent.ts';
import { noteSent, reasonAtTrigger } from './limits.ts';
import { type Listing, sideCode } from './listing.ts';
import { isOpen } from './order-status.ts';
import { beginLeg, endLeg } from './receipts.ts';
import { isWithin } from './resting-orders.ts';
import { firstReason, keepsPlace, reasonNow } from './risk.ts';
import { endOrder } from './settlement.ts';
import { type BookSide, BUY, SELL } from './sides.ts';
import { isTrailing, isWaiting, limitWhenFired, needsTrigger, startWaiting } from './triggers.ts';
import { noteHeld, type Submit, takeOut, work } from './work.ts';

type Replace = Extract<CommandBody, { type: 'replaceOrder' }>;
type CancelAll = Extract<CommandBody, { type: 'cancelAll' }>;

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
  if (refusal === null && countsAsSent(reason)) noteSent(state, 1);
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
  if (order.limitTicks !== intent!.terms.limitTicks) {
    if (order.limitTicks !== null) order.progress = { slidFromTicks: order.limitTicks };
    order.limitTicks = intent!.terms.limitTicks;
  }
  state.blotter.add(order);
  if (order.timeInForce === 'gtd') state.timed.add(order);
  if (intent!.waits) {
    order.progress = startWaiting(intent!.listing, intent!.side, ticket);
    intent!.listing.waiting.set(order.orderId, order);
    beginLeg(state, intent!.listing, order, 'waiting');
  }
  noteHeld(intent!, order);
  state.emitOrder('orderAccepted', order);
  if (!intent!.waits) work(intent!, order, submit);
}

/** Also what is refused is a message; not what is refused for being one too many. */
export const countsAsSent = (reason: RejectReason | null): boolean =>
  reason !== 'orderRateExceeded' && reason !== 'killSwitchEngaged';

/** Accepts an order of a list that stands nowhere yet. */
export function acceptHeld(state: ExchangeState, ticket: OrderTicket, list: ListMembership): Order {
  const order = orderOf(state, ticket, 'new', null);
  order.list = list;
  state.blotter.add(order);
  if (order.timeInForce === 'gtd') state.timed.add(order);
  state.listing(order.symbol)!.held.set(order.orderId, order);
  state.emitOrder('orderAccepted', order);
  return order;
}

/** An open order as it would be worked in a size. */
export function intentOfOpen(state: ExchangeState, order: Order, quantityLots: number): Intent {
  return intentToReplace(state, order, termsOf(order), quantityLots);
}

function intentToReplace(
  state: ExchangeState,
  order: Order,
  terms: Intent['terms'],
  quantityLots: number,
): Intent {
  const listing = state.listing(order.symbol)!;
  const side = sideCode(order.side);
  const intent = newIntent(state, listing, side, terms, isWaiting(order), quantityLots);
  intent.filledLots = order.filledLots;
  intent.replaces = order;
  return intent;
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

/** Meant to outlast a connection. */
const LASTING: ReadonlySet<TimeInForce> = new Set<TimeInForce>(['gtc', 'gtd']);
const REASON_OF_CAUSE: Readonly<Record<CancelCause, RejectReason>> = {
  disconnect: 'sessionDisconnected',
  deadMan: 'deadManExpired',
};

/** Oldest first. None to cancel is no refusal. Of a list each order ends or stays by its own time. */
export function cancelAll(state: ExchangeState, { symbol, side, keepGtc, cause }: CancelAll): void {
  const reason = cause === undefined ? null : REASON_OF_CAUSE[cause];
  for (const order of state.blotter.open()) {
    if (symbol !== null && order.symbol !== symbol) continue;
    if (side !== null && order.side !== side) continue;
    if (keepGtc && LASTING.has(order.timeInForce)) continue;
    takeOut(state, order);
    endOrder(state, order, 'canceled', reason);
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
  // The size of a leg is the list's to set, and no leg has a minimum.
  const isLeg = order.list !== undefined && order.list.role !== 'parent';
  if (isLeg && (replace.quantityLots !== null || replace.minimumLots != null)) {
    refuse(state, 'invalidInstructions', order.orderId);
    return;
  }
  const quantityLots = replace.quantityLots ?? order.quantityLots;
  const limitTicks = replace.limitTicks ?? order.limitTicks;
  const terms = { ...termsOf(order), limitTicks };
  const changes = changesOf(replace);
  if (changes !== null) terms.instructions = changed(terms.instructions, changes);
  const intent = intentToReplace(state, order, terms, quantityLots);
  const reason = firstReason(intent);
  if (countsAsSent(reason) && !keepsPlace(intent)) noteSent(state, 1);
  if (reason !== null) {
    refuse(state, reason, order.orderId);
    return;
  }
  if (intent.waits || listing.held.has(order.orderId)) {
    replaceWaiting(intent, order);
    return;
  }
  const staysInQueue = keepsPlace(intent);
  const handle = listing.resting.handleOf(order);
  if (!staysInQueue) takeOut(state, order);
  order.quantityLots = quantityLots;
  order.limitTicks = limitTicks;
  order.leavesLots = quantityLots - order.filledLots;
  if (changes !== null) order.instructions = changed(order.instructions, changes);
  order.updatedNs = state.nowNs as SimNs;
  if (!staysInQueue) noteHeld(intent, order);
  state.emitOrder('orderReplaced', order);
  if (staysInQueue) shrink(listing, handle, order.leavesLots);
  else work(intent, order, submit);
}

type Instructions = NonNullable<Order['instructions']>;

/** What a replace changes beyond size and limit; null = nothing. */
function changesOf(replace: Replace): Instructions | null {
  const { stopTicks, displayLots, minimumLots, pegOffsetTicks } = replace;
  if ((stopTicks ?? displayLots ?? minimumLots ?? pegOffsetTicks) == null) return null;
  return {
    ...(stopTicks != null && { stopTicks }),
    ...(displayLots != null && { displayLots }),
    ...(minimumLots != null && { minimumLots: minimumLots as QuantityLots }),
    ...(pegOffsetTicks != null && { pegOffsetTicks }),
  };
}

/** A minimum of 0 is none. */
function changed(before: Instructions | undefined, changes: Instructions): Instructions {
  const after = { ...before, ...changes };
  if ((after.minimumLots as number | undefined) === 0) delete after.minimumLots;
  return after;
}

/** A waiting order has no place to lose; a trailing trigger stays where it has come to. */
function replaceWaiting({ state, listing, side, terms, quantityLots }: Intent, order: Order): void {
  order.quantityLots = quantityLots as QuantityLots;
  order.limitTicks = terms.limitTicks;
  order.leavesLots = quantityLots;
  order.updatedNs = state.nowNs as SimNs;
  if (terms.instructions !== undefined) order.instructions = terms.instructions;
  if (!isTrailing(order.type) && needsTrigger(order.type))
    order.progress = startWaiting(listing, side, terms);
  state.emitOrder('orderReplaced', order);
}

/** An order's trigger has fired: it is judged as things are now, and worked. */
export function release(state: ExchangeState, order: Order, submit: Submit): void {
  const listing = state.listing(order.symbol)!;
  const side = sideCode(order.side);
  listing.waiting.delete(order.orderId);
  endLeg(state, listing, order);
  order.progress = { ...order.progress, triggeredNs: state.nowNs as SimNs };
  order.updatedNs = state.nowNs as SimNs;
  if (order.type === 'trailingStopLimit') {
    order.limitTicks = limitWhenFired(side, order, order.progress.triggerTicks!);
  }
  const intent = intentOfOpen(state, order, order.quantityLots);
  noteHeld(intent, order);
  state.emitOrder('orderTriggered', order);
  const reason = reasonAtTrigger(intent) ?? reasonNow(intent);
  if (reason === null) work(intent, order, submit);
  else endOrder(state, order, reason === 'selfTrade' ? 'expired' : 'canceled', reason);
}

/** A triggered order has become a limit or market order, and a market-to-limit one a limit order. */
function termsOf(order: Order): Intent['terms'] {
  const { type, timeInForce, postOnly, limitTicks, instructions } = order;
  if (isWaiting(order) || type === 'limit' || type === 'market' || type === 'pegged') {
    return { type, timeInForce, postOnly, limitTicks, ...(instructions && { instructions }) };
  }
  const terms = { timeInForce, postOnly, limitTicks } as const;
  const { stopTicks: _, triggerReference: __, ...rest } = instructions ?? {};
  const { trailTicks: ___, trailPpm: ____, limitOffsetTicks: _____, ...others } = rest;
  return { ...terms, type: limitTicks === null ? 'market' : 'limit', instructions: others };
}

/** The terms under which a ticket goes to work, where that depends on the book. */
function shaped(listing: Listing, side: BookSide, ticket: OrderTicket): Intent['terms'] {
  if (listing.isCollecting) return ticket;
  const other = listing.book.bestOf(side === BUY ? SELL : BUY);
  const { type, limitTicks, postOnly, instructions } = ticket;
  if (type === 'marketToLimit' && limitTicks === null) {
    if (other === 0) return { ...ticket, type: 'market' };
    return { ...ticket, type: 'limit', limitTicks: other as PriceTicks };
  }
  const isPrice = limitTicks !== null && limitTicks > 0;
  const crosses = isPrice && other !== 0 && isWithin(side, limitTicks, other);
  if (!postOnly || instructions?.postOnlyMode !== 'slide' || type !== 'limit' || !crosses) {
    return ticket;
  }
  return { ...ticket, limitTicks: (side === BUY ? other - 1 : other + 1) as PriceTicks };
}

function shrink(listing: Listing, handle: number, toLots: number): void {
  if (listing.book.reduce(handle, toLots)) listing.bookChanged = true;
  listing.indicative = undefined;
}

/** The open order of that id; a refusal is emitted when there is none. */
function openOrder(state: ExchangeState, orderId: string): Order | null {
  const order = state.blotter.get(orderId);
  if (order && isOpen(order.status)) return order;
  const wasThere = order !== undefined || state.blotter.wasGivenOut(orderId);
  refuse(state, wasThere ? 'tooLateToCancel' : 'unknownOrder', wasThere ? orderId : null);
  return null;
}

export function intentOf(state: ExchangeState, listing: Listing, ticket: OrderTicket): Intent {
  const side = sideCode(ticket.side);
  const terms = shaped(listing, side, ticket);
  const waits = needsTrigger(ticket.type);
  const intent = newIntent(state, listing, side, terms, waits, ticket.quantityLots);
  intent.askedType = ticket.type;
  intent.asked = ticket;
  return intent;
}

export function rejectTicket(
  state: ExchangeState,
  ticket: OrderTicket,
  reason: RejectReason,
): void {
  const order = orderOf(state, ticket, 'rejected', reason);
  state.blotter.add(order);
  state.emit({ type: 'orderRejected', order: { ...order }, reason });
}

export function orderOf(
  state: ExchangeState,
  ticket: OrderTicket,
  status: 'new' | 'rejected',
  rejectReason: RejectReason | null,
): Order {
  const order: Order = {
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
  };
  if (ticket.instructions) order.instructions = ticket.instructions;
  return order;
}
