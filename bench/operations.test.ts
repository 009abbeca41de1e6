import { expect, test } from 'vitest';
import { sandpitBook } from './books.ts';
import { ADD, CANCEL, makeOperations, type Operations, TAKE } from './operations.ts';

const SEED = 7;
const share = ({ kind, preload, count }: Operations, which: number) =>
  kind.subarray(preload).filter((each) => each === which).length / (count - preload);

test.each([
  { resting: 1_000, count: 300_000 },
  { resting: 10_000, count: 300_000 },
  { resting: 100_000, count: 300_000 },
])('a book of $resting keeps its size all the way', ({ resting, count }) => {
  const operations = makeOperations(count, resting, SEED);
  const book = sandpitBook(operations.places);
  book.run(operations, 0, resting);
  for (let from = resting; from < operations.count; from += 1_000) {
    book.run(operations, from, Math.min(from + 1_000, operations.count));
    const off = Math.abs(book.traded().resting - resting);
    expect(off).toBeLessThan(0.1 * resting + 100);
  }
  expect(book.traded().resting).toBe(operations.restingAtEnd);
});

test('half adds, two fifths cancels, one tenth marketable', () => {
  const operations = makeOperations(200_000, 10_000, SEED);
  expect(Math.abs(share(operations, ADD) - 0.5)).toBeLessThan(0.005);
  expect(Math.abs(share(operations, CANCEL) - 0.4)).toBeLessThan(0.005);
  expect(Math.abs(share(operations, TAKE) - 0.1)).toBeLessThan(0.005);
});

test('a cancel names an order that rests: the book takes something out every time', () => {
  const operations = makeOperations(50_000, 1_000, SEED);
  const book = sandpitBook(operations.places);
  for (let i = 0; i < operations.count; i++) {
    const before = book.traded().resting;
    book.run(operations, i, i + 1);
    if (operations.kind[i] !== CANCEL) continue;
    if (book.traded().resting !== before - 1) throw new Error(`operation ${i} canceled nothing`);
  }
  expect(book.traded().trades).toBeGreaterThan(1_000);
});

test('the same seed gives the same stream, another one another', () => {
  const kinds = (seed: number) => makeOperations(1_000, 100, seed).kind.join('');
  expect(kinds(1)).toBe(kinds(1));
  expect(kinds(1)).not.toBe(kinds(2));
});
