/** How much of an order others see: an iceberg shows a part of it at a time, a hidden one nothing. */
import type { Order, OrderType, TimeInForce } from '@sandpit/schemas/order.ts';
import type { ExchangeState } from './exchange-state.ts';
import type { Listing } from './listing.ts';
import type { Intent } from './risk.ts';

/**
 * Parts of an order at most. Each part that trades is a fill of its own, and one taker may take
 * them all: without an end one order of a lot at a time would make a hundred thousand events.
 */
export const MAX_TIPS = 100;

/** Types that come to rest at a limit that is known beforehand. */
const CAN_SHOW_PART: ReadonlySet<OrderType> = new Set<OrderType>([
  'limit',
  'marketToLimit',
  'stopLimit',
  'limitIfTouched',
  'trailingStopLimit',
]);
const RESTING: ReadonlySet<TimeInForce> = new Set<TimeInForce>(['day', 'gtc', 'gtd']);

/** A part is of an order that rests, is not more than the whole, and not too little of it. */
export function contradictsDisplay(intent: Intent): boolean {
  const { terms, quantityLots, replaces, askedType = terms.type } = intent;
  const { displayLots = null } = terms.instructions ?? {};
  if (displayLots === null) return false;
  if (!CAN_SHOW_PART.has(askedType) || !RESTING.has(terms.timeInForce)) return true;
  if (displayLots > 0 && quantityLots > MAX_TIPS * displayLots) return true;
  // An order may become smaller than its part was.
  const isAsBefore = replaces?.instructions?.displayLots === displayLots;
  return displayLots > quantityLots && !isAsBefore;
}

/** A minimum is of an order that trades at once, and not more than its size. */
export function hasInvalidMinimum({ terms, quantityLots }: Intent): boolean {
  const { minimumLots = null } = terms.instructions ?? {};
  if (minimumLots === null) return false;
  return terms.timeInForce !== 'ioc' || minimumLots > quantityLots;
}

export const isHidden = ({ instructions }: Order): boolean => instructions?.displayLots === 0;

/** Takes out of sight what an order of the trader's that has just come to rest does not show. */
export function concealOwn(
  state: ExchangeState,
  { book }: Listing,
  handle: number,
  { instructions }: Order,
): void {
  const { displayLots = null } = instructions ?? {};
  if (displayLots === null) return;
  book.conceal(handle, displayLots);
  state.hash.add(displayLots);
}
