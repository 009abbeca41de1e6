/** What the phase of an instrument means for an order, as far as it can be said before the auction. */

import type { Intent } from './intent.ts';
import { sideCode } from './listing.ts';
import { restsWithMinimum } from './minimums.ts';
import { mayRest, workingTicks } from './risk.ts';
import { BUY } from './sides.ts';

/**
 * The price at which an order in an auction holds buying power: a buy at its limit, a sell at the
 * upper end of the collar, because it may trade above its limit and a short locks what it brings.
 */
export function heldInAuctionTicks(intent: Intent): number {
  const { highTicks } = intent.listing.collar;
  if (intent.side === BUY) return workingTicks(intent);
  return Math.max(workingTicks(intent), highTicks);
}

/** In an auction nothing is immediate; `opg` is for those who come before the open. */
export function fitsPhase({ listing, terms, waits }: Intent): boolean {
  const { timeInForce, type } = terms;
  if (timeInForce === 'opg') {
    return listing.phase === 'preOpen' || listing.phase === 'openingAuction';
  }
  if (waits || !listing.isCollecting) return true;
  if (type === 'marketToLimit' || terms.instructions?.minimumLots != null) return false;
  if (terms.instructions?.allOrNone) return false;
  return timeInForce !== 'fok' && (timeInForce !== 'ioc' || type === 'market');
}

/** Nobody trades with himself, in an auction neither: his orders of both sides must not meet there. */
export function meetsOwnInAuction(intent: Intent): boolean {
  const { listing, side, replaces } = intent;
  const { resting } = listing;
  if (resting.size === 0 || (!intent.isCollected && listing.pen.size === 0)) return false;
  if (!mayRest(intent)) return false;
  const ticks = workingTicks(intent);
  for (let i = 0; i < resting.size; i++) {
    const order = resting.orderAt(i);
    const handle = resting.handleAt(i);
    if (order.orderId === replaces?.orderId || sideCode(order.side) === side) continue;
    if (!intent.isCollected && !listing.pen.has(handle)) continue;
    if (restsWithMinimum(order) || order.type === 'pegged') continue;
    const other = listing.book.priceOf(handle);
    if (side === BUY ? other <= ticks : other >= ticks) return true;
  }
  return false;
}
