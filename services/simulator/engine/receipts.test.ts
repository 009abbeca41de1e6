import { beforeEach, expect, test } from 'vitest';
import { explanationOf } from '../receipt-view.ts';
import { Exchange } from './exchange.ts';
import { restoreInto, snapshotOf } from './exchange-snapshot.ts';
import { receiptOf } from './receipts.ts';
import { ACME, agent, exchangeWith, lastOrder, submit, ticket } from './testing/desk.ts';

let exchange: Exchange;
let first: number;
beforeEach(() => {
  exchange = exchangeWith({ book: 'S 50@105' });
  first = agent(exchange, 'B 10@100', 2);
  agent(exchange, 'B 5@100', 3);
});

const receipt = (orderId: string) => receiptOf(exchange.state, orderId)!;
/** `ahead traded canceled` of the last leg, what stands before it now, and why. */
function shown(orderId: string): string {
  const told = receipt(orderId);
  const { aheadLots, tradedAheadLots, canceledAheadLots } = told.legs.at(-1)!;
  const now = `${aheadLots} ${tradedAheadLots} ${canceledAheadLots}, now ${told.aheadLots}`;
  return `${now}: ${explanationOf(told)}`;
}
const place = (text: string) => lastOrder(submit(exchange, text)).orderId;

test('a receipt follows the queue before the order', () => {
  const orderId = place('B 4@100');
  agent(exchange, 'B 7@100', 4);
  expect(shown(orderId)).toBe('15 0 0, now 15: behindOthers');
  agent(exchange, 'S 3@100', 5);
  expect(shown(orderId)).toBe('15 3 0, now 12: behindOthers');
  exchange.cancel(0, first);
  expect(shown(orderId)).toBe('15 3 7, now 5: behindOthers');
  agent(exchange, 'S 5@100', 5);
  expect(shown(orderId)).toBe('15 8 7, now 0: firstInQueue');
  exchange.setNow(9_000);
  agent(exchange, 'S 6@100', 5);
  expect(shown(orderId)).toBe('15 8 7, now 0: reachedTheFront');
  expect(receipt(orderId)).toMatchObject({ makerLots: 4, takerLots: 0, firstFillNs: 9_000 });
  expect(receipt(orderId).legs).toMatchObject([{ fromNs: 0, toNs: 9_000, priceTicks: 100 }]);
});

test.each`
  story                                       | happens       | tells
  ${'trades elsewhere are nobody’s business'} | ${'S 5@100'}  | ${'0 0 0, now 0: endedWithoutTradeAtPrice'}
  ${'it would have been next'}                | ${'S 15@100'} | ${'0 0 0, now 0: endedWithoutTradeAtPrice'}
`('canceled at 99: $story', ({ happens, tells }) => {
  const orderId = place('B 4@99');
  agent(exchange, happens, 5);
  exchange.execute({ type: 'cancelOrder', orderId }, 'cancel', null);
  expect(shown(orderId)).toBe(tells);
});

test('canceled behind others', () => {
  const orderId = place('B 4@100');
  agent(exchange, 'S 12@100', 5);
  exchange.execute({ type: 'cancelOrder', orderId }, 'cancel', null);
  expect(shown(orderId)).toBe('15 12 0, now 0: endedBehindOthers');
});

test('an own order before it counts like any other', () => {
  place('B 4@100');
  const second = place('B 2@100');
  agent(exchange, 'S 17@100', 5);
  expect(shown(second)).toBe('19 17 0, now 2: behindOthers');
});

test('a new price is a new leg; a smaller size is not', () => {
  const orderId = place('B 4@100');
  const replace = { type: 'replaceOrder', orderId, quantityLots: null, limitTicks: null } as const;
  exchange.setNow(5);
  exchange.execute({ ...replace, quantityLots: 3 as never }, 'smaller', null);
  exchange.execute({ ...replace, limitTicks: 99 as never }, 'lower', null);
  const { legs } = receipt(orderId);
  expect(legs.map(({ priceTicks, toNs }) => [priceTicks, toNs])).toEqual([
    [100, 5],
    [99, null],
  ]);
});

test('a stop waits, takes, and is done', () => {
  const orderId = place('B 5 STOP 105');
  expect(shown(orderId)).toBe('0 0 0, now 0: waitsForTrigger');
  exchange.setNow(7);
  agent(exchange, 'B 1@105', 6);
  expect(shown(orderId)).toBe('0 0 0, now 0: tookLiquidity');
  expect(receipt(orderId)).toMatchObject({ takerLots: 5, legs: [{ kind: 'waiting', toNs: 7 }] });
});

test('a refused order and one that ran out', () => {
  expect(explanationOf(receipt(place('B 1@500')))).toBe('refused');
  expect(explanationOf(receipt(place('B 60@105 IOC')))).toBe('ranOutOfLiquidity');
});

test('a leg of a bracket stands nowhere before its entry trades, and says so', () => {
  const [entry, target] = ['B 4@99', 'S 4@104'].map((text) => ticket(text));
  const tickets = [entry!, target!];
  const list = { type: 'newOrderList', clientListId: 'l', contingency: 'oto', tickets } as const;
  exchange.execute(list, 'list', null);
  expect(explanationOf(receipt('2'))).toBe('awaitsEntry');
  exchange.execute({ type: 'cancelOrder', orderId: '1' }, 'cancel', null);
  expect(explanationOf(receipt('2'))).toBe('endedBeforeEntry');
  const again = tickets.map((each) => ({ ...each, clientOrderId: `${each.clientOrderId}-2` }));
  exchange.execute({ ...list, tickets: again }, 'again', null);
  agent(exchange, 'S 60@99', 5);
  expect(explanationOf(receipt('4'))).toBe('firstInQueue');
});

test('receipts are part of the snapshot, and asking changes none of it', () => {
  const orderId = place('B 4@100');
  agent(exchange, 'S 3@100', 5);
  const before = snapshotOf(exchange.state);
  receipt(orderId);
  receiptOf(exchange.state, '99');
  place('B 0@100');
  const saved = snapshotOf(exchange.state);
  expect(before.plain.blotter.receipts).toEqual(saved.plain.blotter.receipts);
  const restored = new Exchange([{ instrument: ACME, openingTicks: 100 }], 'USD');
  restoreInto(restored.state, structuredClone(saved.plain), saved.books);
  expect(receiptOf(restored.state, orderId)).toEqual(receipt(orderId));
  agent(restored, 'S 1@100', 5);
  expect(receiptOf(restored.state, orderId)!.legs[0].tradedAheadLots).toBe(4);
  expect(receipt(orderId).legs[0].tradedAheadLots).toBe(3);
});
