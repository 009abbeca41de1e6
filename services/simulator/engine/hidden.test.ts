/** Icebergs and hidden orders: what others see of them, and when they trade. */
import { describe, expect, test } from 'vitest';
import { touchInAuction } from './auction.ts';
import { restoreInto, snapshotOf } from './exchange-snapshot.ts';
import { previewTicket } from './preview.ts';
import { receiptOf } from './receipts.ts';
import {
  agent,
  depth,
  exchangeWith,
  kinds,
  lastOrder,
  resting,
  submit,
  ticket,
  trades,
} from './testing/desk.ts';
import { free } from './testing/setups.ts';

const desk = (book = '', cash = 100_000) => exchangeWith({ instruments: [free], book, cash });

describe('an iceberg shows a tip; the rest comes tip by tip', () => {
  test.each`
    rule                                              | before      | own                 | after       | takes        | traded                   | rests
    ${'it shows its tip'}                             | ${''}       | ${'B 10@99 SHOW 3'} | ${''}       | ${''}        | ${''}                    | ${'B 3+7@99'}
    ${'a tip that is touched keeps its place'}        | ${''}       | ${'B 10@99 SHOW 3'} | ${'B 4@99'} | ${'S 2@99'}  | ${'2@99'}                | ${'B 1+7@99  B 4@99'}
    ${'a new tip goes to the back'}                   | ${''}       | ${'B 10@99 SHOW 3'} | ${'B 4@99'} | ${'S 3@99'}  | ${'3@99'}                | ${'B 4@99  B 3+4@99'}
    ${'and waits for those who came before it'}       | ${''}       | ${'B 10@99 SHOW 3'} | ${'B 4@99'} | ${'S 6@99'}  | ${'3@99'}                | ${'B 1@99  B 3+4@99'}
    ${'one taker takes tips in turn with the others'} | ${''}       | ${'B 10@99 SHOW 3'} | ${'B 4@99'} | ${'S 9@99'}  | ${'3@99 2@99'}           | ${'B 1+4@99'}
    ${'two fills of one taker, others in between'}    | ${'B 2@99'} | ${'B 10@99 SHOW 3'} | ${'B 4@99'} | ${'S 20@99'} | ${'3@99 3@99 3@99 1@99'} | ${'S 4@99'}
    ${'the last tip is what is left'}                 | ${''}       | ${'B 10@99 SHOW 4'} | ${''}       | ${'S 8@99'}  | ${'4@99 4@99'}           | ${'B 2@99'}
    ${'a part as large as the order hides nothing'}   | ${''}       | ${'B 5@99 SHOW 5'}  | ${''}       | ${'S 2@99'}  | ${'2@99'}                | ${'B 3@99'}
    ${'a part that divides it ends without a rest'}   | ${''}       | ${'B 6@99 SHOW 3'}  | ${'B 1@99'} | ${'S 7@99'}  | ${'3@99 3@99'}           | ${''}
    ${'at a better price it trades in full first'}    | ${'B 4@98'} | ${'B 9@99 SHOW 3'}  | ${''}       | ${'S 10@98'} | ${'3@99 3@99 3@99'}      | ${'B 3@98'}
  `('$rule', ({ before, own, after, takes, traded, rests }) => {
    const exchange = desk(before);
    submit(exchange, own);
    if (after) agent(exchange, after, 8);
    if (takes) agent(exchange, takes, 9);
    expect(trades(exchange.takeEvents())).toBe(traded);
    expect(resting(exchange)).toBe(rests);
  });

  test('what comes in takes in full before it shows anything', () => {
    const exchange = desk('S 4@101  S 4@102');
    const events = submit(exchange, 'B 10@101 SHOW 3');
    expect(trades(events)).toBe('4@101');
    expect(resting(exchange)).toBe('S 4@102  B 3+3@101');
    expect(lastOrder(events)).toMatchObject({ quantityLots: 10, leavesLots: 6 });
  });

  test('nobody sees more than the tips', () => {
    const exchange = desk('B 2@99');
    submit(exchange, 'B 10@99 SHOW 3');
    submit(exchange, 'B 10@98 SHOW 1');
    expect(depth(exchange)).toBe('B 5@99  B 1@98');
    agent(exchange, 'S 4@99', 9);
    expect(depth(exchange)).toBe('B 1@99  B 1@98');
    agent(exchange, 'S 1@99', 9);
    expect(depth(exchange)).toBe('B 3@99  B 1@98');
    expect(exchange.listings[0].book.ordersAt(0, 99)).toBe(1);
  });

  test('two icebergs take turns', () => {
    const exchange = desk('B 6@99 SHOW 2');
    submit(exchange, 'B 6@99 SHOW 3');
    agent(exchange, 'S 7@99', 9);
    expect(resting(exchange)).toBe('B 3@99  B 2@99');
    expect(trades(exchange.takeEvents())).toBe('3@99');
  });

  test('the receipt has a leg for each tip, with what stood before it', () => {
    const exchange = desk('B 2@99');
    const { orderId } = lastOrder(submit(exchange, 'B 10@99 SHOW 3'));
    agent(exchange, 'B 4@99', 3);
    exchange.setNow(50);
    agent(exchange, 'S 5@99', 4);
    exchange.setNow(80);
    agent(exchange, 'S 5@99', 4);
    const { legs, aheadLots, makerLots } = receiptOf(exchange.state, orderId)!;
    expect(legs).toMatchObject([
      { fromNs: 0, toNs: 50, aheadLots: 2, tradedAheadLots: 2, canceledAheadLots: 0 },
      { fromNs: 50, toNs: null, priceTicks: 99, aheadLots: 4, tradedAheadLots: 4 },
    ]);
    expect({ aheadLots, makerLots }).toEqual({ aheadLots: 0, makerLots: 4 });
  });
});

