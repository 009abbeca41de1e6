/** Pegged orders: what they follow, where they stop, and when they have nothing to follow. */
import { describe, expect, test } from 'vitest';
import { restoreInto, snapshotOf } from './exchange-snapshot.ts';
import { receiptOf } from './receipts.ts';
import {
  agent,
  depth,
  exchangeWith,
  kinds,
  lastOrder,
  resting,
  submit,
  trades,
} from './testing/desk.ts';
import { free } from './testing/setups.ts';

const desk = (book = '', cash = 100_000) => exchangeWith({ instruments: [free], book, cash });

describe('a peg stands at its reference', () => {
  test.each`
    rule                                           | book                                | order                         | rests
    ${'primary: the best price of its own side'}   | ${'S 5@104  B 5@100'}               | ${'B 3 PEG PRIMARY'}          | ${'S 5@104  B 5@100  B 3@100'}
    ${'a sell looks at the best ask'}              | ${'S 5@104  B 5@100'}               | ${'S 3 PEG PRIMARY'}          | ${'S 5@104  S 3@104  B 5@100'}
    ${'an offset is added, whatever the side'}     | ${'S 5@104  B 5@100'}               | ${'B 3 PEG PRIMARY OFF 1'}    | ${'S 5@104  B 3@101  B 5@100'}
    ${'to a sell as well'}                         | ${'S 5@104  B 5@100'}               | ${'S 3 PEG PRIMARY OFF -1'}   | ${'S 3@103  S 5@104  B 5@100'}
    ${'market: the other side'}                    | ${'S 5@104  B 5@100'}               | ${'B 3 PEG MARKET OFF -2'}    | ${'S 5@104  B 3@102  B 5@100'}
    ${'it never takes: one tick behind'}           | ${'S 5@104  B 5@100'}               | ${'B 3 PEG MARKET'}           | ${'S 5@104  B 3@103  B 5@100'}
    ${'nor does a sell'}                           | ${'S 5@104  B 5@100'}               | ${'S 3 PEG MARKET OFF -9'}    | ${'S 3@101  S 5@104  B 5@100'}
    ${'nor of what is hidden'}                     | ${'S 5@104  S 1@102 HIDE  B 5@100'} | ${'B 3 PEG MARKET'}           | ${'S (1)@102  S 5@104  B 3@101  B 5@100'}
    ${'mid: halfway, and hidden'}                  | ${'S 5@104  B 5@100'}               | ${'B 3 PEG MID'}              | ${'S 5@104  B (3)@102  B 5@100'}
    ${'half a tick goes away from the other side'} | ${'S 5@103  B 5@100'}               | ${'B 3 PEG MID'}              | ${'S 5@103  B (3)@101  B 5@100'}
    ${'for a sell, too'}                           | ${'S 5@103  B 5@100'}               | ${'S 3 PEG MID'}              | ${'S (3)@102  S 5@103  B 5@100'}
    ${'it goes no further than its limit'}         | ${'S 5@104  B 5@100'}               | ${'B 3@98 PEG PRIMARY'}       | ${'S 5@104  B 5@100  B 3@98'}
    ${'a limit that is not reached is none'}       | ${'S 5@104  B 5@100'}               | ${'B 3@103 PEG PRIMARY'}      | ${'S 5@104  B 5@100  B 3@100'}
    ${'a hidden peg'}                              | ${'S 5@104  B 5@100'}               | ${'B 3 PEG PRIMARY HIDE'}     | ${'S 5@104  B 5@100  B (3)@100'}
    ${'an iceberg'}                                | ${'S 5@104  B 5@100'}               | ${'B 9 PEG PRIMARY SHOW 2'}   | ${'S 5@104  B 5@100  B 2+7@100'}
    ${'without a reference it is parked'}          | ${'S 5@104'}                        | ${'B 3 PEG PRIMARY'}          | ${'S 5@104'}
    ${'a mid needs both sides'}                    | ${'S 5@104'}                        | ${'B 3 PEG MID'}              | ${'S 5@104'}
    ${'what is hidden is no reference'}            | ${'S 5@104  B 5@100 HIDE'}          | ${'B 3 PEG PRIMARY'}          | ${'S 5@104  B (5)@100'}
    ${'nor is a price below the first tick'}       | ${'S 5@104  B 5@100'}               | ${'B 3 PEG PRIMARY OFF -100'} | ${'S 5@104  B 5@100'}
  `('$rule: $order', ({ book, order, rests }) => {
    const exchange = desk(book);
    expect(lastOrder(submit(exchange, order))).toMatchObject({
      status: 'new',
      leavesLots: Number(order.split(/[ @]/)[1]),
    });
    expect(resting(exchange)).toBe(rests);
  });
});

