/** What of the trader's is open in one instrument, as far as it may still ask for money or lots. */
import type { Order } from '@sandpit/schemas/order.ts';
import type { OpenLots } from './buying-power.ts';
import { type Listing, sideCode } from './listing.ts';

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
    for (const [handle, order] of resting) {
      if (order.orderId === without?.orderId) continue;
      add(open, linked, order, heldTicksOf(listing, handle, order));
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
