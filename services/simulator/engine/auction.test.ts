import { describe, expect, test } from 'vitest';
import { indicativeOf } from './auction.ts';
import type { Exchange } from './exchange.ts';
import { restoreInto, snapshotOf } from './exchange-snapshot.ts';
import { previewTicket } from './preview.ts';
import { receiptOf } from './receipts.ts';
import {
  agent,
  crowd,
  type DeskSetup,
  exchangeWith,
  goTo,
  kinds,
  lastOrder,
  resting,
  submit,
  ticket,
  trades,
} from './testing/desk.ts';
import { free, sessionWith } from './testing/setups.ts';

const SESSION = sessionWith(20);

const day = (setup: DeskSetup = {}): Exchange =>
  exchangeWith({ session: SESSION, instruments: [free], ...setup });

const phase = (exchange: Exchange) => exchange.listings[0]!.phase;
const indicative = (exchange: Exchange) => {
  const now = indicativeOf(exchange.listings[0]!);
  return now && `${now.lots}@${now.priceTicks} ${now.imbalanceLots}`;
};

test('the day goes through its phases and starts over', () => {
  const exchange = day();
  const seen = [5, 10, 20, 119, 120, 130, 149, 150, 160].map((second) => {
    goTo(exchange, second);
    return `${second} ${phase(exchange)}`;
  });
  expect(seen).toEqual([
    '5 preOpen',
    '10 openingAuction',
    '20 continuous',
    '119 continuous',
    '120 closingAuction',
    '130 closed',
    '149 closed',
    '150 preOpen',
    '160 openingAuction',
  ]);
});

test('the trader is told, once per phase', () => {
  const exchange = day();
  const told = goTo(exchange, 150).map((event) => event.type === 'phaseChanged' && event.phase);
  expect(told).toEqual(['openingAuction', 'continuous', 'closingAuction', 'closed', 'preOpen']);
});

