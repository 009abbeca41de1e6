/** How a pegged order comes in; where it goes from there is `pegs.ts`. */
import type { Order } from '@sandpit/schemas/order.ts';
import type { ExchangeState } from './exchange-state.ts';
import type { Listing } from './listing.ts';
import { type BookSide, TRADER } from './sides.ts';

/** Parks a new peg; it gets its price when the command is over. */
export function restPegged(
  state: ExchangeState,
  listing: Listing,
  order: Order,
  side: BookSide,
): void {
  const { book } = listing;
  const handle = book.hold(TRADER, side, order.progress!.heldTicks!, order.leavesLots);
  const { displayLots } = order.instructions!;
  if (displayLots) book.conceal(handle, displayLots);
  state.hash.add(order.leavesLots);
  state.hash.add(handle | 0);
  listing.resting.set(handle, order);
  listing.hasPegs = true;
}
