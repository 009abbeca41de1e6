import type { OrderView } from '@sandpit/schemas/http.ts';
import { expect, test } from 'vitest';
import { bandLines, columnsOf, moveOf, orderLines, snapped } from './chart-lines.ts';
import { ACME, BTC } from './testing.ts';

const order = (change: Partial<OrderView>) =>
  ({
    symbol: 'ACME',
    side: 'sell',
    type: 'limit',
    limitPrice: null,
    leavesQuantity: '10.0',
    ...change,
  }) as OrderView;
const linesOf = (change: Partial<OrderView>) =>
  orderLines([order(change), order({ symbol: 'OTHER', limitPrice: '5' })], 'ACME').map(
    ({ price, title, isTrigger }) => `${title}@${price}${isTrigger ? ' waits' : ''}`,
  );

test.each<[string, Partial<OrderView>, string[]]>([
  ['a limit rests', { limitPrice: '180.00' }, ['Sell 10@180']],
  ['a stop waits', { type: 'stop', stopPrice: '178.50' }, ['Sell 10 stop@178.5 waits']],
  [
    'a stop-limit waits at both',
    { type: 'stopLimit', stopPrice: '178.50', limitPrice: '178.00' },
    ['Sell 10 stop@178.5 waits', 'Sell 10 limit@178 waits'],
  ],
  [
    'one that has fired rests at its limit',
    {
      type: 'stopLimit',
      stopPrice: '178.50',
      limitPrice: '178.00',
      triggeredAt: '2026-01-05T14:30:00.000Z',
    },
    ['Sell 10@178'],
  ],
  [
    'a trailing trigger is not drawn',
    { type: 'trailingStop', stopPrice: '178.50', trailPercent: '1' },
    [],
  ],
])('%s', (_name, change, lines) => expect(linesOf(change)).toEqual(lines));

test('exits say what they are, and wait while their entry does', () => {
  const list = { listId: '1', listRole: 'child', limitPrice: '190' } as const;
  const entry = order({ listId: '1', listRole: 'parent', filledQuantity: '0', limitPrice: '170' });
  const lines = orderLines(
    [entry, order(list), order({ ...list, type: 'stop', stopPrice: '160' })],
    'ACME',
  );
  expect(lines.map(({ title, isTrigger }) => `${title} ${isTrigger}`)).toEqual([
    'Sell 10 false',
    'TP Sell 10 true',
    'SL Sell 10 stop true',
    'SL Sell 10 limit true',
  ]);
});

test('a drag asks for the nearest price of the grid, and for nothing when that is where it stands', () => {
  const line = { field: 'stopPrice', price: 178.5 } as const;
  expect(moveOf(line, 178.4962, ACME)).toBeNull();
  expect(moveOf(line, 178.4949, ACME)).toEqual({ stopPrice: '178.49' });
  expect(moveOf({ ...line, field: 'limitPrice' }, 180.001, ACME)).toEqual({ limitPrice: '180.00' });
  expect(snapped(-3, ACME)).toBe('0.01');
  expect(snapped(62_000.26, BTC)).toBe('62000.3');
});

test('handles that would cover each other stand side by side', () => {
  const places = new Map([
    ['c', 31],
    ['a', 10],
    ['b', 20],
    ['d', 30],
    ['e', 90],
  ]);
  expect(Object.fromEntries(columnsOf(places, 20))).toEqual({ a: 0, b: 1, d: 0, c: 2, e: 0 });
});

test('price bands are lines where there are any', () => {
  expect(bandLines({ limitUpPrice: '18.90', limitDownPrice: '17.10' })).toEqual([
    { price: 18.9, title: 'Limit up', kind: 'band' },
    { price: 17.1, title: 'Limit down', kind: 'band' },
  ]);
  expect(bandLines({ limitUpPrice: null })).toEqual([]);
  expect(bandLines(null)).toEqual([]);
});
