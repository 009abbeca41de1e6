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

const isLinked = ({ list }: Order): boolean =>
  list !== undefined && list.contingency !== 'oto' && list.role !== 'parent';

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
  const { marginRates, resting, waiting } = listing;
  if (coming === null && resting.size === 0 && waiting.size === 0) {
    return marginRates === null ? collateralMicros(position) : 0;
  }
  const longPpm = marginRates === null ? PPM : marginRates.longInitialPpm;
  const shortPpm = marginRates === null ? PPM : marginRates.shortInitialPpm;
  const buys = heldIfOpening(listing, BUY, position.lots, without, coming, longPpm);
  const sells = heldIfOpening(listing, SELL, position.lots, without, coming, shortPpm);
  if (buys === null || sells === null) {
    const others = openLots(listing, without);
    const open = coming === null ? others : [...others, coming];
    return reservedFor(open, position, listing.fees, marginRates);
  }
  return marginRates === null ? buys + sells + collateralMicros(position) : Math.max(buys, sells);
}

/**
 * Held for the open orders of one side where each stands for itself: none reduces the position, and
 * none is linked to another. Null where that is not so, and they must be looked at together.
 */
function heldIfOpening(
  listing: Listing,
  side: BookSide,
  positionLots: number,
  without: Order | null,
  coming: OpenLots | null,
  ppm: number,
): number | null {
  const { resting, waiting, fees } = listing;
  const isReducible = reducibleLots(positionLots, side) > 0;
  let held = 0;
  for (let i = 0; i < resting.size; i++) {
    const order = resting.orderAt(i);
    if (sideCode(order.side) !== side || isSame(order, without)) continue;
    if (isReducible || isLinked(order)) return null;
    const limitTicks = heldTicksOf(listing, resting.handleAt(i), order);
    held += costAtLimit(limitTicks, order.leavesLots, fees, ppm);
  }
  if (waiting.size !== 0) {
    for (const order of waiting.values()) {
      if (sideCode(order.side) !== side || isSame(order, without)) continue;
      if (isReducible || isLinked(order)) return null;
      held += costAtLimit(order.progress!.heldTicks!, order.leavesLots, fees, ppm);
    }
  }
  if (coming === null || coming.side !== side) return held;
  return isReducible ? null : held + costAtLimit(coming.limitTicks, coming.lots, fees, ppm);
}

const isSame = (order: Order, without: Order | null): boolean =>
  without !== null && order.orderId === without.orderId;