describe('a hidden order comes after what is shown at its price', () => {
  test.each`
    rule                                    | before             | own               | after            | takes        | traded     | rests
    ${'it is in the book'}                  | ${'B 2@99'}        | ${'B 5@99 HIDE'}  | ${''}            | ${''}        | ${''}      | ${'B 2@99  B (5)@99'}
    ${'those who came later trade first'}   | ${''}              | ${'B 5@99 HIDE'}  | ${'B 4@99'}      | ${'S 4@99'}  | ${''}      | ${'B (5)@99'}
    ${'then it trades'}                     | ${''}              | ${'B 5@99 HIDE'}  | ${'B 4@99'}      | ${'S 6@99'}  | ${'2@99'}  | ${'B (3)@99'}
    ${'a better price comes first, unseen'} | ${'B 4@98'}        | ${'B 5@99 HIDE'}  | ${''}            | ${'S 7@98'}  | ${'5@99'}  | ${'B 2@98'}
    ${'tips to come are before it as well'} | ${'B 6@99 SHOW 2'} | ${'B 5@99 HIDE'}  | ${''}            | ${'S 7@99'}  | ${'1@99'}  | ${'B (4)@99'}
    ${'hidden ones trade oldest first'}     | ${'B 3@99 HIDE'}   | ${'B 5@99 HIDE'}  | ${'B 1@99 HIDE'} | ${'S 4@99'}  | ${'1@99'}  | ${'B (4)@99  B (1)@99'}
    ${'a seller stops at his limit'}        | ${''}              | ${'B 5@99 HIDE'}  | ${''}            | ${'S 7@100'} | ${''}      | ${'S 7@100  B (5)@99'}
    ${'sells are hidden in the same way'}   | ${'S 2@101'}       | ${'S 5@101 HIDE'} | ${''}            | ${'B 4@101'} | ${'2@101'} | ${'S (3)@101'}
    ${'a market order finds it'}            | ${''}              | ${'S 5@101 HIDE'} | ${''}            | ${'B 4'}     | ${'4@101'} | ${'S (1)@101'}
  `('$rule', ({ before, own, after, takes, traded, rests }) => {
    const exchange = desk(before);
    submit(exchange, own);
    if (after) agent(exchange, after, 8);
    if (takes) agent(exchange, takes, 9);
    expect(trades(exchange.takeEvents())).toBe(traded);
    expect(resting(exchange)).toBe(rests);
  });

  test('it is in no total, no quote and no trigger', () => {
    const exchange = desk('B 2@98  S 2@102');
    submit(exchange, 'B 5@100 HIDE');
    const { book, referenceTicks } = exchange.listings[0];
    expect(depth(exchange)).toBe('S 2@102  B 2@98');
    expect({ bid: book.bestBid, referenceTicks }).toEqual({ bid: 98, referenceTicks: 100 });
    submit(exchange, 'S 5 STOP 99 BY QUOTE');
    submit(exchange, 'S 5 MIT 100 BY QUOTE');
    expect(exchange.listings[0].waiting.size).toBe(1);
  });

  test('its receipt counts all that trades before it', () => {
    const exchange = desk('B 2@99  B 3@99 HIDE');
    const { orderId } = lastOrder(submit(exchange, 'B 5@99 HIDE'));
    expect(receiptOf(exchange.state, orderId)).toMatchObject({ aheadLots: 5 });
    agent(exchange, 'B 4@99', 7);
    expect(receiptOf(exchange.state, orderId)).toMatchObject({ aheadLots: 9 });
    agent(exchange, 'S 7@99', 8);
    expect(receiptOf(exchange.state, orderId)).toMatchObject({
      aheadLots: 2,
      legs: [{ kind: 'resting', priceTicks: 99, aheadLots: 5, tradedAheadLots: 7 }],
    });
  });
});

