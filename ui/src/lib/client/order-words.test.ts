import type { OrderView } from '@sandpit/schemas/http.ts';
import { OrderType, TimeInForce } from '@sandpit/schemas/order.ts';
import { expect, test } from 'vitest';
import {
  actionText,
  MORE_TYPES,
  PRIMARY_TYPES,
  pegText,
  priceTextOf,
  TIMES,
  TYPES,
  triggerText,
} from './order-words.ts';

const order = (change: Partial<OrderView>) =>
  ({
    side: 'sell',
    symbol: 'ACME',
    quantity: '100.0',
    type: 'limit',
    limitPrice: null,
    ...change,
  }) as OrderView;

test.each<[Partial<OrderView>, string]>([
  [{ limitPrice: '1800.50' }, 'Sell 100 ACME @ 1,800.50'],
  [{ side: 'buy', type: 'market' }, 'Buy 100 ACME at market'],
  [{ type: 'stop', stopPrice: '178.50' }, 'Sell 100 ACME, stop 178.50'],
  [
    { type: 'stopLimit', stopPrice: '178.50', limitPrice: '178.00' },
    'Sell 100 ACME, stop 178.50 limit 178.00',
  ],
  [{ type: 'marketIfTouched', stopPrice: '190.00' }, 'Sell 100 ACME, if touched 190.00'],
  [{ type: 'trailingStop', trailPercent: '1.5' }, 'Sell 100 ACME, trailing by 1.5 %'],
  [{ type: 'trailingStopLimit', trailAmount: '2.00' }, 'Sell 100 ACME, trailing by 2.00'],
  [{ type: 'marketToLimit' }, 'Sell 100 ACME, at market, rest at limit'],
  [{ type: 'stop' }, 'Sell 100 ACME'],
  [{ quantity: '' }, 'Sell ACME'],
])('%j is called %s', (change, text) => expect(actionText(order(change))).toBe(text));

test('a trigger: its price, what it is compared with, or the distance while it moves', () => {
  const stop = order({ type: 'stop', stopPrice: '178.50', triggerReference: 'last' });
  expect(triggerText(stop)).toBe('178.50');
  expect(triggerText({ ...stop, triggerReference: 'quote' })).toBe('178.50 (bid)');
  expect(triggerText({ ...stop, side: 'buy', triggerReference: 'quote' })).toBe('178.50 (ask)');
  const trailing = order({ type: 'trailingStop', trailAmount: '2.00', stopPrice: '178.50' });
  expect(triggerText(trailing)).toBe('Trails by 2.00');
  expect(triggerText({ ...trailing, triggeredAt: '2026-01-05T14:30:00.000Z' })).toBe('178.50');
  expect(triggerText(order({}))).toBe('');
});

test('every type is offered once, with a sentence; every time in force has a name', () => {
  const types = OrderType.anyOf.map((each) => each.const);
  expect([...PRIMARY_TYPES, ...MORE_TYPES].toSorted()).toEqual(types.toSorted());
  for (const type of types) expect(TYPES[type].sentence).toMatch(/^[A-Z].*\.$/);
  for (const { const: time } of TimeInForce.anyOf) expect(TIMES[time]).toBeTruthy();
});

test('a pegged order: what it follows, and where it stands', () => {
  const peg = order({
    type: 'pegged',
    pegPriceType: 'primary',
    pegOffset: '-0.0500',
    pegPrice: '1179.95',
  });
  expect(pegText(peg)).toBe('own side −0.05');
  expect(pegText({ ...peg, limitPrice: '1180.00' })).toBe('own side −0.05 to 1,180.00');
  expect(actionText(peg)).toBe('Sell 100 ACME, pegged to own side −0.05');
  expect(priceTextOf(peg)).toBe('1,179.95');
  expect(priceTextOf({ ...peg, pegPrice: null })).toBe('Peg');
  expect(pegText({ pegPriceType: 'mid', pegOffset: '0' })).toBe('mid');
  expect(priceTextOf(order({ type: 'market' }))).toBe('Market');
});
