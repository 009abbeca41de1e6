/** All or none, and a minimum at a time: who trades with them, who passes them over. */
import { describe, expect, test } from 'vitest';
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

const desk = (book = '') => exchangeWith({ instruments: [free], book });

describe('an order that comes in', () => {
  test.each`
    rule                                       | book                       | order                   | traded           | rests
    ${'trades as a whole'}                     | ${'S 4@100  S 6@101'}      | ${'B 10@101 AON'}       | ${'4@100 6@101'} | ${''}
    ${'or rests as a whole'}                   | ${'S 4@100  S 5@101'}      | ${'B 10@101 AON'}       | ${''}            | ${'S 5@101  B (10)@101  S 4@100'}
    ${'what is beyond its limit is not there'} | ${'S 4@100  S 6@102'}      | ${'B 10@101 AON'}       | ${''}            | ${'S 6@102  B (10)@101  S 4@100'}
    ${'what is hidden is'}                     | ${'S 4@100  S 6@101 HIDE'} | ${'B 10@101 AON'}       | ${'4@100 6@101'} | ${''}
    ${'a minimum takes what there is'}         | ${'S 4@100  S 2@101'}      | ${'B 10@101 MIN 5'}     | ${'4@100 2@101'} | ${'B (4)@101'}
    ${'or nothing'}                            | ${'S 4@100'}               | ${'B 10@101 MIN 5'}     | ${''}            | ${'B (10)@101  S 4@100'}
    ${'a minimum of all is all or none'}       | ${'S 9@100'}               | ${'B 10@101 MIN 10'}    | ${''}            | ${'B (10)@101  S 9@100'}
    ${'at once, as before'}                    | ${'S 4@100'}               | ${'B 10@101 IOC MIN 4'} | ${'4@100'}       | ${''}
  `('$rule: $order', ({ book, order, traded, rests }) => {
    const exchange = desk(book);
    const told = previewTicket(exchange.state, ticket(order), null);
    expect(trades(submit(exchange, order))).toBe(traded);
    expect(resting(exchange).split('  ').sort()).toEqual(rests.split('  ').sort());
    const lots = [...traded.matchAll(/(\d+)@/g)].reduce((sum, match) => sum + Number(match[1]), 0);
    expect(told).toMatchObject({ reason: null, filledLots: lots });
    if (!order.includes('IOC')) expect(told.restingLots).toBe(10 - lots);
  });
});

