import type { Order } from '@sandpit/schemas/order.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WorkingOrders } from './working-orders.ts';

const step = fc.record({
  kind: fc.constantFrom('set', 'set', 'delete'),
  handle: fc.integer({ min: 1, max: 12 }).map((row) => 2 ** 32 + row),
});

test('keeps what a Map keeps, in the same order', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const working = new WorkingOrders();
      const map = new Map<number, Order>();
      for (const [n, { kind, handle }] of steps.entries()) {
        const order = { orderId: `${n}` } as Order;
        if (kind === 'delete') expect(working.delete(handle)).toBe(map.delete(handle));
        else {
          working.set(handle, order);
          map.set(handle, order);
        }
        expect(working.size).toBe(map.size);
        expect(working.entries()).toEqual([...map]);
        for (const [i, [known, its]] of [...map].entries()) {
          expect(working.handleAt(i)).toBe(known);
          expect(working.orderAt(i)).toBe(its);
          expect(working.get(known)).toBe(its);
          expect(working.handleOf(its.orderId)).toBe(known);
        }
      }
      expect(working.get(1)).toBeUndefined();
      expect(working.handleOf('none')).toBe(0);
    }),
  );
});