describe('what others find is what is there, not what is shown', () => {
  test.each`
    rule                                              | own                | takes             | traded              | rests
    ${'fill-or-kill counts hidden size'}              | ${'B 8@99 HIDE'}   | ${'S 8@99 FOK'}   | ${'8@99'}           | ${''}
    ${'and what is behind a tip'}                     | ${'B 8@99 SHOW 3'} | ${'S 8@99 FOK'}   | ${'3@99 3@99 2@99'} | ${''}
    ${'but not a lot more'}                           | ${'B 8@99 SHOW 3'} | ${'S 9@99 FOK'}   | ${''}               | ${'B 3+5@99'}
    ${'IOC takes hidden size'}                        | ${'B 8@99 HIDE'}   | ${'S 9@99 IOC'}   | ${'8@99'}           | ${''}
    ${'post-only is refused by a price nobody shows'} | ${'B 8@99 HIDE'}   | ${'S 2@99 POST'}  | ${''}               | ${'B (8)@99'}
    ${'and rests above it'}                           | ${'B 8@99 HIDE'}   | ${'S 2@100 POST'} | ${''}               | ${'S 2@100  B (8)@99'}
  `('$rule: $takes', ({ own, takes, traded, rests }) => {
    const exchange = desk();
    submit(exchange, own);
    agent(exchange, takes, 9);
    expect(trades(exchange.takeEvents())).toBe(traded);
    expect(resting(exchange)).toBe(rests);
  });

  test.each`
    rule                                            | book                       | order                  | traded                       | says                                               | rests
    ${'fill-or-kill counts hidden size'}            | ${'S 8@101 HIDE'}          | ${'B 8@101 FOK'}       | ${'8@101'}                   | ${'accepted filled'}                               | ${''}
    ${'but not a lot more'}                         | ${'S 8@101 HIDE'}          | ${'B 9@101 FOK'}       | ${''}                        | ${'rejected'}                                      | ${'S (8)@101'}
    ${'a minimum counts it too'}                    | ${'S 4@101 SHOW 1'}        | ${'B 9@101 IOC MIN 4'} | ${'1@101 1@101 1@101 1@101'} | ${'accepted filled filled filled filled canceled'} | ${''}
    ${'post-only is refused by what it would meet'} | ${'S 8@101 HIDE'}          | ${'B 2@101 POST'}      | ${''}                        | ${'rejected'}                                      | ${'S (8)@101'}
    ${'post-only slides behind what it would meet'} | ${'S 8@101 HIDE  S 1@103'} | ${'B 2@102 SLIDE'}     | ${''}                        | ${'accepted'}                                      | ${'S 1@103  S (8)@101  B 2@100'}
    ${'a market order is never short of it'}        | ${'S 8@101 HIDE'}          | ${'B 3'}               | ${'3@101'}                   | ${'accepted filled'}                               | ${'S (5)@101'}
    ${'market-to-limit takes the best there is'}    | ${'S 2@101 HIDE  S 4@102'} | ${'B 3 MTL'}           | ${'2@101'}                   | ${'accepted filled'}                               | ${'S 4@102  B 1@101'}
  `('$rule: $order', ({ book, order, traded, says, rests }) => {
    const exchange = desk(book);
    const told = previewTicket(exchange.state, ticket(order), null);
    const events = submit(exchange, order);
    expect(trades(events)).toBe(traded);
    expect(kinds(events)).toMatch(new RegExp(`^${says}`));
    expect(resting(exchange).split('  ').sort()).toEqual(rests.split('  ').sort());
    const filled =
      traded === ''
        ? 0
        : traded.split(' ').reduce((n: number, t: string) => n + Number.parseInt(t, 10), 0);
    if (says !== 'rejected' && !order.includes('SLIDE') && !order.includes('MTL'))
      expect(told.filledLots).toBe(filled);
  });
});