describe('an order that rests', () => {
  test.each`
    rule                                            | before           | own                | takes             | traded     | rests
    ${'is traded as a whole'}                       | ${''}            | ${'B 10@99 AON'}   | ${'S 12@99'}      | ${'10@99'} | ${'S 2@99'}
    ${'is passed over by who brings less'}          | ${'B 3@99'}      | ${'B 10@99 AON'}   | ${'S 9@99 IOC'}   | ${''}      | ${'B (10)@99'}
    ${'comes after what is shown'}                  | ${'B 3@99'}      | ${'B 10@99 AON'}   | ${'S 12@99 IOC'}  | ${''}      | ${'B (10)@99'}
    ${'and trades with what is left then'}          | ${'B 3@99'}      | ${'B 10@99 AON'}   | ${'S 13@99 IOC'}  | ${'10@99'} | ${''}
    ${'a worse price trades past it'}               | ${'B 5@98'}      | ${'B 10@99 AON'}   | ${'S 4@98'}       | ${''}      | ${'B (10)@99  B 1@98'}
    ${'it comes first to who brings enough'}        | ${'B 5@98'}      | ${'B 10@99 AON'}   | ${'S 11@98'}      | ${'10@99'} | ${'B 4@98'}
    ${'a younger one takes what the older cannot'}  | ${'B 4@99 HIDE'} | ${'B 10@99 AON'}   | ${'S 10@99 IOC'}  | ${''}      | ${'B (10)@99'}
    ${'who brings less may rest at its price'}      | ${''}            | ${'B 10@99 AON'}   | ${'S 4@99'}       | ${''}      | ${'S 4@99  B (10)@99'}
    ${'fill-or-kill counts it when it would trade'} | ${''}            | ${'B 10@99 AON'}   | ${'S 10@99 FOK'}  | ${'10@99'} | ${''}
    ${'and not when it would not'}                  | ${''}            | ${'B 10@99 AON'}   | ${'S 9@99 FOK'}   | ${''}      | ${'B (10)@99'}
    ${'post-only is refused when it would trade'}   | ${''}            | ${'B 10@99 AON'}   | ${'S 10@99 POST'} | ${''}      | ${'B (10)@99'}
    ${'and rests when it would not'}                | ${''}            | ${'B 10@99 AON'}   | ${'S 9@99 POST'}  | ${''}      | ${'S 9@99  B (10)@99'}
    ${'a minimum is traded in parts of that size'}  | ${''}            | ${'B 10@99 MIN 4'} | ${'S 5@99'}       | ${'5@99'}  | ${'B (5)@99'}
    ${'not in smaller ones'}                        | ${''}            | ${'B 10@99 MIN 4'} | ${'S 3@99 IOC'}   | ${''}      | ${'B (10)@99'}
    ${'until less than that is left'}               | ${''}            | ${'B 5@99 MIN 4'}  | ${'S 4@99'}       | ${'4@99'}  | ${'B (1)@99'}
  `('$rule: $takes', ({ before, own, takes, traded, rests }) => {
    const exchange = desk(before);
    submit(exchange, own);
    agent(exchange, takes, 9);
    expect(trades(exchange.takeEvents())).toBe(traded);
    expect(resting(exchange).split('  ').sort()).toEqual(rests.split('  ').sort());
  });

  test('is one piece once less than the minimum is left', () => {
    const exchange = desk();
    submit(exchange, 'B 6@99 MIN 4');
    agent(exchange, 'S 4@99', 9);
    agent(exchange, 'S 1@99 IOC', 9);
    expect(resting(exchange)).toBe('B (2)@99');
    agent(exchange, 'S 2@99', 9);
    expect(resting(exchange)).toBe('');
  });
});

describe('when the other side offers enough', () => {
  test('it takes what has gathered, at the prices of those who rest', () => {
    const exchange = desk();
    const { orderId } = lastOrder(submit(exchange, 'B 10@100 AON'));
    exchange.setNow(5);
    agent(exchange, 'S 4@100', 7);
    agent(exchange, 'S 4@99', 8);
    expect(trades(exchange.takeEvents())).toBe('');
    exchange.setNow(9);
    agent(exchange, 'S 3@100', 9);
    const events = exchange.takeEvents();
    expect(trades(events)).toBe('4@99 4@100 2@100');
    expect(kinds(events)).toMatch(/^filled filled filled/);
    expect(resting(exchange)).toBe('S 1@100');
    expect(receiptOf(exchange.state, orderId)).toMatchObject({
      takerLots: 10,
      legs: [{ kind: 'resting', priceTicks: 100, toNs: 9 }],
    });
    expect(exchange.state.isWatching).toBe(false);
  });

  test('a cancel in time leaves it waiting', () => {
    const exchange = desk();
    submit(exchange, 'S 10@100 AON');
    const handle = agent(exchange, 'B 9@100', 7);
    exchange.cancel(0, handle);
    agent(exchange, 'B 9@101', 8);
    expect(resting(exchange)).toBe('S (10)@100  B 9@101');
  });

  test('the trader’s own amendment wakes it, too', () => {
    const exchange = desk('S 6@100');
    const { orderId } = lastOrder(submit(exchange, 'B 10@100 AON'));
    const replace = { type: 'replaceOrder', orderId, quantityLots: 6, limitTicks: null } as const;
    expect(trades(exchange.execute(replace as never, 'r', null))).toBe('6@100');
  });

  test('it stays where the taker’s fee is more than is left of the money', () => {
    const exchange = exchangeWith({ cash: 1_000.1 });
    submit(exchange, 'B 10@100 AON');
    agent(exchange, 'S 5@100', 7);
    agent(exchange, 'S 6@100', 8);
    expect(resting(exchange)).toBe('S 5@100  S 6@100  B (10)@100');
    agent(exchange, 'S 1@99', 9);
    expect(trades(exchange.takeEvents())).toBe('1@99 5@100 4@100');
  });

  test('what it has traded may fire a stop and wake the next one', () => {
    const exchange = desk('S 3@105');
    submit(exchange, 'B 5@100 AON');
    submit(exchange, 'B 8@101 AON');
    submit(exchange, 'B 1 STOP 101');
    agent(exchange, 'S 4@100', 7);
    agent(exchange, 'S 4@101', 8);
    expect(trades(exchange.takeEvents())).toBe('4@100 4@101 1@105');
    agent(exchange, 'S 5@100', 9);
    expect(trades(exchange.takeEvents())).toBe('5@100');
    expect(resting(exchange)).toBe('S 2@105');
  });

  test('it never trades with the trader himself', () => {
    const exchange = desk();
    submit(exchange, 'B 10@100 AON');
    expect(lastOrder(submit(exchange, 'S 10@100'))).toMatchObject({ rejectReason: 'selfTrade' });
    submit(exchange, 'S 4@100');
    agent(exchange, 'S 6@100', 9);
    expect(resting(exchange)).toBe('S 4@100  S 6@100  B (10)@100');
    for (const order of ['B 11@101 AON', 'B 11@101 AON MAKER', 'B 11@101 AON BOTH']) {
      expect(lastOrder(submit(exchange, order)).rejectReason).toBe('selfTrade');
    }
    expect(trades(submit(exchange, 'B 6@101 AON MAKER'))).toBe('6@100');
  });
});

