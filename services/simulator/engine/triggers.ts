/**
 * Orders that wait for a price before they go to the book.
 *
 * - A stop fires when the reference goes through its price the way that hurts (a buy: at or above),
 *   an if-touched order the way that helps (a buy: at or below).
 * - A trailing stop's price follows the reference at its distance, never back. It moves without an
 *   event, because it may move with every trade.
 * - Every trade counts for `last`. A quote counts as it stands after an event of the crowd or a
 *   command, because within one it is not a quote yet.
 *
 * Firing only notes the order in `state.fired`; it is worked when the event that fired it is over
 * (`Exchange.react`), so nobody's order is matched in the middle of another one.
 */
import type { OrderInstructions, OrderProgress } from '@sandpit/schemas/instructions.ts';
import type { Order, OrderTicket, OrderType } from '@sandpit/schemas/order.ts';
import type { PriceTicks } from '@sandpit/schemas/units.ts';
import type { ExchangeState } from './exchange-state.ts';
import { type Listing, sideCode } from './listing.ts';
import { type BookSide, BUY } from './sides.ts';

const PPM = 1_000_000;
const MAX_PRICE_TICKS = 1_000_000_000;

const STOPS: ReadonlySet<OrderType> = new Set<OrderType>([
  'stop',
  'stopLimit',
  'trailingStop',
  'trailingStopLimit',
]);
const TOUCHED: ReadonlySet<OrderType> = new Set<OrderType>(['marketIfTouched', 'limitIfTouched']);

/** Most orders are neither, and every one is asked. */
export const needsTrigger = (type: OrderType): boolean =>
  type !== 'limit' && type !== 'market' && (STOPS.has(type) || TOUCHED.has(type));
export const isTrailing = (type: OrderType): boolean =>
  type === 'trailingStop' || type === 'trailingStopLimit';

type Terms = Pick<OrderTicket, 'type' | 'limitTicks' | 'instructions'>;

/** Whether an open order still waits for its trigger. */
export const isWaiting = (order: Order): boolean =>
  needsTrigger(order.type) && order.progress?.triggeredNs == null;

/** Twice the price that an order's trigger is judged by (a mid may be half a tick); 0 = none yet. */
function reference2(listing: Listing, side: BookSide, instructions?: OrderInstructions): number {
  const { bestBid, bestAsk } = listing.book;
  switch (instructions?.triggerReference ?? 'last') {
    case 'last':
      return 2 * listing.lastTradeTicks;
    case 'quote':
      return 2 * (side === BUY ? bestAsk : bestBid);
    case 'mid':
      return bestBid > 0 && bestAsk > 0 ? bestBid + bestAsk : 0;
  }
}

/** Whether the reference stands at or beyond a fixed trigger price already. */
export function isReached(listing: Listing, side: BookSide, terms: Terms): boolean {
  if (isTrailing(terms.type)) return false;
  const twice = reference2(listing, side, terms.instructions);
  return twice !== 0 && isBeyond(terms.type, side, twice, terms.instructions!.stopTicks!);
}

function isBeyond(type: OrderType, side: BookSide, twice: number, triggerTicks: number): boolean {
  const firesAbove = STOPS.has(type) === (side === BUY);
  return firesAbove ? twice >= 2 * triggerTicks : twice <= 2 * triggerTicks;
}

/** How an order with these terms starts to wait. */
export function startWaiting(listing: Listing, side: BookSide, terms: Terms): OrderProgress {
  const { instructions } = terms;
  const triggerTicks = isTrailing(terms.type)
    ? trailed(side, reference2(listing, side, instructions) || 2 * listing.referenceTicks, terms)
    : instructions!.stopTicks!;
  return {
    triggerTicks: triggerTicks as PriceTicks,
    heldTicks: heldTicks(listing, side, terms, triggerTicks) as PriceTicks,
    triggeredNs: null,
  };
}

/**
 * The price at which a waiting order holds buying power: its limit, or what a market order may pay
 * when it fires without a gap. What a gap asks beyond that is judged again when it fires.
 */
function heldTicks(listing: Listing, side: BookSide, terms: Terms, triggerTicks: number): number {
  if (terms.limitTicks !== null) return terms.limitTicks;
  if (terms.type === 'trailingStopLimit') return limitWhenFired(side, terms, triggerTicks);
  if (side !== BUY) return triggerTicks;
  return clamped(Math.floor((triggerTicks * (PPM + listing.instrument.collarPpm)) / PPM));
}

/** Limit of a trailing stop-limit order whose trigger stands at `triggerTicks`. */
export function limitWhenFired(side: BookSide, terms: Terms, triggerTicks: number): PriceTicks {
  const offset = terms.instructions!.limitOffsetTicks!;
  return clamped(side === BUY ? triggerTicks + offset : triggerTicks - offset) as PriceTicks;
}

/** Where a trailing trigger belongs at this reference. */
function trailed(side: BookSide, twice: number, { instructions }: Terms): number {
  const { trailTicks, trailPpm } = instructions!;
  const distance = trailTicks ?? Math.max(1, Math.round((twice * trailPpm!) / (2 * PPM)));
  return clamped(side === BUY ? Math.ceil(twice / 2) + distance : Math.floor(twice / 2) - distance);
}

const clamped = (ticks: number): number => Math.max(1, Math.min(MAX_PRICE_TICKS, ticks));

/** Moves a trailing trigger with the reference, and notes the order when it fires. */
function look(state: ExchangeState, listing: Listing, order: Order, twice: number): void {
  if (twice === 0 || state.fired.has(order)) return;
  const side = sideCode(order.side);
  let triggerTicks = order.progress!.triggerTicks!;
  if (isTrailing(order.type)) {
    const ticks = trailed(side, twice, order);
    if (side === BUY ? ticks < triggerTicks : ticks > triggerTicks) {
      triggerTicks = ticks as PriceTicks;
      // A new object: events hold copies of the order that share it.
      order.progress = { ...order.progress, triggerTicks };
    }
  }
  if (!isBeyond(order.type, side, twice, triggerTicks)) return;
  state.fired.add(order);
  state.hash.add(Number(order.orderId));
  state.hash.add(listing.index);
}

/** A trade, for those who go by the last price. */
export function noteTrade(state: ExchangeState, listing: Listing): void {
  for (const order of listing.waiting.values()) {
    if ((order.instructions?.triggerReference ?? 'last') !== 'last') continue;
    look(state, listing, order, 2 * listing.lastTradeTicks);
  }
}

/** The quote as it stands, for those who go by it. */
export function noteQuote(state: ExchangeState, listing: Listing): void {
  for (const order of listing.waiting.values()) {
    if ((order.instructions?.triggerReference ?? 'last') === 'last') continue;
    look(state, listing, order, reference2(listing, sideCode(order.side), order.instructions));
  }
}
