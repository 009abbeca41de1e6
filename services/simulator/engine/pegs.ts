/**
 * Pegged orders: their price follows the market at an offset.
 *
 * - The reference is what others show: the best price of the order's own side (`primary`), of the other
 *   one (`market`), or halfway between (`mid`). Pegs are left out of it, so none follows itself or
 *   another. Half a tick is rounded away from the other side.
 * - A peg never takes. Where its price would meet the other side, shown or hidden, it stands one tick
 *   behind. Its limit, or the far end of the collar when it came in, is as far as it goes.
 * - Without a reference, and while orders are collected for an auction, it is parked: open, and in
 *   nobody's way.
 * - It is looked at when an event is over. Each move is a new place in the queue, and no event of its
 *   own: it may move with every quote.
 */
import type { Order } from '@sandpit/schemas/order.ts';
import type { PriceTicks } from '@sandpit/schemas/units.ts';
import type { ExchangeState } from './exchange-state.ts';
import type { Intent } from './intent.ts';
import { type Listing, sideCode } from './listing.ts';
import { beginLeg, endLeg } from './receipts.ts';
import { lackToRest } from './risk.ts';
import { endOrder } from './settlement.ts';
import { type BookSide, BUY, SELL } from './sides.ts';
import { takeOut } from './work.ts';

/** Nobody quotes half a tick, so nobody is to see who waits for it. */
const isOutOfSight = ({ instructions }: Order): boolean =>
  instructions?.pegPriceType === 'mid' || instructions?.displayLots === 0;

interface Peg {
  handle: number;
  order: Order;
  side: BookSide;
  /** 0 = parked. */
  nowTicks: number;
  nextTicks: number;
}

/**
 * Puts every peg of an instrument where it belongs now. Those that stay keep their place; the others
 * move together, oldest first.
 *
 * @returns  Whether an order has ended for want of money to stand where the market has gone.
 */
export function movePegs(
  state: ExchangeState,
  listing: Listing,
  intentOf: (state: ExchangeState, order: Order, quantityLots: number) => Intent,
): boolean {
  const pegs = pegsOf(listing);
  listing.hasPegs = pegs.length > 0;
  if (pegs.length === 0) return false;
  if (listing.phase === 'continuous') priceAll(listing, pegs);
  const moving = pegs.filter(({ nowTicks, nextTicks }) => nowTicks !== nextTicks);
  for (const { handle, order } of moving) {
    endLeg(state, listing, order, handle);
    listing.book.park(handle);
  }
  for (const peg of moving) place(state, listing, peg);
  for (const { handle, order } of pegs) beginToWait(state, listing, order, handle);
  let hasEnded = false;
  for (const { order } of moving) if (outgrows(state, order, intentOf)) hasEnded = true;
  return hasEnded;
}

function pegsOf({ resting }: Listing): Peg[] {
  const pegs: Peg[] = [];
  for (const [handle, order] of resting.entries()) {
    if (order.type !== 'pegged') continue;
    const nowTicks = order.progress?.pegTicks ?? 0;
    pegs.push({ handle, order, side: sideCode(order.side), nowTicks, nextTicks: 0 });
  }
  return pegs;
}

/** Where each belongs: the older ones first, the others behind them where they would meet. */
function priceAll(listing: Listing, pegs: readonly Peg[]): void {
  const shown = [bestOfOthers(listing, BUY, pegs), bestOfOthers(listing, SELL, pegs)];
  const best = [
    withHidden(listing, BUY, shown[BUY], pegs),
    withHidden(listing, SELL, shown[SELL], pegs),
  ];
  for (const peg of pegs) {
    const { side } = peg;
    const asked = askedTicks(peg.order, side, shown[BUY], shown[SELL]);
    if (asked === null) continue;
    const other = best[side === BUY ? SELL : BUY];
    const within = listing.withinBands(side, limited(peg.order, side, asked));
    const ticks = other === 0 ? within : behind(side, within, other);
    if (ticks < 1) continue;
    peg.nextTicks = ticks;
    if (best[side] === 0 || (side === BUY ? ticks > best[side] : ticks < best[side])) {
      best[side] = ticks;
    }
  }
}

