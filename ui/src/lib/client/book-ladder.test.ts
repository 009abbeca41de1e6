import type { BookFrame } from '@sandpit/schemas/market-data.ts';
import { expect, test } from 'vitest';
import { ladderOf } from './book-ladder.ts';
import { ACME, orderOf } from './testing.ts';

const levels = (text: string) =>
  text.split(' ').map((level) => {
    const [price = '', quantity = ''] = level.split('x');
    return { price, quantity, orders: 1 };
  });
const book: BookFrame = {
  symbol: 'ACME',
  sequence: 1,
  epoch: 1,
  at: '2026-01-05T14:30:00.000Z',
  bids: levels('100.04x10 100.03x20 99.99x30'),
  asks: levels('100.06x5 100.07x5 100.11x90'),
};
const rows = (side: { price: string; quantity: string; total: string; own: string | null }[]) =>
  side.map(
    ({ price, quantity, total, own }) => `${price} ${quantity} ${total}${own ? ` *${own}` : ''}`,
  );

test('one tick a row: running totals, the spread, depth against the deeper side', () => {
  const { bids, asks, spread } = ladderOf(book, [], 1, 10, ACME);
  expect(rows(bids)).toEqual(['100.04 10 10', '100.03 20 30', '99.99 30 60']);
  expect(rows(asks)).toEqual(['100.06 5 5', '100.07 5 10', '100.11 90 100']);
  expect(spread).toBe('0.02');
  expect(asks.at(-1)?.depth).toBe(1);
  expect(bids.at(-1)?.depth).toBe(0.6);
});

test('grouping rounds bids down and asks up', () => {
  const { bids, asks } = ladderOf(book, [], 5, 10, ACME);
  expect(rows(bids)).toEqual(['100.00 30 30', '99.95 30 60']);
  expect(rows(asks)).toEqual(['100.10 10 10', '100.15 90 100']);
});

test('own orders are marked on their side and in their group', () => {
  const own = [
    orderOf({ limitPrice: '100.03', leavesQuantity: '4' }),
    orderOf({ limitPrice: '100.04', leavesQuantity: '3' }),
    orderOf({ limitPrice: '100.06', leavesQuantity: '2', side: 'sell' }),
  ];
  expect(rows(ladderOf(book, own, 1, 10, ACME).bids)).toEqual([
    '100.04 10 10 *3',
    '100.03 20 30 *4',
    '99.99 30 60',
  ]);
  expect(rows(ladderOf(book, own, 5, 10, ACME).bids)[0]).toBe('100.00 30 30 *7');
  expect(rows(ladderOf(book, own, 1, 10, ACME).asks)[0]).toBe('100.06 5 5 *2');
});

test('an order that waits for its trigger is not in the book until it fires', () => {
  const stop = { type: 'stopLimit', limitPrice: '100.03', leavesQuantity: '4' } as const;
  const at = (triggeredAt: string | null) =>
    rows(ladderOf(book, [orderOf({ ...stop, triggeredAt })], 1, 10, ACME).bids)[1];
  expect(at(null)).toBe('100.03 20 30');
  expect(at('2026-01-05T14:30:00.000Z')).toBe('100.03 20 30 *4');
});

test('an empty side has no rows and no spread; rows are limited', () => {
  expect(ladderOf({ ...book, bids: [] }, [], 1, 10, ACME)).toMatchObject({
    bids: [],
    spread: null,
  });
  expect(ladderOf(book, [], 1, 2, ACME).asks).toHaveLength(2);
});

test('heat is a share of the largest level, the balance one of all that is shown', () => {
  const { bids, asks, bidShare } = ladderOf(book, [], 1, 2, ACME);
  expect(bids.map(({ heat }) => heat)).toEqual([0.5, 1]);
  expect(asks.map(({ heat }) => heat)).toEqual([0.25, 0.25]);
  expect(bidShare).toBe(0.75);
  expect(ladderOf({ ...book, bids: [], asks: [] }, [], 1, 2, ACME).bidShare).toBeNull();
});
