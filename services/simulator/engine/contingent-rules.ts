/** What one match may not do, however its fills fall: turn a position, or fill a list twice. */
import type { Fills, MakerRules } from './book.ts';
import { reducibleLots } from './buying-power.ts';
import { allowedByList } from './list-lots.ts';
import type { Listing } from './listing.ts';
import { BUY, SELL, TRADER } from './sides.ts';

export class ContingentRules implements MakerRules {
  readonly #listing: Listing;

  constructor(listing: Listing) {
    this.#listing = listing;
  }

  allowedLots(handle: number, lots: number, fills: Fills): number {
    const { resting, position } = this.#listing;
    const order = resting.get(handle)!;
    let allowed = lots;
    if (order.list) {
      const members = this.#listing.membersOf(order.list.listId);
      allowed = allowedByList(members, order, lots, fills, this.#listing);
    }
    if (!order.instructions?.reduceOnly) return allowed;
    const side = order.side === 'buy' ? BUY : SELL;
    // What the trader's orders have traded in this match is not settled yet; all are of one side.
    let traded = 0;
    for (let i = 0; i < fills.count; i++) {
      if (fills.makerOwner[i] === TRADER) traded += fills.lots[i];
    }
    const lotsThen = position.lots + (side === SELL ? -traded : traded);
    return Math.min(allowed, reducibleLots(lotsThen, side));
  }
}
