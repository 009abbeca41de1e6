/** What of the trader's is open in one instrument, as far as it may still ask for money or lots. */
import type { Order } from '@sandpit/schemas/order.ts';
import {
  collateralMicros,
  costAtLimit,
  type OpenLots,
  PPM,
  reducibleLots,
  reservedFor,
} from './buying-power.ts';
import type { Held, HeldLots } from './held-lots.ts';
import { isLinked } from './list-lots.ts';
import { type Listing, sideCode } from './listing.ts';
import { type BookSide, BUY, SELL } from './sides.ts';

interface Linked {
  /** Of each list and side, what stands for all its linked orders; made when there is one. */
  byList: Map<string, OpenLots> | null;
  without: Order | null;
}

const NONE: readonly OpenLots[] = [];

/** @param without  The order that is about to be replaced. */
export function openLots(listing: Listing, without: Order | null): readonly OpenLots[] {
  const { resting, waiting } = listing;
  if (resting.size === 0 && waiting.size === 0) return NONE;
  const open: OpenLots[] = [];
  const linked: Linked = { byList: null, without };
  if (resting.size !== 0) {
    for (let i = 0; i < resting.size; i++) {
      const order = resting.orderAt(i);
      if (order.orderId === without?.orderId) continue;
      add(open, linked, order, heldTicksOf(listing, resting.handleAt(i), order));
    }
  }
  if (waiting.size !== 0) {
    for (const order of waiting.values()) {
      if (order.orderId === without?.orderId) continue;
      add(open, linked, order, order.progress!.heldTicks!);
    }
  }
  return open;
}

/** An auction may trade a sell above its limit, and a market order anywhere in the collar. */
function heldTicksOf(listing: Listing, handle: number, order: Order): number {
  const { pen } = listing;
  if (order.type === 'pegged') return order.progress!.heldTicks!;
  const heldTicks = pen.size !== 0 && pen.has(handle) ? order.progress?.heldTicks : null;
  return heldTicks ?? order.limitTicks ?? listing.referenceTicks;
}

function add(open: OpenLots[], linked: Linked, order: Order, limitTicks: number): void {
  const isReduceOnly = order.instructions?.reduceOnly === true;
  const { leavesLots: lots } = order;
  const each: OpenLots = { side: sideCode(order.side), limitTicks, lots, isReduceOnly };
  if (isLinked(order)) addLinked(linked, open, order, each);
  else open.push(each);
}

/** Of linked orders one trades: they count once, at the most that any of them asks for. */
function addLinked(linked: Linked, open: OpenLots[], order: Order, each: OpenLots): void {
  const { listId } = order.list!;
  const { without } = linked;
  if (without?.list?.listId === listId && sideCode(without.side) === each.side) return;
  const key = `${listId}${each.side}`;
  linked.byList ??= new Map();
  const known = linked.byList.get(key);
  if (known) {
    known.limitTicks = Math.max(known.limitTicks, each.limitTicks);
    known.lots = Math.max(known.lots, each.lots);
    known.isReduceOnly &&= each.isReduceOnly;
  } else {
    linked.byList.set(key, each);
    open.push(each);
  }
}

/**
 * What an instrument ties up with this position.
 *
 * @param without  The open order that is about to be replaced.
 * @param coming   One that is about to be open; its list, if any, is not looked at.
 */
export function reservedWith(
  listing: Listing,
  position: { lots: number; costMicros: number },
  without: Order | null,
  coming: OpenLots | null,
): number {
  const { fees, marginRates, resting, waiting } = listing;
  if (coming === null && resting.size === 0 && waiting.size === 0) {
    return marginRates === null ? collateralMicros(position) : 0;
  }
  const noted = notedLots(listing);
  if (noted === null) {
    const others = openLots(listing, without);
    const open = coming === null ? others : [...others, coming];
    return reservedFor(open, position, fees, marginRates);
  }
  const replaced = without === null ? null : resting.heldOf(without);
  const buys = heldOnSide(listing, noted, BUY, position.lots, replaced, coming);
  const sells = heldOnSide(listing, noted, SELL, position.lots, replaced, coming);
  return marginRates === null ? buys + sells + collateralMicros(position) : Math.max(buys, sells);
}

/**
 * What all open orders would cost if none of them reduced the position: no less than is held for them.
 * Null where orders must be looked at together. Not for an account on margin.
 */
export function costOfOpen(listing: Listing): number | null {
  const { resting, waiting } = listing;
  if (resting.size === 0 && waiting.size === 0) return 0;
  const noted = notedLots(listing);
  return noted && noted.of(BUY).costMicros + noted.of(SELL).costMicros;
}

