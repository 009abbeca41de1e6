import { REGULATION_T, requirementMicros, requirementOf } from '@sandpit/schemas/margin.ts';
import { describe, expect, test } from 'vitest';
import { standing } from './margin.ts';
import { previewTicket } from './preview.ts';
import { ACME, agent, exchangeWith, FREE, submit, ticket } from './testing/desk.ts';

const SHARE = { ...ACME, ...FREE };
const BOOK = 'B 500@99  S 500@101';
const onMargin = (book = BOOK, cash = 1_000, instruments = [SHARE]) =>
  exchangeWith({ instruments, cash, book, account: { type: 'margin' } });
const outcomeOf = (events: ReturnType<typeof submit>) =>
  events[0].type === 'orderRejected' ? events[0].reason : 'accepted';

describe('what a position asks for, at Regulation T', () => {
  test.each`
    value         | initial    | maintenance
    ${1_000_000}  | ${500_000} | ${250_000}
    ${-1_000_000} | ${500_000} | ${300_000}
    ${0}          | ${0}       | ${0}
    ${1}          | ${1}       | ${1}
    ${3}          | ${2}       | ${1}
  `('$value: $initial, $maintenance', ({ value, initial, maintenance }) => {
    expect(requirementOf(value, REGULATION_T)).toEqual({
      initialMicros: initial,
      maintenanceMicros: maintenance,
    });
  });

  test('is exact where a product of doubles is not', () => {
    expect(requirementMicros(9_007_199_254_740_991, 333_333)).toBe(3_002_396_749_180_579);
    expect(requirementMicros(9_007_199_254_740_991, 1_000_000)).toBe(9_007_199_254_740_991);
  });
});

describe('an order is judged by what equity is left for, at the mid of 100', () => {
  test.each`
    why                                             | before       | order              | outcome
    ${'980 for 1,000: the spread costs equity too'} | ${''}        | ${'B 20'}          | ${'insufficientMargin'}
    ${'981 for 950'}                                | ${''}        | ${'B 19'}          | ${'accepted'}
    ${'short: 981 for 950'}                         | ${''}        | ${'S 19'}          | ${'accepted'}
    ${'short: 980 for 1,000'}                       | ${''}        | ${'S 20'}          | ${'insufficientMargin'}
    ${'an order that rests: half of 1,980'}         | ${''}        | ${'B 20@99'}       | ${'accepted'}
    ${'half of 2,079 is more than there is'}        | ${''}        | ${'B 21@99'}       | ${'insufficientMargin'}
    ${'what is open holds, too'}                    | ${'B 20@98'} | ${'B 1@98'}        | ${'insufficientMargin'}
    ${'buys and sells do not add up'}               | ${'B 20@98'} | ${'S 19@104'}      | ${'accepted'}
    ${'the larger side counts'}                     | ${'B 20@98'} | ${'S 21@104'}      | ${'insufficientMargin'}
    ${'closing asks for nothing'}                   | ${'B 19'}    | ${'S 19'}          | ${'accepted'}
    ${'turning asks for the new side'}              | ${'B 19'}    | ${'S 37'}          | ${'accepted'}
    ${'turning by too much'}                        | ${'B 19'}    | ${'S 39'}          | ${'insufficientMargin'}
    ${'a stop at 110 may pay 132'}                  | ${''}        | ${'B 16 STOP 110'} | ${'insufficientMargin'}
    ${'a stop that it can pay'}                     | ${''}        | ${'B 15 STOP 110'} | ${'accepted'}
  `('$why: $order', ({ before, order, outcome }) => {
    const exchange = onMargin();
    for (const text of before.split('  ').filter(Boolean)) {
      expect(outcomeOf(submit(exchange, text))).toBe('accepted');
    }
    expect(outcomeOf(submit(exchange, order))).toBe(outcome);
  });

  test('rates are the instrument’s', () => {
    const margin = { ...REGULATION_T, longInitialPpm: 1_000_000, shortInitialPpm: 250_000 };
    const exchange = onMargin(BOOK, 1_000, [{ ...SHARE, margin }]);
    expect(outcomeOf(submit(exchange, 'B 10'))).toBe('insufficientMargin');
    expect(outcomeOf(submit(exchange, 'S 39@104'))).toBe('insufficientMargin');
    expect(outcomeOf(submit(exchange, 'S 38@104'))).toBe('accepted');
    exchange.execute({ type: 'cancelAll', symbol: null, side: null }, 'c', null);
    expect(outcomeOf(submit(exchange, 'S 38'))).toBe('accepted');
  });

  test('positions of all instruments count', () => {
    const exchange = onMargin(BOOK, 1_000, [SHARE, { ...SHARE, symbol: 'OTHER' }]);
    exchange.submit(1, 9, 1, 100, 500, 0);
    submit(exchange, 'B 10');
    expect(outcomeOf(submit(exchange, 'B 10', 'OTHER'))).toBe('insufficientMargin');
    expect(outcomeOf(submit(exchange, 'B 9', 'OTHER'))).toBe('accepted');
  });

  test('a profit on paper can be traded with, and a loss is missing', () => {
    const power = (moves: number) => {
      const exchange = onMargin('', 1_000);
      agent(exchange, 'S 10@100', 8);
      submit(exchange, 'B 10');
      agent(exchange, `B 500@${99 + moves}`, 9);
      agent(exchange, `S 500@${101 + moves}`, 10);
      const { equityMicros, initialMicros } = standing(exchange.state);
      return (equityMicros - initialMicros) / 1e6;
    };
    expect([power(0), power(20), power(-20)]).toEqual([500, 600, 400]);
  });
});

test('a preview tells how the account would stand', () => {
  const exchange = onMargin();
  const { state } = exchange;
  expect(previewTicket(state, ticket('B 10'), null).after).toEqual({
    positionLots: 10,
    cashMicros: -10e6,
    reservedMicros: 0,
    margin: {
      equityMicros: 990e6,
      initialMicros: 500e6,
      maintenanceMicros: 250e6,
      exposureMicros: 1_000e6,
    },
  });
  const refused = previewTicket(state, ticket('B 40'), null);
  expect(refused).toMatchObject({ reason: 'insufficientMargin', filledLots: 40 });
  expect(refused.after.margin).toMatchObject({ equityMicros: 960e6, initialMicros: 2_000e6 });
  expect(state.listings[0].position.lots).toBe(0);
});
