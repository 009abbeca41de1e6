import type { VenueEvent } from '@sandpit/schemas/event.ts';
import { describe, expect, test } from 'vitest';
import { microsPerLot, reductionTicks } from './dividends.ts';
import { Exchange } from './exchange.ts';
import { restoreInto, snapshotOf } from './exchange-snapshot.ts';
import { Auditor } from './testing/auditor.ts';
import { agent, crowd, exchangeWith, goTo, kinds, resting, submit } from './testing/desk.ts';
import { free, hold } from './testing/setups.ts';

const desk = () => exchangeWith({ instruments: [free] });

/** A tick is 1.00: 2.50 lower orders by three ticks. */
function pay(exchange: Exchange, amount = '2.50'): VenueEvent[] {
  exchange.runScripted({ type: 'dividend', atSeconds: 1, symbol: 'ACME', amount });
  return exchange.takeEvents();
}

describe('money', () => {
  test.each`
    lots   | cash
    ${40}  | ${100_000_000}
    ${-40} | ${-100_000_000}
    ${0}   | ${0}
  `('a position of $lots changes cash by $cash', ({ lots, cash }) => {
    const exchange = desk();
    if (lots !== 0) hold(exchange, lots);
    const { state } = exchange;
    const before = state.cashMicros;
    const events = pay(exchange);
    expect(events[0]).toEqual({
      type: 'dividendPaid',
      symbol: 'ACME',
      amount: '2.50',
      quantityLots: lots,
      cashMicros: cash,
      atNs: 0,
      causeId: null,
    });
    expect(kinds(events)).toBe(lots === 0 ? 'dividendpaid' : 'dividendpaid position account');
    expect(state.cashMicros - before).toBe(cash);
    expect(state.account().dividendsMicros).toBe(cash === 0 ? undefined : cash);
    expect(state.ledger.totalMicros).toBe(0);
    expect(state.ledger.ofListing(0).dividendsMicros).toBe(cash);
  });

  test('it is neither realised profit nor a fee, and adds up over the years', () => {
    const exchange = desk();
    hold(exchange, 40);
    pay(exchange);
    pay(exchange, '1.25');
    expect(exchange.state.position(exchange.listings[0]!)).toMatchObject({
      dividendsMicros: 150_000_000,
      realisedMicros: 0,
      feesMicros: 0,
      costMicros: 4_000_000_000,
    });
  });

  test.each([
    ['0.24', '1', 240_000],
    ['0.24', '0.001', 240],
    ['0.000001', '1', 1],
    ['0.000001', '0.1', null],
    ['0.0000001', '1', null],
    ['1.5', '100', 150_000_000],
  ])('%s on lots of %s is %s micros', (amount, lotSize, micros) => {
    expect(microsPerLot(amount, { lotSize })).toBe(micros);
  });

  test.each([
    ['0.24', '0.01', 24],
    ['0.241', '0.01', 25],
    ['2.50', '1', 3],
    ['0.0001', '0.01', 1],
  ])('%s on ticks of %s lowers orders by %i', (amount, tickSize, ticks) => {
    expect(reductionTicks(amount, { tickSize })).toBe(ticks);
  });
});

