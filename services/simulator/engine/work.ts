/**
 * An accepted order meets the book: it trades what it can, and rests or ends; nothing is left in
 * between. Here is what its instructions change about that.
 */
import type { Order } from '@sandpit/schemas/order.ts';
import type { PriceTicks, QuantityLots, SimNs } from '@sandpit/schemas/units.ts';
import { collect, leavePen, penKind } from './auction.ts';
import { heldInAuctionTicks } from './auction-rules.ts';
import { reducibleLots } from './buying-power.ts';
import { concealOwn, isHidden } from './display-rules.ts';
import type { ExchangeState } from './exchange-state.ts';
import type { Intent } from './intent.ts';
import { invariant } from './invariant.ts';
import { type Listing, sideCode } from './listing.ts';
import { ordersWithMinimum, restsWithMinimum, restWithMinimum } from './minimums.ts';
import { isOpen } from './order-status.ts';
import { restPegged } from './peg-entry.ts';
import { beginLeg, endLeg } from './receipts.ts';
import { dryRun, mayRest, reasonNow, workingTicks } from './risk.ts';
import { endOrder, settleFill } from './settlement.ts';
import { type BookSide, IOC, TRADER } from './sides.ts';

/** Puts an order into a book and reports the trades; the façade's, because agents use it too. */
export type Submit = (
  listing: Listing,
  owner: number,
  side: BookSide,
  priceTicks: number,
  lots: number,
  flags: number,
) => number;

/** Trades what it can, and rests or ends the remainder: no order is left in between. */
export function work(intent: Intent, order: Order, submit: Submit): void {
  const { state, listing } = intent;
  if (intent.isCollected) {
    collectOwn(intent, order);
    return;
  }
  noteHeld(intent, order);
  const rests = workOut(intent, order, submit);
  if (!rests && order.leavesLots > 0) {
    if (listing.book.selfTrade) endOrder(state, order, 'expired', 'selfTrade');
    else endOrder(state, order, 'canceled', reasonOfRest(intent, order));
  }
  invariant(rests || !isOpen(order.status), 'an order rests or is done');
}

/** @returns  Whether something of it rests. */
function workOut(intent: Intent, order: Order, submit: Submit): boolean {
  if (order.instructions?.reduceOnly && order.type !== 'pegged') {
    return workReducing(intent, order, submit);
  }
  if (restsWithMinimum(order)) return workWithMinimum(intent, order, submit);
  if (order.type === 'pegged') {
    restPegged(intent.state, intent.listing, order, intent.side);
    return true;
  }
  return workPlainly(intent, order, submit, order.leavesLots, mayRest(intent) ? 0 : IOC);
}

/** Takes at once when there is enough to take; what is left, or all of it, rests out of sight. */
function workWithMinimum(intent: Intent, order: Order, submit: Submit): boolean {
  const { state, listing, side } = intent;
  if (listing.phase === 'continuous' && dryRun(intent).tradableLots > 0) {
    workPlainly(intent, order, submit, order.leavesLots, IOC);
    if (order.leavesLots === 0 || listing.book.selfTrade) return false;
  }
  restWithMinimum(state, listing, order, side, order.limitTicks!);
  return true;
}

type IntentOf = (state: ExchangeState, order: Order, quantityLots: number) => Intent;

/**
 * Puts one of the orders with a minimum to work that find enough by now. Those that wait for more
 * are left alone, and so are those that could not be paid for as takers.
 *
 * @returns  Whether there was one.
 */
export function workAwakened(state: ExchangeState, submit: Submit, intentOf: IntentOf): boolean {
  for (const listing of state.listings) {
    if (!listing.book.isConcealing || listing.phase !== 'continuous') continue;
    for (const order of ordersWithMinimum(listing)) {
      const intent = intentOf(state, order, order.quantityLots);
      if (dryRun(intent).tradableLots === 0 || reasonNow(intent) !== null) continue;
      takeOut(state, order);
      const rests = workWithMinimum(intent, order, submit);
      if (!rests && isOpen(order.status)) endOrder(state, order, 'expired', 'selfTrade');
      return true;
    }
  }
  return false;
}

function reasonOfRest({ terms, listing, side }: Intent, order: Order) {
  if (order.instructions?.reduceOnly && reducibleLots(listing.position.lots, side) === 0) {
    return 'reduceOnlyWouldIncrease';
  }
  return terms.type === 'market' ? 'noLiquidity' : null;
}

/** @returns  Whether something of it rests. */
function workPlainly(
  intent: Intent,
  order: Order,
  submit: Submit,
  lots: number,
  flags: number,
): boolean {
  const { listing, side } = intent;
  const { book } = listing;
  // As it was judged: the collar of a market order does not follow its own trades.
  const limit = workingTicks(intent);
  let budget = lots;
  for (;;) {
    const handle = submit(listing, TRADER, side, limit, budget, flags);
    const { fills } = book;
    for (let i = 0; i < fills.count; i++) {
      settleFill(intent.state, listing, order, fills.priceTicks[i], fills.lots[i], 'taker');
      budget -= fills.lots[i];
    }
    if (handle !== 0) {
      listing.resting.set(handle, order);
      concealOwn(intent.state, listing, handle, order);
      beginLeg(intent.state, listing, order, 'resting', handle);
    }
    if (handle !== 0 || !book.selfTrade || budget === 0) return handle !== 0;
    if (!passOwnOrder(intent, order)) return false;
    budget = Math.min(budget, order.leavesLots);
  }
}

