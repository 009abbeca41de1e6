/** Instruments that belong together move together; the others do not. */
import type { MarketModel, Scenario } from '@sandpit/schemas/scenario.ts';
import { describe, expect, test } from 'vitest';
import { Book } from '../engine/book.ts';
import { Market } from './market.ts';
import { correlation, deviation, logReturns } from './statistics.ts';
import { Books } from './testing/books.ts';
import { observe } from './testing/observe.ts';
import { SMALL_TICK, testScenario } from './testing/scenario.ts';

const base = testScenario();
const like = (symbol: string, more: Partial<MarketModel>) => {
  const item = base.instruments[SMALL_TICK]!;
  return {
    ...item,
    instrument: { ...item.instrument, symbol },
    model: { ...item.model, ...more },
  };
};
const basket = (members: [string, number][], gapDeviation: number, gapHalfLifeSeconds: number) => ({
  members: members.map(([symbol, weight]) => ({ symbol, weight })),
  gapDeviation,
  gapHalfLifeSeconds,
});
const linked: Scenario = {
  ...base,
  instruments: [
    like('A', { sectorCorrelation: 0.9 }),
    like('B', { sectorCorrelation: 0.9 }),
    like('ALONE', {}),
    like('INDEX', {
      basket: basket(
        [
          ['A', 0.5],
          ['B', 0.5],
        ],
        0.0001,
        60,
      ),
    }),
    like('A2', { basket: basket([['A', 1]], 0.001, 300) }),
  ],
};

describe('three hours of linked instruments', () => {
  const seen = observe(linked, 11, 3 * 3_600).map(({ midTicks }) => midTicks);
  const returns = seen.map((mids) => logReturns(mids, 60));
  const [a, b, alone, index, a2] = returns as [number[], number[], number[], number[], number[]];

  test.each([
    ['two of a sector', a, b, 0.35, 0.95],
    ['one that is not of the sector', a, alone, -0.3, 0.3],
    ['the index and its members', index, a.map((r, i) => (r + b[i]!) / 2), 0.6, 1],
    ['the pair', a, a2, 0.4, 1],
  ])('%s', (_name, one, other, low, high) => {
    expect(correlation(one, other)).toBeGreaterThan(low);
    expect(correlation(one, other)).toBeLessThan(high);
  });

  test('the pair wanders, the ratio of its prices comes back', () => {
    const gaps = seen[0]!.map((mid, i) => Math.log(seen[4]![i]! / mid));
    const late = gaps.slice(600);
    expect(deviation(late)).toBeLessThan(0.003);
    expect(deviation(late)).toBeGreaterThan(0.0003);
    expect(Math.abs(late.at(-1)!)).toBeLessThan(0.01);
  });
});

test('a restored market goes on with its sector and its gaps', () => {
  const books = new Books(linked.instruments.length);
  books.market = new Market(linked, 3, books);
  books.market.advanceTo(61.3e9);
  const twin = new Books(linked.instruments.length);
  books.books.forEach((book, i) => {
    twin.books[i] = Book.restore(book.snapshot());
  });
  const snapshot = JSON.parse(JSON.stringify(books.market.snapshot()));
  twin.market = Market.restore(linked, snapshot, twin);
  for (const run of [books, twin]) run.market.advanceTo(120e9);
  expect(JSON.stringify(twin.market.snapshot())).toBe(JSON.stringify(books.market.snapshot()));
  expect(twin.picture()).toBe(books.picture());
});
