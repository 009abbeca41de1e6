import type { Contingency, Order } from '@sandpit/schemas/order.ts';
import { describe, expect, test } from 'vitest';
import type { Exchange } from './exchange.ts';
import { restoreInto, snapshotOf } from './exchange-snapshot.ts';
import {
  agent,
  exchangeWith,
  kinds,
  lastOrder,
  resting,
  submit,
  ticket,
  trades,
} from './testing/desk.ts';
import { free } from './testing/setups.ts';

/** `bracket: B 10@100 / S 10@105 / S 10 STOP 95`. */
function list(exchange: Exchange, text: string) {
  const [contingency, orders] = text.split(': ');
  const tickets = orders.split(' / ').map((each) => ticket(each));
  const command = { type: 'newOrderList', clientListId: 'l', tickets } as const;
  return exchange.execute({ ...command, contingency: contingency as Contingency }, 'list', null);
}

/** Where every order stands: `1 new 10 · 2 filled 0`. */
const states = (exchange: Exchange): string =>
  exchange.state.blotter
    .newest(20)
    .reverse()
    .map(({ orderId, status, leavesLots }) => `${orderId} ${status} ${leavesLots}`)
    .join(' · ');

/** Agents' orders, one after the other. */
function act(exchange: Exchange, crowd: string): void {
  let owner = 30;
  for (const text of crowd.split('  ').filter(Boolean)) agent(exchange, text, owner++);
}

const order = (exchange: Exchange, orderId: string): Order => exchange.state.blotter.get(orderId)!;

const opened = (book = '') => {
  const exchange = exchangeWith({ instruments: [free], book });
  agent(exchange, 'S 1@100', 90);
  agent(exchange, 'B 1@100', 91);
  return exchange;
};

describe('a pegged entry', () => {
  test.each`
    rule                                      | orders                                                | crowd                 | after
    ${'holds its exits back'}                 | ${'bracket: B 5 PEG PRIMARY / S 5@110 / S 5 STOP 90'} | ${''}                 | ${'1 new 5 · 2 new 5 · 3 new 5'}
    ${'wakes them with what it trades'}       | ${'bracket: B 5 PEG PRIMARY / S 5@110 / S 5 STOP 90'} | ${'S 5@98'}           | ${'1 partiallyFilled 2 · 2 new 3 · 3 new 3'}
    ${'also where it has moved to'}           | ${'bracket: B 5 PEG PRIMARY / S 5@110 / S 5 STOP 90'} | ${'B 1@99  S 6@99'}   | ${'1 filled 0 · 2 new 5 · 3 new 5'}
    ${'and hidden at the mid'}                | ${'oto: B 5 PEG MID / S 2@110 / S 3 STOP 90'}         | ${'S 4@100'}          | ${'1 partiallyFilled 1 · 2 new 2 · 3 new 3'}
    ${'is over when its exits have closed'}   | ${'bracket: B 5 PEG PRIMARY / S 5@103 / S 5 STOP 90'} | ${'S 5@98  B 12@103'} | ${'1 canceled 0 · 2 filled 0 · 3 canceled 0'}
    ${'takes them along when it is canceled'} | ${'oto: B 5 PEG PRIMARY / S 5@110'}                   | ${'cancel'}           | ${'1 canceled 0 · 2 canceled 0'}
  `('$rule: $orders', ({ orders, crowd, after }) => {
    const exchange = exchangeWith({ instruments: [free], book: 'B 2@98  S 9@103' });
    list(exchange, orders);
    if (crowd === 'cancel') exchange.execute({ type: 'cancelOrder', orderId: '1' }, 'x', null);
    else act(exchange, crowd);
    expect(states(exchange)).toBe(after);
  });
});

