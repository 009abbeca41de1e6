import { RejectReason } from '@sandpit/schemas/order.ts';
import { NO_LIMITS, type RiskLimits } from '@sandpit/schemas/risk.ts';
import type { QuantityLots } from '@sandpit/schemas/units.ts';
import { describe, expect, test } from 'vitest';
import { MAX_ORDERS } from './blotter.ts';
import type { Exchange } from './exchange.ts';
import { MAX_OPEN_ORDERS } from './limits.ts';
import { CHECKED_REASONS } from './risk.ts';
import {
  ACME,
  agent,
  exchangeWith,
  FREE,
  kinds,
  lastOrder,
  resting,
  submit,
  ticket,
} from './testing/desk.ts';

const allReasons = RejectReason.anyOf.map((literal) => literal.const);

/** What the first refusal among these events says. */
const reasonOf = (events: ReturnType<typeof submit>) => {
  const event = events.find(({ type }) => type === 'orderRejected' || type === 'commandRefused');
  return event && 'reason' in event ? event.reason : null;
};

test('the checks run in the published order', () => {
  const places = CHECKED_REASONS.map((reason) => allReasons.indexOf(reason));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(new Set(places).size).toBe(CHECKED_REASONS.length);
});

test('an order with many faults is refused for the first of them', () => {
  const exchange = exchangeWith({ book: 'S 5@101  B 5@99', cash: 400 });
  const limits = {
    maxOrderSizePercent: 5,
    maxOrderNotionalMicros: 4_000_000_000,
    maxPositionMicros: 3_000_000_000,
  };
  const own = { ...NO_LIMITS, ...limits } as RiskLimits;
  exchange.execute({ type: 'riskLimits', limits: own }, 'limits', null);
  const kill = (engaged: boolean) => {
    const how = { scope: 'account', by: 'trader', reason: '', cancelOpenOrders: false } as const;
    exchange.execute({ type: 'killSwitch', ...how, engaged }, 'kill', null);
  };
  kill(true);
  const reasons = [reasonOf(submit(exchange, 'B 0@0 SHOW 9 IOC'))];
  kill(false);
  for (const order of [
    'B 0@0 SHOW 9 IOC',
    'B 0@500 SHOW 9 IOC',
    'B 900@500 SHOW 9 IOC',
    'B 900@500',
    'B 900@102',
    'B 45@102',
    'B 35@102 POST',
    'B 25@102 POST',
    'B 25@102 FOK',
    'B 9@100 FOK',
    'B 3@102 FOK',
  ]) {
    reasons.push(reasonOf(submit(exchange, order)));
  }
  expect(reasons).toEqual([
    'killSwitchEngaged',
    'invalidPrice',
    'invalidQuantity',
    'invalidInstructions',
    'priceOutsideCollar',
    'orderSizeExceeded',
    'orderNotionalExceeded',
    'positionLimitExceeded',
    'postOnlyWouldCross',
    'insufficientBuyingPower',
    'fillOrKillNotFilled',
    null,
  ]);
});

