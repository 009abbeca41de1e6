import type { Trade } from '@sandpit/schemas/market-data.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isLaterFrame, mergeTape, TAPE_ROWS } from './tape.ts';

const trade = (tradeId: number): Trade => ({
  tradeId,
  at: '2026-01-05T14:30:00.000Z',
  price: '180.00',
  quantity: '1',
  aggressor: 'buy',
});
const ids = (trades: readonly Trade[]) => trades.map(({ tradeId }) => tradeId);
const tape = (...numbers: number[]) => numbers.map(trade);

test.each<[string, number[], number[], number[]]>([
  ['later trades go on top', [3, 2], [4, 5], [5, 4, 3, 2]],
  ['the past goes underneath', [9], [1, 2], [9, 2, 1]],
  ['an overlap is counted once', [3, 2], [1, 2, 3, 4], [4, 3, 2, 1]],
  ['nothing changes nothing', [3], [], [3]],
])('%s', (_name, known, added, expected) => {
  expect(ids(mergeTape(tape(...known), tape(...added)))).toEqual(expected);
});

test('is sorted, without doubles and bounded, in whatever pieces it comes', () => {
  const pieces = fc.array(fc.uniqueArray(fc.integer({ min: 1, max: 400 }), { maxLength: 60 }), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(pieces, (arrivals) => {
      let known: readonly Trade[] = [];
      for (const piece of arrivals)
        known = mergeTape(known, tape(...piece.toSorted((a, b) => a - b)));
      const shown = ids(known);
      expect(shown).toEqual([...new Set(shown)].toSorted((a, b) => b - a));
      expect(shown.length).toBeLessThanOrEqual(TAPE_ROWS);
      expect(shown[0] ?? 0).toBe(Math.max(0, ...arrivals.flat()));
    }),
  );
});

test('an older owner’s frame is stale, a newer one’s counts from its first', () => {
  expect(isLaterFrame({ epoch: 1, sequence: 5 }, undefined)).toBe(true);
  expect(isLaterFrame({ epoch: 1, sequence: 4 }, { epoch: 1, sequence: 5 })).toBe(false);
  expect(isLaterFrame({ epoch: 1, sequence: 6 }, { epoch: 1, sequence: 5 })).toBe(true);
  expect(isLaterFrame({ epoch: 1, sequence: 99 }, { epoch: 2, sequence: 1 })).toBe(false);
  expect(isLaterFrame({ epoch: 2, sequence: 1 }, { epoch: 1, sequence: 99 })).toBe(true);
});
