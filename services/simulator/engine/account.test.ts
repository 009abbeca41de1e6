import { describe, expect, test } from 'vitest';
import { heldForOrders } from './buying-power.ts';
import { FeeRule } from './fees.ts';
import { feeMicros, safe, shareOf } from './money.ts';
import { checkTransition } from './order-status.ts';
import { applyFill, flat } from './position.ts';
import { BUY, SELL } from './sides.ts';
import { ACME, agent, exchangeWith, FREE, parse, sideOf, submit } from './testing/desk.ts';

describe('fees are rounded half up, in micros', () => {
  test.each`
    notional | ppm     | fee
    ${1e6}   | ${100}  | ${100}
    ${4_999} | ${100}  | ${0}
    ${5_000} | ${100}  | ${1}
    ${5_000} | ${-100} | ${0}
    ${5_001} | ${-100} | ${-1}
    ${15e3}  | ${-100} | ${-1}
    ${0}     | ${100}  | ${0}
    ${9e15}  | ${1e5}  | ${9e14}
  `('$ppm ppm of $notional', ({ notional, ppm, fee }) => {
    expect(feeMicros(notional, ppm)).toBe(fee);
  });
});

test('a share is exact where a product of doubles is not, and rounds half away from zero', () => {
  expect(shareOf(9_007_199_254_740_991, 2, 3)).toBe(6_004_799_503_160_661);
  expect([shareOf(5, 1, 2), shareOf(-5, 1, 2), shareOf(-7, 3, 3)]).toEqual([3, -3, -7]);
  expect(() => safe(2 ** 53)).toThrow('safe integer');
});

describe('a position under average cost', () => {
  test.each`
    story                            | fills                            | lots   | cost     | realised
    ${'adds up'}                     | ${'B 10@100  B 10@110'}          | ${20}  | ${2_100} | ${0}
    ${'closes a share of the cost'}  | ${'B 10@100  B 10@110  S 5@120'} | ${15}  | ${1_575} | ${75}
    ${'closes at a loss'}            | ${'B 10@100  S 10@90'}           | ${0}   | ${0}     | ${-100}
    ${'goes short'}                  | ${'S 10@100'}                    | ${-10} | ${-1000} | ${0}
    ${'covers with a profit'}        | ${'S 10@100  B 4@90'}            | ${-6}  | ${-600}  | ${40}
    ${'covers with a loss'}          | ${'S 10@100  B 10@105'}          | ${0}   | ${0}     | ${-50}
    ${'crosses zero to short'}       | ${'B 10@100  S 15@110'}          | ${-5}  | ${-550}  | ${100}
    ${'crosses zero to long'}        | ${'S 10@100  B 15@110'}          | ${5}   | ${550}   | ${-100}
    ${'flat again starts from zero'} | ${'B 3@100  S 3@101  B 1@50'}    | ${1}   | ${50}    | ${3}
  `('$story: $fills', ({ fills, lots, cost, realised }) => {
    const position = flat();
    for (const text of fills.split('  ')) {
      const { side, lots, ticks } = parse(text);
      applyFill(position, sideOf(side), ticks!, lots, 7, ACME);
    }
    expect(position).toEqual({
      lots,
      costMicros: cost * 1e6,
      realisedMicros: realised * 1e6,
      feesMicros: 7 * fills.split('  ').length,
    });
  });
});

describe('held for open orders', () => {
  const free = { ...ACME, ...FREE };
  test.each`
    why                                  | open                  | position | held
    ${'a buy at its limit'}              | ${'B 10@100'}         | ${0}     | ${1_000}
    ${'a sell from nothing as much'}     | ${'S 10@100'}         | ${0}     | ${1_000}
    ${'a sell of what one has: nothing'} | ${'S 10@100'}         | ${10}    | ${0}
    ${'only what goes beyond'}           | ${'S 15@100'}         | ${10}    | ${500}
    ${'cheapest lots are those covered'} | ${'S 5@200  S 5@100'} | ${5}     | ${1_000}
    ${'a buy that covers: nothing'}      | ${'B 10@100'}         | ${-10}   | ${0}
    ${'each side on its own'}            | ${'B 1@90  S 1@110'}  | ${0}     | ${200}
    ${'a long does not help a buy'}      | ${'B 10@100'}         | ${50}    | ${1_000}
  `('$why', ({ open, position, held }) => {
    const lots = open.split('  ').map((text: string) => {
      const { side, lots, ticks } = parse(text);
      return { side: sideOf(side), lots, limitTicks: ticks! };
    });
    expect(heldForOrders(lots, position, new FeeRule(free))).toBe(held * 1e6);
  });

  test('with the maker’s fee, but no rebate', () => {
    const one = [{ side: BUY, limitTicks: 100, lots: 10 }] as const;
    expect(heldForOrders(one, 0, new FeeRule(ACME))).toBe(1_000_100_000);
    expect(heldForOrders(one, 0, new FeeRule({ ...ACME, makerFeePpm: -100 }))).toBe(1_000_000_000);
    expect(heldForOrders([{ ...one[0], side: SELL }], 0, new FeeRule(ACME))).toBe(1_000_100_000);
  });
});

describe('the account', () => {
  test('a round trip leaves the profit less the fees', () => {
    const exchange = exchangeWith({ book: 'S 10@100' });
    submit(exchange, 'B 10');
    agent(exchange, 'B 10@110');
    submit(exchange, 'S 10');
    expect(exchange.state.account()).toEqual({
      currency: 'USD',
      startingCashMicros: 100_000_000_000,
      dayOpenEquityMicros: 100_000_000_000,
      cashMicros: 100_000_000_000 + 100_000_000 - 200_000 - 220_000,
      reservedMicros: 0,
      realisedMicros: 100_000_000,
      feesMicros: 420_000,
    });
  });

  test('a short locks its proceeds and as much again', () => {
    const exchange = exchangeWith({ book: 'B 10@100', instruments: [{ ...ACME, ...FREE }] });
    submit(exchange, 'S 10');
    const { cashMicros, reservedMicros } = exchange.state.account();
    expect(cashMicros).toBe(101_000_000_000);
    expect(reservedMicros).toBe(2_000_000_000);
  });

  test('an event with the account comes only when it has changed', () => {
    const exchange = exchangeWith();
    const events = submit(exchange, 'B 1@0');
    expect(events.some(({ type }) => type === 'accountChanged')).toBe(false);
  });
});

test('statuses move only along the table', () => {
  expect(() => checkTransition('new', 'filled')).not.toThrow();
  expect(() => checkTransition('filled', 'canceled')).toThrow('from filled to canceled');
  expect(() => checkTransition('partiallyFilled', 'new')).toThrow('from partiallyFilled to new');
});