describe('the opening auction', () => {
  test.each`
    rule                                            | others                         | own               | filled     | left
    ${'better than the limit'}                      | ${'S 5@98  B 5@99'}            | ${'B 5@103'}      | ${'5@100'} | ${'B 5@99'}
    ${'the whole of it waits when nothing meets'}   | ${'S 5@105'}                   | ${'B 5@103'}      | ${''}      | ${'S 5@105  B 5@103'}
    ${'price before time'}                          | ${'B 3@101  B 3@102  S 4@100'} | ${'B 3@101'}      | ${''}      | ${'B 2@101  B 3@101'}
    ${'time at one price'}                          | ${'B 3@101  S 4@101'}          | ${'B 3@101'}      | ${'1@101'} | ${'B 2@101'}
    ${'a market order comes before limits'}         | ${'B 9@101  S 4@101'}          | ${'B 3'}          | ${'3@101'} | ${'B 8@101'}
    ${'what is left of a market order is canceled'} | ${'S 2@101'}                   | ${'B 3'}          | ${'2@101'} | ${''}
    ${'market against market: at the reference'}    | ${'B 4'}                       | ${'S 4'}          | ${'4@100'} | ${''}
    ${'at the open: what is left expires'}          | ${'S 2@101'}                   | ${'B 3@102 OPG'}  | ${'2@101'} | ${''}
    ${'at the close: it takes no part in the open'} | ${'S 2@101'}                   | ${'B 3@102 CLS'}  | ${''}      | ${'S 2@101'}
    ${'post-only takes part like any other'}        | ${'S 2@101'}                   | ${'B 2@101 POST'} | ${'2@101'} | ${''}
  `('$rule', ({ others, own, filled, left }) => {
    const exchange = day();
    crowd(exchange, others);
    submit(exchange, own);
    expect(resting(exchange)).toBe('');
    expect(trades(goTo(exchange, 20))).toBe(filled);
    expect(resting(exchange)).toBe(left);
  });

  test.each`
    own              | ends
    ${'B 3'}         | ${{ status: 'canceled', rejectReason: 'noLiquidity', filledLots: 2 }}
    ${'B 3@102 OPG'} | ${{ status: 'expired', rejectReason: null, filledLots: 2 }}
    ${'B 3@102'}     | ${{ status: 'partiallyFilled', leavesLots: 1 }}
    ${'B 2@102'}     | ${{ status: 'filled', notionalMicros: 204_000_000 }}
  `('$own against 2 lots ends as $ends', ({ own, ends }) => {
    const exchange = day();
    crowd(exchange, 'S 2@102');
    submit(exchange, own);
    expect(lastOrder(goTo(exchange, 20))).toMatchObject(ends);
  });

  test('the indication follows orders, amendments and cancels', () => {
    const exchange = day();
    expect(indicative(exchange)).toBeNull();
    crowd(exchange, 'S 5@99  S 5@101');
    const handle = agent(exchange, 'B 4@102', 30);
    expect(indicative(exchange)).toBe('4@100 -1');
    submit(exchange, 'B 4@101');
    expect(indicative(exchange)).toBe('8@101 -2');
    exchange.cancel(0, handle);
    expect(indicative(exchange)).toBe('4@100 -1');
    goTo(exchange, 20);
    expect(indicative(exchange)).toBeNull();
  });

  test('what rested overnight is older than what comes in the morning', () => {
    const exchange = day();
    goTo(exchange, 50);
    submit(exchange, 'B 2@100');
    goTo(exchange, 155);
    crowd(exchange, 'B 2@100  S 2@100');
    expect(trades(goTo(exchange, 170))).toBe('2@100');
    expect(resting(exchange)).toBe('B 2@100');
  });

  test('agents hear what became of their orders, and the tape shows one trade', () => {
    const exchange = day();
    const heard: string[] = [];
    exchange.listen({
      onTrade: () => heard.push('trade'),
      onAuctionFill: (_i, owner, leaves, lots) => heard.push(`${owner}: ${lots}, ${leaves} left`),
      onUncross: (_i, side, ticks, lots) =>
        heard.push(`${side === 0 ? 'B' : 'S'} ${lots}@${ticks}`),
    });
    crowd(exchange, 'B 3@101  S 4@101  B 2@101');
    goTo(exchange, 20);
    expect(heard).toEqual(['10: 3, 0 left', '12: 1, 1 left', '11: 4, 0 left', 'B 4@101']);
  });

  test('handles stay valid through the auction', () => {
    const exchange = day();
    const handle = agent(exchange, 'B 3@99', 7);
    goTo(exchange, 20);
    expect(exchange.cancel(0, handle)).toBe(3);
    expect(resting(exchange)).toBe('');
  });

  test('an agent’s immediate order is for the auction only', () => {
    const exchange = day();
    exchange.submit(0, 5, 0, 101, 3, 1);
    crowd(exchange, 'S 2@100');
    goTo(exchange, 20);
    expect(resting(exchange)).toBe('');
    expect(exchange.listings[0]!.lastTradeTicks).toBe(100);
  });
});

describe('an amendment during the auction', () => {
  const replace = (exchange: Exchange, changes: object) =>
    exchange.execute(
      {
        type: 'replaceOrder',
        orderId: '1',
        quantityLots: null,
        limitTicks: null,
        ...changes,
      } as never,
      'r',
      null,
    );
  test.each`
    changes                | filled
    ${{ quantityLots: 3 }} | ${'3@101'}
    ${{ quantityLots: 5 }} | ${'1@101'}
    ${{ limitTicks: 100 }} | ${''}
    ${{ limitTicks: 102 }} | ${'4@102'}
  `('$changes: $filled', ({ changes, filled }) => {
    const exchange = day();
    submit(exchange, 'B 4@101');
    crowd(exchange, 'B 3@101  S 4@101');
    expect(kinds(replace(exchange, changes))).toMatch(/^replaced/);
    expect(trades(goTo(exchange, 20))).toBe(filled);
  });

  test('and a cancel takes it out', () => {
    const exchange = day();
    submit(exchange, 'B 4@101');
    crowd(exchange, 'S 4@101');
    expect(kinds(exchange.execute({ type: 'cancelOrder', orderId: '1' }, 'x', null))).toBe(
      'canceled account',
    );
    goTo(exchange, 20);
    expect(resting(exchange)).toBe('S 4@101');
  });
});

