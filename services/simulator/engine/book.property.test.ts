import fc from 'fast-check';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, test } from 'vitest';
import { Book, type BookSide, BUY, depthBuffer, SELL } from './book.ts';
import { ReferenceBook } from './testing/reference-book.ts';

interface Operation {
  kind: 'submit' | 'cancel' | 'reduce' | 'restore';
  owner: number;
  side: BookSide;
  priceTicks: number;
  lots: number;
  flags: number;
  /** Which of the orders so far, for cancel and reduce. */
  pick: number;
  /** How much of itself it shows when it rests; null = all. */
  shows: number | null;
}

/** The real book and the reference side by side; `apply` throws at the first difference. */
class Pair {
  book = new Book({ capacity: 4 });
  reference = new ReferenceBook();
  handleOf = new Map<number, number>();
  idOf = new Map<number, number>();
  #nextId = 1;

  apply(operation: Operation): void {
    const { kind, owner, side, priceTicks, lots, flags, pick, shows } = operation;
    if (kind === 'submit') this.#submit(owner, side, priceTicks, lots, flags, shows);
    else if (kind === 'restore') this.book = restored(this.book);
    else {
      const id = 1 + (pick % this.#nextId);
      const handle = this.handleOf.get(id) ?? 0;
      if (kind === 'cancel') expect(this.book.cancel(handle)).toBe(this.reference.cancel(id));
      else expect(this.book.reduce(handle, lots)).toBe(this.reference.reduce(id, lots));
    }
  }

  #submit(
    owner: number,
    side: BookSide,
    priceTicks: number,
    lots: number,
    flags: number,
    shows: number | null,
  ): void {
    const id = this.#nextId++;
    const previewed = this.book.preview(owner, side, priceTicks, lots);
    const handle = this.book.submit(owner, side, priceTicks, lots, flags);
    const expected = this.reference.submit(id, owner, side, priceTicks, lots, flags);
    const { fills } = this.book;
    const actual = Array.from({ length: fills.count }, (_, i) => ({
      makerId: this.idOf.get(fills.makerHandle[i]),
      makerOwner: fills.makerOwner[i],
      priceTicks: fills.priceTicks[i],
      lots: fills.lots[i],
    }));
    if (JSON.stringify(actual) !== JSON.stringify(expected.fills)) {
      expect(actual).toEqual(expected.fills);
    }
    const filled = actual.reduce((sum, fill) => sum + fill.lots, 0);
    if (filled > 0 && filled !== previewed) expect(filled).toBe(previewed);
    if ((handle !== 0) !== expected.rests) expect(handle !== 0).toBe(expected.rests);
    if (this.book.leavesAfter !== expected.leaves) {
      expect(this.book.leavesAfter).toBe(expected.leaves);
    }
    if (handle !== 0) {
      expect(this.idOf.has(handle)).toBe(false);
      this.handleOf.set(id, handle);
      this.idOf.set(handle, id);
      if (shows !== null) {
        this.book.conceal(handle, shows);
        this.reference.show(id, shows);
      }
    }
  }

  /** Every level of both sides, totals and queues included. */
  compareBooks(): void {
    expect(this.#levels(BUY)).toEqual(this.#expectedLevels(BUY));
    expect(this.#levels(SELL)).toEqual(this.#expectedLevels(SELL));
    const hidden = this.reference.orders.filter(({ isHidden }) => isHidden);
    expect(this.book.orderCount).toBe(this.reference.orders.length - hidden.length);
    for (const side of [BUY, SELL]) {
      const ids = this.book.hiddenOf(side as BookSide).map(({ handle }) => this.idOf.get(handle));
      const expected = this.reference.queue(side as BookSide).filter(({ isHidden }) => isHidden);
      expect(ids).toEqual(expected.map(({ id }) => id));
    }
    for (const { id, lots, behind } of this.reference.orders) {
      expect(this.book.lotsOf(this.handleOf.get(id)!)).toBe(lots + behind);
    }
    const { bestBid, bestAsk } = this.book;
    if (bestBid !== 0 && bestAsk !== 0) expect(bestBid).toBeLessThan(bestAsk);
  }

  #levels(side: BookSide) {
    const out = depthBuffer(5_000);
    const count = this.book.depth(side, 5_000, out);
    return Array.from({ length: count }, (_, i) => ({
      priceTicks: out.priceTicks[i],
      lots: out.lots[i],
      orders: out.orders[i],
      ids: this.book.handlesAt(out.priceTicks[i]).map((handle) => this.idOf.get(handle)),
    }));
  }

  #expectedLevels(side: BookSide) {
    const levels = new Map<
      number,
      { priceTicks: number; lots: number; orders: number; ids: number[] }
    >();
    for (const { id, priceTicks, lots, isHidden } of this.reference.queue(side)) {
      if (isHidden) continue;
      const level = levels.get(priceTicks) ?? { priceTicks, lots: 0, orders: 0, ids: [] };
      level.lots += lots;
      level.orders++;
      level.ids.push(id);
      levels.set(priceTicks, level);
    }
    return [...levels.values()];
  }
}

