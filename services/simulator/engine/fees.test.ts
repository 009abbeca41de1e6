import { FEE_SCHEDULES, type FeeSchedule } from '@sandpit/schemas/fees.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FeeRule, NOTHING_TRADED } from './fees.ts';
import { ACME, agent, exchangeWith, lastOrder, submit } from './testing/desk.ts';

const schedule = (name: string) => FEE_SCHEDULES.find((each) => each.name === name)!;
/** A share is a lot, a tick a cent: 10,000 micros. */
const SHARE = { ...ACME, tickSize: '0.01', tickValueMicros: 10_000 };
const COIN = { ...ACME, lotSize: '0.001', tickValueMicros: 1_000 };

describe('a commission of an order', () => {
  test.each`
    rule                                | shares   | price    | fee
    ${'per share'}                      | ${1_000} | ${'50'}  | ${5}
    ${'not less than the minimum'}      | ${10}    | ${'50'}  | ${1}
    ${'where the rate meets the floor'} | ${200}   | ${'50'}  | ${1}
    ${'not more than 1 % of it'}        | ${1_000} | ${'0.1'} | ${1}
    ${'the cap wins over the minimum'}  | ${10}    | ${'1'}   | ${0.1}
    ${'nothing traded, nothing paid'}   | ${0}     | ${'50'}  | ${0}
  `('$rule: $shares at $price', ({ shares, price, fee }) => {
    const rule = new FeeRule(SHARE, schedule('per-share'));
    expect(rule.commission(shares, shares * Number(price) * 1e6)).toBe(fee * 1e6);
  });

  test('is paid by what it grows by: the fills of an order sum up to it', () => {
    const exchange = exchangeWith({
      book: 'S 100@100  S 200@101  S 50@102',
      account: { fees: schedule('per-share') },
    });
    const events = submit(exchange, 'B 350');
    const fees = events.flatMap((e) => (e.type === 'orderFilled' ? [e.execution.feeMicros] : []));
    // 1.00 at once; 300 shares are 1.50, 350 are 1.75.
    expect(fees).toEqual([1_000_000, 500_000, 250_000]);
    expect(lastOrder(events)).toMatchObject({ feesMicros: 1_750_000, commissionMicros: 1_750_000 });
    expect(exchange.state.account()).toMatchObject({
      feeSchedule: 'per-share',
      feesMicros: 1_750_000,
    });
  });

  test('goes on where a resting order was filled before', () => {
    const exchange = exchangeWith({ account: { fees: schedule('per-share') } });
    submit(exchange, 'B 400@100');
    agent(exchange, 'S 150@100');
    agent(exchange, 'S 250@100', 3);
    const [order] = exchange.state.blotter.newest(1);
    expect(order).toMatchObject({ status: 'filled', commissionMicros: 2_000_000 });
  });

  test('an order holds what its commission may come to', () => {
    const exchange = exchangeWith({ account: { fees: schedule('per-share') } });
    submit(exchange, 'B 10@100');
    expect(exchange.state.account().reservedMicros).toBe(1_000_000_000 + 1_000_000);
  });

  test('one that cannot pay its minimum is refused', () => {
    const terms = { book: 'S 10@100', account: { fees: schedule('per-trade') } };
    // 1,000.00 and 0.20 to the venue and 5.00 to the broker.
    expect(submit(exchangeWith({ ...terms, cash: 1_005 }), 'B 10')[0]).toMatchObject({
      reason: 'insufficientBuyingPower',
    });
    expect(submit(exchangeWith({ ...terms, cash: 1_005.2 }), 'B 10')[0].type).toBe('orderAccepted');
  });
});