describe('a peg follows', () => {
  test('up and down, as the youngest at its price each time', () => {
    const exchange = desk('S 5@108  B 5@100');
    const { orderId } = lastOrder(submit(exchange, 'B 3 PEG PRIMARY'));
    exchange.setNow(10);
    const handle = agent(exchange, 'B 4@102', 9);
    expect(resting(exchange)).toBe('S 5@108  B 4@102  B 3@102  B 5@100');
    exchange.setNow(20);
    agent(exchange, 'B 1@102', 8);
    expect(resting(exchange)).toBe('S 5@108  B 4@102  B 3@102  B 1@102  B 5@100');
    exchange.setNow(30);
    exchange.cancel(0, handle);
    exchange.react();
    expect(resting(exchange)).toBe('S 5@108  B 3@102  B 1@102  B 5@100');
    agent(exchange, 'S 9@102', 7);
    expect(trades(exchange.takeEvents())).toBe('3@102');
    expect(receiptOf(exchange.state, orderId)).toMatchObject({
      makerLots: 3,
      legs: [
        { kind: 'resting', fromNs: 0, toNs: 10, priceTicks: 100, aheadLots: 5 },
        {
          kind: 'resting',
          fromNs: 10,
          toNs: 30,
          priceTicks: 102,
          aheadLots: 4,
          canceledAheadLots: 4,
        },
      ],
    });
  });

  test('others, not itself and not another peg', () => {
    const exchange = desk('S 5@108  B 5@100');
    submit(exchange, 'B 3 PEG PRIMARY OFF 1');
    submit(exchange, 'B 3 PEG PRIMARY OFF 2');
    for (let i = 0; i < 5; i++) exchange.react();
    expect(resting(exchange)).toBe('S 5@108  B 3@102  B 3@101  B 5@100');
    agent(exchange, 'B 1@102', 9);
    expect(resting(exchange)).toBe('S 5@108  B 3@104  B 3@103  B 1@102  B 5@100');
    expect(depth(exchange)).toBe('S 5@108  B 3@104  B 3@103  B 1@102  B 5@100');
  });

  test('to a parking place and back', () => {
    const exchange = desk('S 5@108');
    const handle = agent(exchange, 'B 5@100', 9);
    const { orderId } = lastOrder(submit(exchange, 'B 3 PEG PRIMARY'));
    exchange.setNow(5);
    exchange.cancel(0, handle);
    exchange.react();
    expect(resting(exchange)).toBe('S 5@108');
    expect(exchange.state.blotter.get(orderId)).toMatchObject({
      status: 'new',
      progress: { pegTicks: null },
    });
    exchange.setNow(7);
    agent(exchange, 'B 5@101', 9);
    expect(exchange.state.blotter.get(orderId)).toMatchObject({ progress: { pegTicks: 101 } });
    expect(receiptOf(exchange.state, orderId)!.legs).toMatchObject([
      { kind: 'resting', toNs: 5 },
      { kind: 'waiting', fromNs: 5, toNs: 7 },
      { kind: 'resting', fromNs: 7, priceTicks: 101 },
    ]);
  });

  test('never into the trader’s own other side, whichever moves first', () => {
    const exchange = desk('S 5@104  B 5@100');
    submit(exchange, 'B 3 PEG MID');
    submit(exchange, 'S 3 PEG MID');
    expect(resting(exchange)).toBe('S (3)@103  S 5@104  B (3)@102  B 5@100');
    agent(exchange, 'B 1@102', 9);
    expect(resting(exchange)).toBe(
      'S (3)@104  S 5@104  B (3)@103  B 1@102  B 5@100'.replace(
        'S (3)@104  S 5@104',
        'S 5@104  S (3)@104',
      ),
    );
    const { book } = exchange.listings[0];
    expect(book.bestOf(0)).toBeLessThan(book.bestOf(1));
  });

  test('a buy without a limit as far as it is paid for', () => {
    const exchange = desk('S 5@150  B 5@100');
    const order = lastOrder(submit(exchange, 'B 3 PEG PRIMARY'));
    const held = exchange.state.account().reservedMicros;
    expect(order.progress).toMatchObject({ heldTicks: 150 });
    agent(exchange, 'B 1@149', 9);
    expect(resting(exchange)).toContain('B 3@149');
    expect(exchange.state.account().reservedMicros).toBe(held);
  });

  test('a sell that is led above what it holds money at holds more, or ends', () => {
    const rich = desk('S 5@104  B 5@96');
    submit(rich, 'S 3 PEG PRIMARY');
    const before = rich.state.account().reservedMicros;
    const poor = desk('S 5@104  B 5@96', 400);
    submit(poor, 'S 3 PEG PRIMARY');
    for (const exchange of [rich, poor]) {
      exchange.takeEvents();
      const lowest = exchange.listings[0].book.handlesAt(104);
      exchange.cancel(0, lowest[0]);
      agent(exchange, 'S 1@140', 9);
    }
    expect(resting(rich)).toContain('S 3@140');
    expect(rich.state.account().reservedMicros).toBe(before + 3 * 20 * 1_000_000);
    expect(lastOrder(poor.takeEvents())).toMatchObject({
      status: 'canceled',
      rejectReason: 'insufficientBuyingPower',
    });
  });
});