describe('one cancels the other', () => {
  test.each`
    rule                                        | orders                     | crowd                       | after
    ${'both stand'}                             | ${'S 5@105 / B 5@95'}      | ${''}                       | ${'1 new 5 · 2 new 5'}
    ${'a whole fill cancels the other'}         | ${'S 5@105 / B 5@95'}      | ${'B 5@105'}                | ${'1 filled 0 · 2 canceled 0'}
    ${'so does a part of one'}                  | ${'S 5@105 / B 5@95'}      | ${'B 2@105'}                | ${'1 partiallyFilled 3 · 2 canceled 0'}
    ${'a target cancels its stop'}              | ${'S 5@105 / S 5 STOP 95'} | ${'B 5@105'}                | ${'1 filled 0 · 2 canceled 0'}
    ${'a stop that finds nobody ends alone'}    | ${'S 5@105 / S 5 STOP 95'} | ${'S 1@95  B 1@95  B 9@94'} | ${'1 new 5 · 2 canceled 0'}
    ${'a stop with a buyer cancels its target'} | ${'S 5@105 / S 5 STOP 95'} | ${'B 9@90  S 1@95  B 1@95'} | ${'1 canceled 0 · 2 filled 0'}
    ${'one sweep over both fills one'}          | ${'S 5@105 / S 5@106'}     | ${'B 10@106'}               | ${'1 filled 0 · 2 canceled 0'}
    ${'a part of the first stops the second'}   | ${'S 5@106 / S 5@105'}     | ${'B 6@106'}                | ${'1 canceled 0 · 2 filled 0'}
  `('$rule', ({ orders, crowd, after }) => {
    const exchange = opened();
    list(exchange, `oco: ${orders}`);
    act(exchange, crowd);
    expect(states(exchange)).toBe(after);
  });

  test('one that trades at once cancels the other before it is worked', () => {
    const exchange = opened('S 9@101');
    const events = list(exchange, 'oco: B 5@101 / B 5 STOP 110');
    expect(trades(events)).toBe('5@101');
    expect(order(exchange, '2')).toMatchObject({ status: 'canceled', rejectReason: 'contingency' });
    expect(order(exchange, '1').list).toMatchObject({ listId: '1', role: 'peer' });
  });

  test('its orders count once for money and for what there is to sell', () => {
    const noShort = { ...free, shortable: false };
    const exchange = exchangeWith({ instruments: [noShort], cash: 1_000, book: 'S 5@100' });
    submit(exchange, 'B 5@100');
    expect(kinds(list(exchange, 'oco: S 5@110 / S 5 STOP 90'))).toBe('accepted accepted');
    expect(exchange.state.account().reservedMicros).toBe(0);
    expect(lastOrder(submit(exchange, 'S 1@110'))).toMatchObject({ rejectReason: 'notShortable' });
  });

  test('a canceled leg leaves the other', () => {
    const exchange = opened();
    list(exchange, 'oco: S 5@105 / B 5@95');
    exchange.execute({ type: 'cancelOrder', orderId: '1' }, 'x', null);
    expect(states(exchange)).toBe('1 canceled 0 · 2 new 5');
  });
});

describe('one updates the other', () => {
  test.each`
    rule                           | crowd                | after
    ${'a part takes as much away'} | ${'B 2@105'}         | ${'1 partiallyFilled 3 · 2 new 3'}
    ${'all of it ends the other'}  | ${'B 5@105'}         | ${'1 filled 0 · 2 canceled 0'}
    ${'parts of both'}             | ${'B 2@105  S 1@95'} | ${'1 partiallyFilled 2 · 2 partiallyFilled 2'}
  `('$rule', ({ crowd, after }) => {
    const exchange = opened();
    list(exchange, 'ouo: S 5@105 / B 5@95');
    act(exchange, crowd);
    expect(states(exchange)).toBe(after);
  });

  test('one sweep over both fills their size once', () => {
    const exchange = opened();
    list(exchange, 'ouo: S 5@105 / S 5@106');
    agent(exchange, 'B 8@106', 30);
    expect(exchange.listings[0].position.lots).toBe(-5);
    expect(states(exchange)).toBe('1 filled 0 · 2 canceled 0');
  });
});

describe('one triggers the other', () => {
  test('a child comes with what its parent fills, and grows with it', () => {
    const exchange = opened();
    list(exchange, 'oto: B 10@99 / S 10@104');
    expect(states(exchange)).toBe('1 new 10 · 2 new 10');
    expect(resting(exchange)).toBe('B 10@99');
    agent(exchange, 'S 3@99', 30);
    expect(resting(exchange)).toBe('S 3@104  B 7@99');
    agent(exchange, 'S 4@99', 31);
    expect(resting(exchange)).toBe('S 7@104  B 3@99');
    exchange.execute({ type: 'cancelOrder', orderId: '1' }, 'x', null);
    expect(resting(exchange)).toBe('S 7@104');
  });

  test('a parent that ends without a fill takes its children along', () => {
    const exchange = opened();
    list(exchange, 'oto: B 10@99 / S 10@104');
    exchange.execute({ type: 'cancelOrder', orderId: '1' }, 'x', null);
    expect(order(exchange, '2')).toMatchObject({ status: 'canceled', rejectReason: 'contingency' });
    expect(exchange.state.lists.size).toBe(0);
  });
});