describe('nobody trades with himself, on show or not', () => {
  test.each`
    mode                        | own                 | order              | traded           | rests
    ${'expire the taker'}       | ${'S 5@101 HIDE'}   | ${'B 7@102'}       | ${'2@101'}       | ${'S 4@102  S (5)@101'}
    ${'expire the maker'}       | ${'S 5@101 HIDE'}   | ${'B 7@102 MAKER'} | ${'2@101 4@102'} | ${'B 1@102'}
    ${'expire a whole iceberg'} | ${'S 9@101 SHOW 2'} | ${'B 7@102 MAKER'} | ${'2@101 4@102'} | ${'B 1@102'}
    ${'decrement an iceberg'}   | ${'S 9@101 SHOW 2'} | ${'B 7@102 LESS'}  | ${'2@101'}       | ${'S 2+2@101  S 4@102'}
    ${'down to its tip'}        | ${'S 7@101 SHOW 3'} | ${'B 6@102 LESS'}  | ${'2@101'}       | ${'S 3@101  S 4@102'}
    ${'decrement a hidden one'} | ${'S 3@101 HIDE'}   | ${'B 7@102 LESS'}  | ${'2@101 2@102'} | ${'S 2@102'}
  `('$mode: $order', ({ own, order, traded, rests }) => {
    const exchange = desk('S 2@101  S 4@102');
    submit(exchange, own);
    expect(trades(submit(exchange, order))).toBe(traded);
    expect(resting(exchange).split('  ').sort()).toEqual(rests.split('  ').sort());
  });
});

describe('amending', () => {
  const amended = (own: string, changes: Record<string, unknown>) => {
    const exchange = desk();
    const { orderId } = lastOrder(submit(exchange, own));
    agent(exchange, 'B 4@99', 8);
    const replace = {
      type: 'replaceOrder',
      orderId,
      quantityLots: null,
      limitTicks: null,
    } as const;
    const events = exchange.execute({ ...replace, ...changes } as never, 'r', null);
    return { exchange, events };
  };
  test.each`
    rule                                         | own                 | changes                                | rests
    ${'less keeps the tip in its place'}         | ${'B 10@99 SHOW 3'} | ${{ quantityLots: 6 }}                 | ${'B 3+3@99  B 4@99'}
    ${'less than the tip makes the tip smaller'} | ${'B 10@99 SHOW 3'} | ${{ quantityLots: 2 }}                 | ${'B 2@99  B 4@99'}
    ${'as much as the tip hides nothing more'}   | ${'B 10@99 SHOW 3'} | ${{ quantityLots: 3 }}                 | ${'B 3@99  B 4@99'}
    ${'more goes to the back'}                   | ${'B 10@99 SHOW 3'} | ${{ quantityLots: 12 }}                | ${'B 4@99  B 3+9@99'}
    ${'another part goes to the back'}           | ${'B 10@99 SHOW 3'} | ${{ displayLots: 5 }}                  | ${'B 4@99  B 5+5@99'}
    ${'the same part does not'}                  | ${'B 10@99 SHOW 3'} | ${{ displayLots: 3, quantityLots: 9 }} | ${'B 3+6@99  B 4@99'}
    ${'an iceberg goes into hiding'}             | ${'B 10@99 SHOW 3'} | ${{ displayLots: 0 }}                  | ${'B 4@99  B (10)@99'}
    ${'a hidden order shows itself'}             | ${'B 10@99 HIDE'}   | ${{ displayLots: 10 }}                 | ${'B 4@99  B 10@99'}
    ${'a plain order becomes an iceberg'}        | ${'B 10@99'}        | ${{ displayLots: 2 }}                  | ${'B 4@99  B 2+8@99'}
    ${'less of a hidden order'}                  | ${'B 10@99 HIDE'}   | ${{ quantityLots: 6 }}                 | ${'B 4@99  B (6)@99'}
  `('$rule', ({ own, changes, rests }) => {
    const { exchange, events } = amended(own, changes);
    expect(kinds(events)).toMatch(/^replaced/);
    expect(resting(exchange)).toBe(rests);
  });

  test('a part larger than the whole is refused and changes nothing', () => {
    const { exchange, events } = amended('B 10@99 SHOW 3', { displayLots: 11 });
    expect(events).toMatchObject([{ type: 'commandRefused', reason: 'invalidInstructions' }]);
    expect(resting(exchange)).toBe('B 3+7@99  B 4@99');
  });
});

