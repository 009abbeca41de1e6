/** Orders as a blotter shows them: those of a list together, the entry first, its exits under it. */
import type { OrderView } from '@sandpit/schemas/http.ts';
import type { Contingency } from '@sandpit/schemas/order.ts';
import { isWaiting, TYPES } from './order-words.ts';
import { STATUS_TEXTS } from './reasons.ts';

export interface OrderGroup<Row extends OrderView> {
  /** Of the list, or of the one order. */
  key: string;
  contingency: Contingency | null;
  /** Parent first, then as the list had them. Of a plain order, the order. */
  rows: Row[];
  /** Orders of the list that have ended already: for its state, not shown as open. */
  ended: Row[];
}

const CONTINGENCIES: Readonly<Record<Contingency, string>> = {
  oco: 'One cancels the other',
  ouo: 'One updates the other',
  oto: 'Entry with what follows',
  bracket: 'Bracket',
};
export const contingencyText = (contingency: Contingency): string => CONTINGENCIES[contingency];

/**
 * @param open  In the order of the blotter; a group stands where its first row stood.
 * @param all   Where the ended members of a list are looked up.
 */
export function groupOrders<Row extends OrderView>(
  open: readonly Row[],
  all: readonly Row[],
): OrderGroup<Row>[] {
  const groups = new Map<string, OrderGroup<Row>>();
  for (const row of open) {
    const key = row.listId ? `list ${row.listId}` : row.clientOrderId;
    const group = groups.get(key) ?? {
      key,
      contingency: row.contingency ?? null,
      rows: [],
      ended: [],
    };
    group.rows.push(row);
    groups.set(key, group);
  }
  const isOpen = new Set(open);
  for (const row of all)
    if (row.listId && !isOpen.has(row)) groups.get(`list ${row.listId}`)?.ended.push(row);
  for (const { rows } of groups.values()) rows.sort(byRank);
  return [...groups.values()];
}

/** Ids are given in the order of entry; rows that have none yet keep their place. */
function byRank(a: OrderView, b: OrderView): number {
  const rank = Number(a.listRole === 'child') - Number(b.listRole === 'child');
  return rank || Number(a.orderId) - Number(b.orderId) || 0;
}

/** Whether a leg stands nowhere yet: its entry has not traded. */
export function isHeld(order: OrderView, all: readonly OrderView[]): boolean {
  if (order.listRole !== 'child') return false;
  const parent = all.find(
    ({ listId, listRole }) => listId === order.listId && listRole === 'parent',
  );
  return parent !== undefined && !/[1-9]/.test(parent.filledQuantity);
}

/** Open orders that are at work: without the legs that their entry has not called yet. */
export const atWork = <Row extends OrderView>(open: readonly Row[], all: readonly Row[]): Row[] =>
  open.some(({ listRole }) => listRole === 'child')
    ? open.filter((row) => !isHeld(row, all))
    : [...open];

/** "Take-profit", "Stop-loss", "Entry"; "" for an order of its own. */
export function roleText(order: OrderView): string {
  if (!order.listRole) return '';
  if (order.listRole === 'parent') return 'Entry';
  const { stop, trail } = TYPES[order.type];
  if (stop === 'stop' || trail) return 'Stop-loss';
  return 'Take-profit';
}

/** Where an open order stands, in two words. */
export function stateText(order: OrderView, all: readonly OrderView[]): string {
  if (order.status !== 'new') return STATUS_TEXTS[order.status] ?? order.status;
  if (isHeld(order, all)) return 'Awaits entry';
  if (isWaiting(order)) return 'Waiting';
  return order.triggeredAt ? 'Triggered' : STATUS_TEXTS.new!;
}