describe('a bracket', () => {
  const BRACKET = 'bracket: B 10@100 / S 10@105 / S 10 STOP 95';

  test.each`
    rule                                       | crowd                                         | after
    ${'legs wait for the entry'}               | ${''}                                         | ${'1 new 10 · 2 new 10 · 3 new 10'}
    ${'a partial entry arms as much'}          | ${'S 4@100'}                                  | ${'1 partiallyFilled 6 · 2 new 4 · 3 new 4'}
    ${'the target closes, the stop goes'}      | ${'S 10@100  B 10@105'}                       | ${'1 filled 0 · 2 filled 0 · 3 canceled 0'}
    ${'a part of the target shrinks the stop'} | ${'S 10@100  B 3@105'}                        | ${'1 filled 0 · 2 partiallyFilled 7 · 3 new 7'}
    ${'the stop closes through a gap'}         | ${'S 10@100  B 9@80  B 1@81  S 1@94  B 1@94'} | ${'1 filled 0 · 2 canceled 0 · 3 filled 0'}
    ${'legs that closed all end the entry'}    | ${'S 4@100  B 4@105'}                         | ${'1 canceled 0 · 2 filled 0 · 3 canceled 0'}
  `('$rule', ({ crowd, after }) => {
    const exchange = opened();
    list(exchange, BRACKET);
    act(exchange, crowd);
    expect(states(exchange)).toBe(after);
  });

  test('at market: entry and legs by one command', () => {
    const exchange = opened('S 10@101');
    const events = list(exchange, 'bracket: B 10 / S 10@105 / S 10 STOP 95');
    expect(kinds(events)).toBe('accepted accepted accepted filled position account');
    expect(states(exchange)).toBe('1 filled 0 · 2 new 10 · 3 new 10');
    expect(exchange.state.account().reservedMicros).toBe(0);
    expect(resting(exchange)).toBe('S 10@105');
  });

  test('a stop that the market is through already fires when it is armed', () => {
    const exchange = opened('B 20@93  S 11@94');
    const events = list(exchange, 'bracket: B 10@98 / S 10@105 / S 10 STOP 95');
    expect(trades(events)).toBe('10@94 10@93');
    expect(states(exchange)).toBe('1 filled 0 · 2 canceled 0 · 3 filled 0');
  });

  test('legs are moved, but their size is the list’s', () => {
    const exchange = opened();
    list(exchange, BRACKET);
    const replace = (orderId: string, changes: object) =>
      exchange.execute(
        {
          type: 'replaceOrder',
          orderId,
          quantityLots: null,
          limitTicks: null,
          ...changes,
        } as never,
        'r',
        null,
      );
    expect(kinds(replace('3', { stopTicks: 97 }))).toBe('replaced');
    expect(kinds(replace('2', { limitTicks: 103 }))).toBe('replaced');
    expect(kinds(replace('2', { quantityLots: 3 }))).toBe('commandrefused');
    expect(kinds(replace('1', { quantityLots: 6 }))).toBe('replaced account');
    agent(exchange, 'S 6@100', 30);
    expect(resting(exchange)).toBe('S 6@103');
    expect(order(exchange, '3')).toMatchObject({ leavesLots: 6, progress: { triggerTicks: 97 } });
  });

  test('is canceled whole', () => {
    const exchange = opened();
    list(exchange, BRACKET);
    agent(exchange, 'S 4@100', 30);
    exchange.takeEvents();
    const events = exchange.execute({ type: 'cancelList', listId: '1' }, 'x', null);
    expect(kinds(events)).toBe('canceled canceled canceled account');
    expect(exchange.execute({ type: 'cancelList', listId: '1' }, 'y', null)).toMatchObject([
      { reason: 'tooLateToCancel' },
    ]);
  });

  test('goes on from a snapshot taken at any point', () => {
    const crowd = ['S 4@100', 'B 1@105', 'S 6@100', 'B 9@90', 'S 1@95', 'B 1@95'];
    for (let cut = 0; cut <= crowd.length; cut++) {
      const original = opened();
      list(original, BRACKET);
      act(original, crowd.slice(0, cut).join('  '));
      original.takeEvents();
      const saved = snapshotOf(original.state);
      const copy = exchangeWith({ instruments: [free] });
      restoreInto(copy.state, JSON.parse(JSON.stringify(saved.plain)), saved.books);
      expect(snapshotOf(copy.state)).toEqual(saved);
      crowd.slice(cut).forEach((each, i) => {
        agent(original, each, 60 + i);
        agent(copy, each, 60 + i);
        expect(copy.takeEvents()).toEqual(original.takeEvents());
      });
      expect(snapshotOf(copy.state)).toEqual(snapshotOf(original.state));
    }
  });
});

