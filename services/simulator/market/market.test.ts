import { describe, expect, test } from 'vitest';
import { Book } from '../engine/book.ts';
import { BUY, SELL } from './access.ts';
import { Market, type MarketSnapshot } from './market.ts';
import { Books } from './testing/books.ts';
import { LARGE_TICK, SMALL_TICK, SPARSE, testScenario } from './testing/scenario.ts';

const SECOND = 1e9;
const scenario = testScenario();
// One of them with all the agents there are.
scenario.instruments[LARGE_TICK]!.model.queueReactive = { ordersPerSecond: 3 };
const instruments = [SMALL_TICK, LARGE_TICK, SPARSE];

function start(seed: number): { books: Books; market: Market } {
  const books = new Books(scenario.instruments.length);
  books.market = new Market(scenario, seed, books);
  return { books, market: books.market };
}

/** Everything two runs must agree on. */
const fingerprint = ({ books, market }: ReturnType<typeof start>) =>
  `${books.picture()}\n${JSON.stringify(books.tape)}\n${JSON.stringify(market.snapshot())}`;

describe('determinism', () => {
  test('the same seed is the same market', () => {
    const [a, b] = [start(5), start(5)];
    a.market.advanceTo(60 * SECOND);
    b.market.advanceTo(60 * SECOND);
    expect(fingerprint(a)).toBe(fingerprint(b));
    expect(a.books.tape.length).toBeGreaterThan(50);
  });

  test('queue-reactive orders are among those that rest and trade', () => {
    const { market } = start(5);
    market.advanceTo(120 * SECOND);
    const [small, large] = market.snapshot().instruments;
    expect(small!.queueReactive).toBeNull();
    expect(large!.queueReactive!.orders.live.length).toBeGreaterThan(3);
  });

  test('another seed is another market', () => {
    const [a, b] = [start(5), start(6)];
    a.market.advanceTo(20 * SECOND);
    b.market.advanceTo(20 * SECOND);
    expect(a.books.picture()).not.toBe(b.books.picture());
  });

  test('many small advances equal one large one', () => {
    const [a, b] = [start(9), start(9)];
    a.market.advanceTo(40 * SECOND);
    for (let ms = 0; ms <= 40_000; ms += 7) b.market.advanceTo(ms * 1e6);
    b.market.advanceTo(40 * SECOND);
    expect(fingerprint(a)).toBe(fingerprint(b));
  });

  test('nothing is submitted before the first advance, and quotes stand at time 0', () => {
    const { books, market } = start(1);
    expect(books.requests).toBe(0);
    market.advanceTo(0);
    for (const i of instruments) {
      expect(books.bestBid(i)).toBeGreaterThan(0);
      expect(books.bestAsk(i)).toBeGreaterThan(books.bestBid(i));
    }
    expect(books.tape).toEqual([]);
  });
});

describe('snapshots', () => {
  function restored(from: Books, snapshot: MarketSnapshot) {
    const books = new Books(from.books.length);
    from.books.forEach((book, i) => {
      books.books[i] = Book.restore(book.snapshot());
    });
    books.market = Market.restore(scenario, JSON.parse(JSON.stringify(snapshot)), books);
    return { books, market: books.market };
  }

  // At some of these times an arrival is pending, at others not; the like for every agent.
  test.each([45, 45.13, 45.31, 46, 47.77])(
    'a market restored at %d s has the same snapshot and the same future',
    (at) => {
      const original = start(3);
      original.market.advanceTo(at * SECOND);
      const text = JSON.stringify(original.market.snapshot());
      const twin = restored(original.books, original.market.snapshot());
      expect(JSON.stringify(twin.market.snapshot())).toBe(text);

      original.books.tape.length = 0;
      for (const run of [original, twin]) {
        run.books.trade(SMALL_TICK, BUY, 0, 2_000);
        run.market.advanceTo(75 * SECOND);
      }
      expect(fingerprint(twin)).toBe(fingerprint(original));
      expect(original.books.tape.length).toBeGreaterThan(30);
    },
  );

  test('a market can go on from a quote it did not make itself', () => {
    const books = new Books(scenario.instruments.length);
    const from = { simNs: 3_600 * SECOND, midTicks: [15_000, null, 5_000_000] };
    books.market = new Market(scenario, 1, books, from);
    expect(books.market.nowNs).toBe(from.simNs);
    books.market.advanceTo(from.simNs + SECOND);
    expect(Math.abs(books.midTicks(SMALL_TICK) - 15_000)).toBeLessThan(40);
    expect(Math.abs(books.midTicks(LARGE_TICK) - 1_200)).toBeLessThan(10);
    expect(Math.abs(books.midTicks(SPARSE) - 5_000_000)).toBeLessThan(20_000);
  });
});

describe('the trader matters', () => {
  test('an order in one instrument leaves the others untouched', () => {
    const [with_, without] = [start(12), start(12)];
    for (const run of [with_, without]) run.market.advanceTo(30 * SECOND);
    with_.books.trade(SMALL_TICK, BUY, 0, 5_000);
    for (const run of [with_, without]) run.market.advanceTo(60 * SECOND);
    const tapeOf = (books: Books, i: number) => books.tape.filter((t) => t.instrument === i);
    for (const i of [LARGE_TICK, SPARSE]) {
      expect(tapeOf(with_.books, i)).toEqual(tapeOf(without.books, i));
    }
    expect(tapeOf(with_.books, SMALL_TICK)).not.toEqual(tapeOf(without.books, SMALL_TICK));
  });

  test('an offer that the market has left behind is lifted, however large', () => {
    // The recorded price rises by sixty ticks between the tenth and the thirtieth second.
    const rise = (k: number) => Math.max(0, Math.min(20, k - 10)) * 6;
    const rows = Array.from({ length: 120 }, (_, k) => k);
    const replay = testScenario({
      source: 'by hand',
      stepMs: 1_000,
      midHalfTicks: rows.map((k) => 36_000 + rise(k)),
      spreadTicks: rows.map(() => 4),
      trades: rows.map(() => 1),
      volumeLots: rows.map(() => 100),
    });
    const books = new Books(replay.instruments.length);
    books.market = new Market(replay, 4, books);
    books.market.advanceTo(9 * SECOND);
    const handle = books.trade(SMALL_TICK, SELL, 18_010, 20_000);
    expect(handle).not.toBe(0);
    books.market.advanceTo(60 * SECOND);
    expect(books.books[SMALL_TICK]!.lotsOf(handle)).toBe(0);
    expect(Math.abs(books.midTicks(SMALL_TICK) - 18_060)).toBeLessThan(8);
  });
});
