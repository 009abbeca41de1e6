import type { OrderPreview } from '@sandpit/schemas/http.ts';
import { expect, test } from 'vitest';
import { outcomeText } from './preview-words.ts';

const preview = (change: Partial<OrderPreview>) =>
  ({
    accepted: true,
    rejectReason: null,
    waitsForTrigger: false,
    fills: [],
    filledQuantity: '0',
    restingQuantity: '0',
    averagePrice: null,
    ...change,
  }) as OrderPreview;

test.each<[Partial<OrderPreview>, RegExp]>([
  [{ accepted: false, rejectReason: 'noLiquidity' }, /^Would be refused now\. Nobody was there/],
  [{ waitsForTrigger: true, restingQuantity: '5' }, /^Would wait for its trigger\.$/],
  [{ restingQuantity: '5' }, /^Would rest in the book\.$/],
  [{}, /^Would find nothing/],
  [
    {
      filledQuantity: '1200.0',
      averagePrice: '180.0250',
      fills: [
        { price: '180.02', quantity: '600' },
        { price: '180.03', quantity: '600' },
      ],
    },
    /^Would fill 1,200 at 180\.0250 across 2 prices\.$/,
  ],
  [
    {
      filledQuantity: '3',
      averagePrice: '180.02',
      restingQuantity: '7',
      fills: [{ price: '180.02', quantity: '3' }],
    },
    /^Would fill 3 at 180\.02, 7 would rest\.$/,
  ],
])('%j', (change, text) => expect(outcomeText(preview(change))).toMatch(text));

test('what would rest is kept while an auction collects', () => {
  expect(outcomeText(preview({ restingQuantity: '5' }), true)).toBe('Would wait for the auction.');
});