describe('an order is refused', () => {
  const notShortable = { ...ACME, shortable: false };
  test.each`
    reason                       | book                 | cash       | instrument      | first        | order
    ${'invalidPrice'}            | ${''}                | ${100_000} | ${ACME}         | ${''}        | ${'B 1@0'}
    ${'invalidPrice'}            | ${''}                | ${100_000} | ${ACME}         | ${''}        | ${'B 1@-5'}
    ${'invalidPrice'}            | ${''}                | ${100_000} | ${ACME}         | ${''}        | ${'B 1@1000000001'}
    ${'invalidQuantity'}         | ${''}                | ${100_000} | ${ACME}         | ${''}        | ${'B 0@100'}
    ${'invalidQuantity'}         | ${''}                | ${100_000} | ${ACME}         | ${''}        | ${'B 1001@100'}
    ${null}                      | ${''}                | ${1e9}     | ${ACME}         | ${''}        | ${'B 1000@100'}
    ${'priceOutsideCollar'}      | ${''}                | ${100_000} | ${ACME}         | ${''}        | ${'B 1@121'}
    ${'priceOutsideCollar'}      | ${''}                | ${100_000} | ${ACME}         | ${''}        | ${'S 1@79'}
    ${null}                      | ${''}                | ${100_000} | ${ACME}         | ${''}        | ${'B 1@120'}
    ${null}                      | ${''}                | ${100_000} | ${ACME}         | ${''}        | ${'S 1@80'}
    ${'priceOutsideCollar'}      | ${'S 1@110  B 9@50'} | ${100_000} | ${ACME}         | ${''}        | ${'B 1@99'}
    ${'notShortable'}            | ${'B 9@100'}         | ${100_000} | ${notShortable} | ${''}        | ${'S 1'}
    ${'notShortable'}            | ${'S 9@100'}         | ${100_000} | ${notShortable} | ${'B 5'}     | ${'S 6@110'}
    ${null}                      | ${'S 9@100'}         | ${100_000} | ${notShortable} | ${'B 5'}     | ${'S 5@110'}
    ${'postOnlyWouldCross'}      | ${'S 1@101'}         | ${100_000} | ${ACME}         | ${''}        | ${'B 1@101 POST'}
    ${'postOnlyWouldCross'}      | ${'B 1@99'}          | ${100_000} | ${ACME}         | ${''}        | ${'S 1@99 POST'}
    ${'postOnlyWouldCross'}      | ${''}                | ${100_000} | ${ACME}         | ${''}        | ${'B 1@99 IOC POST'}
    ${'postOnlyWouldCross'}      | ${'S 1@101'}         | ${100_000} | ${ACME}         | ${''}        | ${'B 1 POST'}
    ${'insufficientBuyingPower'} | ${''}                | ${1_000}   | ${ACME}         | ${''}        | ${'B 10@100'}
    ${'insufficientBuyingPower'} | ${''}                | ${1_000}   | ${ACME}         | ${''}        | ${'S 10@100'}
    ${null}                      | ${''}                | ${1_000}   | ${ACME}         | ${''}        | ${'B 9@100'}
    ${'insufficientBuyingPower'} | ${'S 99@100'}        | ${1_000}   | ${ACME}         | ${''}        | ${'B 10'}
    ${'insufficientBuyingPower'} | ${'B 99@100'}        | ${1_000}   | ${ACME}         | ${''}        | ${'S 10'}
    ${'insufficientBuyingPower'} | ${''}                | ${1_000}   | ${ACME}         | ${'B 6@100'} | ${'B 4@100'}
    ${'insufficientBuyingPower'} | ${'B 4@100'}         | ${1_000}   | ${ACME}         | ${'S 4'}     | ${'S 7@101'}
    ${null}                      | ${'B 4@100'}         | ${1_000}   | ${ACME}         | ${'S 4'}     | ${'S 5@101'}
    ${'noLiquidity'}             | ${''}                | ${100_000} | ${ACME}         | ${''}        | ${'B 1'}
    ${'noLiquidity'}             | ${'S 1@121'}         | ${100_000} | ${ACME}         | ${''}        | ${'B 1'}
    ${'noLiquidity'}             | ${'B 1@100'}         | ${100_000} | ${ACME}         | ${''}        | ${'B 1'}
    ${'fillOrKillNotFilled'}     | ${'S 1@100'}         | ${100_000} | ${ACME}         | ${''}        | ${'B 2@100 FOK'}
    ${'fillOrKillNotFilled'}     | ${''}                | ${100_000} | ${ACME}         | ${''}        | ${'B 2@100 FOK'}
    ${'selfTrade'}               | ${''}                | ${100_000} | ${ACME}         | ${'S 1@100'} | ${'B 1@100'}
    ${'selfTrade'}               | ${''}                | ${100_000} | ${ACME}         | ${'S 1@100'} | ${'B 1'}
  `('$order after "$first" in "$book" with $cash: $reason', (row) => {
    const { reason, book, cash, instrument, first, order } = row;
    const exchange = exchangeWith({ book, cash, instruments: [instrument] });
    if (first) submit(exchange, first);
    const before = resting(exchange);
    const events = submit(exchange, order);
    expect(reasonOf(events)).toBe(reason);
    if (reason === null) return;
    expect(kinds(events)).toBe('rejected');
    expect(lastOrder(events)).toMatchObject({
      status: 'rejected',
      rejectReason: reason,
      leavesLots: 0,
    });
    expect(resting(exchange)).toBe(before);
  });

  test('with a price and no limit type, or the reverse', () => {
    const exchange = exchangeWith({ book: 'S 5@100' });
    const priced = { ...ticket('B 1'), limitTicks: 100 as never };
    const unpriced = { ...ticket('B 1@100'), limitTicks: null };
    for (const each of [priced, unpriced]) {
      const events = exchange.execute({ type: 'newOrder', ticket: each }, 'c', null);
      expect(reasonOf(events)).toBe('invalidPrice');
    }
  });

  test('for an unknown instrument', () => {
    expect(reasonOf(submit(exchangeWith(), 'B 1@100', 'NOPE'))).toBe('unknownSymbol');
  });

  test('when the venue already knows why', () => {
    const exchange = exchangeWith();
    const events = exchange.execute(
      { type: 'newOrder', ticket: ticket('B 1@0') },
      'c',
      'deadlineExceeded',
    );
    expect(reasonOf(events)).toBe('deadlineExceeded');
    expect(lastOrder(events).status).toBe('rejected');
  });
});

describe('a client id is used once', () => {
  test.each(['B 1@100', 'B 1@0'])('also by an order that was refused or filled: %s', (first) => {
    const exchange = exchangeWith({ book: 'S 9@105' });
    const used = ticket(first);
    exchange.execute({ type: 'newOrder', ticket: used }, 'one', null);
    const events = exchange.execute({ type: 'newOrder', ticket: used }, 'two', null);
    expect(events).toMatchObject([
      { type: 'commandRefused', reason: 'duplicateClientOrderId', orderId: '1', causeId: 'two' },
    ]);
    expect(exchange.state.blotter.count).toBe(1);
  });
});