describe('open orders', () => {
  const stateOf = (exchange: Exchange) => {
    const [order] = exchange.state.blotter.open();
    const stop = order?.progress?.triggerTicks ?? null;
    return [order?.limitTicks ?? null, order?.progress?.triggeredNs === undefined ? null : stop];
  };
  test.each`
    rule                              | order               | limit   | stop
    ${'a buy at a limit is lowered'}  | ${'B 5@95'}         | ${92}   | ${null}
    ${'not below the first tick'}     | ${'B 5@82'}         | ${79}   | ${null}
    ${'a sell at a limit stays'}      | ${'S 5@105'}        | ${105}  | ${null}
    ${'a sell stop is lowered'}       | ${'S 5 STOP 95'}    | ${null} | ${92}
    ${'and its limit with it'}        | ${'S 5@94 STOP 95'} | ${91}   | ${92}
    ${'a buy stop stays'}             | ${'B 5 STOP 105'}   | ${null} | ${105}
    ${'a buy if touched is lowered'}  | ${'B 5 MIT 95'}     | ${null} | ${92}
    ${'a sell if touched stays'}      | ${'S 5 MIT 105'}    | ${null} | ${105}
    ${'a trailing sell stop follows'} | ${'S 5 TRAIL 4'}    | ${null} | ${93}
    ${'a trailing buy stop stays'}    | ${'B 5 TRAIL 4'}    | ${null} | ${104}
  `('$rule: $order', ({ order, limit, stop }) => {
    const exchange = desk();
    agent(exchange, 'S 1@100', 40);
    agent(exchange, 'B 1@100', 41);
    submit(exchange, order);
    const stays = limit === 105 || stop === 105 || stop === 104;
    const [, ...events] = pay(exchange);
    expect(kinds(events).includes('replaced')).toBe(!stays);
    expect(stateOf(exchange)).toEqual([limit, stop]);
  });

  test('a stop that stood above the new price does not fire because of the dividend', () => {
    const exchange = desk();
    hold(exchange, 5);
    submit(exchange, 'S 5 STOP 99');
    pay(exchange);
    crowd(exchange, 'B 1@97  S 1@97');
    expect(exchange.state.blotter.open()).toHaveLength(1);
    crowd(exchange, 'B 1@96  S 1@96');
    expect(exchange.state.blotter.open()).toHaveLength(0);
  });

  test('a lowered order rests where it says, as the youngest there', () => {
    const exchange = desk();
    crowd(exchange, 'B 3@92');
    submit(exchange, 'B 5@95');
    pay(exchange);
    expect(resting(exchange)).toBe('B 3@92  B 5@92');
    expect(exchange.state.account().reservedMicros).toBe(5 * 92_000_000);
  });

  test('while orders are collected too, and an iceberg stays one', () => {
    const exchange = desk();
    submit(exchange, 'B 9@95 SHOW 3');
    const halt = { type: 'haltInstrument', symbol: 'ACME', reason: 'regulatory', seconds: 10 };
    exchange.execute(halt as never, 'h', null);
    submit(exchange, 'B 4@97');
    pay(exchange);
    goTo(exchange, 100);
    expect(resting(exchange)).toBe('B 4@94  B 3+6@92');
  });

  test('orders of other instruments, and the crowd’s, stay', () => {
    const exchange = exchangeWith({
      instruments: [free, { ...free, symbol: 'OTHER' }],
      book: 'B 5@95',
    });
    submit(exchange, 'B 5@95', 'OTHER');
    expect(kinds(pay(exchange))).toBe('dividendpaid');
    expect(resting(exchange)).toBe('B 5@95');
  });

  test('the legs of a bracket: the stop is lowered, the target stays, held back or not', () => {
    for (const fills of [false, true]) {
      const exchange = desk();
      const leg = { symbol: 'ACME', quantityLots: 5, timeInForce: 'gtc', postOnly: false };
      const tickets = [
        { ...leg, clientOrderId: 'e', side: 'buy', type: 'limit', limitTicks: 98 },
        { ...leg, clientOrderId: 't', side: 'sell', type: 'limit', limitTicks: 110 },
        {
          ...{ ...leg, clientOrderId: 's', side: 'sell', type: 'stop', limitTicks: null },
          instructions: { stopTicks: 90 },
        },
      ];
      exchange.execute(
        { type: 'newOrderList', clientListId: 'l', contingency: 'bracket', tickets } as never,
        'l',
        null,
      );
      if (fills) agent(exchange, 'S 5@98', 60);
      pay(exchange);
      const legs = exchange.state.blotter.open().filter(({ list }) => list?.role !== 'parent');
      expect(
        legs.map(({ limitTicks, instructions }) => limitTicks ?? instructions?.stopTicks),
      ).toEqual([110, 87]);
    }
  });
});

test('the books balance, events tell all of it, and a snapshot keeps it', () => {
  const exchange = desk();
  const auditor = new Auditor([free], 100_000_000_000);
  agent(exchange, 'S 9@100', 50);
  auditor.watch(submit(exchange, 'B 9@100'));
  auditor.watch(submit(exchange, 'B 4@95'));
  auditor.watch(pay(exchange));
  auditor.books(exchange);
  const saved = snapshotOf(exchange.state);
  const copy = desk();
  restoreInto(copy.state, JSON.parse(JSON.stringify(saved.plain)), saved.books);
  expect(snapshotOf(copy.state)).toEqual(saved);
  expect(copy.state.account()).toEqual(exchange.state.account());
});

test('what another engine version has paid is kept', () => {
  const original = desk();
  agent(original, 'S 9@100', 50);
  const events = [...submit(original, 'B 9@100'), ...pay(original)];
  const copy = new Exchange([{ instrument: free, openingTicks: 100 }], 'USD');
  copy.deposit(100_000_000_000);
  for (const event of events) copy.adopt(event);
  copy.reopenBooks();
  expect(copy.state.account()).toEqual(original.state.account());
  submit(copy, 'B 1@90');
  expect(copy.state.ledger.totalMicros).toBe(0);
});
