import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACME, BTC, quoteOf } from './testing.ts';
import { judgeTicket } from './ticket.ts';
import { type SizeContext, sizeOf, stepOffset, stepPrice, stepQuantity } from './ticket-size.ts';
import { PLAIN_TERMS } from './ticket-terms.ts';

const size = (change: Partial<SizeContext> = {}): SizeContext => ({
  instrument: ACME,
  side: 'buy',
  positionLots: 0,
  workingLots: { buy: 0, sell: 0 },
  buyingPowerMicros: 10_000_000_000n,
  ticks: 18_000,
  ...change,
});

describe('a share of what can be traded', () => {
  test.each<[string, number, Partial<SizeContext>, string]>([
    ['all the money can buy, fee included', 100, {}, '55'],
    ['half of it', 50, {}, '27'],
    ['all of a position that is closed', 100, { side: 'sell', positionLots: 9 }, '9'],
    ['a quarter of it, in whole lots', 25, { side: 'sell', positionLots: 9 }, '2'],
    [
      'what working orders do not close already',
      100,
      { side: 'sell', positionLots: 9, workingLots: { buy: 0, sell: 6 } },
      '3',
    ],
    ['a short that is bought back', 50, { positionLots: -8 }, '4'],
    ['nothing without money', 100, { buyingPowerMicros: 0n }, ''],
    ['nothing without a price', 100, { ticks: null }, ''],
    ['nothing that cannot be shorted', 100, { instrument: BTC, side: 'sell' }, ''],
    ['no more than the largest order', 100, { buyingPowerMicros: 10n ** 15n }, '10000'],
    ['lots of crypto', 100, { instrument: BTC, ticks: 640_000 }, '0.1562'],
  ])('%s', (_name, percent, change, expected) =>
    expect(sizeOf(percent, size(change))).toBe(expected),
  );

  test('always passes the ticket’s own checks', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 12n }),
        fc.integer({ min: 1_000, max: 50_000 }),
        fc.constantFrom(25, 50, 75, 100),
        (buyingPowerMicros, ticks, percent) => {
          const price = (ticks / 100).toFixed(2);
          const quantity = sizeOf(percent, size({ buyingPowerMicros, ticks }));
          if (quantity === '') return true;
          const verdict = judgeTicket(
            {
              ...PLAIN_TERMS,
              side: 'buy',
              type: 'market',
              quantity,
              limitPrice: '',
              timeInForce: 'gtc',
              postOnly: false,
            },
            {
              instrument: ACME,
              quote: quoteOf(price, price, price),
              buyingPowerMicros,
              positionLots: 0,
              workingLots: { buy: 0, sell: 0 },
              gate: { state: 'healthy', reasons: [] },
              link: 'live',
              venue: 'running',
              simulatedMs: null,
            },
          );
          return verdict.errors.quantity === undefined;
        },
      ),
    );
  });
});

test.each([
  ['10', 1, '11'],
  ['1', -1, '1'],
  ['', 1, '1'],
  ['x', 10, '10'],
  ['9999', 10, '10000'],
])('stepQuantity(%j, %i) is %s', (text, steps, expected) =>
  expect(stepQuantity(text, steps, ACME)).toBe(expected),
);

test.each([
  ['180.00', 1, '180.01'],
  ['180.00', -10, '179.90'],
  ['0.01', -5, '0.01'],
  ['', 1, '179.99'],
  ['180.005', 1, '179.99'],
])('stepPrice(%j, %i) is %s', (text, steps, expected) =>
  expect(stepPrice(text, steps, ACME, '179.99')).toBe(expected),
);

test.each([
  ['-0.01', 1, '0.00'],
  ['0.00', -1, '-0.01'],
  ['-0.05', 10, '0.05'],
  ['x', 1, '0.01'],
])('the offset %s, %i ticks on', (text, steps, next) => {
  expect(stepOffset(text, steps, ACME)).toBe(next);
});
