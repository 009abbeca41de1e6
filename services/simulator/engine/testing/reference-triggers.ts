/** Orders that wait for a price, type by type, in the plainest words. */
import type { OrderTicket } from '@sandpit/schemas/order.ts';
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
  const kind = waits ? KINDS[ticket.type] : undefined;
  // What has been triggered is an ordinary order.
  const isPlainLimit = ticket.type === 'limit' || (!waits && waitsForPrice(ticket));
  const takesLimit = kind ? kind.takesLimit : isPlainLimit;
  if (takesLimit ? !isWhole(limitTicks, MAX_TICKS) : limitTicks !== null) return true;
  const stopTicks = ticket.instructions?.stopTicks ?? null;
  return kind?.takesStop ? !isWhole(stopTicks, MAX_TICKS) : stopTicks !== null;
}

export function contradictsItself(ticket: OrderTicket, waits: boolean): boolean {
  const { timeInForce, postOnly, instructions, type } = ticket;
  if (!waits) return !waitsForPrice(ticket) && instructions !== undefined && hasAnyWord(ticket);
  const distances = [instructions?.trailTicks, instructions?.trailPpm].filter((d) => d != null);
  return (
    timeInForce === 'ioc' ||
    timeInForce === 'fok' ||
    (postOnly && !KINDS[type]!.takesLimit) ||
    distances.length !== (trails(ticket) ? 1 : 0) ||
    (instructions?.limitOffsetTicks != null) !== (type === 'trailingStopLimit')
  );
}

const hasAnyWord = ({ instructions }: OrderTicket): boolean =>
  Object.values(instructions ?? {}).some((value) => value != null);

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
