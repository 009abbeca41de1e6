import { describe, expect, test } from 'vitest';
import { Book } from '../engine/book.ts';
import { BUY, SELL } from './access.ts';
import { Market, type MarketSnapshot } from './market.ts';
import { Books } from './testing/books.ts';
import { LARGE_TICK, SMALL_TICK, SPARSE, testScenario } from './testing/scenario.ts';

const SECOND = 1e9;
const scenario = testScenario();
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

  test('a restored market has the same snapshot and the same future', () => {
    const original = start(3);
    original.market.advanceTo(45 * SECOND);
    const text = JSON.stringify(original.market.snapshot());
    const twin = restored(original.books, original.market.snapshot());
    expect(JSON.stringify(twin.market.snapshot())).toBe(text);

    original.books.tape.length = 0;
    for (const run of [original, twin]) {
      run.books.trade(SMALL_TICK, BUY, 0, 2_000);
      run.market.advanceTo(90 * SECOND);
    }
    expect(fingerprint(twin)).toBe(fingerprint(original));
    expect(original.books.tape.length).toBeGreaterThan(50);
  });

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

  test.each(instruments)('a stale offer of the trader is lifted (instrument %i)', (i) => {
    const { books, market } = start(4);
    market.advanceTo(20 * SECOND);
    const mid = books.midTicks(i);
    const spread = scenario.instruments[i]!.model.typicalSpreadTicks;
    const handle = books.trade(i, SELL, Math.floor(mid - 2 * spread - mid * 0.004), 10);
    // It may have traded on arrival already; what rests must not rest for long.
    market.advanceTo(25 * SECOND);
    expect(handle === 0 ? 0 : books.books[i]!.lotsOf(handle)).toBe(0);
  });
});
