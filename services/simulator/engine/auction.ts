/**
 * Auctions: orders are held outside the queues while they are collected, and all of them meet at one
 * price at the end. What was in the queues before takes part as well, and is older at its price.
 *
 * - Nobody is maker or taker; the trader pays the maker's fee, because his order has waited.
 * - A market order is a limit order at the far end of the collar, here as elsewhere, so it comes
 *   before every limit in reach. What an auction leaves of it is cancelled.
 * - Post-only means nothing here. What is left over cannot cross, since more would have traded.
 */
import type { Order } from '@sandpit/schemas/order.ts';
import type { TradingPhase } from '@sandpit/schemas/session.ts';
import { reducibleLots } from './buying-power.ts';
import { concealOwn, isHidden } from './display-rules.ts';
import type { ExchangeState } from './exchange-state.ts';
import { leftInAuction } from './list-lots.ts';
import type { Listing } from './listing.ts';
import { beginLeg, endLeg, noteRefreshes, noteTradeAhead } from './receipts.ts';
import { endOrder, settleFill } from './settlement.ts';
import { type BookSide, BUY, FOK, IOC, SELL, TRADER } from './sides.ts';
import { noteTrade } from './triggers.ts';
import { type Uncross, uncrossing } from './uncross.ts';

/** `rest`: stays after the auction. `once`: the next auction only. `close`: the closing one only. */
export type PenKind = 'rest' | 'once' | 'close';

/** Takes an order into the pen. @returns  Its handle, which stays the same when it is released. */
export function collect(
  state: ExchangeState,
  listing: Listing,
  owner: number,
  side: BookSide,
  priceTicks: number,
  lots: number,
  kind: PenKind,
): number {
  const { hash } = state;
  const handle = listing.book.hold(owner, side, priceTicks, lots);
  hash.add(owner | (side << 20) | (listing.index << 25));
  hash.add(priceTicks);
  hash.add(lots);
  hash.add(handle | 0);
  listing.pen.set(handle, kind);
  const touch = listing.penTouch[side];
  if (kind === 'rest' && touch !== undefined && isBetter(side, priceTicks, touch)) {
    listing.penTouch[side] = priceTicks;
  }
  listing.indicative = undefined;
  return handle;
}

/** An order leaves the pen. Call it while the book still knows it. */
export function leavePen({ book, pen, penTouch }: Listing, handle: number): void {
  if (!pen.delete(handle)) return;
  const side = book.sideOf(handle);
  if (book.priceOf(handle) === penTouch[side]) penTouch[side] = undefined;
}

const isBetter = (side: BookSide, priceTicks: number, than: number): boolean =>
  than === 0 || (side === BUY ? priceTicks > than : priceTicks < than);

/** An agent's order in a phase that is not continuous. @returns  Its handle if it may rest later. */
export function submitOutside(
  state: ExchangeState,
  listing: Listing,
  owner: number,
  side: BookSide,
  priceTicks: number,
  lots: number,
  flags: number,
): number {
  listing.book.fills.count = 0;
  if (!listing.isCollecting || (flags & FOK) !== 0) return 0;
  const limitTicks = priceTicks || listing.protectionTicks(side);
  const isOnce = priceTicks === 0 || (flags & IOC) !== 0;
  // A halt may last for hours: who cannot wait comes back for the auction.
  if (isOnce && listing.phase === 'halted') return 0;
  const kind = isOnce ? 'once' : 'rest';
  const handle = collect(state, listing, owner, side, limitTicks, lots, kind);
  return isOnce ? 0 : handle;
}

/** Best price of a side among what rests and what is to rest; 0 = none. */
export function touchInAuction(listing: Listing, side: BookSide): number {
  const { book, penTouch } = listing;
  penTouch[side] ??= bestInPen(listing, side);
  const inPen = penTouch[side];
  const inBook = side === BUY ? book.bestBid : book.bestAsk;
  return inPen !== 0 && isBetter(side, inPen, inBook) ? inPen : inBook;
}

