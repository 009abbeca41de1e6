import { describe, expect, test } from 'vitest';
import { restoreInto, snapshotOf } from './exchange-snapshot.ts';
import { ACME, agent, exchangeWith, FREE, kinds, submit } from './testing/desk.ts';

const SHARE = { ...ACME, ...FREE };
const COIN = { ...SHARE, kind: 'crypto' as const };
const inCash = (settlementDays: number, instrument = SHARE) =>
  exchangeWith({
    instruments: [instrument],
    cash: 1_000,
    book: 'S 100@100',
    account: { type: 'cash', settlementDays },
  });
const reasonOf = (events: ReturnType<typeof submit>) =>
  events[0].type === 'orderRejected' ? events[0].reason : 'accepted';

describe('a cash account sells what it has', () => {
  test.each`
    rule                                      | before            | order            | outcome
    ${'nothing, so nothing'}                  | ${''}             | ${'S 1@100'}     | ${'notShortable'}
    ${'all of it'}                            | ${'B 5'}          | ${'S 5@110'}     | ${'accepted'}
    ${'no more than that'}                    | ${'B 5'}          | ${'S 6@110'}     | ${'notShortable'}
    ${'what another order sells is promised'} | ${'B 5, S 3@110'} | ${'S 3@110'}     | ${'notShortable'}
    ${'a stop for what is not there yet'}     | ${''}             | ${'S 5 STOP 95'} | ${'notShortable'}
    ${'a stop for what is'}                   | ${'B 5'}          | ${'S 5 STOP 95'} | ${'accepted'}
  `('$rule: $order', ({ before, order, outcome }) => {
    const exchange = inCash(1);
    for (const text of before.split(', ').filter(Boolean)) submit(exchange, text);
    expect(reasonOf(submit(exchange, order))).toBe(outcome);
  });

  test('a position cannot be turned', () => {
    const exchange = inCash(1);
    submit(exchange, 'B 5');
    agent(exchange, 'B 50@99');
    const reverse = {
      type: 'closePosition',
      symbol: 'ACME',
      clientOrderId: 'r',
      reverse: true,
    } as const;
    expect(kinds(exchange.execute(reverse, 'r', null))).toBe('rejected');
    expect(exchange.listings[0].position.lots).toBe(5);
  });
});

describe('what a sale brings', () => {
  const soldHalf = (days: number, instrument = SHARE) => {
    const exchange = inCash(days, instrument);
    submit(exchange, 'B 10');
    agent(exchange, 'B 50@99', 9);
    submit(exchange, 'S 4');
    return exchange;
  };
  const powerOf = ({ state }: ReturnType<typeof inCash>) => {
    const { cashMicros, reservedMicros } = state.account();
    return (cashMicros - reservedMicros) / 1e6;
  };

  test.each`
    days | midnights | instrument | power
    ${0} | ${0}      | ${SHARE}   | ${396}
    ${1} | ${0}      | ${SHARE}   | ${0}
    ${1} | ${1}      | ${SHARE}   | ${396}
    ${2} | ${1}      | ${SHARE}   | ${0}
    ${2} | ${2}      | ${SHARE}   | ${396}
    ${1} | ${0}      | ${COIN}    | ${396}
  `(
    'settles after $days midnights: after $midnights, $instrument.kind',
    ({ days, midnights, instrument, power }) => {
      const exchange = soldHalf(days, instrument);
      for (let i = 0; i < midnights; i++) exchange.expireDayOrders(0);
      expect(powerOf(exchange)).toBe(power);
      expect(exchange.state.account().cashMicros).toBe(396e6);
    },
  );

  test('waits while the days that begin are no business days', () => {
    const exchange = soldHalf(2);
    const days = [true, false, false, true];
    const power = days.map((settles) => {
      exchange.expireDayOrders(0, settles);
      return powerOf(exchange);
    });
    expect(power).toEqual([0, 0, 0, 396]);
  });

  test('cannot be spent before, and can be after', () => {
    const exchange = soldHalf(1);
    expect(reasonOf(submit(exchange, 'B 1@99'))).toBe('insufficientBuyingPower');
    exchange.expireDayOrders(0);
    expect(reasonOf(submit(exchange, 'B 1@99'))).toBe('accepted');
  });

  test('is told at midnight, and part of snapshot and hash', () => {
    const exchange = soldHalf(1);
    exchange.takeEvents();
    const saved = snapshotOf(exchange.state);
    const copy = inCash(0);
    restoreInto(copy.state, JSON.parse(JSON.stringify(saved.plain)), saved.books);
    expect(copy.state.account()).toEqual(exchange.state.account());
    expect(copy.state.account()).toMatchObject({ type: 'cash', unsettledMicros: 396e6 });
    expect(snapshotOf(copy.state)).toEqual(saved);
    copy.expireDayOrders(0);
    expect(copy.takeEvents()).toMatchObject([
      { type: 'accountChanged', account: { unsettledMicros: 0, reservedMicros: 0 } },
    ]);
    expect(kinds(submit(copy, 'S 100@110'))).toBe('rejected');
  });
});
