import type { Order } from '@sandpit/schemas/order.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Blotter, MAX_KEPT_ORDERS } from './blotter.ts';

const ORDERS = MAX_KEPT_ORDERS + 400;

const newOrder = (blotter: Blotter): Order =>
  ({ orderId: blotter.nextId, clientOrderId: `c${blotter.nextId}`, status: 'new' }) as Order;

/** How far back each step ends an order; beyond the first it ends none. */
const steps = fc.array(fc.integer({ min: 0, max: 1_300 }), {
  minLength: ORDERS,
  maxLength: ORDERS,
});

test('keeps what a list would keep from which the oldest that is done is taken', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: ORDERS }), (ends, restartAt) => {
      let blotter = new Blotter();
      let kept: Order[] = [];
      for (const [n, back] of ends.entries()) {
        const order = newOrder(blotter);
        blotter.add(order);
        blotter.receipts.noteFill(blotter.slotOf(order.orderId), false, n, n);
        kept.push(order);
        if (kept.length > MAX_KEPT_ORDERS) {
          const gone = kept.findIndex(({ status }) => status === 'filled');
          if (gone >= 0) expect(blotter.get(kept.splice(gone, 1)[0].orderId)).toBeUndefined();
        }
        const ended = kept[n - back];
        if (ended) {
          ended.status = 'filled';
          blotter.noteDone(ended);
        }
        if (n === restartAt) {
          blotter = Blotter.restore(structuredClone(blotter.snapshot()));
          kept = kept.map(({ orderId }) => blotter.get(orderId)!);
        }
      }
      const { orders, receipts } = blotter.snapshot();
      expect(orders).toEqual(kept);
      expect(receipts.map(([orderId, { takerLots }]) => [orderId, takerLots])).toEqual(
        kept.map(({ orderId }) => [orderId, Number(orderId) - 1]),
      );
      expect(blotter.open()).toEqual(kept.filter(({ status }) => status === 'new'));
      expect(blotter.newest(7)).toEqual(kept.slice(-7).reverse());
    }),
    { numRuns: 10 },
  );
});

test.each(['0', '2', '-1', '1.5', '01', '1e0', '', 'one', 'NaN', '99999999999'])(
  'no order has the id “%s” when there is one',
  (orderId) => {
    const blotter = new Blotter();
    blotter.add(newOrder(blotter));
    expect(blotter.get(orderId)).toBeUndefined();
    expect(blotter.findReceipt(orderId)).toBeNull();
    expect(blotter.wasGivenOut(orderId)).toBe(false);
    expect(blotter.get('1')?.clientOrderId).toBe('c1');
  },
);

test('the newest of a kind is found as far back as asked', () => {
  const blotter = new Blotter();
  for (let n = 0; n < 5; n++) blotter.add({ ...newOrder(blotter), createdNs: n } as Order);
  const idOf = (afterNs: number, fits: (order: Order) => boolean) =>
    blotter.findNewest(({ createdNs }) => createdNs > afterNs, fits)?.orderId;
  expect(idOf(0, () => true)).toBe('5');
  expect(idOf(0, ({ orderId }) => orderId < '4')).toBe('3');
  expect(idOf(3, ({ orderId }) => orderId < '4')).toBeUndefined();
  expect(idOf(-1, () => false)).toBeUndefined();
});
