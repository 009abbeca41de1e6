/** The trader's commands on lists of orders and on whole positions. */
import type { CommandBody } from '@sandpit/schemas/command.ts';
import type { ListMembership, OrderTicket, RejectReason } from '@sandpit/schemas/order.ts';
import type { QuantityLots } from '@sandpit/schemas/units.ts';
import { MAX_ORDERS } from './blotter.ts';
import type { ExchangeState } from './exchange-state.ts';
import { noteSent, openOrdersMax, reasonOfReversal } from './limits.ts';
import type { Listing } from './listing.ts';
import { enter, type ListTools, reconcileLists } from './lists.ts';
import { restsWithMinimum } from './minimums.ts';
import { isOpen } from './order-status.ts';
import {
  acceptHeld,
  cancelAll,
  countsAsSent,
  intentOf,
  newOrder,
  refuse,
  rejectTicket,
} from './orders.ts';
import { firstReason, openCount, reasonOfTerms } from './risk.ts';
import { endOrder } from './settlement.ts';
import { takeOut } from './work.ts';

export type NewList = Extract<CommandBody, { type: 'newOrderList' }>;
type Close = Extract<CommandBody, { type: 'closePosition' }>;
type Role = ListMembership['role'];

/** All orders of the list are accepted, or each is rejected for the first reason there is. */
export function newOrderList(
  state: ExchangeState,
  command: NewList,
  refusal: RejectReason | null,
  tools: ListTools,
): void {
  const { tickets } = command;
  const used = tickets
    .map(({ clientOrderId }) => state.blotter.idOfClient(clientOrderId))
    .find((id) => id !== undefined);
  const isRepeated = new Set(tickets.map((each) => each.clientOrderId)).size < tickets.length;
  if (used !== undefined || isRepeated) {
    refuse(state, refusal ?? 'duplicateClientOrderId', used ?? null);
    return;
  }
  if (state.blotter.count + tickets.length > MAX_ORDERS) {
    refuse(state, refusal ?? 'orderLimitReached', null);
    return;
  }
  const reason = refusal ?? reasonOfList(state, command);
  if (refusal === null && countsAsSent(reason)) noteSent(state, tickets.length);
  if (reason !== null) {
    for (const ticket of tickets) rejectTicket(state, ticket, reason);
    return;
  }
  const listId = state.blotter.nextId;
  const { clientListId, contingency } = command;
  const orders = tickets.map((ticket, i) => {
    const role = roleOf(command, i);
    const askedLots = ticket.quantityLots;
    return acceptHeld(state, ticket, { listId, clientListId, contingency, role, askedLots });
  });
  state.lists.set(listId, orders);
  for (const order of orders) {
    if (order.list!.role !== 'child' && isOpen(order.status)) {
      const { held } = state.listing(order.symbol)!;
      if (held.delete(order.orderId)) enter(state, order, tools);
    }
    reconcileLists(state, tools);
  }
}

export function roleOf({ contingency }: Pick<NewList, 'contingency'>, index: number): Role {
  if (contingency === 'oco' || contingency === 'ouo') return 'peer';
  return index === 0 ? 'parent' : 'child';
}

/** First reason to refuse a list of new orders, or null. */
export function reasonOfList(state: ExchangeState, command: NewList): RejectReason | null {
  const { tickets } = command;
  const listing = state.listing(tickets[0].symbol);
  if (!listing || tickets.some(({ symbol }) => state.listing(symbol) === undefined)) {
    return 'unknownSymbol';
  }
  if (!fitsTogether(command)) return 'invalidInstructions';
  if (openCount(state) + tickets.length > openOrdersMax(state)) return 'tooManyOpenOrders';
  for (const [i, ticket] of tickets.entries()) {
    const isChild = roleOf(command, i) === 'child';
    const closes = isChild && closesWhatItFollows(ticket, tickets[0]);
    const intent = { ...intentOf(state, listing, ticket), sentBefore: i, closes };
    const reason = isChild ? reasonOfTerms(intent) : firstReason(intent);
    if (reason !== null) return reason;
  }
  return null;
}

