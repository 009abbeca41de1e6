/**
 * Why an order was (not) filled: where it stood in the queue, what went before it, and how long each
 * leg of its life took.
 *
 * Only the trader's orders have receipts. The book is asked once when an order comes to rest and once
 * when it leaves; in between, trades at its price are trades ahead of it, because whoever is first
 * in the queue trades first. What is missing in the end has been canceled or made smaller.
 */
import type { Order } from '@sandpit/schemas/order.ts';
import type { Book } from './book.ts';
import type { ExchangeState } from './exchange-state.ts';
import { canceledAhead } from './kept-receipts.ts';
import { type Listing, sideCode } from './listing.ts';
import type { BookSide } from './sides.ts';

/** A stay in one place: waiting for a trigger or an auction, or resting at a price. Times in simulated ns. */
export interface Leg {
  kind: 'waiting' | 'resting';
  fromNs: number;
  /** Null while it lasts. */
  toNs: number | null;
  /** 0 while waiting. */
  priceTicks: number;
  /** Lots before it when it came to rest. */
  aheadLots: number;
  tradedAheadLots: number;
  /** Of those before it, canceled or made smaller; told when the leg ends. */
  canceledAheadLots: number;
}

export interface Receipt {
  makerLots: number;
  takerLots: number;
  firstFillNs: number | null;
  lastFillNs: number | null;
  /** Oldest first; the newest `MAX_LEGS` of `legCount`. */
  legs: Leg[];
  legCount: number;
}

export const newReceipt = (): Receipt => ({
  makerLots: 0,
  takerLots: 0,
  firstFillNs: null,
  lastFillNs: null,
  legs: [],
  legCount: 0,
});

/** Begins a leg. An order that rests is in `listing.resting` already, as the youngest there. */
export function beginLeg(
  state: ExchangeState,
  listing: Listing,
  order: Order,
  kind: Leg['kind'],
  handle = 0,
): void {
  const { blotter, nowNs } = state;
  const slot = blotter.slotOf(order.orderId);
  if (kind === 'waiting') {
    blotter.receipts.beginLeg(slot, kind, nowNs, 0, 0);
    return;
  }
  const { book } = listing;
  const priceTicks = book.priceOf(handle);
  const aheadLots = aheadOfYoungest(book, order, priceTicks, handle);
  blotter.receipts.beginLeg(slot, kind, nowNs, priceTicks, aheadLots);
  state.hash.add(aheadLots);
}

/** What is on show needs no walk through the queue: it is all of its price but itself. */
function aheadOfYoungest(book: Book, { side }: Order, priceTicks: number, handle: number): number {
  if (book.isHeld(handle)) return book.lotsAhead(handle);
  return book.lotsAt(sideCode(side), priceTicks) - book.shownLotsOf(handle);
}

/**
 * New tips of the trader's icebergs that came with a fill. Each begins a leg; that of the tip before
 * has ended at the head of the queue.
 */
export function noteRefreshes(
  state: ExchangeState,
  { book, resting }: Listing,
  fill: number,
): void {
  const { blotter, nowNs, hash } = state;
  for (const { handle, aheadLots, fill: of } of book.refreshes) {
    const order = of === fill && resting.get(handle);
    if (!order) continue;
    blotter.receipts.renewLeg(blotter.slotOf(order.orderId), nowNs, aheadLots);
    hash.add(aheadLots);
  }
}

/** Ends the leg under way, if any. Call it while the order is still in the book, or has left its head. */
export function endLeg(state: ExchangeState, listing: Listing, order: Order, handle = 0): void {
  const { blotter, nowNs, hash } = state;
  const { receipts } = blotter;
  const slot = blotter.slotOf(order.orderId);
  receipts.begin(slot);
  if (!receipts.isInLeg(slot)) return;
  receipts.endLeg(slot, nowNs, listing.book.lotsAhead(handle));
  hash.add(receipts.tradedAhead(slot));
  hash.add(receipts.canceledAhead(slot));
}

/** A fill of the order's own. */
export function noteFill(
  state: ExchangeState,
  listing: Listing,
  order: Order,
  lots: number,
  liquidity: 'maker' | 'taker',
): void {
  const { blotter, nowNs } = state;
  const slot = blotter.slotOf(order.orderId);
  blotter.receipts.noteFill(slot, liquidity === 'maker', lots, nowNs);
  if (order.leavesLots === 0) endLeg(state, listing, order);
}

/** A trade with somebody else at a price where the trader may be queueing. */
export function noteTradeAhead(
  state: ExchangeState,
  listing: Listing,
  takerSide: BookSide,
  priceTicks: number,
  lots: number,
  makerHandle: number,
): void {
  const { resting } = listing;
  const { blotter } = state;
  const { hasLimits } = resting;
  for (let i = 0; i < resting.size; i++) {
    if (hasLimits && resting.limitAt(i) !== priceTicks) continue;
    const order = resting.orderAt(i);
    if (resting.handleAt(i) === makerHandle || sideCode(order.side) === takerSide) continue;
    // What is not at its limit is a peg, or waits for an auction.
    if (order.limitTicks !== priceTicks && order.type !== 'pegged') continue;
    blotter.receipts.noteTradeAhead(blotter.slotOf(order.orderId), priceTicks, lots);
  }
}

/** An order's receipt as it stands, the leg under way included. */
export interface OrderReceipt extends Receipt {
  order: Order;
  /** Lots before it now; 0 unless it rests. */
  aheadLots: number;
}

/** Null when the order is unknown or no longer kept. */
export function receiptOf(state: ExchangeState, orderId: string): OrderReceipt | null {
  const order = state.blotter.get(orderId);
  if (!order) return null;
  const receipt = state.blotter.findReceipt(orderId) ?? newReceipt();
  const listing = state.listing(order.symbol);
  const aheadLots = listing ? listing.book.lotsAhead(listing.resting.handleOfId(orderId)) : 0;
  const leg = receipt.legs.at(-1);
  if (leg?.toNs === null) {
    leg.canceledAheadLots = canceledAhead(leg.aheadLots, leg.tradedAheadLots, aheadLots);
  }
  return { ...receipt, order: { ...order }, aheadLots };
}
