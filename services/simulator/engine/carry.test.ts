import { REGULATION_T } from '@sandpit/schemas/margin.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accrueCarry, accrueSecond, noAccrual } from './carry.ts';
import { checkBalance } from './settlement.ts';
import { BUY, SELL } from './sides.ts';
import { ACME, exchangeWith, FREE, submit } from './testing/desk.ts';

const YEAR = 360 * 86_400;
const YEAR_PPM = BigInt(YEAR) * 1_000_000n;

describe('a cost that grows by the second', () => {
  test.each`
    what                                 | amount               | ppm        | seconds   | owed
    ${'a year of 1,000 at 3.6 %'}        | ${1_000_000_000}     | ${36_000}  | ${86_400} | ${100_000}
    ${'less than a micro is carried on'} | ${100_000}           | ${100_000} | ${3_110}  | ${0}
    ${'until it is one'}                 | ${100_000}           | ${100_000} | ${3_111}  | ${1}
    ${'beyond doubles'}                  | ${9_000_000_000_000} | ${200_000} | ${100}    | ${5_787_037}
    ${'nothing for nothing'}             | ${0}                 | ${200_000} | ${100}    | ${0}
  `('$what', ({ amount, ppm, seconds, owed }) => {
    const accrual = noAccrual();
    for (let i = 0; i < seconds; i++) accrueSecond(accrual, amount, ppm);
    expect(accrual.accruedMicros).toBe(owed);
  });

  test('loses nothing: whole micros and remainder are the exact sum', () => {
    const second = fc.tuple(fc.integer({ min: 0, max: 2 ** 50 }), fc.integer({ min: 0, max: 1e7 }));
    fc.assert(
      fc.property(fc.array(second, { maxLength: 50 }), (seconds) => {
        const accrual = noAccrual();
        let exact = 0n;
        for (const [amount, ppm] of seconds) {
          accrueSecond(accrual, amount, ppm);
          exact += BigInt(amount) * BigInt(ppm);
        }
        return BigInt(accrual.accruedMicros) * YEAR_PPM + BigInt(accrual.remainder) === exact;
      }),
    );
  });
});

/** A tenth of the value a year to borrow: 10,000 worth of shorts owe 2.777777 a day. */
const HARD = { ...ACME, ...FREE, margin: { ...REGULATION_T, borrowPpm: 100_000 } };
const short100 = (type: 'margin' | 'collateral' = 'margin') => {
  const exchange = exchangeWith({
    instruments: [HARD],
    book: 'B 100@100',
    account: { type, margin: { debitInterestPpm: 60_000, callGraceSeconds: 60 } },
  });
  submit(exchange, 'S 100');
  return exchange;
};
const days = (exchange: ReturnType<typeof short100>, count: number) => {
  for (let i = 0; i < count * 86_400; i++) accrueCarry(exchange.state);
};

describe('borrowing', () => {
  test('accrues as something owed, and is charged at midnight', () => {
    const exchange = short100();
    days(exchange, 1);
    const { state } = exchange;
    expect(state.listings[0].borrowing.accruedMicros).toBe(2_777_777);
    expect(state.ledger.accruedMicros).toBe(2_777_777);
    expect(state.cashMicros).toBe(110_000_000_000);
    checkBalance(state);
    exchange.expireDayOrders(0);
    expect(exchange.takeEvents()).toMatchObject([
      { type: 'positionChanged', position: { borrowFeesMicros: 2_777_777 } },
      {
        type: 'accountChanged',
        account: { cashMicros: 109_997_222_223, borrowFeesMicros: 2_777_777 },
      },
    ]);
    expect(state.ledger.accruedMicros).toBe(0);
    // The third of a micro that is left over each day makes a whole one of three days.
    days(exchange, 2);
    exchange.expireDayOrders(0);
    expect(state.account().borrowFeesMicros).toBe(8_333_333);
  });

  test('is charged when the venue stops', () => {
    const exchange = short100();
    days(exchange, 1);
    exchange.endEveryOrder();
    expect(exchange.state.account()).toMatchObject({ borrowFeesMicros: 2_777_777 });
    checkBalance(exchange.state);
  });

  test('costs nothing where collateral is locked up for it', () => {
    const exchange = short100('collateral');
    days(exchange, 1);
    expect(exchange.state.listings[0].borrowing.accruedMicros).toBe(0);
  });
});

describe('interest is on what is borrowed', () => {
  /** At a thousandth a day. */
  const debitOf = (orders: string) => {
    const exchange = exchangeWith({
      instruments: [HARD, { ...HARD, symbol: 'OTHER' }],
      cash: 10_000,
      book: 'S 500@101  B 500@99',
      account: { type: 'margin', margin: { debitInterestPpm: 360_000, callGraceSeconds: 60 } },
    });
    exchange.submit(1, 8, BUY, 99, 500, 0);
    exchange.submit(1, 9, SELL, 101, 500, 0);
    for (const text of orders.split(', ')) {
      const [order, symbol] = text.split(' of ');
      submit(exchange, order, symbol);
    }
    days(exchange, 1);
    checkBalance(exchange.state);
    return exchange.state.interest.accruedMicros / 1_000;
  };

  test.each`
    why                                              | orders                    | debit
    ${'what is paid with own cash costs nothing'}    | ${'B 99'}                 | ${0}
    ${'15,150 paid with 10,000 leave 5,150 to lend'} | ${'B 150'}                | ${5_150}
    ${'own cash covers what a short loses'}          | ${'S 150'}                | ${0}
    ${'the 5,000 of a short finance nothing'}        | ${'S 50 of OTHER, B 120'} | ${2_170}
  `('$why', ({ orders, debit }) => {
    expect(debitOf(orders)).toBe(debit);
  });
});