function bestInPen({ book, pen, resting }: Listing, side: BookSide): number {
  let best = 0;
  for (const [handle, kind] of pen) {
    if (kind !== 'rest' || book.sideOf(handle) !== side) continue;
    const order = resting.get(handle);
    if (order && isHidden(order)) continue;
    const price = book.priceOf(handle);
    if (isBetter(side, price, best)) best = price;
  }
  return best;
}

interface Entry {
  handle: number;
  owner: number;
  priceTicks: number;
  /** What is not shown of an iceberg included. */
  lots: number;
}

/** Everyone who takes part on a side in this auction, by price, then what is hidden last, then time. */
function entries(listing: Listing, side: BookSide, phase: TradingPhase): Entry[] {
  const { book, pen, resting } = listing;
  const handles = book.queue(side);
  const hidden: number[] = [];
  // Nothing in an auction is all or none: what rests with a minimum sits it out.
  for (const { handle, minimumLots } of book.hiddenOf(side)) {
    if (minimumLots === 0) hidden.push(handle);
  }
  for (const [handle, kind] of pen) {
    const takesPart = kind !== 'close' || phase === 'closingAuction';
    if (!takesPart || book.sideOf(handle) !== side) continue;
    const order = resting.get(handle);
    if (order && isHidden(order)) hidden.push(handle);
    else handles.push(handle);
  }
  handles.push(...hidden);
  const list = handles.map((handle) => ({
    handle,
    owner: book.ownerOf(handle),
    priceTicks: book.priceOf(handle),
    lots: book.lotsOf(handle),
  }));
  const sign = side === BUY ? -1 : 1;
  list.sort((a, b) => sign * (a.priceTicks - b.priceTicks));
  if (listing.book.rules !== null) capOwn(listing, side, list);
  return list;
}

/**
 * Every order is asked before any has traded: reduce-only ones take part with what better and older
 * orders of the trader's leave of the position, linked ones with what those of their list leave it.
 */
function capOwn(listing: Listing, side: BookSide, list: Entry[]): void {
  const { resting, position } = listing;
  let reducible = reducibleLots(position.lots, side);
  const byList = new Map<string, number>();
  for (const entry of list) {
    if (entry.owner !== TRADER) continue;
    const order = resting.get(entry.handle)!;
    const listId = order.list?.listId;
    if (listId !== undefined) {
      const before = byList.get(listId) ?? 0;
      const left = leftInAuction(listing.membersOf(listId), order, before);
      entry.lots = Math.min(entry.lots, left);
      byList.set(listId, before + entry.lots);
    }
    if (order.instructions?.reduceOnly) entry.lots = Math.min(entry.lots, reducible);
    reducible = Math.max(0, reducible - entry.lots);
  }
}

/** What the auction under way would do if it ended now; null outside one and when nothing meets. */
export function indicativeOf(listing: Listing): Uncross | null {
  if (!listing.isCollecting || listing.phase === 'halted') return null;
  if (listing.indicative === undefined || listing.bookChanged) {
    listing.indicative = uncrossing(
      entries(listing, BUY, listing.phase),
      entries(listing, SELL, listing.phase),
      listing.referenceTicks,
    );
  }
  return listing.indicative;
}

/**
 * Ends the auction of `phase`: one price for all, then the pen empties into the queues.
 * The phase that follows is already set.
 *
 * @returns  Its price in ticks; 0 when nothing met.
 */
export function uncross(state: ExchangeState, listing: Listing, phase: TradingPhase): number {
  const buys = entries(listing, BUY, phase);
  const sells = entries(listing, SELL, phase);
  const result = uncrossing(buys, sells, listing.referenceTicks);
  if (result !== null) {
    fillSide(state, listing, buys, result, SELL);
    fillSide(state, listing, sells, result, BUY);
    endExhausted(state, listing, [...buys, ...sells]);
    listing.lastTradeTicks = result.priceTicks;
    const side = result.imbalanceLots >= 0 ? BUY : SELL;
    state.listener?.onUncross(listing.index, side, result.priceTicks, result.lots);
  }
  emptyPen(state, listing, phase);
  listing.bookChanged = true;
  listing.indicative = undefined;
  // At the close nothing may follow from the price any more; the next day's first trade counts.
  if (result !== null && listing.phase === 'continuous' && listing.waiting.size !== 0) {
    noteTrade(state, listing);
  }
  return result?.priceTicks ?? 0;
}

