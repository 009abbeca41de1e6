/** A recorded book is what makers quote by, and still answers to the trader. */
import type { Recording } from '@sandpit/schemas/scenario.ts';
import { describe, expect, test } from 'vitest';
import { Book } from '../engine/book.ts';
import { BUY, SELL, type SideCode } from './access.ts';
import { Market } from './market.ts';
import { mean } from './statistics.ts';
import { Books } from './testing/books.ts';
import { SMALL_TICK, testScenario } from './testing/scenario.ts';

const SECOND = 1e9;
const ROWS = 601;
const MINUTES = 10;
/** Bids are eight times as many in odd minutes; asks are the same all along. */
const within = (lots: number) => [0.05, 0.2, 1].map((share) => Math.round(share * lots));
const THIN = within(6_000);
const THICK = within(48_000);
const recording: Recording = {
  source: 'by hand',
  stepMs: 1_000,
  midHalfTicks: Array.from({ length: ROWS }, () => 36_001),
  spreadTicks: Array.from({ length: ROWS }, () => 3),
  trades: Array.from({ length: ROWS }, () => 1),
  volumeLots: Array.from({ length: ROWS }, () => 150),
  depth: {
    stepMs: 60_000,
    withinTicks: [0, 5, 25],
    bidLots: [0, 1, 2].map((k) =>
      Array.from({ length: MINUTES }, (_, minute) => (minute % 2 === 1 ? THICK : THIN)[k]!),
    ),
    askLots: [0, 1, 2].map((k) => Array.from({ length: MINUTES }, () => THIN[k]!)),
  },
};
const replay = testScenario(recording);
const scenario = { ...replay, instruments: [replay.instruments[SMALL_TICK]!] };

function begin(): Books {
  const books = new Books(1);
  books.isTaping = false;
  books.market = new Market(scenario, 5, books);
  return books;
}

function lotsWithin(books: Books, side: SideCode, ticks: number): number {
  const best = side === BUY ? books.bestBid(0) : books.bestAsk(0);
  let lots = 0;
  for (let away = 0; away <= ticks; away++) {
    lots += books.lotsAt(0, side, side === BUY ? best - away : best + away);
  }
  return lots;
}

describe('a recorded book', () => {
  test('is followed in size, on the side that it was', () => {
    const books = begin();
    const seen = [BUY, SELL].map(() => [[] as number[], [] as number[]]);
    for (let minute = 1; minute < MINUTES; minute++) {
      for (let second = 20; second < 60; second += 2) {
        books.market.advanceTo((60 * minute + second) * SECOND);
        for (const side of [BUY, SELL]) {
          seen[side]![minute % 2]!.push(lotsWithin(books, side, 25));
        }
      }
    }
    const [bids, asks] = seen.map(([thin, thick]) => [mean(thin!), mean(thick!)] as const);
    expect(bids![1] / bids![0]).toBeGreaterThan(2);
    expect(bids![1]).toBeGreaterThan(0.7 * THICK[2]!);
    expect(bids![1]).toBeLessThan(1.6 * THICK[2]!);
    expect(asks![1] / asks![0]).toBeGreaterThan(0.8);
    expect(asks![1] / asks![0]).toBeLessThan(1.25);
  });

  test('is there again a minute after the trader has bought it empty', () => {
    const books = begin();
    books.market.advanceTo(100 * SECOND);
    const before = lotsWithin(books, SELL, 25);
    const ask = books.bestAsk(0);
    books.trade(0, BUY, 0, Math.round(0.8 * before));
    expect(books.bestAsk(0)).toBeGreaterThan(ask);
    books.market.advanceTo(160 * SECOND);
    expect(lotsWithin(books, SELL, 25)).toBeGreaterThan(0.6 * before);
  });

  test('goes on from a snapshot as without one', () => {
    const books = begin();
    books.market.advanceTo(150.05 * SECOND);
    const restored = new Books(1);
    restored.isTaping = false;
    restored.books[0] = Book.restore(books.books[0]!.snapshot());
    const snapshot = JSON.parse(JSON.stringify(books.market.snapshot()));
    restored.market = Market.restore(scenario, snapshot, restored);
    for (const each of [books, restored]) each.market.advanceTo(300 * SECOND);
    expect(restored.picture()).toBe(books.picture());
    expect(restored.market.snapshot()).toEqual(books.market.snapshot());
  });

  test('does not outlast the recording', () => {
    const books = begin();
    books.market.advanceTo(590 * SECOND);
    const thick = lotsWithin(books, BUY, 25);
    books.market.advanceTo(720 * SECOND);
    expect(lotsWithin(books, BUY, 25)).toBeLessThan(0.6 * thick);
  });
});
