/**
 * Orders that belong together.
 *
 * - `oco`: peers of which one trades: the first fill of any size cancels the others.
 * - `ouo`: peers of one quantity: what one fills, the others lose.
 * - `oto`: a parent, and children that come alive with what it fills.
 * - `bracket`: an entry, and a take-profit and a stop-loss that follow its fills and update each
 *   other. Once the legs have closed all that the entry has traded, what is left of it is canceled.
 *
 * A child is `new` and held back until its parent trades; then its quantity follows what the parent
 * has filled (`orderReplaced`). A leg that is canceled leaves the others as they are; a parent that
 * ends without a fill takes its children along (`contingency`).
 *
 * Everything a list needs stands in its orders, so it survives whatever they survive. Contingent
 * changes happen when the event that caused them is over; until then `allowedLots` keeps one match
 * from filling what a list allows only once.
 */
import type { Order } from '@sandpit/schemas/order.ts';
import type { QuantityLots, SimNs } from '@sandpit/schemas/units.ts';
import type { ExchangeState } from './exchange-state.ts';
import type { Intent } from './intent.ts';
import { reasonAtTrigger } from './limits.ts';
import { wantedLots } from './list-lots.ts';
import { sideCode } from './listing.ts';
import { isOpen } from './order-status.ts';
import { beginLeg } from './receipts.ts';
import { firstReason } from './risk.ts';
import { endOrder } from './settlement.ts';
import { isWaiting, needsTrigger, startWaiting } from './triggers.ts';
import { type Submit, takeOut, work } from './work.ts';

export interface ListTools {
  submit: Submit;
  intentOf: (state: ExchangeState, order: Order, quantityLots: number) => Intent;
}

/** Brings the orders of every list that something has happened to in line with it. */
export function reconcileLists(state: ExchangeState, tools: ListTools): boolean {
  let changed = false;
  while (state.touchedLists.size > 0) {
    // The oldest first: in whatever order they were touched, the same things happen.
    const listId = String(Math.min(...[...state.touchedLists].map(Number)));
    state.touchedLists.delete(listId);
    const members = state.lists.get(listId);
    if (!members) continue;
    changed = true;
    for (const order of members) if (isOpen(order.status)) align(state, members, order, tools);
    // What orders of other instruments are judged by.
    state.listing(members[0].symbol)!.updateReserved();
    if (!members.some(({ status }) => isOpen(status))) state.lists.delete(listId);
  }
  return changed;
}

function align(
  state: ExchangeState,
  members: readonly Order[],
  order: Order,
  tools: ListTools,
): void {
  const { contingency, role } = order.list!;
  if (role === 'parent') {
    const children = members.filter(({ list }) => list?.role === 'child');
    const closed = children.reduce((sum, { filledLots }) => sum + filledLots, 0);
    const isOver = contingency === 'bracket' && order.filledLots > 0 && closed >= order.filledLots;
    if (isOver) end(state, order);
    return;
  }
  if (contingency === 'oco') {
    if (members.some((each) => each !== order && each.filledLots > 0)) end(state, order);
    return;
  }
  const parent = members.find(({ list }) => list?.role === 'parent');
  const wanted = wantedLots(members, order);
  if (parent && parent.filledLots === 0) {
    if (!isOpen(parent.status)) end(state, order);
  } else if (wanted <= 0) {
    end(state, order);
  } else if (state.listing(order.symbol)!.held.has(order.orderId)) {
    activate(state, order, wanted, tools);
  } else if (wanted !== order.leavesLots) {
    resize(state, order, wanted, tools);
  }
}

function end(state: ExchangeState, order: Order): void {
  takeOut(state, order);
  endOrder(state, order, 'canceled', 'contingency');
}

/** A child comes alive. What its entry has left open may be guarded only in part; never not at all. */
function activate(state: ExchangeState, order: Order, lots: number, tools: ListTools): void {
  const listing = state.listing(order.symbol)!;
  listing.held.delete(order.orderId);
  if (lots !== order.leavesLots) restate(state, order, lots);
  enter(state, order, tools);
}

/** Puts an order to work that stands nowhere. */
export function enter(state: ExchangeState, order: Order, tools: ListTools): void {
  const listing = state.listing(order.symbol)!;
  const intent = { ...tools.intentOf(state, order, order.quantityLots), enters: true };
  const reason = firstReason(intent);
  if (reason !== null && reason !== 'triggerPriceReached') {
    endOrder(state, order, reason === 'selfTrade' ? 'expired' : 'canceled', reason);
    return;
  }
  if (!needsTrigger(order.type)) {
    work(intent, order, tools.submit);
    return;
  }
  order.progress = startWaiting(listing, sideCode(order.side), order);
  listing.waiting.set(order.orderId, order);
  beginLeg(state, listing, order, 'waiting');
  // Where the market is through its price already, it protects from here; or from the next trade,
  // where there is none now.
  if (reason !== null && listing.phase === 'continuous') state.fired.add(order);
}

/** Less keeps the place in the queue; more goes to its back. */
function resize(state: ExchangeState, order: Order, lots: number, tools: ListTools): void {
  const listing = state.listing(order.symbol)!;
  if (isWaiting(order)) {
    restate(state, order, lots);
    return;
  }
  const handle = listing.resting.handleOf(order);
  const isLess = lots < order.leavesLots;
  if (!isLess) {
    const reason = reasonAtTrigger(tools.intentOf(state, order, order.filledLots + lots));
    if (reason !== null) {
      takeOut(state, order);
      endOrder(state, order, 'canceled', reason);
      return;
    }
  }
  if (!isLess) takeOut(state, order);
  restate(state, order, lots);
  listing.bookChanged = true;
  if (isLess) listing.book.reduce(handle, lots);
  else work(tools.intentOf(state, order, order.quantityLots), order, tools.submit);
}

function restate(state: ExchangeState, order: Order, leavesLots: number): void {
  order.quantityLots = (order.filledLots + leavesLots) as QuantityLots;
  order.leavesLots = leavesLots;
  order.updatedNs = state.nowNs as SimNs;
  state.emitOrder('orderReplaced', order);
}
