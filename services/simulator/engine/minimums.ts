/**
 * Orders that rest and trade a minimum at a time, or all of themselves at once.
 *
 * - They are hidden: a size that may not be taken in part is nothing that others can rely on.
 * - They have no standing: a taker who brings less passes them over, at a better price too, and what
 *   is left of him may rest at a price that meets theirs. So nobody waits for their sake.
 * - When the other side has come to offer enough within their limit, they take it, at the prices of
 *   those who rest: looked at when the event that changed the book is over.
 */
import type { OrderInstructions } from '@sandpit/schemas/instructions.ts';
import type { Order, TimeInForce } from '@sandpit/schemas/order.ts';
import type { ExchangeState } from './exchange-state.ts';
import type { Listing } from './listing.ts';
import { beginLeg } from './receipts.ts';
import { type BookSide, BUY, SELL, TRADER } from './sides.ts';

/** In the book: whatever is left of it. */
const ALL_LOTS = 2 ** 31 - 1;

interface Terms {
  timeInForce: TimeInForce;
  instructions?: OrderInstructions | undefined;
}

/** Whether it rests with a minimum; that of an IOC order is a matter of the moment. */
export function restsWithMinimum({ instructions, timeInForce }: Terms): boolean {
  if (instructions === undefined || timeInForce === 'ioc') return false;
  return instructions.allOrNone === true || instructions.minimumLots != null;
}

/** Fewest lots that an order may trade at once when so many are left of it. */
export function leastLots({ instructions }: Terms, leavesLots: number): number {
  if (instructions?.allOrNone) return leavesLots;
  return Math.min(instructions?.minimumLots ?? 0, leavesLots);
}

/** Rests what is left of an order of the trader's, out of sight, as the youngest at its price. */
export function restWithMinimum(
  state: ExchangeState,
  listing: Listing,
  order: Order,
  side: BookSide,
  priceTicks: number,
): void {
  const { book } = listing;
  const handle = book.hold(TRADER, side, priceTicks, order.leavesLots);
  book.hide(handle, storedMinimum(order));
  state.hash.add(priceTicks);
  state.hash.add(order.leavesLots);
  state.hash.add(handle | 0);
  listing.resting.set(handle, order);
  beginLeg(state, listing, order, 'resting', handle);
}

/** As the book keeps it. */
export function storedMinimum({ instructions }: Order): number {
  return instructions?.allOrNone ? ALL_LOTS : (instructions?.minimumLots ?? 0);
}

/** The trader's orders with a minimum, best price first, then oldest; buys before sells. */
export function ordersWithMinimum({ book, resting }: Listing): Order[] {
  if (!book.isConcealing) return [];
  return ([BUY, SELL] as const)
    .flatMap((side) => book.hiddenOf(side))
    .filter(({ minimumLots, owner }) => minimumLots > 0 && owner === TRADER)
    .map(({ handle }) => resting.get(handle)!);
}
