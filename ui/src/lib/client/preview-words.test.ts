import type { OrderPreview } from '@sandpit/schemas/http.ts';
import type { RejectReason } from '@sandpit/schemas/order.ts';
import { describe, expect, test } from 'vitest';
import type { Leg } from './exits.ts';
import { listLines, outcomeText } from './preview-words.ts';
import type { PlanList } from './ticket-plan.ts';

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

describe('a list, order by order', () => {
  const order = { symbol: 'ACME', side: 'sell', quantity: '10' } as const;
  const legs = [
    { ...order, type: 'limit', limitPrice: '190.00' },
    { ...order, type: 'stop', stopPrice: '175.00' },
  ] satisfies Leg[];
  const told = (
    list: PlanList,
    answers: Partial<OrderPreview>[],
    rejectReason: RejectReason | null = null,
  ) =>
    listLines(list, {
      accepted: rejectReason === null,
      rejectReason,
      warnings: [],
      orders: answers.map(preview),
      sequence: 1,
    }).map(({ text, isRefused }) => (isRefused ? `! ${text}` : text));
  const held = { restingQuantity: '0', filledQuantity: '0' };

  test('what follows an entry comes alive later, whatever it is', () => {
    const entry: Leg = { ...order, side: 'buy', type: 'limit', limitPrice: '180.00' };
    const bracket: PlanList = { contingency: 'bracket', orders: [entry, ...legs] };
    expect(told(bracket, [{ restingQuantity: '10' }, held, held])).toEqual([
      'Entry: Would rest in the book.',
      'Take-profit: Comes alive with what the entry trades.',
      'Stop-loss: Comes alive with what the entry trades.',
    ]);
  });

  test('many that follow an entry are one line', () => {
    const entry: Leg = { ...order, side: 'buy', type: 'market' };
    const parts: PlanList = { contingency: 'oto', orders: [entry, ...legs, legs[0]!] };
    expect(told(parts, [{ restingQuantity: '10' }, held, held, held])).toEqual([
      'Entry: Would rest in the book.',
      '3 exits: come alive with what the entry trades.',
    ]);
  });

  test.each(['oco', 'ouo'] as const)('%s: each stands by itself', (contingency) => {
    expect(
      told({ contingency, orders: legs }, [{ restingQuantity: '10' }, { waitsForTrigger: true }]),
    ).toEqual(['Take-profit: Would rest in the book.', 'Stop-loss: Would wait for its trigger.']);
  });

  test('refused as a whole, once', () => {
    const lines = told({ contingency: 'oco', orders: legs }, [{}, {}], 'tooManyOpenOrders');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^! Would be refused now\. /);
  });
});