/**
 * Trades no more than there is to reduce. What rests keeps its size: `ReduceOnlyRules` looks at the
 * position again before each of its fills.
 */
function workReducing(intent: Intent, order: Order, submit: Submit): boolean {
  const { listing, side } = intent;
  const lots = Math.min(order.leavesLots, reducibleLots(listing.position.lots, side));
  if (lots > 0) workPlainly(intent, order, submit, lots, IOC);
  const isReducing = reducibleLots(listing.position.lots, side) > 0;
  if (!mayRest(intent) || !isReducing || listing.book.selfTrade || order.leavesLots === 0) {
    return false;
  }
  return workPlainly(intent, order, submit, order.leavesLots, 0);
}

/**
 * What an order for an auction holds money at, and the limit that the price bands leave to another
 * one; noted before anybody is told of the order.
 */
export function noteHeld(intent: Intent, order: Order): void {
  if (intent.waits) return;
  if (order.type === 'pegged') {
    const heldTicks = workingTicks(intent) as PriceTicks;
    order.progress = { ...order.progress, heldTicks, pegTicks: null };
    return;
  }
  if (!intent.isCollected) {
    const isBounded = intent.listing.bands !== null && order.limitTicks !== null;
    if (isBounded) slide(order, workingTicks(intent) as PriceTicks);
    return;
  }
  const heldTicks = heldInAuctionTicks(intent) as PriceTicks;
  order.progress = { ...order.progress, heldTicks };
}

function slide(order: Order, limitTicks: PriceTicks): void {
  if (order.limitTicks === limitTicks) return;
  order.progress = { ...order.progress, slidFromTicks: order.limitTicks };
  order.limitTicks = limitTicks;
}

/** For the next auction: it waits outside the queues, and holds money for any price in reach. */
function collectOwn(intent: Intent, order: Order): void {
  const { state, listing, side } = intent;
  noteHeld(intent, order);
  const ticks = workingTicks(intent);
  const kind = penKind(order);
  const handle = collect(state, listing, TRADER, side, ticks, order.leavesLots, kind);
  listing.resting.set(handle, order);
  // Its price is nobody's to see: the touch is worked out again without it.
  if (isHidden(order)) listing.penTouch[side] = undefined;
  beginLeg(state, listing, order, 'waiting');
}

/**
 * The order has met an own one. By its mode that one goes, both go, or both get smaller.
 *
 * @returns  Whether it goes on.
 */
function passOwnOrder({ state, listing }: Intent, taker: Order): boolean {
  const mode = taker.instructions?.selfTradePrevention ?? 'expireTaker';
  if (mode === 'expireTaker') return false;
  const handle = listing.book.stoppedAt;
  const maker = listing.resting.get(handle);
  invariant(maker !== undefined, 'what stops an own order is an own order');
  // A leg's size is its list's: it is not made smaller by anything but fills.
  if (mode === 'decrement' && (isLeg(maker) || isLeg(taker))) return false;
  const makerLots = maker.leavesLots;
  if (mode === 'decrement' && makerLots > taker.leavesLots) {
    decrement(state, maker, taker.leavesLots);
    listing.book.reduce(handle, maker.leavesLots);
    return false;
  }
  takeOut(state, maker);
  endOrder(state, maker, 'expired', 'selfTrade');
  if (mode !== 'decrement') return mode === 'expireMaker';
  if (makerLots === taker.leavesLots) return false;
  decrement(state, taker, makerLots);
  return true;
}

const isLeg = ({ list }: Order): boolean => list !== undefined && list.role !== 'parent';

function decrement(state: ExchangeState, order: Order, lots: number): void {
  order.quantityLots = (order.quantityLots - lots) as QuantityLots;
  order.leavesLots -= lots;
  order.updatedNs = state.nowNs as SimNs;
  state.emitOrder('orderReplaced', order);
}

/** Takes an open order out of wherever it stands. */
export function takeOut(state: ExchangeState, order: Order): void {
  const listing = state.listing(order.symbol)!;
  if (listing.held.size !== 0 && listing.held.delete(order.orderId)) return;
  const handle = listing.resting.handleOf(order);
  endLeg(state, listing, order, handle);
  if (listing.waiting.size !== 0 && listing.waiting.delete(order.orderId)) return;
  if (listing.pen.size !== 0) leavePen(listing, handle);
  const lots = listing.book.cancel(handle);
  invariant(lots === order.leavesLots, 'an open order rests with what it has left');
  listing.resting.delete(handle);
  listing.bookChanged = true;
  state.hash.add(lots);
}

/** Ends the orders that may only reduce and have nothing left to. */
export function endIdleReducers(state: ExchangeState): void {
  for (const listing of state.listings) {
    if (listing.book.rules === null) continue;
    for (const order of listing.resting.values()) {
      if (!order.instructions?.reduceOnly) continue;
      if (reducibleLots(listing.position.lots, sideCode(order.side)) > 0) continue;
      takeOut(state, order);
      endOrder(state, order, 'canceled', 'reduceOnlyWouldIncrease');
    }
  }
}