describe('who meets a peg', () => {
  test.each`
    rule                                                  | takes             | traded     | rests
    ${'a limit order trades at the peg’s price'}          | ${'S 2@100'}      | ${'2@102'} | ${'S 5@104  B (1)@102  B 5@100'}
    ${'post-only is refused by a peg that it would meet'} | ${'S 2@101 POST'} | ${''}      | ${'S 5@104  B (3)@102  B 5@100'}
    ${'and rests behind it'}                              | ${'S 2@103 POST'} | ${''}      | ${'S 2@103  S 5@104  B (3)@101  B 5@100'}
    ${'fill-or-kill counts it'}                           | ${'S 8@100 FOK'}  | ${'3@102'} | ${'S 5@104'}
  `('$rule: $takes', ({ takes, traded, rests }) => {
    const exchange = desk('S 5@104  B 5@100');
    submit(exchange, 'B 3 PEG MID');
    agent(exchange, takes, 9);
    expect(trades(exchange.takeEvents())).toBe(traded);
    expect(resting(exchange)).toBe(rests);
  });

  test('the trader’s own taker stops at it', () => {
    const exchange = desk('S 5@104  B 5@100');
    submit(exchange, 'B 3 PEG MID');
    expect(lastOrder(submit(exchange, 'S 2@101')).rejectReason).toBe('selfTrade');
    expect(lastOrder(submit(exchange, 'S 2@101 POST')).rejectReason).toBe('postOnlyWouldCross');
    expect(trades(submit(exchange, 'S 2@100 MAKER'))).toBe('2@100');
  });
});

test.each`
  order                      | why
  ${'B 3 PEG MID SHOW 2'}    | ${'halfway is hidden'}
  ${'B 3 PEG PRIMARY IOC'}   | ${'it never takes'}
  ${'B 3 PEG PRIMARY POST'}  | ${'it never takes anyway'}
  ${'B 3 PEG PRIMARY MIN 2'} | ${'one with a minimum takes when it can'}
  ${'B 3@99 OFF 2'}          | ${'an offset from nothing'}
`('$order is refused: $why', ({ order }) => {
  expect(lastOrder(submit(desk('S 5@104  B 5@100'), order)).rejectReason).toBe(
    'invalidInstructions',
  );
});

test('amending: less keeps the place, a limit moves it', () => {
  const exchange = desk('S 5@104  B 5@100');
  const { orderId } = lastOrder(submit(exchange, 'B 9 PEG PRIMARY'));
  agent(exchange, 'B 1@100', 9);
  const replace = { type: 'replaceOrder', orderId, quantityLots: 6, limitTicks: null } as const;
  exchange.execute(replace as never, 'r', null);
  expect(resting(exchange)).toBe('S 5@104  B 5@100  B 6@100  B 1@100');
  exchange.execute({ ...replace, quantityLots: null, limitTicks: 98 } as never, 's', null);
  expect(resting(exchange)).toBe('S 5@104  B 5@100  B 1@100  B 6@98');
  exchange.execute({ type: 'cancelOrder', orderId }, 't', null);
  expect(resting(exchange)).toBe('S 5@104  B 5@100  B 1@100');
  agent(exchange, 'B 1@101', 9);
  expect(exchange.listings[0].hasPegs).toBe(false);
});

test('another limit is what it holds money at', () => {
  const exchange = desk('S 5@104  B 5@100');
  const { orderId, progress } = lastOrder(submit(exchange, 'B 9 PEG PRIMARY'));
  expect(progress).toMatchObject({ heldTicks: 122 });
  const replace = { type: 'replaceOrder', orderId, quantityLots: 10, limitTicks: 90 } as const;
  exchange.execute(replace as never, 'r', null);
  expect(exchange.state.account().reservedMicros).toBe(900_000_000);
});

