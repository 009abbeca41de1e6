/** What of the trader's is open in one instrument, as far as it may still ask for money or lots. */
import type { Order } from '@sandpit/schemas/order.ts';
import type { OpenLots } from './buying-power.ts';
import { type Listing, sideCode } from './listing.ts';

/** Of each list and side, what stands for all its linked orders. */
type Linked = Map<string, OpenLots>;

/** @param without  The order that is about to be replaced. */
export function openLots(listing: Listing, without: Order | null): OpenLots[] {
  const open: OpenLots[] = [];
  const { resting, waiting, pen } = listing;
  let linked: Linked | null = null;
  const add = (order: Order, limitTicks: number) => {
    if (order.orderId === without?.orderId) return;
    const isReduceOnly = order.instructions?.reduceOnly === true;
    const { leavesLots: lots } = order;
    const each: OpenLots = { side: sideCode(order.side), limitTicks, lots, isReduceOnly };
    if (!isLinked(order)) {
      open.push(each);
      return;
    }
    linked ??= new Map();
    addLinked(linked, open, order, each, without);
  };
  if (resting.size !== 0) {
    for (const [handle, order] of resting) {
      // An auction may trade a sell above its limit, and a market order anywhere in the collar.
      const heldTicks = pen.size !== 0 && pen.has(handle) ? order.progress?.heldTicks : null;
      add(order, heldTicks ?? order.limitTicks ?? listing.referenceTicks);
    }
  }
  if (waiting.size !== 0) {
    for (const order of waiting.values()) add(order, order.progress!.heldTicks!);
  }
  return open;
}

const isLinked = ({ list }: Order): boolean =>
  list !== undefined && list.contingency !== 'oto' && list.role !== 'parent';

/** Of linked orders one trades: they count once, at the most that any of them asks for. */
function addLinked(
  linked: Linked,
  open: OpenLots[],
  order: Order,
  each: OpenLots,
  without: Order | null,
): void {
  const { listId } = order.list!;
  if (without?.list?.listId === listId && sideCode(without.side) === each.side) return;
  const key = `${listId}${each.side}`;
  const known = linked.get(key);
  if (known) {
    known.limitTicks = Math.max(known.limitTicks, each.limitTicks);
    known.lots = Math.max(known.lots, each.lots);
    known.isReduceOnly &&= each.isReduceOnly;
  } else {
    linked.set(key, each);
    open.push(each);
  }
}
