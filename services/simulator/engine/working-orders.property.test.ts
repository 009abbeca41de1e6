import type { Order } from '@sandpit/schemas/order.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isLinked } from './list-lots.ts';
import { WorkingOrders } from './working-orders.ts';

const list = (contingency: string, role: string) => ({ list: { contingency, role } });
const KINDS = [
  {},
  {},
  { instructions: { reduceOnly: true } },
  { type: 'pegged' },
  { limitTicks: null },
  list('oco', 'peer'),
  list('bracket', 'parent'),
  list('oto', 'child'),
] as unknown as Partial<Order>[];

const step = fc.record({
  kind: fc.constantFrom('set', 'set', 'delete'),
  handle: fc.integer({ min: 1, max: 12 }).map((row) => 2 ** 32 + row),
  terms: fc.constantFrom(...KINDS),
});

const isBound = (order: Order) => order.list !== undefined || order.instructions?.reduceOnly;
const isMoving = (order: Order) => order.type === 'pegged' || order.limitTicks === null;

/** As whoever asks what they hold does. */
function look(working: WorkingOrders): void {
  for (let i = 0; i < working.size; i++) {
    if (working.heldAt(i) !== null) continue;
    const limitTicks = Number(working.orderAt(i).orderId);
    working.note(i, {
      ...{ side: 0, limitTicks, lots: 1, isReduceOnly: false },
      ...{ costMicros: limitTicks, place: 0 },
    });
  }
  working.noteLook(true);
}

test('keeps what a Map keeps, in the same order, and counts what they are', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const working = new WorkingOrders();
      const map = new Map<number, Order>();
      for (const [n, { kind, handle, terms }] of steps.entries()) {
        const order = { orderId: `${n}`, type: 'limit', limitTicks: 9, ...terms } as Order;
        if (kind === 'delete') expect(working.delete(handle)).toBe(map.delete(handle));
        else {
          working.delete(handle);
          working.set(handle, order);
          map.delete(handle);
          map.set(handle, order);
        }
        look(working);
        const orders = [...map.values()];
        expect(working.size).toBe(map.size);
        expect(working.entries()).toEqual([...map]);
        expect(working.bound).toBe(orders.filter(isBound).length);
        expect(working.linked).toBe(orders.filter(isLinked).length);
        expect(working.moving).toBe(orders.filter(isMoving).length);
        for (const [i, [known, its]] of [...map].entries()) {
          expect(working.handleAt(i)).toBe(known);
          expect(working.orderAt(i)).toBe(its);
          expect(working.get(known)).toBe(its);
          expect(working.handleOf(its)).toBe(known);
          expect(working.handleOfId(its.orderId)).toBe(known);
          expect(working.limitAt(i)).toBe(Number(its.orderId));
          expect(working.heldOf(its)!.limitTicks).toBe(Number(its.orderId));
        }
      }
      expect(working.get(1)).toBeUndefined();
      expect(working.handleOf({} as Order)).toBe(0);
      expect(working.handleOfId('none')).toBe(0);
    }),
  );
});

test('an order that takes the place of another under its handle is counted instead of it', () => {
  const working = new WorkingOrders();
  working.set(7, { orderId: '1', limitTicks: null } as Order);
  working.set(7, { orderId: '1', limitTicks: 5, ...list('ouo', 'peer') } as unknown as Order);
  expect([working.size, working.moving, working.linked, working.bound]).toEqual([1, 0, 1, 1]);
});

test('limits are only good while every change was looked at', () => {
  const working = new WorkingOrders();
  const orders = Array.from(
    { length: 40 },
    (_, i) => ({ orderId: `${i}`, limitTicks: 5 }) as Order,
  );
  for (const [i, order] of orders.entries()) working.set(i + 1, order);
  // More of them than are noted one by one.
  expect([working.hasLimits, working.isUnsure]).toEqual([false, true]);
  look(working);
  expect([working.hasLimits, working.isUnsure]).toEqual([true, false]);
  working.noteChange(orders[3]);
  expect([working.hasLimits, working.changes, working.changed[0]]).toEqual([false, 1, orders[3]]);
  working.noteLook(false);
  expect([working.hasLimits, working.isUnsure]).toEqual([false, true]);
});
