/** Requests on the wire -> tickets in ticks and lots, and what is wrong with them. */
import { expect, test } from 'vitest';
import { acme, limit } from './testing/tickets.ts';
import { replacementOf, ticketOf } from './ticket.ts';

test('a request on the grid becomes a ticket in ticks and lots', () => {
  expect(ticketOf(limit, acme)).toEqual({
    errors: null,
    value: {
      clientOrderId: 'a',
      symbol: 'ACME',
      side: 'buy',
      type: 'limit',
      quantityLots: 25,
      limitTicks: 3_601,
      timeInForce: 'day',
      postOnly: false,
    },
  });
  const trail = {
    ...limit,
    type: 'trailingStopLimit',
    limitPrice: undefined,
    trailPercent: '1.5',
    limitOffset: '0.05',
    triggerReference: 'mid',
  } as never;
  expect(ticketOf(trail, acme).value).toMatchObject({
    limitTicks: null,
    timeInForce: 'day',
    instructions: { trailPpm: 15_000, limitOffsetTicks: 1, triggerReference: 'mid' },
  });
  const parts = ['1', '0', '2.5'].map((displayQuantity) => ({ ...limit, displayQuantity }));
  expect(parts.map((each) => ticketOf(each, acme).value?.instructions)).toEqual([
    { displayLots: 10 },
    { displayLots: 0 },
    { displayLots: 25 },
  ]);
  expect(replacementOf({ displayQuantity: '0' }, acme).value).toEqual({
    quantityLots: null,
    limitTicks: null,
    displayLots: 0,
  });
  expect(replacementOf({ minimumQuantity: '1', pegOffset: '-0.05' }, acme).value).toEqual({
    quantityLots: null,
    limitTicks: null,
    minimumLots: 10,
    pegOffsetTicks: -1,
  });
  expect(replacementOf({ pegOffset: '0' }, acme).value).toMatchObject({ pegOffsetTicks: 0 });
  expect(replacementOf({ minimumQuantity: '0' }, acme).value).toMatchObject({ minimumLots: 0 });
  expect(replacementOf({ minimumQuantity: '-1' }, acme).errors).toMatchObject([
    { path: 'minimumQuantity' },
  ]);
  expect(replacementOf({ minimumQuantity: '0.05', pegOffset: '0.01' }, acme).errors).toMatchObject([
    { path: 'minimumQuantity' },
    { path: 'pegOffset' },
  ]);
  const peg = { ...limit, type: 'pegged', pegPriceType: 'primary', pegOffset: '-0.05' } as const;
  expect(ticketOf(peg, acme).value).toMatchObject({
    limitTicks: 3_601,
    instructions: { pegPriceType: 'primary', pegOffsetTicks: -1 },
  });
  expect(ticketOf({ ...peg, limitPrice: undefined } as never, acme).value?.limitTicks).toBeNull();
  expect(ticketOf({ ...limit, allOrNone: true }, acme).value?.instructions).toEqual({
    allOrNone: true,
  });
  expect(ticketOf({ ...limit, minimumQuantity: '1' }, acme).value?.instructions).toEqual({
    minimumLots: 10,
  });
  const market = { ...limit, type: 'market', limitPrice: undefined } as never;
  expect(ticketOf(market, acme).value).toMatchObject({ limitTicks: null, timeInForce: 'ioc' });
});