describe('with an own order in its way', () => {
  test.each`
    rule                                         | order                     | traded     | rests                 | reason
    ${'the usual mode ends it'}                  | ${'B 6@101 AON'}          | ${''}      | ${'S 4@100  S 9@101'} | ${'selfTrade'}
    ${'one that goes lets it through'}           | ${'B 6@101 AON MAKER'}    | ${'6@101'} | ${'S 3@101'}          | ${null}
    ${'a minimum as well'}                       | ${'B 12@101 MIN 6 MAKER'} | ${'9@101'} | ${'B (3)@101'}        | ${null}
    ${'it stays where that is not enough'}       | ${'B 10@101 AON MAKER'}   | ${''}      | ${'S 4@100  S 9@101'} | ${'selfTrade'}
    ${'where both would go, both stay'}          | ${'B 6@101 AON BOTH'}     | ${''}      | ${'S 4@100  S 9@101'} | ${'selfTrade'}
    ${'what comes off a minimum is not its own'} | ${'B 9@101 MIN 5 LESS'}   | ${'5@101'} | ${'S 4@101'}          | ${null}
    ${'nor is it part of all'}                   | ${'B 9@101 AON LESS'}     | ${''}      | ${'S 4@100  S 9@101'} | ${'selfTrade'}
  `('$rule: $order', ({ order, traded, rests, reason }) => {
    const exchange = desk('S 9@101');
    submit(exchange, 'S 4@100');
    const told = previewTicket(exchange.state, ticket(order), null);
    const events = submit(exchange, order);
    expect(trades(events)).toBe(traded);
    expect(resting(exchange).split('  ').sort()).toEqual(rests.split('  ').sort());
    expect(told.reason).toBe(reason);
    expect(events.find(({ type }) => type === 'orderRejected') ?? { reason: null }).toMatchObject({
      reason,
    });
  });

  test('it is refused for that, not for money that it would never hold', () => {
    const exchange = exchangeWith({ instruments: [free], cash: 1_000, book: 'S 1@105' });
    submit(exchange, 'S 4@100');
    expect(lastOrder(submit(exchange, 'B 100@100 MIN 20 LESS'))).toMatchObject({
      rejectReason: 'selfTrade',
    });
  });
});

