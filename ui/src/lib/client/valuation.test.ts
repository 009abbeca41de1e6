import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACME, BTC, quoteOf } from './testing.ts';
import {
  markHalfTicks,
  markText,
  microsText,
  openingPowerMicros,
  totals,
  valuePosition,
} from './valuation.ts';

describe('the mark', () => {
  test.each([
    ['the mid between two prices', quoteOf('180.00', '180.01', '170.00'), '180.005'],
    ['the mid on a tick', quoteOf('180.00', '180.02', null), '180.01'],
    ['the last price without two sides', quoteOf('180.00', null, '179.00'), '179.00'],
    ['the one side there is', quoteOf(null, '180.02', null), '180.02'],
  ])('is %s', (_name, quote, expected) => {
    const half = markHalfTicks(quote, ACME);
    expect(half === null ? null : markText(half, ACME)).toBe(expected);
  });

  test('is unknown without any', () =>
    expect(markHalfTicks(quoteOf(null, null, null), ACME)).toBeNull());

  test.each([
    [{ tickSize: '1' }, 3, '1.5'],
    [{ tickSize: '0.25' }, 3, '0.375'],
    [{ tickSize: '0.5' }, 5, '1.25'],
  ])('%j × %i half ticks is %s', (grid, half, text) => {
    expect(markText(half, { ...ACME, ...grid })).toBe(text);
  });
});

describe('a position', () => {
  test('gains what the mark is above its cost', () => {
    const long = valuePosition(
      { quantity: '10', cost: '1800.00' },
      quoteOf('180.00', '180.01', null),
      ACME,
    );
    expect(long).toMatchObject({
      lots: 10,
      mark: '180.005',
      worthMicros: 1_800_050_000n,
      unrealisedMicros: 50_000n,
    });
  });

  test('short gains when the mark falls', () => {
    const short = valuePosition(
      { quantity: '-10', cost: '-1800.00' },
      quoteOf('179.00', '179.00', null),
      ACME,
    );
    expect(short.unrealisedMicros).toBe(10_000_000n);
  });

  test('is at cost without a market', () => {
    const held = valuePosition({ quantity: '3', cost: '540.01' }, undefined, ACME);
    expect(held).toMatchObject({ mark: null, worthMicros: 540_010_000n, unrealisedMicros: 0n });
  });

  test('of large crypto is exact where a float is not', () => {
    // 100 BTC at a mid of 64,000.05: one micro of a unit would be lost in doubles.
    const held = valuePosition(
      { quantity: '100.0000', cost: '6400004.999999' },
      quoteOf('64000.0', '64000.1', null),
      BTC,
    );
    expect(held.unrealisedMicros).toBe(1n);
  });

  test('half a micro is rounded away from zero, on both sides alike', () => {
    const grid = { ...ACME, tickValueMicros: 1 };
    const at = (quantity: string) =>
      valuePosition({ quantity, cost: '0.00' }, quoteOf('0.01', '0.02', null), grid).worthMicros;
    expect([at('1'), at('-1')]).toEqual([2n, -2n]);
  });
});

