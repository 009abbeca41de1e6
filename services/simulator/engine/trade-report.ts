/** What has just traded in a book: told to whom it concerns, and settled where it is the trader's. */
import type { ExchangeState } from './exchange-state.ts';
import { invariant } from './invariant.ts';
import type { Listing } from './listing.ts';
import { endLeg, noteRefreshes, noteTradeAhead } from './receipts.ts';
import { endOrder, settleFill } from './settlement.ts';
import { type BookSide, TRADER } from './sides.ts';
import { noteTrade } from './triggers.ts';

/**
 * Reports the fills that the last `submit` of the book has left.
 *
 * @returns  Whether resting orders of the trader's were among them.
 */
export function reportTrades(
  state: ExchangeState,
  listing: Listing,
  takerOwner: number,
  takerSide: BookSide,
): boolean {
  const { hash, listener } = state;
  const { fills, refreshes, stopped } = listing.book;
  let touchesTrader = stopped.length > 0;
  for (let i = 0; i < fills.count; i++) {
    const priceTicks = fills.priceTicks[i];
    const lots = fills.lots[i];
    const owner = fills.makerOwner[i];
    const leaves = fills.makerLeaves[i];
    hash.add(priceTicks);
    hash.add(lots);
    if (listing.resting.size !== 0) {
      const handle = fills.makerHandle[i];
      noteTradeAhead(state, listing, takerSide, priceTicks, lots, handle);
    }
    if (owner === TRADER) {
      settleMaker(state, listing, fills.makerHandle[i], priceTicks, lots);
      touchesTrader = true;
    }
    if (refreshes.length !== 0) noteRefreshes(state, listing, i);
    listing.lastTradeTicks = priceTicks;
    listing.bands?.noteTrade(state.nowNs, priceTicks);
    if (listing.waiting.size !== 0) noteTrade(state, listing);
    listener?.onTrade(listing.index, owner, leaves, takerOwner, takerSide, priceTicks, lots);
  }
  if (refreshes.length !== 0) refreshes.length = 0;
  for (const handle of stopped) endStopped(state, listing, handle);
  return touchesTrader;
}

function settleMaker(
  state: ExchangeState,
  listing: Listing,
  handle: number,
  priceTicks: number,
  lots: number,
): void {
  const order = listing.resting.get(handle);
  invariant(order !== undefined, 'a fill of the trader’s belongs to one of his open orders');
  settleFill(state, listing, order, priceTicks, lots, 'maker');
  if (order.leavesLots === 0) listing.resting.delete(handle);
}

/** The book has taken it out in the middle of a match. */
function endStopped(state: ExchangeState, listing: Listing, handle: number): void {
  const order = listing.resting.get(handle)!;
  listing.resting.delete(handle);
  endLeg(state, listing, order);
  const isReducer = order.instructions?.reduceOnly === true;
  endOrder(state, order, 'canceled', isReducer ? 'reduceOnlyWouldIncrease' : 'contingency');
}