test.each`
  order                     | why
  ${'B 10@99 AON IOC'}      | ${'that is fill-or-kill'}
  ${'B 10@99 AON MIN 3'}    | ${'one says it all'}
  ${'B 10@99 MIN 11'}       | ${'more than the whole'}
  ${'B 10@99 AON SHOW 5'}   | ${'it is hidden'}
  ${'B 10@99 AON POST'}     | ${'it takes when it can'}
  ${'B 10@99 MIN 3 REDUCE'} | ${'what is left to reduce may be less'}
  ${'B 10 AON'}             | ${'a market order does not rest'}
`('$order is refused: $why', ({ order }) => {
  expect(lastOrder(submit(desk(), order))).toMatchObject({ rejectReason: 'invalidInstructions' });
});

test('nobody sees it, and it holds its money', () => {
  const exchange = desk('B 1@98');
  submit(exchange, 'B 10@99 AON');
  expect(depth(exchange)).toBe('B 1@98');
  expect(exchange.state.account().reservedMicros).toBe(990_000_000);
});

test('a leg of a list has no minimum, an entry may', () => {
  const exchange = desk();
  const list = (tickets: unknown[], contingency: string) => {
    const body = { type: 'newOrderList', clientListId: `l${contingency}`, contingency, tickets };
    return exchange.execute(body as never, 'l', null);
  };
  expect(lastOrder(list([ticket('B 5@99'), ticket('B 5@98 AON')], 'oco'))).toMatchObject({
    rejectReason: 'invalidInstructions',
  });
  list([ticket('B 5@99 AON'), ticket('S 5@101')], 'oto');
  agent(exchange, 'S 5@99', 9);
  expect(resting(exchange)).toBe('S 5@101');
});

test('it sits an auction out and trades after it', () => {
  const session = {
    preOpenSeconds: 1,
    openingAuctionSeconds: 1,
    continuousSeconds: 10,
    closingAuctionSeconds: 1,
    closedSeconds: 1,
  };
  const exchange = exchangeWith({ instruments: [free], session });
  const next = () => {
    exchange.setNow(exchange.nextPhaseNs);
    exchange.changePhases();
  };
  expect(lastOrder(submit(exchange, 'B 5@99 AON')).rejectReason).toBe('notInThisPhase');
  while (exchange.listings[0].phase !== 'continuous') next();
  submit(exchange, 'B 5@99 AON');
  next();
  agent(exchange, 'S 7@98', 9);
  exchange.takeEvents();
  next();
  expect(trades(exchange.takeEvents())).toBe('');
  while (exchange.listings[0].phase !== 'continuous') next();
  expect(trades(exchange.takeEvents())).toBe('5@98');
});

test('a dividend in an auction lowers it where it sits', () => {
  const exchange = exchangeWith({ instruments: [free] });
  submit(exchange, 'B 5@99 AON');
  const script = { symbol: 'ACME', atSeconds: 1 } as const;
  exchange.runScripted({ ...script, type: 'halt', reason: 'newsPending', seconds: null } as never);
  exchange.runScripted({ ...script, type: 'dividend', amount: '2.00' });
  expect(exchange.listings[0].pen.size).toBe(0);
  expect(resting(exchange)).toBe('B (5)@97');
});

test('it goes on from a snapshot and wakes there', () => {
  const original = desk();
  submit(original, 'B 10@100 AON');
  submit(original, 'B 9@99 MIN 4');
  agent(original, 'S 3@99', 8);
  const { plain, books } = snapshotOf(original.state);
  const copy = desk();
  restoreInto(copy.state, JSON.parse(JSON.stringify(plain)), books);
  expect(snapshotOf(copy.state)).toEqual(snapshotOf(original.state));
  for (const exchange of [original, copy]) {
    exchange.takeEvents();
    agent(exchange, 'S 8@100', 9);
  }
  const events = original.takeEvents();
  expect(trades(events)).toBe('3@99 7@100');
  expect(copy.takeEvents()).toEqual(events);
  expect(copy.state.hash.digest()).toBe(original.state.hash.digest());
});
