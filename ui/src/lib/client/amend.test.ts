import type { OrderView } from '@sandpit/schemas/http.ts';
import { describe, expect, test } from 'vitest';
import { type AmendDraft, amendable, draftOf, judgeAmend } from './amend.ts';
import { ACME } from './testing.ts';

const order = (change: Partial<OrderView> = {}) =>
  ({ type: 'limit', quantity: '100.0', limitPrice: '180.00', ...change }) as OrderView;
const peg = order({
  type: 'pegged',
  limitPrice: null,
  pegPriceType: 'primary',
  pegOffset: '-0.05',
});
const least = order({ minimumQuantity: '40.0' });
const judge = (row: OrderView, typed: Partial<AmendDraft> = {}) =>
  judgeAmend(row, { ...draftOf(row), ...typed }, ACME);

describe('what may change', () => {
  const fields = (row: OrderView) =>
    Object.entries(amendable(row))
      .filter(([, may]) => may)
      .map(([field]) => field)
      .join(' ');
  test.each<[string, OrderView, string]>([
    ['a limit order', order(), 'quantity limitPrice'],
    ['one with a minimum', least, 'quantity limitPrice minimumQuantity'],
    ['a pegged order', peg, 'quantity pegOffset'],
    ['with a limit', order({ ...peg, limitPrice: '179.00' }), 'quantity limitPrice pegOffset'],
    ['a stop', order({ type: 'stop', limitPrice: null, stopPrice: '170' }), 'quantity stopPrice'],
    [
      'a stop that has fired',
      order({ type: 'stopLimit', stopPrice: '170', triggeredAt: '2026-01-05T15:00:00Z' }),
      'quantity limitPrice',
    ],
    ['a leg', order({ listRole: 'child', minimumQuantity: '4' }), 'limitPrice'],
    ['an entry', order({ listRole: 'parent' }), 'quantity limitPrice'],
  ])('%s', (_name, row, expected) => expect(fields(row)).toBe(expected));
});

describe('what is sent', () => {
  test.each<[string, OrderView, Partial<AmendDraft>, object]>([
    ['nothing when nothing changed', peg, {}, {}],
    ['nor when it is only written otherwise', peg, { pegOffset: ' −.0500' }, {}],
    ['another offset', peg, { pegOffset: '+0.10' }, { pegOffset: '0.10' }],
    ['no offset any more', peg, { pegOffset: '' }, { pegOffset: '0' }],
    ['a minus of another script', peg, { pegOffset: '−.10' }, { pegOffset: '-0.10' }],
    ['no minimum any more', least, { minimumQuantity: ' ' }, { minimumQuantity: '0' }],
    ['a smaller minimum', least, { minimumQuantity: '5' }, { minimumQuantity: '5' }],
    [
      'size and minimum together',
      least,
      { quantity: '20', minimumQuantity: '20' },
      { quantity: '20', minimumQuantity: '20' },
    ],
    ['a price', order(), { limitPrice: '1,180.5' }, { limitPrice: '1180.5' }],
    ['nothing of what it has not', order(), { pegOffset: '1', minimumQuantity: '5' }, {}],
  ])('%s', (_name, row, typed, change) => expect(judge(row, typed).change).toEqual(change));
});

describe('what is wrong', () => {
  test.each<[OrderView, Partial<AmendDraft>, RegExp]>([
    [peg, { pegOffset: '0.005' }, /^Steps of 1 and 0\.01$/],
    [peg, { pegOffset: 'x' }, /^Steps of/],
    [least, { minimumQuantity: 'x' }, /^Steps of/],
    [least, { minimumQuantity: '101' }, /more than the quantity/],
    [least, { quantity: '39' }, /more than the quantity/],
    [order(), { quantity: '0' }, /^Steps of/],
  ])('%#: %j', (row, typed, hint) => {
    const verdict = judge(row, typed);
    expect(verdict.change).toBeNull();
    expect(verdict.hint).toMatch(hint);
    expect(Object.keys(verdict.wrong)).toHaveLength(1);
  });

  test('nothing is sent before the instrument is known', () => {
    expect(judgeAmend(peg, draftOf(peg), undefined)).toEqual({ wrong: {}, hint: '', change: null });
  });
});
