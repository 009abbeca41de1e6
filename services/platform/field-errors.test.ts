import { OrderRequest } from '@sandpit/schemas/http.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { expect, test } from 'vitest';
import { fieldErrors } from './field-errors.ts';

const order = Compile(OrderRequest);
const good = {
  clientOrderId: 'a1',
  symbol: 'ACME',
  side: 'buy',
  type: 'limit',
  quantity: '10',
  limitPrice: '100.00',
};
const found = (change: Record<string, unknown>) =>
  fieldErrors(order.Errors(JSON.parse(JSON.stringify({ ...good, ...change }))));

test('a good body has none', () => expect(found({})).toEqual([]));

test.each`
  change                                     | path            | message
  ${{ side: 'long' }}                        | ${'side'}       | ${'takes buy, sell'}
  ${{ symbol: undefined }}                   | ${'symbol'}     | ${'is missing'}
  ${{ colour: 'red' }}                       | ${'colour'}     | ${'is not known here; leave it out'}
  ${{ quantity: '-1' }}                      | ${'quantity'}   | ${'is not in the form it must have'}
  ${{ limitPrice: 100 }}                     | ${'limitPrice'} | ${/string/}
  ${JSON.parse('{"__proto__":{"admin":1}}')} | ${'__proto__'}  | ${'is not known here; leave it out'}
`('$change names $path once', ({ change, path, message }) => {
  const errors = found(change);
  expect(errors).toEqual([
    { path, message: typeof message === 'string' ? message : expect.stringMatching(message) },
  ]);
});

test('every bad field is named, and there is an end to it', () => {
  const junk = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`junk${i}`, i]));
  expect(found({ side: 1, quantity: 'x' }).map(({ path }) => path)).toEqual(['side', 'quantity']);
  expect(found(junk).length).toBeLessThanOrEqual(20);
});

test('a place inside a list', () => {
  const list = Compile(Type.Object({ items: Type.Array(Type.Object({ a: Type.Integer() })) }));
  expect(fieldErrors(list.Errors({ items: [{ a: 1 }, { a: 'x' }] }))).toMatchObject([
    { path: 'items.1.a' },
  ]);
});