function fillSide(
  state: ExchangeState,
  listing: Listing,
  side: readonly Entry[],
  { priceTicks, lots }: Uncross,
  takerSide: BookSide,
): void {
  const { book } = listing;
  let leaves = lots;
  for (const { handle, owner, lots: wanted, priceTicks: limitTicks } of side) {
    if (leaves === 0) return;
    const traded = Math.min(wanted, leaves);
    if (traded === 0) continue;
    leaves -= traded;
    const rest = book.lotsOf(handle) - traded;
    if (rest === 0) leavePen(listing, handle);
    book.take(handle, traded);
    state.hash.add(priceTicks);
    state.hash.add(traded);
    if (owner === TRADER) settleOwn(state, listing, handle, priceTicks, traded);
    else state.listener?.onAuctionFill(listing.index, owner, rest, traded);
    book.refreshes.length = 0;
    if (listing.resting.size !== 0) {
      noteTradeAhead(state, listing, takerSide, limitTicks, traded, handle);
    }
  }
}

function settleOwn(
  state: ExchangeState,
  listing: Listing,
  handle: number,
  priceTicks: number,
  lots: number,
): void {
  const order = listing.resting.get(handle)!;
  settleFill(state, listing, order, priceTicks, lots, 'maker');
  if (order.leavesLots === 0) listing.resting.delete(handle);
  else noteRefreshes(state, listing, 0);
}

/**
 * Orders of the trader's that may not trade any more end before the rest goes to the book: they took
 * part with less than they have, so that they may stand against what is left over.
 */
function endExhausted(state: ExchangeState, listing: Listing, entries: readonly Entry[]): void {
  const { book, pen, resting, position } = listing;
  for (const { handle, owner } of entries) {
    const order = owner === TRADER ? resting.get(handle) : undefined;
    if (order === undefined) continue;
    const isIdle =
      order.instructions?.reduceOnly === true &&
      reducibleLots(position.lots, book.sideOf(handle)) === 0;
    const members = order.list ? listing.membersOf(order.list.listId) : [];
    if (!isIdle && (!order.list || leftInAuction(members, order, 0) > 0)) continue;
    endLeg(state, listing, order, handle);
    if (pen.has(handle)) leavePen(listing, handle);
    state.hash.add(book.cancel(handle));
    resting.delete(handle);
    endOrder(state, order, 'canceled', isIdle ? 'reduceOnlyWouldIncrease' : 'contingency');
  }
}

/** What is left over rests, or ends when it was for this auction only. */
function emptyPen(state: ExchangeState, listing: Listing, phase: TradingPhase): void {
  const { book, pen, resting } = listing;
  for (const [handle, kind] of pen) {
    if (kind === 'close' && phase !== 'closingAuction') continue;
    leavePen(listing, handle);
    const order = resting.get(handle);
    if (order) endLeg(state, listing, order, handle);
    if (kind === 'rest') {
      book.enqueue(handle);
      if (order) {
        concealOwn(state, listing, handle, order);
        beginLeg(state, listing, order, 'resting', handle);
      }
      continue;
    }
    book.cancel(handle);
    if (order === undefined) continue;
    resting.delete(handle);
    if (order.timeInForce === 'opg' || order.timeInForce === 'cls') {
      endOrder(state, order, 'expired', null);
    } else {
      endOrder(state, order, 'canceled', 'noLiquidity');
    }
  }
}

/** How one of the trader's orders takes part. */
export function penKind({ type, timeInForce }: Order): PenKind {
  if (timeInForce === 'cls') return 'close';
  return timeInForce === 'opg' || type === 'market' ? 'once' : 'rest';
}