describe('another schedule in the middle of an order', () => {
  const half = (from: string, to: string) => {
    const exchange = exchangeWith({ account: { fees: schedule(from) } });
    submit(exchange, 'B 400@100');
    agent(exchange, 'S 150@100');
    exchange.takeEvents();
    exchange.changeFees(schedule(to));
    const told = exchange.takeEvents();
    const held = exchange.state.account().reservedMicros;
    agent(exchange, 'S 250@100', 3);
    const [order] = exchange.state.blotter.newest(1);
    return { exchange, told, held, order: order! };
  };

  test.each`
    from                 | to                   | paid
    ${'per-share'}       | ${'commission-free'} | ${1_000_000}
    ${'commission-free'} | ${'per-share'}       | ${1_000_000}
    ${'per-share'}       | ${'per-share'}       | ${2_000_000}
    ${'per-trade'}       | ${'per-share'}       | ${15_000_000 + 1_000_000}
  `('$from, then $to: what was paid stays paid', ({ from, to, paid }) => {
    // 150 of 400 shares trade before it; the venue's own fee of the maker is apart.
    expect(half(from, to).order).toMatchObject({ status: 'filled', commissionMicros: paid });
  });

  test('is told, and what an open order holds follows it', () => {
    const { told, held } = half('commission-free', 'per-share');
    expect(told.map(({ type }) => type)).toEqual(['feesChanged', 'accountChanged']);
    expect(told[1]).toMatchObject({ account: { feeSchedule: 'per-share' } });
    expect(told[0]).toMatchObject({ fees: schedule('per-share') });
    expect(held).toBe(25_000e6 + 1_250_000);
  });

  test('the schedule that is in force already changes nothing', () => {
    const exchange = exchangeWith({ account: { fees: schedule('per-share') } });
    exchange.changeFees(schedule('per-share'));
    expect(exchange.takeEvents()).toEqual([]);
  });

  test('without open orders the account is told all the same, and back again', () => {
    const exchange = exchangeWith({});
    exchange.changeFees(schedule('per-trade'));
    expect(exchange.takeEvents().map(({ type }) => type)).toEqual([
      'feesChanged',
      'accountChanged',
    ]);
    exchange.changeFees(schedule('instrument'));
    const [, told] = exchange.takeEvents();
    expect(told).not.toHaveProperty('account.feeSchedule');
  });
});

describe('the venue’s fee of a fill', () => {
  test.each`
    rule                                      | schedule             | liquidity  | fee
    ${'as the instrument says'}               | ${'instrument'}      | ${'maker'} | ${1_000_000}
    ${'as the instrument says'}               | ${'instrument'}      | ${'taker'} | ${2_000_000}
    ${'nothing'}                              | ${'commission-free'} | ${'taker'} | ${0}
    ${'makers get 0.002 a share, pay 0.0035'} | ${'maker-rebate'}    | ${'maker'} | ${150_000}
    ${'takers pay 0.003 and 0.0035'}          | ${'maker-rebate'}    | ${'taker'} | ${650_000}
    ${'10 basis points on top'}               | ${'per-trade'}       | ${'maker'} | ${11_000_000}
  `('$rule: 100 shares at 100 as $liquidity', ({ schedule: name, liquidity, fee }) => {
    const rule = new FeeRule(SHARE, schedule(name));
    expect(rule.ofFill(liquidity, 10_000e6, 100, NOTHING_TRADED).feeMicros).toBe(fee);
  });

  test.each`
    lots    | fee
    ${1}    | ${1}
    ${999}  | ${999}
    ${1500} | ${1_500}
  `('a lot of a thousandth pays a thousandth of a unit: $lots lots', ({ lots, fee }) => {
    const perUnit: FeeSchedule = {
      ...schedule('commission-free'),
      taker: { ppm: 0, perUnitMicros: 1_000 },
    };
    const rule = new FeeRule(COIN, perUnit);
    expect(rule.ofFill('taker', 0, lots, NOTHING_TRADED).feeMicros).toBe(fee);
  });

  test('a rebate is paid out, and posted', () => {
    const rebates: FeeSchedule = {
      ...schedule('commission-free'),
      maker: { ppm: -50, perUnitMicros: 0 },
    };
    const exchange = exchangeWith({ account: { fees: rebates } });
    submit(exchange, 'B 10@100');
    agent(exchange, 'S 10@100');
    expect(exchange.state.account()).toMatchObject({
      feesMicros: -50_000,
      cashMicros: 99_000_000_000 + 50_000,
    });
  });
});

test('however an order is filled, it pays the commission of the whole, and never less with more', () => {
  const fill = fc.record({
    lots: fc.integer({ min: 1, max: 2_000 }),
    ticks: fc.integer({ min: 1, max: 50_000 }),
  });
  const names = FEE_SCHEDULES.map(({ name }) => name);
  fc.assert(
    fc.property(
      fc.array(fill, { minLength: 1, maxLength: 20 }),
      fc.constantFrom(...names),
      (fills, name) => {
        const rule = new FeeRule(SHARE, schedule(name));
        const order = { filledLots: 0, notionalMicros: 0, commissionMicros: 0 };
        for (const { lots, ticks } of fills) {
          const notional = lots * ticks * SHARE.tickValueMicros;
          const { commissionMicros } = rule.ofFill('taker', notional, lots, order as never);
          expect(commissionMicros).toBeGreaterThanOrEqual(0);
          order.filledLots += lots;
          order.notionalMicros += notional;
          order.commissionMicros += commissionMicros;
        }
        expect(order.commissionMicros).toBe(
          rule.commission(order.filledLots, order.notionalMicros),
        );
      },
    ),
    { numRuns: 300 },
  );
});
