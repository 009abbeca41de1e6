/** How much of an order others see: an iceberg shows a part of it at a time, a hidden one nothing. */
import type { Order, OrderType, TimeInForce } from '@sandpit/schemas/order.ts';
import type { ExchangeState } from './exchange-state.ts';
import type { Intent } from './intent.ts';
import type { Listing } from './listing.ts';

/**
 * Parts of an order at most. Each part that trades is a fill of its own, and one taker may take
 * them all: without an end one order of a lot at a time would make a hundred thousand events.
 */
export const MAX_TIPS = 100;

/** Types that come to rest at a limit that is known beforehand. */
const CAN_SHOW_PART: ReadonlySet<OrderType> = new Set<OrderType>([
  'limit',
  'marketToLimit',
  'pegged',
  'stopLimit',
  'limitIfTouched',
  'trailingStopLimit',
]);
const CAN_HAVE_MINIMUM: ReadonlySet<OrderType> = new Set<OrderType>([
  'limit',
  'stopLimit',
  'limitIfTouched',
  'trailingStopLimit',
]);
const RESTING: ReadonlySet<TimeInForce> = new Set<TimeInForce>(['day', 'gtc', 'gtd']);

/** A part is of an order that rests, is not more than the whole, and not too little of it. */
export function contradictsDisplay(intent: Intent): boolean {
  const { terms, quantityLots, replaces, askedType } = intent;
  const { displayLots = null } = terms.instructions ?? {};
  if (displayLots === null) return false;
  if (!CAN_SHOW_PART.has(askedType) || !RESTING.has(terms.timeInForce)) return true;
  if (displayLots > 0 && quantityLots > MAX_TIPS * displayLots) return true;
  // An order may become smaller than its part was.
  const isAsBefore = replaces?.instructions?.displayLots === displayLots;
  return displayLots > quantityLots && !isAsBefore;
}

/**
 * A minimum is not more than the order. One that rests with it is hidden, and has to take when it
 * can: so it shows nothing and is not post-only. What is left to reduce may be less than a minimum.
 */
export function hasInvalidMinimum(intent: Intent): boolean {
  const { terms, quantityLots, askedType } = intent;
  const {
    minimumLots = null,
    allOrNone = false,
    displayLots,
    reduceOnly,
  } = terms.instructions ?? {};
  if (minimumLots === null && !allOrNone) return false;
  if (minimumLots !== null && (allOrNone || minimumLots > quantityLots)) return true;
  if (terms.timeInForce === 'ioc') return allOrNone;
  if (!CAN_HAVE_MINIMUM.has(askedType) || !RESTING.has(terms.timeInForce)) return true;
  return terms.postOnly || reduceOnly === true || (displayLots ?? 0) > 0;
}

/** A peg names what it follows, rests, and never takes; halfway between the prices it is hidden. */
export function contradictsPeg({ type, timeInForce, postOnly, instructions }: Intent['terms']) {
  const { pegPriceType, pegOffsetTicks = null, displayLots } = instructions ?? {};
  if (type !== 'pegged') return pegPriceType !== undefined || pegOffsetTicks !== null;
  if (pegPriceType === undefined || !RESTING.has(timeInForce) || postOnly) return true;
  return pegPriceType === 'mid' && (displayLots ?? 0) > 0;
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
