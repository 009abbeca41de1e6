import type { VenueEvent } from '@sandpit/schemas/event.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Exchange } from './exchange.ts';
import { restoreInto, snapshotOf } from './exchange-snapshot.ts';
import { StateHash } from './state-hash.ts';
import { Auditor } from './testing/auditor.ts';
import {
  ACME,
  agent,
  crowd,
  exchangeWith,
  goTo,
  kinds,
  resting,
  submit,
  ticket,
} from './testing/desk.ts';
import { free, hold, sessionWith } from './testing/setups.ts';
import { equityMicros } from './valuation.ts';

const MICROS = 1_000_000;

function split(exchange: Exchange, newUnits: number, oldUnits: number): VenueEvent[] {
  const event = { type: 'split' as const, atSeconds: 900, symbol: 'ACME', newUnits, oldUnits };
  exchange.runScripted(event);
  return exchange.takeEvents();
}

function hashOf(exchange: Exchange): string {
  const hash = new StateHash(...exchange.state.hash.lanes);
  exchange.digestInto(hash);
  return hash.lanes.join('/');
}

describe('the position', () => {
  test.each`
    rule                                       | lots   | ratio         | after  | cash          | price
    ${'four for one'}                          | ${10}  | ${'4 for 1'}  | ${40}  | ${0}          | ${25}
    ${'of a short as well'}                    | ${-10} | ${'4 for 1'}  | ${-40} | ${0}          | ${25}
    ${'three for two, and half a lot in cash'} | ${5}   | ${'3 for 2'}  | ${7}   | ${33.333333}  | ${67}
    ${'which a short pays'}                    | ${-5}  | ${'3 for 2'}  | ${-7}  | ${-33.333333} | ${67}
    ${'a reverse split'}                       | ${20}  | ${'1 for 10'} | ${2}   | ${0}          | ${1_000}
    ${'and its odd units in cash'}             | ${27}  | ${'1 for 10'} | ${2}   | ${700}        | ${1_000}
    ${'less than one in all: nothing is left'} | ${7}   | ${'1 for 10'} | ${0}   | ${700}        | ${1_000}
    ${'nobody holds any'}                      | ${0}   | ${'2 for 1'}  | ${0}   | ${0}          | ${50}
  `('$rule: $lots lots, $ratio', ({ lots, ratio, after, cash, price }) => {
    const exchange = exchangeWith({ instruments: [free] });
    if (lots !== 0) hold(exchange, lots);
    const { state } = exchange;
    const before = { cash: state.cashMicros, equity: equityMicros(state) };
    const [newUnits, oldUnits] = ratio.split(' for ').map(Number);
    const events = split(exchange, newUnits, oldUnits);
    const cashMicros = Math.round(cash * MICROS);
    expect(events[0]).toEqual({
      type: 'stockSplit',
      symbol: 'ACME',
      newUnits,
      oldUnits,
      priceTicks: price,
      fromLots: lots,
      quantityLots: after,
      cashMicros,
      realisedMicros: 0,
      atNs: 0,
      causeId: null,
    });
    const moved = lots === 0 ? '' : ` position${cash === 0 ? '' : ' account'}`;
    expect(kinds(events)).toBe(`stocksplit${moved}`);
    expect(state.cashMicros - before.cash).toBe(cashMicros);
    const position = state.position(exchange.listings[0]!);
    expect(position.quantityLots).toBe(after);
    expect(position.fifoCostMicros).toBe(position.costMicros);
    // What the whole cost stays: cash in lieu closes its part of it.
    expect(position.costMicros + cashMicros).toBe(lots * 100 * MICROS);
    expect(state.ledger.totalMicros).toBe(0);
    // 67 instead of 66.67: the tick is all that a split may change about what one has.
    expect(Math.abs(equityMicros(state) - before.equity)).toBeLessThanOrEqual(
      (Math.abs(after) * MICROS) / 2,
    );
  });

  test('cash in lieu realises its share of the profit, of the oldest lots first', () => {
    const exchange = exchangeWith({ instruments: [free] });
    hold(exchange, 13, 90);
    hold(exchange, 4, 100);
    const [event] = split(exchange, 1, 10);
    // 7 of 17 lots at 100; all 17 cost 1,570 and the oldest ones 90 each.
    expect(event).toMatchObject({ cashMicros: 700 * MICROS, quantityLots: 1 });
    const position = exchange.state.position(exchange.listings[0]!);
    const average = Math.round((1_570 * MICROS * 7) / 17);
    expect(position.realisedMicros).toBe(700 * MICROS - average);
    expect(event).toMatchObject({ realisedMicros: 700 * MICROS - average });
    expect(position.fifoRealisedMicros).toBe((700 - 630) * MICROS);
    expect(position.fifoCostMicros).toBe((6 * 90 + 4 * 100) * MICROS);
  });

  test('an opening that makes no lot by itself joins the next one', () => {
    const exchange = exchangeWith({ instruments: [free] });
    for (const [lots, ticks] of [
      [3, 90],
      [9, 95],
      [8, 100],
    ] as const) {
      hold(exchange, lots, ticks);
    }
    split(exchange, 1, 10);
    expect(exchange.listings[0]!.fifo.open).toEqual([
      { lots: 1, costMicros: (3 * 90 + 9 * 95) * MICROS },
      { lots: 1, costMicros: 8 * 100 * MICROS },
    ]);
  });
});

