import { describe, expect, test } from 'vitest';
import { applyFifo, fifoOf, fifoSnapshot, MAX_TAX_LOTS, noLots } from './fifo-lots.ts';
import { Ledger } from './ledger.ts';
import { checkBalance } from './settlement.ts';
import { ACME, agent, exchangeWith, parse, sideOf, submit } from './testing/desk.ts';

describe('a position under first in, first out', () => {
  test.each`
    story                              | fills                            | open                  | realised
    ${'keeps lots apart'}              | ${'B 10@100  B 10@110'}          | ${'10@100 10@110'}    | ${0}
    ${'closes the oldest first'}       | ${'B 10@100  B 10@110  S 5@120'} | ${'5@100 10@110'}     | ${100}
    ${'closes across lots'}            | ${'B 2@100  B 3@110  S 4@120'}   | ${'1@110'}            | ${60}
    ${'lots of one price are one'}     | ${'B 2@100  B 3@100'}            | ${'5@100'}            | ${0}
    ${'one price later on is another'} | ${'B 2@100  B 3@90  B 1@100'}    | ${'2@100 3@90 1@100'} | ${0}
    ${'covers the oldest short first'} | ${'S 2@100  S 2@90  B 3@80'}     | ${'-1@90'}            | ${50}
    ${'crosses zero to short'}         | ${'B 10@100  S 15@110'}          | ${'-5@110'}           | ${100}
    ${'flat has no lots'}              | ${'S 10@100  B 10@105'}          | ${''}                 | ${-50}
  `('$story: $fills', ({ fills, open, realised }) => {
    const fifo = noLots();
    for (const text of fills.split('  ')) {
      const { side, lots, ticks } = parse(text);
      applyFifo(fifo, sideOf(side), ticks!, lots, ACME);
    }
    const shown = fifo.open.map(({ lots, costMicros }) => `${lots}@${costMicros / lots / 1e6}`);
    expect(shown.join(' ')).toBe(open);
    expect(fifo.realisedMicros).toBe(realised * 1e6);
    // The sums kept along are those of the lots.
    expect(fifoOf(fifoSnapshot(fifo))).toEqual(fifo);
  });

  test('beyond the most that are kept, the two oldest become one and nothing is lost', () => {
    const fifo = noLots();
    for (let i = 0; i < MAX_TAX_LOTS + 5; i++) applyFifo(fifo, 0, 100 + i, 1, ACME);
    expect(fifo.open).toHaveLength(MAX_TAX_LOTS);
    expect(fifo.open[0].lots).toBe(6);
    expect(fifo.costMicros).toBe((100 * 1_005 + (1_004 * 1_005) / 2) * 1e6);
    expect(fifoOf(fifoSnapshot(fifo))).toEqual(fifo);
  });
});

describe('the ledger', () => {
  test('refuses a posting that does not sum to zero', () => {
    const ledger = new Ledger(1);
    const change = { costMicros: 100, realisedMicros: 0, feesMicros: 1 };
    expect(() => ledger.postFill(0, -100, change)).toThrow('balances to zero');
  });

  test('says after trading what account and position say', () => {
    const exchange = exchangeWith();
    agent(exchange, 'S 10@100');
    agent(exchange, 'S 10@101');
    submit(exchange, 'B 15');
    agent(exchange, 'B 20@103', 9);
    submit(exchange, 'S 6@103');
    const { ledger, cashMicros, listings } = exchange.state;
    const { costMicros, realisedMicros, feesMicros } = listings[0].position;
    const carry = { borrowFeesMicros: 0, dividendsMicros: 0 };
    const booked = { costMicros, realisedMicros, feesMicros, ...carry };
    expect(ledger.ofListing(0)).toEqual(booked);
    expect(ledger.cashMicros).toBe(cashMicros);
    expect(ledger.totalMicros).toBe(0);
    // Oldest first: 6 of the 10 at 100 went at 103.
    expect(listings[0].fifo.realisedMicros).toBe(18_000_000);
  });

  test.each`
    what      | law
    ${'cash'} | ${'the account agree'}
    ${'fees'} | ${'the position agree'}
    ${'lots'} | ${'same profit'}
  `('finds money that moved past it: $what', ({ what, law }) => {
    const exchange = exchangeWith();
    agent(exchange, 'S 10@100');
    submit(exchange, 'B 5');
    const { state } = exchange;
    if (what === 'cash') state.cashMicros += 1;
    if (what === 'fees') state.listings[0].position.feesMicros += 1;
    if (what === 'lots') state.listings[0].fifo.realisedMicros += 1;
    expect(() => checkBalance(state)).toThrow(law);
  });
});

test('the day’s profit counts from midnight, at the mark', () => {
  const exchange = exchangeWith();
  agent(exchange, 'B 10@100');
  agent(exchange, 'S 10@102', 3);
  submit(exchange, 'B 4');
  const bought = exchange.state.cashMicros;
  expect(exchange.state.account().dayOpenEquityMicros).toBe(exchange.state.startingCashMicros);
  exchange.expireDayOrders(0);
  const account = exchange.state.account();
  // Mid of 100 and 102.
  expect(account.dayOpenEquityMicros).toBe(bought + 4 * 101_000_000);
  const events = exchange.takeEvents();
  expect(events.at(-1)).toMatchObject({ type: 'accountChanged', account });
  exchange.expireDayOrders(0);
  expect(exchange.takeEvents()).toEqual([]);
});
