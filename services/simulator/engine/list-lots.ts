/** How many lots the orders of a list may still trade, as their fills stand. */
import type { Order } from '@sandpit/schemas/order.ts';
import type { Fills } from './book.ts';
import type { Listing } from './listing.ts';
import { TRADER } from './sides.ts';

/** Of these one trades, or one as much less as the others have. */
export const isLinked = ({ list }: Order): boolean =>
  list !== undefined && list.contingency !== 'oto' && list.role !== 'parent';

/** Lots that a linked order may trade now, in the middle of a match. */
export function allowedByList(
  members: readonly Order[],
  order: Order,
  lots: number,
  fills: Fills,
  listing: Listing,
): number {
  if (!isLinked(order)) return lots;
  let others = 0;
  let own = 0;
  for (let i = 0; i < fills.count; i++) {
    if (fills.makerOwner[i] !== TRADER) continue;
    const filled = listing.resting.get(fills.makerHandle[i]);
    if (filled === order) own += fills.lots[i];
    else if (filled?.list?.listId === order.list!.listId) others += fills.lots[i];
  }
  const siblings = members.filter((each) => each !== order && isLinked(each));
  const settled = siblings.reduce((sum, { filledLots }) => sum + filledLots, 0);
  if (order.list!.contingency === 'oco') return others + settled > 0 ? 0 : lots;
  return Math.max(0, Math.min(lots, wantedLots(members, order) - others - own));
}

/** What should be left of a linked or following order, as far as fills are settled. */
export function wantedLots(members: readonly Order[], order: Order): number {
  const { contingency, role } = order.list!;
  const parent = members.find(({ list }) => list?.role === 'parent');
  if (role === 'child' && contingency === 'oto') {
    return Math.min(order.list!.askedLots, parent?.filledLots ?? 0) - order.filledLots;
  }
  const whole = role === 'child' ? (parent?.filledLots ?? 0) : order.list!.askedLots;
  return whole - members.reduce((sum, each) => sum + (isLinked(each) ? each.filledLots : 0), 0);
}

/**
 * Lots that a linked order may trade in an auction, where every order is asked before any has traded.
 *
 * @param before  What others of its list are down for already.
 */
export function leftInAuction(members: readonly Order[], order: Order, before: number): number {
  if (!isLinked(order)) return Number.MAX_SAFE_INTEGER;
  if (order.list!.contingency !== 'oco') return Math.max(0, wantedLots(members, order) - before);
  const isTaken = members.some((each) => each !== order && isLinked(each) && each.filledLots > 0);
  return isTaken || before > 0 ? 0 : Number.MAX_SAFE_INTEGER;
}