describe('the account', () => {
  const account = { cash: '90000.00', reserved: '1000.00', startingCash: '100000.00' };
  const valued = (lots: number, costMicros: bigint, worthMicros: bigint) => ({
    lots,
    costMicros,
    worthMicros,
    mark: null,
    unrealisedMicros: worthMicros - costMicros,
    asked: { initialMicros: 0, maintenanceMicros: 0 },
  });

  test('adds up: equity, day P&L, exposure, buying power', () => {
    const long = valued(100, 18_000_000_000n, 18_100_000_000n);
    const short = valued(-50, -8_000_000_000n, -8_050_000_000n);
    expect(totals(account, [long, short])).toEqual({
      equityMicros: 100_050_000_000n,
      dayPnlMicros: 50_000_000n,
      exposureMicros: 26_150_000_000n,
      unrealisedMicros: 50_000_000n,
      buyingPowerMicros: 89_000_000_000n,
      margin: null,
    });
  });

  test('a day begins at midnight', () => {
    const second = { ...account, dayOpenEquity: '89000.00' };
    expect(totals(second, []).dayPnlMicros).toBe(1_000_000_000n);
  });

  test('buying power is cash less what is held, and never below nothing', () => {
    const held = { ...account, reserved: '90000.000001' };
    expect(totals(held, []).buyingPowerMicros).toBe(0n);
    expect(totals(account, []).buyingPowerMicros).toBe(89_000_000_000n);
  });

  test('buying at the mark changes no equity, whatever is bought', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1, max: 100_000 }),
        (lots, ticks) => {
          const cost = BigInt(lots) * BigInt(ticks) * 10_000n;
          const cash = microsText(200_000_000_000_000n - cost);
          const price = (ticks / 100).toFixed(2);
          const held = valuePosition(
            { quantity: String(lots), cost: microsText(cost) },
            quoteOf(price, price, null),
            ACME,
          );
          return totals({ ...account, cash }, [held]).equityMicros === 200_000_000_000_000n;
        },
      ),
    );
  });
});

test.each([
  [0n, '0.00'],
  [1n, '0.000001'],
  [-1n, '-0.000001'],
  [1_500_000n, '1.50'],
  [-123_456_789n, '-123.456789'],
  [90_000_000_000_000_001n, '90000000000.000001'],
])('%s micros are %s', (micros, text) => expect(microsText(micros)).toBe(text));

describe('on margin', () => {
  const worth = (quantity: string, cost: string, price: string) =>
    valuePosition({ quantity, cost }, quoteOf(price, price, null), ACME);

  test('requirements are at the mark, and buying power is twice what they leave', () => {
    const account = { type: 'margin', cash: '1000.00', reserved: '50.00', startingCash: '2000.00' };
    const { margin, buyingPowerMicros } = totals(account as never, [
      worth('10', '1800.00', '200.00'),
      worth('-5', '-1000.00', '200.00'),
    ]);
    // Equity 1,000 + 2,000 − 1,000; half of 3,000; a quarter of 2,000 and three tenths of 1,000.
    expect(margin).toEqual({
      initialMicros: 1_500_000_000n,
      maintenanceMicros: 800_000_000n,
      availableMicros: 450_000_000n,
      excessMicros: 1_200_000_000n,
      leverage: 1.5,
    });
    expect(buyingPowerMicros).toBe(900_000_000n);
  });

  test('there is no leverage without equity, and no buying power below zero', () => {
    const account = { type: 'margin', cash: '-2000.00', reserved: '0.00', startingCash: '1.00' };
    const { margin, buyingPowerMicros } = totals(account as never, [worth('10', '1.00', '180.00')]);
    expect(margin).toMatchObject({ leverage: null, excessMicros: -650_000_000n });
    expect(buyingPowerMicros).toBe(0n);
  });

  test.each`
    rates         | side      | power
    ${undefined}  | ${'buy'}  | ${'1800.00'}
    ${[100, 300]} | ${'buy'}  | ${'9000.00'}
    ${[100, 300]} | ${'sell'} | ${'3000.00'}
  `(
    'an instrument’s own rates say how much can be opened: $rates, $side',
    ({ rates, side, power }) => {
      const account = { type: 'margin', cash: '900.00', reserved: '0.00', startingCash: '1.00' };
      const [long, short] = rates ?? [];
      const margin = rates && {
        longInitialPpm: long * 1_000,
        longMaintenancePpm: 1,
        shortInitialPpm: short * 1_000,
        shortMaintenancePpm: 1,
        borrowPpm: 0,
      };
      const micros = openingPowerMicros(totals(account as never, []), { ...ACME, margin }, side);
      expect(microsText(micros)).toBe(power);
    },
  );

  test('other accounts have none', () => {
    const account = { type: 'cash', cash: '10.00', reserved: '0.00', startingCash: '10.00' };
    expect(totals(account as never, []).margin).toBeNull();
  });
});
