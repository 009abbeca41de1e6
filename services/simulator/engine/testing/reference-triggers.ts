/** Orders that wait for a price, type by type, in the plainest words. */
import type { OrderTicket } from '@sandpit/schemas/order.ts';
import { BUY, SELL } from '../sides.ts';
import {
  collarAround,
  isWhole,
  MAX_TICKS,
  priceToJudgeBy,
  quoteOf,
  type ReferenceListing,
  type Wait,
} from './reference-order.ts';

interface Kind {
  takesLimit: boolean;
  takesStop: boolean;
  trails: boolean;
  /** A buy fires when the price has come up to the trigger; otherwise when it has come down to it. */
  buyFiresAbove: boolean;
}

const kind = (
  takesLimit: boolean,
  takesStop: boolean,
  trails: boolean,
  buyFiresAbove: boolean,
) => ({
  takesLimit,
  takesStop,
  trails,
  buyFiresAbove,
});

/** Types that wait; market and limit orders are not among them. */
const KINDS: Partial<Record<OrderTicket['type'], Kind>> = {
  stop: kind(false, true, false, true),
  stopLimit: kind(true, true, false, true),
  marketIfTouched: kind(false, true, false, false),
  limitIfTouched: kind(true, true, false, false),
  trailingStop: kind(false, false, true, true),
  trailingStopLimit: kind(false, false, true, true),
};

export const waitsForPrice = ({ type }: OrderTicket): boolean => KINDS[type] !== undefined;
export const trails = ({ type }: OrderTicket): boolean => KINDS[type]?.trails ?? false;

/** Prices that a type does not have, that it lacks, or that are none. */
export function hasInvalidPrices(
  ticket: OrderTicket,
  limitTicks: number | null,
  waits: boolean,
): boolean {
  const stopTicks = ticket.instructions?.stopTicks ?? null;
  if (ticket.type === 'pegged') {
    return stopTicks !== null || (limitTicks !== null && !isWhole(limitTicks, MAX_TICKS));
  }
  if (ticket.type === 'marketToLimit') {
    // Its limit is what it met when it came in; the ticket has none.
    const isBad = limitTicks !== null && !isWhole(limitTicks, MAX_TICKS);
    return ticket.limitTicks !== null || stopTicks !== null || isBad;
  }
  const kind = waits ? KINDS[ticket.type] : undefined;
  // What has been triggered is an ordinary order.
  const isPlainLimit = ticket.type === 'limit' || (!waits && waitsForPrice(ticket));
  const takesLimit = kind ? kind.takesLimit : isPlainLimit;
  if (takesLimit ? !isWhole(limitTicks, MAX_TICKS) : limitTicks !== null) return true;
  return kind?.takesStop ? !isWhole(stopTicks, MAX_TICKS) : stopTicks !== null;
}

export function contradictsItself(ticket: OrderTicket, waits: boolean, nowNs: number): boolean {
  const { timeInForce, postOnly, instructions = {}, type } = ticket;
  const { expireNs = null, postOnlyMode } = instructions;
  if ((timeInForce === 'gtd') !== (expireNs !== null)) return true;
  if (expireNs !== null && expireNs <= nowNs) return true;
  if (postOnlyMode !== undefined && !postOnly) return true;
  const { pegPriceType, pegOffsetTicks, displayLots } = instructions;
  if (type === 'pegged') {
    if (pegPriceType === undefined || postOnly) return true;
    if (!['day', 'gtc', 'gtd'].includes(timeInForce)) return true;
    if (pegPriceType === 'mid' && (displayLots ?? 0) > 0) return true;
  } else if (pegPriceType !== undefined || pegOffsetTicks != null) return true;
  if (!waits) return TRIGGER_WORDS.some((word) => instructions[word] != null);
  const distances = [instructions.trailTicks, instructions.trailPpm].filter((d) => d != null);
  return (
    timeInForce === 'ioc' ||
    timeInForce === 'fok' ||
    (postOnly && !KINDS[type]!.takesLimit) ||
    distances.length !== (trails(ticket) ? 1 : 0) ||
    (instructions.limitOffsetTicks != null) !== (type === 'trailingStopLimit')
  );
}