describe('the close', () => {
  test('orders at the close trade there, with what rests, at one price', () => {
    const exchange = day({ book: '' });
    goTo(exchange, 30);
    crowd(exchange, 'S 5@101  B 5@99');
    submit(exchange, 'B 3 CLS');
    expect(resting(exchange)).toBe('S 5@101  B 5@99');
    goTo(exchange, 121);
    expect(indicative(exchange)).toBe('3@101 -2');
    expect(trades(goTo(exchange, 130))).toBe('3@101');
  });

  test('day orders end at it, waiting ones too; good-till-canceled ones stay', () => {
    const exchange = day();
    goTo(exchange, 30);
    crowd(exchange, 'B 1@100  S 1@100');
    for (const text of ['B 1@90 DAY', 'B 1@91', 'B 1@92 CLS', 'B 1 STOP 110 DAY']) {
      submit(exchange, text);
    }
    const events = goTo(exchange, 130);
    expect(kinds(events)).toBe('phase phase expired expired expired account');
    expect(exchange.state.blotter.open().map(({ limitTicks }) => limitTicks)).toEqual([91]);
  });

  test('midnight ends no day order where there is a close', () => {
    const exchange = day();
    submit(exchange, 'B 1@90 DAY');
    goTo(exchange, 30);
    exchange.expireDayOrders(30e9);
    expect(kinds(exchange.takeEvents())).toBe('');
  });

  test('a stop reached by the closing price waits for the next day’s first trade', () => {
    const exchange = day();
    goTo(exchange, 30);
    crowd(exchange, 'B 1@100  S 1@100  S 9@108');
    submit(exchange, 'B 1 STOP 105');
    goTo(exchange, 125);
    crowd(exchange, 'B 1@107  S 1@106');
    expect(kinds(goTo(exchange, 160))).not.toMatch(/triggered/);
    crowd(exchange, 'B 1@106  S 1@106');
    expect(kinds(goTo(exchange, 170))).toMatch(/triggered/);
  });
});

describe('refused', () => {
  test.each`
    reason                       | second | order
    ${'notInThisPhase'}          | ${5}   | ${'B 1@100 IOC'}
    ${'notInThisPhase'}          | ${5}   | ${'B 1@100 FOK'}
    ${'notInThisPhase'}          | ${5}   | ${'B 1 MTL'}
    ${null}                      | ${5}   | ${'B 1 IOC'}
    ${null}                      | ${15}  | ${'B 1@100 OPG'}
    ${'notInThisPhase'}          | ${30}  | ${'B 1@100 OPG'}
    ${null}                      | ${30}  | ${'B 1@100 CLS'}
    ${null}                      | ${125} | ${'B 1@100 CLS'}
    ${'notInThisPhase'}          | ${125} | ${'B 1@100 OPG'}
    ${'marketClosed'}            | ${135} | ${'B 1@100'}
    ${'marketClosed'}            | ${135} | ${'B 0@100'}
    ${'invalidInstructions'}     | ${30}  | ${'B 1 STOP 105 CLS'}
    ${'priceOutsideCollar'}      | ${5}   | ${'B 1@121'}
    ${'insufficientBuyingPower'} | ${5}   | ${'B 900'}
    ${'insufficientBuyingPower'} | ${5}   | ${'S 900@81'}
  `('$order at $second s: $reason', ({ second, order, reason }) => {
    const exchange = day();
    goTo(exchange, second);
    expect(lastOrder(submit(exchange, order)).rejectReason).toBe(reason);
  });

  test.each`
    first            | then         | reason
    ${'B 1@101'}     | ${'S 1@101'} | ${'selfTrade'}
    ${'B 1@101'}     | ${'S 1@102'} | ${null}
    ${'B 1'}         | ${'S 1'}     | ${'selfTrade'}
    ${'S 1@100 CLS'} | ${'B 1@105'} | ${'selfTrade'}
  `('own orders that would meet: $first, then $then', ({ first, then, reason }) => {
    const exchange = day();
    submit(exchange, first);
    expect(lastOrder(submit(exchange, then)).rejectReason).toBe(reason);
  });

  test.each(['B 1@100 OPG', 'B 1@100 CLS'])('%s where there is no trading day', (order) => {
    expect(lastOrder(submit(exchangeWith(), order)).rejectReason).toBe('invalidInstructions');
  });

  test('cancels pass in every phase', () => {
    const exchange = day();
    for (const second of [5, 15, 30, 125]) {
      goTo(exchange, second);
      submit(exchange, 'B 1@90');
    }
    goTo(exchange, 135);
    const events = exchange.execute({ type: 'cancelAll', symbol: null, side: null }, 'x', null);
    expect(kinds(events)).toBe('canceled canceled canceled canceled account');
  });
});