test('a reduce-only peg ends with the position', () => {
  const exchange = desk('S 5@104  B 5@100  S 2@101');
  expect(lastOrder(submit(exchange, 'S 2 PEG PRIMARY REDUCE')).rejectReason).toBe(
    'reduceOnlyWouldIncrease',
  );
  submit(exchange, 'B 2');
  submit(exchange, 'S 5 PEG PRIMARY REDUCE');
  exchange.takeEvents();
  agent(exchange, 'B 20@104', 9);
  const events = exchange.takeEvents();
  expect(trades(events)).toBe('2@104');
  expect(lastOrder(events)).toMatchObject({ rejectReason: 'reduceOnlyWouldIncrease' });
});

test('in an auction it is parked, and it comes back with the quote', () => {
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
  submit(exchange, 'B 3 PEG PRIMARY');
  agent(exchange, 'B 5@100', 8);
  agent(exchange, 'S 9@100', 9);
  expect(exchange.listings[0].pen.size).toBe(2);
  next();
  next();
  expect(resting(exchange)).toBe('S 4@100');
  agent(exchange, 'B 5@97', 8);
  expect(resting(exchange)).toBe('S 4@100  B 5@97  B 3@97');
  next();
  expect(resting(exchange)).toBe('S 4@100  B 5@97');
  expect(kinds(exchange.takeEvents())).not.toContain('filled');
});

test('it goes on from a snapshot where it had come to', () => {
  const original = desk('S 5@104  B 5@100');
  for (const order of ['B 3 PEG MID', 'B 4 PEG PRIMARY OFF 1', 'S 9 PEG PRIMARY SHOW 2'])
    submit(original, order);
  agent(original, 'B 1@101', 9);
  const { plain, books } = snapshotOf(original.state);
  const copy = desk();
  restoreInto(copy.state, JSON.parse(JSON.stringify(plain)), books);
  expect(snapshotOf(copy.state)).toEqual(snapshotOf(original.state));
  for (const exchange of [original, copy]) {
    exchange.takeEvents();
    agent(exchange, 'B 1@102', 8);
    agent(exchange, 'S 4@101', 7);
  }
  expect(copy.takeEvents()).toEqual(original.takeEvents());
  expect(resting(copy)).toBe(resting(original));
  expect(copy.state.hash.digest()).toBe(original.state.hash.digest());
});

test('another engine version takes over pegs, parts and minimums from the events alone', () => {
  const exchange = desk('S 5@104  B 5@100');
  const orders = ['B 3 PEG PRIMARY', 'B 9@98 SHOW 2', 'B 4@97 HIDE', 'B 6@103 AON'];
  const events = orders.flatMap((order) => submit(exchange, order));
  const other = desk();
  for (const event of events) other.adopt(event);
  other.reopenBooks();
  expect(resting(other)).toBe('B (6)@103  B 2+7@98  B (4)@97');
  agent(other, 'B 1@99', 9);
  expect(resting(other)).toBe('B (6)@103  B 1@99  B 3@99  B 2+7@98  B (4)@97');
  agent(other, 'S 6@103', 8);
  expect(trades(other.takeEvents())).toBe('6@103');
});

test('on margin a peg needs its initial requirement like any order, when it comes in and when it is led on', () => {
  const account = { type: 'margin' } as const;
  const book = 'S 5@104  B 5@100';
  const exchange = exchangeWith({ instruments: [free], book, cash: 1_000, account });
  // 50 % of the collar's end, 122.
  expect(submit(exchange, 'S 17 PEG PRIMARY')).toMatchObject([{ reason: 'insufficientMargin' }]);
  const { orderId } = lastOrder(submit(exchange, 'S 16 PEG PRIMARY'));
  agent(exchange, 'B 5@104 IOC', 9);
  agent(exchange, 'S 1@130', 9);
  expect(exchange.state.blotter.get(orderId)).toMatchObject({
    status: 'canceled',
    rejectReason: 'insufficientMargin',
  });
});

test('a snapshot is the same before and after a restore, when nothing is hidden any more as well', () => {
  const exchange = desk('S 5@104  B 5@100');
  const { orderId } = lastOrder(submit(exchange, 'B 3 PEG MID'));
  exchange.execute({ type: 'cancelOrder', orderId }, 'c', null);
  submit(exchange, 'B 3 PEG MID');
  agent(exchange, 'B 5@104 IOC', 9);
  // The peg has nothing to be halfway to: it is parked, and the book hides nothing.
  const saved = snapshotOf(exchange.state);
  const copy = desk();
  restoreInto(copy.state, JSON.parse(JSON.stringify(saved.plain)), saved.books);
  expect(snapshotOf(copy.state)).toEqual(saved);
});