const TRIGGER_WORDS = [
  'stopTicks',
  'triggerReference',
  'trailTicks',
  'trailPpm',
  'limitOffsetTicks',
] as const;

/** What is left of an order's instructions once its trigger has fired. */
export function withoutTrigger(ticket: OrderTicket): OrderTicket {
  const instructions = { ...ticket.instructions };
  for (const word of TRIGGER_WORDS) delete instructions[word];
  return { ...ticket, instructions };
}

/**
 * The limit under which a new order works. Market-to-limit takes the best price of the other side;
 * a sliding post-only order that would trade moves one tick behind it.
 */
export function limitOnEntry(listing: ReferenceListing, ticket: OrderTicket): number | null {
  const { type, side, limitTicks, instructions } = ticket;
  // What would trade, whether or not it is shown.
  const others = listing.book.queue(side === 'buy' ? SELL : BUY);
  const other = others.find(({ minimum }) => minimum === 0)?.priceTicks ?? 0;
  if (other === 0) return limitTicks;
  if (type === 'marketToLimit') return limitTicks ?? other;
  if (type !== 'limit' || instructions?.postOnlyMode !== 'slide' || !ticket.postOnly) {
    return limitTicks;
  }
  if (!isWhole(limitTicks, MAX_TICKS)) return limitTicks;
  if (side === 'buy') return limitTicks! >= other ? other - 1 : limitTicks;
  return limitTicks! <= other ? other + 1 : limitTicks;
}

/** The price that a trigger looks at, doubled, because a middle may be half a tick; 0 = none. */
export function doubledReference(listing: ReferenceListing, ticket: OrderTicket): number {
  const { bid, ask } = quoteOf(listing);
  const reference = ticket.instructions?.triggerReference ?? 'last';
  if (reference === 'last') return 2 * listing.lastTradeTicks;
  if (reference === 'quote') return 2 * (ticket.side === 'buy' ? ask : bid);
  return bid > 0 && ask > 0 ? bid + ask : 0;
}

export function fires(ticket: OrderTicket, doubled: number, triggerTicks: number): boolean {
  if (doubled === 0) return false;
  const above = KINDS[ticket.type]!.buyFiresAbove === (ticket.side === 'buy');
  return above ? doubled >= 2 * triggerTicks : doubled <= 2 * triggerTicks;
}

/** Where a trailing trigger belongs at a price; rounded away from the market. */
export function trailedTicks({ side, instructions }: OrderTicket, doubled: number): number {
  const { trailTicks, trailPpm } = instructions!;
  const distance = trailTicks ?? Math.max(1, Math.round((doubled * trailPpm!) / 2_000_000));
  if (side === 'buy') return clamp(Math.ceil(doubled / 2) + distance);
  return clamp(Math.floor(doubled / 2) - distance);
}

/** Its trigger as it is set when the order comes in, and the price at which it holds money. */
export function beginToWait(
  listing: ReferenceListing,
  ticket: OrderTicket,
  limitTicks: number | null,
): Wait {
  const from = doubledReference(listing, ticket) || 2 * priceToJudgeBy(listing);
  const triggerTicks = trails(ticket)
    ? trailedTicks(ticket, from)
    : ticket.instructions!.stopTicks!;
  const { side, type } = ticket;
  if (limitTicks !== null) return { triggerTicks, heldTicks: limitTicks };
  if (type === 'trailingStopLimit') {
    return { triggerTicks, heldTicks: limitOnceFired(ticket, triggerTicks) };
  }
  const atMost = collarAround(triggerTicks, listing.instrument)[1];
  return { triggerTicks, heldTicks: side === 'buy' ? atMost : triggerTicks };
}

export function limitOnceFired({ side, instructions }: OrderTicket, triggerTicks: number): number {
  const offset = instructions!.limitOffsetTicks!;
  return clamp(side === 'buy' ? triggerTicks + offset : triggerTicks - offset);
}

const clamp = (ticks: number): number => Math.max(1, Math.min(MAX_TICKS, ticks));