/** Null without a reference. */
function askedTicks(
  { instructions }: Order,
  side: BookSide,
  bid: number,
  ask: number,
): number | null {
  const offset = instructions!.pegOffsetTicks ?? 0;
  if (instructions!.pegPriceType === 'mid') {
    if (bid === 0 || ask === 0) return null;
    const twice = bid + ask;
    return (side === BUY ? Math.floor(twice / 2) : Math.ceil(twice / 2)) + offset;
  }
  const isOwnSide = instructions!.pegPriceType === 'primary';
  const reference = (side === BUY) === isOwnSide ? bid : ask;
  return reference === 0 ? null : reference + offset;
}

/** A buy without a limit of its own goes no higher than what it holds money at. */
function limited({ limitTicks, progress }: Order, side: BookSide, ticks: number): number {
  if (side === BUY) return Math.min(ticks, limitTicks ?? progress!.heldTicks!);
  return limitTicks === null ? ticks : Math.max(ticks, limitTicks);
}

const behind = (side: BookSide, ticks: number, other: number): number =>
  side === BUY ? Math.min(ticks, other - 1) : Math.max(ticks, other + 1);

/** Best price at which anybody but a peg shows something; 0 = none. */
function bestOfOthers({ book }: Listing, side: BookSide, pegs: readonly Peg[]): number {
  const own = new Map<number, number>();
  for (const { handle } of pegs) {
    if (book.sideOf(handle) !== side || book.isHeld(handle)) continue;
    const price = book.priceOf(handle);
    own.set(price, (own.get(price) ?? 0) + 1);
  }
  return book.bestBeside(side, own);
}

function withHidden(
  { book }: Listing,
  side: BookSide,
  shown: number,
  pegs: readonly Peg[],
): number {
  const hidden = book
    .hiddenOf(side)
    .find(
      ({ handle, minimumLots }) => minimumLots === 0 && !pegs.some((peg) => peg.handle === handle),
    );
  if (hidden === undefined) return shown;
  const { priceTicks } = hidden;
  if (shown === 0) return priceTicks;
  return side === BUY ? Math.max(shown, priceTicks) : Math.min(shown, priceTicks);
}

function place(state: ExchangeState, listing: Listing, { handle, order, nextTicks }: Peg): void {
  const { book } = listing;
  const pegTicks = nextTicks === 0 ? null : (nextTicks as PriceTicks);
  // A new object: events hold copies of the order that share it.
  order.progress = { ...order.progress, pegTicks };
  state.hash.add(handle | 0);
  state.hash.add(nextTicks);
  listing.bookChanged = true;
  if (pegTicks === null) return;
  book.reprice(handle, pegTicks);
  if (isOutOfSight(order)) book.hide(handle, 0);
  else book.enqueue(handle);
  beginLeg(state, listing, order, 'resting', handle);
}

/** What has no place yet, or no longer, waits. */
function beginToWait(state: ExchangeState, listing: Listing, order: Order, handle: number): void {
  if (order.progress?.pegTicks != null) return;
  const { blotter } = state;
  const isInLeg = blotter.receipts.isInLeg(blotter.slotOf(order.orderId));
  if (!isInLeg) beginLeg(state, listing, order, 'waiting', handle);
}

/** A sell may be led above the price at which it holds money: then it holds more, or ends. */
function outgrows(
  state: ExchangeState,
  order: Order,
  intentOf: (state: ExchangeState, order: Order, quantityLots: number) => Intent,
): boolean {
  const { pegTicks, heldTicks } = order.progress!;
  if (pegTicks == null || pegTicks <= heldTicks!) return false;
  order.progress = { ...order.progress, heldTicks: pegTicks };
  const lack = lackToRest(intentOf(state, order, order.quantityLots));
  if (lack === null) return true;
  takeOut(state, order);
  endOrder(state, order, 'canceled', lack);
  return true;
}
