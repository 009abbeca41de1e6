/** What the account is worth at the market. The same marks as on the wire: mid, else last trade. */
import type { ExchangeState } from './exchange-state.ts';
import type { Listing } from './listing.ts';

/** Half ticks, so that a mid between two prices is whole; null when it was never quoted. */
export function markHalfTicks({ book, lastTradeTicks }: Listing): number | null {
  const { bestBid, bestAsk } = book;
  if (bestBid > 0 && bestAsk > 0) return bestBid + bestAsk;
  const price = lastTradeTicks || bestBid || bestAsk;
  return price === 0 ? null : 2 * price;
}

/** Signed; half a micro is rounded away from zero. At cost when there is no mark. */
export function valueMicros(listing: Listing): number {
  return valueAt(listing, listing.position);
}

/** Of a position that the listing could have. */
export function valueAt(listing: Listing, position: { lots: number; costMicros: number }): number {
  const { instrument } = listing;
  if (position.lots === 0) return 0;
  const halfTicks = markHalfTicks(listing);
  if (halfTicks === null) return position.costMicros;
  const doubled = BigInt(position.lots) * BigInt(halfTicks) * BigInt(instrument.tickValueMicros);
  return Number((doubled + (doubled < 0n ? -1n : 1n)) / 2n);
}

/** Cash and all positions at their marks. */
export function equityMicros({ cashMicros, listings }: ExchangeState): number {
  return listings.reduce((sum, listing) => sum + valueMicros(listing), cashMicros);
}
