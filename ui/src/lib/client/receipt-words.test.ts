import { FillExplanation } from '@sandpit/schemas/holdings.ts';
import type { FillReceipt } from '@sandpit/schemas/http.ts';
import { expect, test } from 'vitest';
import { durationText, explanationOf, legText, queueShares } from './receipt-words.ts';

const leg: FillReceipt['legs'][number] = {
  kind: 'resting',
  price: '180.05',
  from: '2026-01-05T14:30:00.000Z',
  to: null,
  durationNs: 1,
  quantityAheadAtEntry: '1400',
  tradedAhead: '700.00',
  canceledAhead: '350',
};

test('every explanation has words of its own', () => {
  const titles = FillExplanation.anyOf.map(({ const: explanation }) => {
    const { title, text } = explanationOf({ explanation, rejectReason: null } as FillReceipt);
    expect(text).not.toBe('');
    return title;
  });
  expect(new Set(titles).size).toBe(titles.length);
  expect(titles.join()).not.toMatch(/[a-z][A-Z]/);
});

test('a reason of the venue says more than the explanation', () => {
  const refused = { explanation: 'refused', rejectReason: 'noLiquidity' } as FillReceipt;
  expect(explanationOf(refused).text).toMatch(/Nobody was there/);
});

test.each([
  [0, '0 µs'],
  [850_000, '850 µs'],
  [4_200_000, '4.2 ms'],
  [12_340_000_000, '12.3 s'],
  [245_000_000_000, '4 min 05 s'],
  [7_620_000_000_000, '2 h 07 min'],
])('%i ns is %s', (ns, text) => expect(durationText(ns)).toBe(text));

test('the queue before it: what traded, what was canceled, what is left', () => {
  expect(legText(leg)).toBe('1,400 ahead when it came: 700 traded, 350 canceled.');
  expect(queueShares(leg)).toEqual({ traded: 0.5, canceled: 0.25, left: 0.25 });
  expect(queueShares({ ...leg, tradedAhead: '2000' })).toEqual({ traded: 1, canceled: 0, left: 0 });
  expect(queueShares({ ...leg, quantityAheadAtEntry: '0' })).toBeNull();
  expect(legText({ ...leg, quantityAheadAtEntry: '0' })).toMatch(/Nobody was ahead/);
  expect(queueShares({ ...leg, kind: 'waiting' })).toBeNull();
  expect(legText({ ...leg, kind: 'waiting' })).toMatch(/trigger/);
});