const operation = (prices: fc.Arbitrary<number>): fc.Arbitrary<Operation> =>
  fc.record({
    kind: fc.constantFrom('submit', 'submit', 'submit', 'cancel', 'reduce', 'restore'),
    owner: fc.integer({ min: 0, max: 4 }),
    side: fc.constantFrom<BookSide>(BUY, SELL),
    priceTicks: prices,
    lots: fc.integer({ min: 1, max: 9 }),
    flags: fc.constantFrom(0, 0, 0, 1, 2, 4),
    pick: fc.nat(),
    shows: fc.option(fc.integer({ min: 0, max: 5 }), { freq: 2 }),
  });

const restored = (book: Book): Book => Book.restore(book.snapshot(), book.concealedSnapshot());

describe('the book does what the reference does', () => {
  test.each([
    { market: 'around one price', prices: fc.integer({ min: 0, max: 12 }) },
    { market: 'in and out of the window', prices: fc.integer({ min: 1, max: 9_000 }) },
    {
      market: 'over all prices',
      prices: fc.oneof(fc.integer({ min: 1, max: 1e9 }), fc.constantFrom(1, 2, 999_999_999, 1e9)),
    },
  ])('$market', ({ prices }) => {
    fc.assert(
      fc.property(fc.array(operation(prices), { maxLength: 120, size: 'max' }), (operations) => {
        const pair = new Pair();
        for (const each of operations) {
          pair.apply(each);
          pair.compareBooks();
        }
      }),
      { numRuns: 100 },
    );
  });

  test('over a long walk of 120,000 operations', { timeout: 60_000 }, () => {
    const random = xoroshiro128plus(17);
    const below = (n: number) => (random.next() >>> 0) % n;
    const pair = new Pair();
    let mid = 50_000;
    for (let i = 0; i < 120_000; i++) {
      mid += below(41) - 20;
      const isSubmit = below(100) < (pair.reference.orders.length < 300 ? 60 : 40);
      const side = below(2) as BookSide;
      const wide = below(50) === 0 ? 20_000 : 300;
      const offset = below(wide) - 20;
      pair.apply({
        kind: isSubmit ? 'submit' : below(4) === 0 ? 'reduce' : 'cancel',
        owner: below(20),
        side,
        priceTicks: below(30) === 0 ? 0 : Math.max(1, side === BUY ? mid - offset : mid + offset),
        lots: 1 + below(20),
        flags: [0, 0, 0, 0, 1, 2, 4][below(7)],
        pick: pair.reference.orders[below(pair.reference.orders.length + 1)]?.id - 1 || 0,
        shows: i % 30_000 > 20_000 && below(40) === 0 ? below(6) : null,
      });
      if (i % 500 === 0) pair.compareBooks();
      if (i % 7_919 === 0) pair.book = restored(pair.book);
    }
    pair.compareBooks();
    expect(pair.book.orderCount).toBeGreaterThan(0);
  });
});

test('a snapshot is the same after restoring, and after going on from there', () => {
  fc.assert(
    fc.property(
      fc.array(operation(fc.integer({ min: 0, max: 6_000 })), { maxLength: 60, size: 'max' }),
      fc.array(operation(fc.integer({ min: 0, max: 6_000 })), { maxLength: 60, size: 'max' }),
      (before, after) => {
        const pair = new Pair();
        for (const each of before) pair.apply(each);
        const copy = restored(pair.book);
        expect(copy.snapshot()).toEqual(pair.book.snapshot());
        for (const { owner, side, priceTicks, lots, flags } of after) {
          const handle = pair.book.submit(owner, side, priceTicks, lots, flags);
          expect(copy.submit(owner, side, priceTicks, lots, flags)).toBe(handle);
        }
        expect(copy.snapshot()).toEqual(pair.book.snapshot());
        expect(copy.concealedSnapshot()).toEqual(pair.book.concealedSnapshot());
      },
    ),
  );
});