describe('money and risk in an auction', () => {
  test.each`
    own              | heldTicks
    ${'B 5@101'}     | ${101}
    ${'B 5'}         | ${120}
    ${'S 5@99'}      | ${120}
    ${'S 5@119 CLS'} | ${120}
  `('$own says at what price it holds money, from its first event on', ({ own, heldTicks }) => {
    const events = submit(day(), own);
    expect(kinds(events)).toBe('accepted account');
    expect(lastOrder(events).progress).toEqual({ heldTicks });
  });

  test('and after an amendment, what it holds then', () => {
    const exchange = day();
    submit(exchange, 'B 5@101');
    const change = { type: 'replaceOrder', orderId: '1', quantityLots: null, limitTicks: 103 };
    const events = exchange.execute(change as never, 'r', null);
    expect(lastOrder(events).progress).toEqual({ heldTicks: 103 });
  });

  test('a market order holds the far end of the collar and gives back what it did not need', () => {
    const exchange = day();
    crowd(exchange, 'S 5@101');
    submit(exchange, 'B 5');
    expect(exchange.state.account().reservedMicros).toBe(600_000_000);
    goTo(exchange, 20);
    expect(exchange.state.account()).toMatchObject({
      reservedMicros: 0,
      cashMicros: 100_000_000_000 - 505_000_000,
    });
  });

  test('a reduce-only order takes part with no more than the position', () => {
    const exchange = day();
    goTo(exchange, 30);
    crowd(exchange, 'S 3@100');
    submit(exchange, 'B 3@100');
    submit(exchange, 'S 5@103 REDUCE');
    goTo(exchange, 125);
    crowd(exchange, 'B 9@103');
    expect(trades(goTo(exchange, 130))).toBe('3@103');
    expect(exchange.listings[0]!.position.lots).toBe(0);
    expect(exchange.state.blotter.open()).toEqual([]);
  });
});

test('a receipt tells the wait for the auction, and what traded ahead in it', () => {
  const exchange = day();
  goTo(exchange, 30);
  crowd(exchange, 'B 3@101');
  submit(exchange, 'B 2@101');
  goTo(exchange, 125);
  submit(exchange, 'B 1@101');
  crowd(exchange, 'S 4@101');
  expect(trades(goTo(exchange, 130))).toBe('1@101');
  const legs = (id: string) => receiptOf(exchange.state, id)!.legs;
  expect(legs('1')).toMatchObject([{ kind: 'resting', aheadLots: 3, tradedAheadLots: 3 }]);
  expect(legs('2')).toMatchObject([
    { kind: 'waiting', fromNs: 125e9, toNs: 130e9 },
    { kind: 'resting', aheadLots: 1, toNs: null },
  ]);
});

test('asked what would happen, an order for an auction fills nothing and holds its money', () => {
  const exchange = day();
  crowd(exchange, 'S 5@101');
  const preview = previewTicket(exchange.state, ticket('B 5'), null);
  expect(preview).toMatchObject({ reason: null, filledLots: 0, restingLots: 5 });
  expect(preview.after.reservedMicros).toBe(600_000_000);
});

test('a snapshot in the middle of an auction goes on the same', () => {
  const original = day();
  crowd(original, 'S 5@99  S 5@101  B 3@100');
  submit(original, 'B 4@101');
  submit(original, 'B 1@101 CLS');
  goTo(original, 12);
  const saved = snapshotOf(original.state);
  const copy = day();
  restoreInto(copy.state, JSON.parse(JSON.stringify(saved.plain)), saved.books);
  expect(snapshotOf(copy.state)).toEqual(saved);
  expect(goTo(copy, 130)).toEqual(goTo(original, 130));
  expect(snapshotOf(copy.state)).toEqual(snapshotOf(original.state));
});