describe('a list is refused as a whole', () => {
  test.each`
    reason                       | text
    ${'invalidInstructions'}     | ${'bracket: B 5@100 / S 5@105'}
    ${'invalidInstructions'}     | ${'bracket: B 5@100 / S 5@105 / B 5 STOP 105'}
    ${'invalidInstructions'}     | ${'oco: B 5@95 / B 4 STOP 105'}
    ${'invalidInstructions'}     | ${'oco: B 5@95 / B 5'}
    ${'invalidInstructions'}     | ${'oto: B 5@95 / S 5@105 IOC'}
    ${'triggerPriceReached'}     | ${'oco: B 5@95 / B 5 STOP 99'}
    ${'insufficientBuyingPower'} | ${'bracket: B 1000@100 / S 1000@105 / S 1000 STOP 95'}
    ${'invalidPrice'}            | ${'bracket: B 5@100 / S 5@105 / S 5 STOP 0'}
  `('$text: $reason', ({ reason, text }) => {
    const exchange = exchangeWith({ instruments: [free], cash: 50_000 });
    agent(exchange, 'S 1@100', 90);
    agent(exchange, 'B 1@100', 91);
    const events = list(exchange, text);
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['orderRejected']));
    expect(lastOrder(events).rejectReason).toBe(reason);
    expect(exchange.state.lists.size).toBe(0);
  });
});

describe('a position', () => {
  const close = (exchange: Exchange, reverse: boolean) =>
    exchange.execute(
      { type: 'closePosition', symbol: 'ACME', clientOrderId: `close-${reverse}`, reverse },
      'close',
      null,
    );

  test.each`
    how           | reverse  | traded         | lots
    ${'closed'}   | ${false} | ${'5@99'}      | ${0}
    ${'reversed'} | ${true}  | ${'9@99 1@98'} | ${-5}
  `('is $how, and its orders go first', ({ reverse, traded, lots }) => {
    const exchange = exchangeWith({ instruments: [free], book: 'S 5@100  B 9@99  B 9@98' });
    submit(exchange, 'B 5@100');
    list(exchange, 'oco: S 5@110 / S 5 STOP 90');
    const events = close(exchange, reverse);
    expect(trades(events)).toBe(traded);
    expect(exchange.listings[0].position.lots).toBe(lots);
    expect(exchange.state.blotter.open()).toEqual([]);
  });

  test('that is flat is not closed', () => {
    const exchange = exchangeWith({ instruments: [free] });
    submit(exchange, 'B 5@99');
    expect(close(exchange, false)).toMatchObject([
      { type: 'commandRefused', reason: 'reduceOnlyWouldIncrease' },
    ]);
    expect(resting(exchange)).toBe('B 5@99');
  });
});

describe('a leg that trails and opens a position', () => {
  test('beside another one', () => {
    const exchange = opened();
    list(exchange, 'ouo: S 24@111 / S 24 TRAIL 5');
    expect(states(exchange)).toBe('1 new 24 · 2 new 24');
    expect(order(exchange, '2').progress).toMatchObject({ triggerTicks: 95 });
  });

  test('behind its entry, changed while it is held back', () => {
    const exchange = opened();
    list(exchange, 'oto: B 10@99 / B 10 TRAIL 4');
    const change = { limitTicks: null, quantityLots: null, stopTicks: null, displayLots: null };
    const replace = { type: 'replaceOrder', orderId: '2', ...change } as const;
    expect(kinds(exchange.execute(replace, 'replace', null))).toMatch(/^replaced/);
    act(exchange, 'S 10@99');
    expect(states(exchange)).toBe('1 filled 0 · 2 new 10');
    expect(order(exchange, '2').progress).toMatchObject({ triggerTicks: 103 });
  });
});