describe('limits', () => {
  test(`${MAX_OPEN_ORDERS} open orders`, () => {
    const exchange = exchangeWith({ cash: 10_000_000, instruments: [{ ...ACME, ...FREE }] });
    for (let i = 0; i < MAX_OPEN_ORDERS; i++)
      expect(kinds(submit(exchange, 'B 1@99'))).toBe('accepted account');
    expect(reasonOf(submit(exchange, 'B 1@99'))).toBe('tooManyOpenOrders');
    exchange.execute({ type: 'cancelOrder', orderId: '1' }, 'x', null);
    expect(kinds(submit(exchange, 'B 1@99'))).toBe('accepted account');
  });

  test(`${MAX_ORDERS} orders, and then bare refusals`, () => {
    const exchange = exchangeWith();
    const last = lastOrder(submit(exchange, 'B 1@99'));
    exchange.state.blotter.add({
      ...last,
      orderId: String(MAX_ORDERS),
      clientOrderId: 'last',
      status: 'canceled',
    });
    const events = submit(exchange, 'B 1@99');
    expect(events).toMatchObject([
      { type: 'commandRefused', reason: 'orderLimitReached', orderId: null },
    ]);
    expect(exchange.state.blotter.count).toBe(MAX_ORDERS);
  });
});

describe('buying power', () => {
  const free = { ...ACME, ...FREE };
  const two = { instruments: [free, { ...free, symbol: 'OTHER' }] };
  const replace = (exchange: Exchange, orderId: string, quantityLots: number) =>
    exchange.execute(
      {
        type: 'replaceOrder',
        orderId,
        quantityLots: quantityLots as QuantityLots,
        limitTicks: null,
      },
      'replace',
      null,
    );
  /** Agents trade one lot at each of these prices, so that the collar follows. */
  const walk = (exchange: Exchange, ...prices: number[]) => {
    for (const ticks of prices) {
      agent(exchange, `S 1@${ticks}`, 90);
      agent(exchange, `B 1@${ticks}`, 91);
    }
    exchange.takeEvents();
  };

  test('is shared by all instruments', () => {
    const exchange = exchangeWith({ ...two, cash: 1_000 });
    submit(exchange, 'B 6@100', 'OTHER');
    expect(reasonOf(submit(exchange, 'B 5@100'))).toBe('insufficientBuyingPower');
    expect(reasonOf(submit(exchange, 'B 4@100'))).toBe(null);
  });

  test('counts a replaced order once', () => {
    const exchange = exchangeWith({ instruments: [free], cash: 1_000 });
    submit(exchange, 'B 9@100');
    expect(reasonOf(replace(exchange, '1', 11))).toBe('insufficientBuyingPower');
    expect(reasonOf(replace(exchange, '1', 10))).toBe(null);
  });

  test('asks nothing for a remainder that an own order will stop', () => {
    const exchange = exchangeWith({ instruments: [free], cash: 1_100, book: 'S 5@101' });
    submit(exchange, 'S 5@101');
    expect(lastOrder(submit(exchange, 'B 20@101'))).toMatchObject({
      status: 'expired',
      filledLots: 5,
    });
  });

  test('is not asked for by an order that only reduces, even when a short has eaten it all', () => {
    const exchange = exchangeWith({ instruments: [free], cash: 1_010, book: 'B 10@100' });
    submit(exchange, 'S 10');
    walk(exchange, 115, 138, 160, 190, 220);
    agent(exchange, 'S 50@220', 92);
    expect(reasonOf(submit(exchange, 'B 11@220'))).toBe('insufficientBuyingPower');
    expect(lastOrder(submit(exchange, 'B 10@220'))).toMatchObject({ status: 'filled' });
    expect(exchange.state.account()).toMatchObject({ cashMicros: -190_000_000, reservedMicros: 0 });
  });

  test('when it is negative, an open order may still be made smaller', () => {
    const exchange = exchangeWith({ ...two, cash: 1_000, book: 'B 5@100' });
    submit(exchange, 'B 5@100', 'OTHER');
    submit(exchange, 'S 5');
    walk(exchange, 115, 138, 160, 190, 220, 240);
    agent(exchange, 'S 5@240', 92);
    expect(lastOrder(submit(exchange, 'B 5'))).toMatchObject({ status: 'filled' });
    const { cashMicros, reservedMicros } = exchange.state.account();
    expect(cashMicros - reservedMicros).toBe(-200_000_000);
    expect(reasonOf(replace(exchange, '1', 6))).toBe('insufficientBuyingPower');
    expect(lastOrder(replace(exchange, '1', 4))).toMatchObject({ leavesLots: 4 });
  });
});