test.each`
  order                   | why
  ${'B 10@99 SHOW 11'}    | ${'more than the whole'}
  ${'B 501@99 SHOW 5'}    | ${'more than a hundred parts'}
  ${'B 10@99 SHOW 3 IOC'} | ${'it never rests'}
  ${'B 10@99 HIDE FOK'}   | ${'it never rests'}
  ${'B 10 HIDE'}          | ${'a market order never rests'}
  ${'B 10 STOP 105 HIDE'} | ${'nor does a stop'}
`('$order is refused: $why', ({ order }) => {
  expect(lastOrder(submit(desk(), order))).toMatchObject({ rejectReason: 'invalidInstructions' });
});

test('a stop-limit order hides once it rests', () => {
  const exchange = desk('S 1@105');
  submit(exchange, 'B 9@103 STOP 105 SHOW 2');
  agent(exchange, 'B 1@105', 9);
  expect(resting(exchange)).toBe('B 2+7@103');
});

test('reduce-only holds for each tip', () => {
  const exchange = desk('S 5@100');
  submit(exchange, 'B 5@100');
  submit(exchange, 'S 9@101 SHOW 3 REDUCE');
  exchange.takeEvents();
  agent(exchange, 'B 9@101', 9);
  const events = exchange.takeEvents();
  expect(trades(events)).toBe('3@101 2@101');
  expect(lastOrder(events)).toMatchObject({ rejectReason: 'reduceOnlyWouldIncrease' });
  expect(resting(exchange)).toBe('B 4@101');
});

test('a leg of a list may be an iceberg: one taker never fills both legs', () => {
  const exchange = desk('S 6@100');
  submit(exchange, 'B 6@100');
  const leg = (text: string) => ({ ...ticket(text), timeInForce: 'gtc' as const });
  const tickets = [leg('S 6@101 SHOW 2'), leg('S 6@102 HIDE')];
  const list = { type: 'newOrderList', clientListId: 'l', contingency: 'ouo', tickets } as const;
  exchange.execute(list as never, 'l', null);
  agent(exchange, 'B 10@102', 9);
  expect(trades(exchange.takeEvents())).toBe('2@101 2@101 2@101');
  expect(resting(exchange)).toBe('B 4@102');
});

test('a hidden order holds money like any other, and comes to an end like any other', () => {
  const exchange = desk('', 1_000);
  const { orderId } = lastOrder(submit(exchange, 'B 9@100 HIDE'));
  expect(lastOrder(submit(exchange, 'B 2@100 HIDE')).rejectReason).toBe('insufficientBuyingPower');
  exchange.execute({ type: 'cancelOrder', orderId }, 'x', null);
  expect(resting(exchange)).toBe('');
  expect(exchange.listings[0].book.isConcealing).toBe(false);
  expect(exchange.state.account().reservedMicros).toBe(0);
});