test.each`
  fault                               | change                                                                                  | paths
  ${'a price between two ticks'}      | ${{ limitPrice: '180.01' }}                                                             | ${['limitPrice']}
  ${'a size between two lots'}        | ${{ quantity: '2.55' }}                                                                 | ${['quantity']}
  ${'both at once'}                   | ${{ limitPrice: '180.01', quantity: '2.55' }}                                           | ${['quantity', 'limitPrice']}
  ${'more than the instrument has'}   | ${{ quantity: '100.1' }}                                                                | ${['quantity']}
  ${'a price beyond the grid'}        | ${{ limitPrice: '50000000.05' }}                                                        | ${['limitPrice']}
  ${'a limit without a price'}        | ${{ limitPrice: undefined }}                                                            | ${['limitPrice']}
  ${'a stop without its price'}       | ${{ type: 'stopLimit' }}                                                                | ${['stopPrice']}
  ${'a stop price for a limit'}       | ${{ stopPrice: '181' }}                                                                 | ${['stopPrice']}
  ${'a stop price between two ticks'} | ${{ type: 'stopLimit', stopPrice: '181.01' }}                                           | ${['stopPrice']}
  ${'a stop that is immediate'}       | ${{ type: 'stopLimit', stopPrice: '181', timeInForce: 'ioc' }}                          | ${['timeInForce']}
  ${'a trail without distance'}       | ${{ type: 'trailingStop', limitPrice: undefined }}                                      | ${['trailAmount']}
  ${'a trail with two distances'}     | ${{ type: 'trailingStop', limitPrice: undefined, trailAmount: '1', trailPercent: '1' }} | ${['trailPercent']}
  ${'a trail of all'}                 | ${{ type: 'trailingStop', limitPrice: undefined, trailPercent: '100' }}                 | ${['trailPercent']}
  ${'a trigger for a limit'}          | ${{ triggerReference: 'mid' }}                                                          | ${['triggerReference']}
  ${'a market order with a price'}    | ${{ type: 'market' }}                                                                   | ${['limitPrice']}
  ${'a post-only market order'}       | ${{ type: 'market', limitPrice: undefined, postOnly: true }}                            | ${['postOnly']}
  ${'a part larger than the order'}   | ${{ displayQuantity: '2.6' }}                                                           | ${['displayQuantity']}
  ${'a part between two lots'}        | ${{ displayQuantity: '1.55' }}                                                          | ${['displayQuantity']}
  ${'a part below nothing'}           | ${{ displayQuantity: '-1' }}                                                            | ${['displayQuantity']}
  ${'a part of too many'}             | ${{ quantity: '50', displayQuantity: '0.4' }}                                           | ${['displayQuantity']}
  ${'a part of what never rests'}     | ${{ displayQuantity: '1', timeInForce: 'ioc' }}                                         | ${['displayQuantity']}
  ${'a part of a market order'}       | ${{ displayQuantity: '1', type: 'market', limitPrice: undefined }}                      | ${['displayQuantity']}
  ${'all or none, and immediate'}     | ${{ allOrNone: true, timeInForce: 'ioc' }}                                              | ${['allOrNone']}
  ${'all or none of a minimum'}       | ${{ allOrNone: true, minimumQuantity: '1' }}                                            | ${['minimumQuantity']}
  ${'all or none of a market order'}  | ${{ allOrNone: true, type: 'market', limitPrice: undefined, timeInForce: 'day' }}       | ${['allOrNone']}
  ${'all or none that never takes'}   | ${{ allOrNone: true, postOnly: true }}                                                  | ${['allOrNone']}
  ${'a minimum that reduces'}         | ${{ minimumQuantity: '1', reduceOnly: true }}                                           | ${['minimumQuantity']}
  ${'a minimum on show'}              | ${{ minimumQuantity: '1', displayQuantity: '1' }}                                       | ${['displayQuantity']}
  ${'a peg to nothing'}               | ${{ type: 'pegged' }}                                                                   | ${['pegPriceType']}
  ${'a peg of a limit order'}         | ${{ pegPriceType: 'mid' }}                                                              | ${['pegPriceType']}
  ${'an offset from nothing'}         | ${{ pegOffset: '0.05' }}                                                                | ${['pegOffset']}
  ${'an offset between two ticks'}    | ${{ type: 'pegged', pegPriceType: 'primary', pegOffset: '0.01' }}                       | ${['pegOffset']}
  ${'a peg that is immediate'}        | ${{ type: 'pegged', pegPriceType: 'primary', timeInForce: 'ioc' }}                      | ${['timeInForce']}
  ${'a mid on show'}                  | ${{ type: 'pegged', pegPriceType: 'mid', displayQuantity: '1' }}                        | ${['displayQuantity']}
  ${'post-only and immediate'}        | ${{ postOnly: true, timeInForce: 'ioc' }}                                               | ${['timeInForce']}
`('$fault is refused by field', ({ change, paths }) => {
  const { value, errors } = ticketOf({ ...limit, ...change }, acme);
  expect(value).toBeNull();
  expect(errors?.map(({ path }) => path)).toEqual(paths);
});
