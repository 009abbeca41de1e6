/** Orders that may never open or turn a position, however the fills of one match fall. */
import type { Fills, MakerRules } from './book.ts';
import { reducibleLots } from './buying-power.ts';
import type { Listing } from './listing.ts';
import { BUY, SELL, TRADER } from './sides.ts';

/** Reduce-only orders trade what is left of the position, and no more. */
export class ReduceOnlyRules implements MakerRules {
  readonly #listing: Listing;

  constructor(listing: Listing) {
    this.#listing = listing;
  }

  allowedLots(handle: number, lots: number, fills: Fills): number {
    const { resting, position } = this.#listing;
    const order = resting.get(handle)!;
    if (!order.instructions?.reduceOnly) return lots;
    const side = order.side === 'buy' ? BUY : SELL;
    // What the trader's orders have traded in this match is not settled yet; all are of one side.
    let traded = 0;
    for (let i = 0; i < fills.count; i++) {
      if (fills.makerOwner[i] === TRADER) traded += fills.lots[i];
    }
    const lotsThen = position.lots + (side === SELL ? -traded : traded);
    return Math.min(lots, reducibleLots(lotsThen, side));
  }
}