describe('in an auction all of it takes part, what is hidden last', () => {
  const session = {
    preOpenSeconds: 1,
    openingAuctionSeconds: 1,
    continuousSeconds: 10,
    closingAuctionSeconds: 1,
    closedSeconds: 1,
  };
  const open = (exchange: ReturnType<typeof desk>) => {
    while (exchange.listings[0].phase !== 'continuous') {
      exchange.setNow(exchange.nextPhaseNs);
      exchange.changePhases();
    }
  };
  test.each`
    rule                                           | own                 | other       | takes        | traded     | rests
    ${'an iceberg in full'}                        | ${'B 10@99 SHOW 3'} | ${''}       | ${'S 7@99'}  | ${'7@99'}  | ${'B 3@99'}
    ${'and shows a tip afterwards'}                | ${'B 10@99 SHOW 3'} | ${''}       | ${'S 4@99'}  | ${'4@99'}  | ${'B 3+3@99'}
    ${'in its place'}                              | ${'B 10@99 SHOW 3'} | ${'B 4@99'} | ${'S 12@99'} | ${'10@99'} | ${'B 2@99'}
    ${'a hidden order after those who came later'} | ${'B 10@99 HIDE'}   | ${'B 4@99'} | ${'S 6@99'}  | ${'2@99'}  | ${'B (8)@99'}
    ${'but before those who pay less'}             | ${'B 10@99 HIDE'}   | ${'B 4@98'} | ${'S 11@98'} | ${'10@98'} | ${'B 3@98'}
  `('$rule', ({ own, other, takes, traded, rests }) => {
    const exchange = exchangeWith({ instruments: [free], session });
    submit(exchange, own);
    if (other) agent(exchange, other, 8);
    agent(exchange, takes, 9);
    exchange.takeEvents();
    open(exchange);
    expect(trades(exchange.takeEvents())).toBe(traded);
    expect(resting(exchange)).toBe(rests);
  });

  test('what rests already takes part with all it has, and its tip is what trades first', () => {
    const exchange = exchangeWith({ instruments: [free], session });
    open(exchange);
    const { orderId } = lastOrder(submit(exchange, 'B 10@99 SHOW 3'));
    submit(exchange, 'B 5@99 HIDE');
    agent(exchange, 'B 2@99', 8);
    exchange.setNow(exchange.nextPhaseNs);
    exchange.changePhases();
    agent(exchange, 'S 5@99', 9);
    exchange.takeEvents();
    exchange.setNow(exchange.nextPhaseNs);
    exchange.changePhases();
    expect(trades(exchange.takeEvents())).toBe('5@99');
    expect(resting(exchange)).toBe('B 2@99  B 1+4@99  B (5)@99');
    expect(receiptOf(exchange.state, orderId)).toMatchObject({ legCount: 2, aheadLots: 2 });
  });

  test('the crowd does not see the price of what is hidden', () => {
    const exchange = exchangeWith({ instruments: [free], session });
    submit(exchange, 'B 5@99 HIDE');
    agent(exchange, 'B 1@97', 8);
    expect(touchInAuction(exchange.listings[0], 0)).toBe(97);
  });
});

test('it goes on from a snapshot with the same tips, places and hash', () => {
  const start = () => {
    const exchange = desk('B 2@99');
    submit(exchange, 'B 10@99 SHOW 3');
    submit(exchange, 'B 5@99 HIDE');
    submit(exchange, 'S 7@103 SHOW 2');
    agent(exchange, 'S 4@99', 8);
    return exchange;
  };
  const original = start();
  const { plain, books } = snapshotOf(original.state);
  const copy = desk();
  restoreInto(copy.state, JSON.parse(JSON.stringify(plain)), books);
  expect(snapshotOf(copy.state)).toEqual(snapshotOf(original.state));
  for (const exchange of [original, copy]) {
    exchange.takeEvents();
    agent(exchange, 'S 12@99', 8);
    agent(exchange, 'B 5@103', 8);
  }
  expect(copy.takeEvents()).toEqual(original.takeEvents());
  expect(resting(copy)).toBe('S 1+1@103  B (1)@99');
  expect(copy.state.hash.digest()).toBe(original.state.hash.digest());
});