describe('orders', () => {
  test('every one of the instrument ends, and the book is empty', () => {
    const other = { ...free, symbol: 'BOND' };
    const exchange = exchangeWith({ instruments: [free, other], book: 'S 9@104  B 9@96' });
    agent(exchange, 'S 30@106 SHOW 5', 60);
    agent(exchange, 'B 30@95 HIDE', 61);
    hold(exchange, 5);
    for (const text of [
      'B 2@97',
      'B 20@94 SHOW 5',
      'B 3@97 AON',
      'S 5 STOP 95',
      'S 5@105 REDUCE',
      'B 4 PEG PRIMARY',
      'S 2 TRAIL 3',
    ]) {
      submit(exchange, text);
    }
    submit(exchange, 'B 1@95', 'BOND');
    const events = split(exchange, 2, 1);
    const ended = events.filter(({ type }) => type === 'orderCanceled');
    expect(ended).toHaveLength(7);
    for (const event of ended) {
      expect(event).toMatchObject({ order: { rejectReason: 'corporateAction', leavesLots: 0 } });
    }
    expect(resting(exchange)).toBe('');
    expect(exchange.listings[0]!.book.orderCount).toBe(0);
    expect(exchange.state.blotter.open().map(({ symbol }) => symbol)).toEqual(['BOND']);
    expect(exchange.listings[0]!.reservedMicros).toBe(0);
  });

  test('a list goes as a whole, what it holds back included', () => {
    for (const isFilled of [false, true]) {
      const exchange = exchangeWith({ instruments: [free], book: 'S 9@104  B 9@96' });
      const entry = { ...ticket('B 5@98'), clientOrderId: `e${isFilled}` };
      const tickets = [entry, ticket('S 5@110'), ticket('S 5 STOP 90')];
      const list = { type: 'newOrderList', clientListId: 'l', contingency: 'bracket' } as const;
      exchange.execute({ ...list, tickets }, 'l', null);
      if (isFilled) agent(exchange, 'S 3@98', 60);
      const events = split(exchange, 2, 1);
      const ended = events.filter(({ type }) => type === 'orderCanceled');
      expect(ended).toHaveLength(3);
      expect(exchange.state.blotter.open()).toHaveLength(0);
      expect(exchange.listings[0]!.position.lots).toBe(isFilled ? 6 : 0);
    }
  });

  test('the crowd hears that its orders are gone', () => {
    const exchange = exchangeWith({ instruments: [free], book: 'S 9@104  S 2@104  B 9@96' });
    const told: number[][] = [];
    exchange.listen({
      onTrade: () => expect.fail('nothing trades in a split'),
      onUncross: () => expect.fail('nothing trades in a split'),
      onAuctionFill: (...each) => told.push(each),
    });
    split(exchange, 2, 1);
    expect(told.map(([, owner, leaves, lots]) => [owner, leaves, lots])).toEqual([
      [4, 0, 0],
      [2, 0, 0],
      [3, 0, 0],
    ]);
  });

  test('in an auction, what was collected goes as well', () => {
    const session = sessionWith(10);
    const exchange = exchangeWith({ instruments: [free], session });
    goTo(exchange, 12);
    crowd(exchange, 'S 5@99  B 5@101');
    submit(exchange, 'B 5@102 OPG');
    expect(split(exchange, 2, 1).map(({ type }) => type)).toContain('orderCanceled');
    expect(goTo(exchange, 20)).toMatchObject([{ type: 'phaseChanged', phase: 'continuous' }]);
    expect(exchange.listings[0]!.lastTradeTicks).toBe(50);
  });
});