const closesWhatItFollows = (child: OrderTicket, parent: OrderTicket): boolean =>
  child.side !== parent.side && child.quantityLots <= parent.quantityLots;

/** One instrument; legs that can wait; sizes that can follow each other. */
function fitsTogether(command: NewList): boolean {
  const { contingency, tickets } = command;
  const [first] = tickets;
  if (tickets.some(({ symbol }) => symbol !== first.symbol)) return false;
  const legs = tickets.filter((_, i) => roleOf(command, i) !== 'parent');
  if (!legs.every(canWait) || !tickets.every(isPlainEnough)) return false;
  const isLinked = contingency !== 'oto';
  if (isLinked && tickets.some((each) => each.quantityLots !== first.quantityLots)) return false;
  if (contingency !== 'bracket') return true;
  return tickets.length === 3 && legs.every(({ side }) => side !== first.side);
}

const canWait = ({ type, timeInForce, instructions }: OrderTicket): boolean =>
  !restsWithMinimum({ timeInForce, instructions }) &&
  type !== 'market' &&
  timeInForce !== 'ioc' &&
  timeInForce !== 'fok';

/** What the book decides about a ticket on arrival is not known for one that is held back. */
const isPlainEnough = ({ type, instructions }: OrderTicket): boolean =>
  type !== 'marketToLimit' && instructions?.postOnlyMode !== 'slide';

/** Ends what is open of a list. */
export function cancelList(state: ExchangeState, listId: string): void {
  const members = state.lists.get(listId);
  if (!members) {
    refuse(state, state.blotter.wasGivenOut(listId) ? 'tooLateToCancel' : 'unknownOrder', null);
    return;
  }
  for (const order of members) {
    if (!isOpen(order.status)) continue;
    takeOut(state, order);
    endOrder(state, order, 'canceled', null);
  }
}

/** Cancels the instrument's open orders, then trades the position away, or twice to turn it. */
export function closePosition(
  state: ExchangeState,
  { symbol, clientOrderId, reverse }: Close,
  refusal: RejectReason | null,
  tools: ListTools,
): void {
  const listing = state.listing(symbol);
  const first = state.blotter.idOfClient(clientOrderId);
  const reason =
    refusal ??
    (first !== undefined ? 'duplicateClientOrderId' : null) ??
    (listing ? null : 'unknownSymbol') ??
    (state.isKilled ? 'killSwitchEngaged' : null) ??
    (listing!.position.lots === 0 ? 'reduceOnlyWouldIncrease' : null);
  if (reason !== null) {
    refuse(state, reason, first ?? null);
    return;
  }
  const ticket = closing(listing!, clientOrderId, reverse);
  // What cannot be done now, or no limit allows, must not cost the orders that protect the position.
  const refused = reasonOfReversal(intentOf(state, listing!, ticket));
  if (refused !== null) {
    if (countsAsSent(refused)) noteSent(state, 1);
    rejectTicket(state, ticket, refused);
    return;
  }
  cancelAll(state, { type: 'cancelAll', symbol, side: null });
  reconcileLists(state, tools);
  newOrder(state, ticket, null, tools.submit);
}

function closing({ instrument, position }: Listing, clientOrderId: string, reverse: boolean) {
  const lots = Math.abs(position.lots) * (reverse ? 2 : 1);
  const ticket: OrderTicket = {
    clientOrderId,
    symbol: instrument.symbol,
    side: position.lots > 0 ? 'sell' : 'buy',
    type: 'market',
    quantityLots: lots as QuantityLots,
    limitTicks: null,
    timeInForce: 'ioc',
    postOnly: false,
    ...(!reverse && { instructions: { reduceOnly: true } }),
  };
  return ticket;
}