/** What lots hold that only open. */
export function costToOpen(
  listing: Listing,
  side: BookSide,
  limitTicks: number,
  lots: number,
): number {
  return costAtLimit(limitTicks, lots, listing.fees, initialPpm(listing, side));
}

/**
 * Lots that are open on a side, all of them or without those that only reduce.
 *
 * @param without  The order that is about to be replaced.
 */
export function lotsOpen(
  listing: Listing,
  side: BookSide,
  without: Order | null,
  which: 'all' | 'opening',
): number {
  const noted = notedLots(listing);
  let lots = 0;
  if (noted === null) {
    for (const open of openLots(listing, without)) {
      if (open.side === side && (which === 'all' || !open.isReduceOnly)) lots += open.lots;
    }
    return lots;
  }
  lots = which === 'all' ? noted.of(side).lots : noted.of(side).openingLots;
  const replaced = without === null ? null : listing.resting.heldOf(without);
  const isCounted = replaced?.side === side && (which === 'all' || !replaced.isReduceOnly);
  return isCounted ? lots - replaced.lots : lots;
}

/**
 * What is noted of the resting orders, after those that have changed were looked at: all of them while
 * something may move what one holds without being told of. Null where orders must be looked at
 * together: some are linked, or wait for a price.
 */
function notedLots(listing: Listing): HeldLots | null {
  const { resting, waiting, pen, fees, marginRates } = listing;
  if (waiting.size !== 0 || resting.linked !== 0) return null;
  const noted = resting.heldUnder(fees, marginRates);
  const isSure = pen.size === 0 && resting.moving === 0;
  if (!isSure || resting.isUnsure) {
    for (let i = 0; i < resting.size; i++) noteAsItStands(listing, i);
    resting.noteLook(isSure);
  } else if (resting.changes !== 0) {
    for (let i = 0; i < resting.changes; i++) {
      const at = resting.indexOf(resting.changed[i]!);
      if (at >= 0) noteAsItStands(listing, at);
    }
    resting.noteLook(true);
  }
  return noted;
}

function noteAsItStands(listing: Listing, index: number): void {
  const { resting } = listing;
  const order = resting.orderAt(index);
  const limitTicks = heldTicksOf(listing, resting.handleAt(index), order);
  const held = resting.heldAt(index);
  const { leavesLots: lots } = order;
  if (held !== null && held.limitTicks === limitTicks && held.lots === lots) return;
  const side = sideCode(order.side);
  const isReduceOnly = order.instructions?.reduceOnly === true;
  const costMicros = costToOpen(listing, side, limitTicks, lots);
  resting.note(index, { side, limitTicks, lots, isReduceOnly, costMicros, place: 0 });
}

/** Share of a notional that what opens it asks for. */
function initialPpm({ marginRates }: Listing, side: BookSide): number {
  if (marginRates === null) return PPM;
  return side === BUY ? marginRates.longInitialPpm : marginRates.shortInitialPpm;
}

/** As `reservedFor` has it: the cheapest lots are taken to be those that only reduce. */
function heldOnSide(
  listing: Listing,
  noted: HeldLots,
  side: BookSide,
  positionLots: number,
  replaced: Held | null,
  coming: OpenLots | null,
): number {
  const { fees } = listing;
  const ppm = initialPpm(listing, side);
  const { costMicros, byPrice } = noted.of(side);
  const own = coming?.side === side ? coming : null;
  const ownMicros = own === null ? 0 : costAtLimit(own.limitTicks, own.lots, fees, ppm);
  let held = costMicros + ownMicros;
  if (replaced?.side === side) held -= replaced.costMicros;
  let reducible = reducibleLots(positionLots, side);
  let isOwnCounted = own === null;
  for (let i = 0; reducible > 0; ) {
    const next = i < byPrice.length ? byPrice[i] : null;
    // At one price the one to come is the last.
    const isOwn = !isOwnCounted && (next === null || own!.limitTicks < next.limitTicks);
    if (isOwn) isOwnCounted = true;
    else i++;
    if (!isOwn && next === null) break;
    if (!isOwn && next === replaced) continue;
    const { limitTicks, lots } = isOwn ? own! : next!;
    const reducing = Math.min(lots, reducible);
    reducible -= reducing;
    held -= isOwn ? ownMicros : next!.costMicros;
    if (lots > reducing) held += costAtLimit(limitTicks, lots - reducing, fees, ppm);
  }
  return held;
}
