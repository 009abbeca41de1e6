/** Orders that belong together, in the plainest words. */
import type { CommandBody } from '@sandpit/schemas/command.ts';
import type { OrderTicket } from '@sandpit/schemas/order.ts';
import type { HeldOrder } from './reference-money.ts';
import { leavesOf, type ReferenceTraderOrder } from './reference-order.ts';

export type NewList = Extract<CommandBody, { type: 'newOrderList' }>;

export interface ReferenceList {
  /** Number of its first order. */
  id: number;
  kind: NewList['contingency'];
  role: 'peer' | 'parent' | 'child';
  /** Size in the ticket. */
  askedLots: number;
}

export function roleAt(kind: NewList['contingency'], index: number): ReferenceList['role'] {
  if (kind === 'oco' || kind === 'ouo') return 'peer';
  return index === 0 ? 'parent' : 'child';
}

/** Of these only one trades, or one as much less as the others have traded. */
export const isLinked = ({ list }: ReferenceTraderOrder): boolean =>
  list !== null && (list.role === 'peer' || (list.role === 'child' && list.kind === 'bracket'));

const sum = (orders: readonly ReferenceTraderOrder[]): number =>
  orders.reduce((total, { filledLots }) => total + filledLots, 0);

/** What may be left of an order that follows others: as much as they have traded, or have left it. */
export function wantedLots(
  members: readonly ReferenceTraderOrder[],
  order: ReferenceTraderOrder,
): number {
  const { kind, askedLots } = order.list!;
  const led = sum(members.filter(({ list }) => list!.role === 'parent'));
  if (kind === 'oto') return Math.min(askedLots, led) - order.filledLots;
  return (kind === 'bracket' ? led : askedLots) - sum(members.filter(isLinked));
}

/** What becomes of an open order now that something has happened in its list. */
export function verdictOn(
  members: readonly ReferenceTraderOrder[],
  order: ReferenceTraderOrder,
): 'stays' | 'ends' | { lots: number } {
  const { kind, role } = order.list!;
  const others = members.filter((each) => each !== order);
  if (role === 'parent') {
    // A bracket whose legs have closed all that was entered is over.
    const isClosed = kind === 'bracket' && order.filledLots > 0 && sum(others) >= order.filledLots;
    return isClosed ? 'ends' : 'stays';
  }
  if (kind === 'oco') return sum(others) > 0 ? 'ends' : 'stays';
  const parent = members.find(({ list }) => list!.role === 'parent');
  if (parent && parent.filledLots === 0) {
    const isWaited = parent.status === 'new' || parent.status === 'partiallyFilled';
    return isWaited ? 'stays' : 'ends';
  }
  const lots = wantedLots(members, order);
  return lots <= 0 ? 'ends' : { lots };
}

/** Tickets that cannot be one list. */
export function contradictsList({ contingency, tickets }: NewList): boolean {
  const [first] = tickets;
  const followers = tickets.filter((_, i) => roleAt(contingency, i) !== 'parent');
  const sizes = new Set(tickets.map(({ quantityLots }) => quantityLots));
  const canWait = ({ type, timeInForce }: OrderTicket) =>
    type !== 'market' && timeInForce !== 'ioc' && timeInForce !== 'fok';
  const dependsOnBook = ({ type, instructions }: OrderTicket) =>
    type === 'marketToLimit' || instructions?.postOnlyMode === 'slide';
  return (
    tickets.some(({ symbol }) => symbol !== first.symbol) ||
    !followers.every(canWait) ||
    tickets.some(dependsOnBook) ||
    (contingency !== 'oto' && sizes.size > 1) ||
    (contingency === 'bracket' && (tickets.length !== 3 || followers.some(isLike(first))))
  );
}

const isLike =
  ({ side }: OrderTicket) =>
  (other: OrderTicket): boolean =>
    other.side === side;

/**
 * What open orders may ask for. Of linked ones one trades: those of a side count once, with the
 * largest size and the highest price among them, in the place of the first.
 *
 * @param without  An order that is about to be replaced; what is linked with it goes with it.
 */
export function counted(
  open: readonly ReferenceTraderOrder[],
  without: ReferenceTraderOrder | null,
): HeldOrder[] {
  const groups = new Map<string, HeldOrder>();
  for (const order of open) {
    const { side } = order.ticket;
    if (order.number === without?.number) continue;
    const isLinkedHere = isLinked(order);
    const isSameList = without?.list?.id === order.list?.id && without?.ticket.side === side;
    if (isLinkedHere && isSameList) continue;
    const ticks =
      order.wait?.heldTicks ?? order.pegHeldTicks ?? order.heldTicks ?? order.limitTicks!;
    const lots = leavesOf(order);
    const isReducing = order.ticket.instructions?.reduceOnly === true;
    const key = isLinkedHere ? `list ${order.list!.id} ${side}` : `order ${order.number}`;
    const group = groups.get(key);
    groups.set(key, {
      side,
      ticks: Math.max(ticks, group?.ticks ?? 0),
      lots: Math.max(lots, group?.lots ?? 0),
      isReduceOnly: isReducing && (group?.isReduceOnly ?? true),
    });
  }
  return [...groups.values()];
}
