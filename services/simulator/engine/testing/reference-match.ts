/** What the trader's orders may do in the middle of a match, in the plainest words. */
import { TRADER } from '../sides.ts';
import type { ReferenceFill } from './reference-book.ts';
import { isLinked, wantedLots } from './reference-lists.ts';
import type { ReferenceListing, ReferenceTraderOrder } from './reference-order.ts';

/** How an order has fared in the book. */
export interface Tried {
  rests: boolean;
  /** It has met an own order, and whether that was the end of it. */
  met: boolean;
  stopped: boolean;
}

/**
 * An order that is only tried passes own ones without ending them: until it is accepted they keep
 * what they hold. @returns  What it may go on with; null when it stops there.
 */
export function passOnTrial(
  { book }: ReferenceListing,
  taker: ReferenceTraderOrder,
  makerId: number,
  left: number,
): number | null {
  const mode = taker.ticket.instructions?.selfTradePrevention ?? 'expireTaker';
  if (mode === 'expireTaker' || mode === 'expireBoth') return null;
  const lots = book.cancel(makerId);
  if (mode === 'expireMaker') return left;
  const setOff = Math.min(left, lots);
  taker.quantityLots -= setOff;
  return left - setOff;
}

/** A match neither turns a position by a reduce-only order, nor fills a list more than once. */
export function allowedLots(
  orders: readonly ReferenceTraderOrder[],
  positionLots: number,
  makerId: number,
  lots: number,
  fills: readonly ReferenceFill[],
): number {
  const order = orders.find(({ bookId }) => bookId === makerId);
  if (order === undefined) return lots;
  // As things are after those fills.
  const filled = (of: ReferenceTraderOrder) =>
    fills.reduce((sum, { makerId, lots }) => sum + (makerId === of.bookId ? lots : 0), 0);
  const after = orders
    .filter((each) => each.ticket.symbol === order.ticket.symbol)
    .map((each) => ({ ...each, filledLots: each.filledLots + filled(each) }));
  let may = lots;
  if (isLinked(order)) {
    const members = after.filter(({ list }) => list?.id === order.list!.id);
    const self = members.find(({ number }) => number === order.number)!;
    const siblings = members.filter((each) => each !== self && isLinked(each));
    const othersTraded = siblings.some(({ filledLots }) => filledLots > 0);
    if (order.list!.kind === 'oco') may = othersTraded ? 0 : lots;
    else may = Math.max(0, Math.min(lots, wantedLots(members, self)));
  }
  if (!order.ticket.instructions?.reduceOnly) return may;
  const own = fills.filter(({ makerOwner }) => makerOwner === TRADER);
  const traded = own.reduce((sum, { lots }) => sum + lots, 0);
  const held = order.ticket.side === 'sell' ? positionLots : -positionLots;
  return Math.max(0, Math.min(may, held - traded));
}