describe('prices', () => {
  test('the reference, the collar and a market order are on the new scale', () => {
    const exchange = exchangeWith({ instruments: [free], book: 'S 9@104  B 9@96' });
    hold(exchange, 5);
    split(exchange, 4, 1);
    expect(exchange.listings[0]!.referenceTicks).toBe(25);
    expect(exchange.listings[0]!.collar).toEqual({ lowTicks: 20, highTicks: 30 });
    crowd(exchange, 'S 9@26');
    expect(submit(exchange, 'B 1@100')).toMatchObject([{ reason: 'priceOutsideCollar' }]);
    expect(submit(exchange, 'B 1@26')).toMatchObject([{}, { type: 'orderFilled' }, {}, {}]);
  });

  test('the price bands stand around it, and the width goes by the close on the new scale', () => {
    const exchange = exchangeWith({ instruments: [free], priceBands: { tier: 1 } });
    goTo(exchange, 2_000);
    const bands = exchange.listings[0]!.bands!;
    expect([bands.lowTicks, bands.highTicks]).toEqual([95, 105]);
    split(exchange, 1, 10);
    expect([bands.lowTicks, bands.highTicks, bands.closeTicks]).toEqual([950, 1_050, 1_000]);
  });

  test('a halt goes on, and its auction may trade on the new scale', () => {
    const exchange = exchangeWith({ instruments: [free] });
    const halt = { type: 'halt', atSeconds: 1, symbol: 'ACME', reason: 'regulatory' } as const;
    exchange.runScripted({ ...halt, seconds: 60 });
    split(exchange, 1, 10);
    const { phase, halt: current } = exchange.listings[0]!;
    expect(phase).toBe('halted');
    expect(current).toMatchObject({ lowTicks: 950, highTicks: 1_050, widthTicks: 50 });
  });
});

test('any positions, any ratios: money balances, both counts of lots agree, a restored exchange is the same', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('trade' as const), lots: fc.integer({ min: -40, max: 40 }) }),
    fc.record({
      do: fc.constant('split' as const),
      newUnits: fc.integer({ min: 1, max: 12 }),
      oldUnits: fc.integer({ min: 1, max: 12 }),
    }),
  );
  let splitsWithCash = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
      const exchange = exchangeWith({ instruments: [ACME], openingTicks: 10_000, cash: 9e8 });
      const auditor = new Auditor([ACME], exchange.state.cashMicros);
      for (const each of steps) {
        const ticks = exchange.listings[0]!.referenceTicks;
        if (each.do === 'split') {
          if (ticks * each.oldUnits > 1e7 * each.newUnits || ticks * each.oldUnits < each.newUnits)
            continue;
          const events = split(exchange, each.newUnits, each.oldUnits);
          auditor.watch(events);
          if ((events[0] as { cashMicros: number }).cashMicros !== 0) splitsWithCash++;
        } else if (each.lots !== 0) {
          agent(exchange, `${each.lots > 0 ? 'S' : 'B'} ${Math.abs(each.lots)}@${ticks}`, 50);
          auditor.watch(
            submit(exchange, `${each.lots > 0 ? 'B' : 'S'} ${Math.abs(each.lots)}@${ticks}`),
          );
        }
        auditor.books(exchange);
      }
      const { plain, books } = snapshotOf(exchange.state);
      const restored = exchangeWith({ instruments: [ACME], openingTicks: 10_000, cash: 9e8 });
      restoreInto(restored.state, structuredClone(plain), books);
      expect(snapshotOf(restored.state).plain).toEqual(plain);
      expect(hashOf(restored)).toBe(hashOf(exchange));
    }),
    { numRuns: 150 },
  );
  expect(splitsWithCash).toBeGreaterThan(50);
});

test('what another engine version has split is taken as it stands', () => {
  const original = exchangeWith({ instruments: [free] });
  agent(original, 'S 9@100', 50);
  const events = [...submit(original, 'B 9@100'), ...split(original, 3, 2)];
  const copy = new Exchange([{ instrument: free, openingTicks: 100 }], 'USD');
  copy.deposit(100_000_000_000);
  for (const event of events) copy.adopt(event);
  copy.reopenBooks();
  expect(copy.state.account()).toEqual(original.state.account());
  expect(copy.listings[0]!.referenceTicks).toBe(67);
  submit(copy, 'S 13@67');
  expect(copy.state.ledger.totalMicros).toBe(0);
});
