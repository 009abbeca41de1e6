import { OrderRequest } from '@sandpit/schemas/http.ts';
import { LabRequest } from '@sandpit/schemas/lab.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { describe, expect, test } from 'vitest';
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

describe('one of several shapes, told apart by their type', () => {
  const shapes = Compile(LabRequest);
  test.each`
    fault                                               | path                    | message
    ${{ type: 'earthquake' }}                           | ${'faults.1.type'}      | ${/^takes latency, loss, disconnect, .*rejects$/}
    ${{}}                                               | ${'faults.1.type'}      | ${/^is missing$/}
    ${{ type: 'latency', delayMs: 5_001 }}              | ${'faults.1.delayMs'}   | ${/5000/}
    ${{ type: 'halfOpen', seconds: 121 }}               | ${'faults.1.seconds'}   | ${/120/}
    ${{ type: 'disconnect' }}                           | ${'faults.1.seconds'}   | ${/^is missing$/}
    ${{ type: 'staleBook', ratio: 1 }}                  | ${'faults.1.ratio'}     | ${/leave it out/}
    ${{ type: 'halfOpen', seconds: 1, direction: 'x' }} | ${'faults.1.direction'} | ${/^takes both, toClient, toVenue$/}
  `('$fault', ({ fault, path, message }) => {
    const body = { seconds: 60, faults: [{ type: 'submitsDown' }, fault] };
    const errors = fieldErrors(shapes.Errors(body));
    expect(errors).toEqual([{ path, message: expect.stringMatching(message) }]);
  });
  test('each at its own place', () => {
    const faults = [{ type: 'latency', delayMs: -1 }, { type: 'loss', ratio: 2 }, { type: 'x' }];
    const paths = fieldErrors(shapes.Errors({ seconds: 60, faults })).map(({ path }) => path);
    expect(paths.toSorted()).toEqual(['faults.0.delayMs', 'faults.1.ratio', 'faults.2.type']);
  });
});
