/** What an order's instructions change about how it meets the book. */
import { describe, expect, test } from 'vitest';
import { restoreInto, snapshotOf } from './exchange-snapshot.ts';
import { agent, exchangeWith, kinds, lastOrder, resting, submit, trades } from './testing/desk.ts';
import { free } from './testing/setups.ts';

describe('an order meets an own one', () => {
  test.each`
    mode                                | own               | order              | traded           | rests                 | says
    ${'expire the maker'}               | ${'S 5@101'}      | ${'B 7@102 MAKER'} | ${'2@101 4@102'} | ${'B 1@102'}          | ${'accepted filled expired filled'}
    ${'expire the maker behind others'} | ${'S 5@102'}      | ${'B 7@102 MAKER'} | ${'2@101 4@102'} | ${'B 1@102'}          | ${'accepted filled filled expired'}
    ${'expire both'}                    | ${'S 5@101'}      | ${'B 7@102 BOTH'}  | ${'2@101'}       | ${'S 4@102'}          | ${'accepted filled expired expired'}
    ${'expire the taker'}               | ${'S 5@101'}      | ${'B 7@102'}       | ${'2@101'}       | ${'S 5@101  S 4@102'} | ${'accepted filled expired'}
    ${'decrement a larger taker'}       | ${'S 3@101'}      | ${'B 7@102 LESS'}  | ${'2@101 2@102'} | ${'S 2@102'}          | ${'accepted filled expired replaced filled'}
    ${'decrement a larger maker'}       | ${'S 9@101'}      | ${'B 7@102 LESS'}  | ${'2@101'}       | ${'S 4@101  S 4@102'} | ${'accepted filled replaced expired'}
    ${'decrement two of the same size'} | ${'S 5@101'}      | ${'B 7@102 LESS'}  | ${'2@101'}       | ${'S 4@102'}          | ${'accepted filled expired expired'}
    ${'the taker’s mode wins'}          | ${'S 5@101 BOTH'} | ${'B 7@102 MAKER'} | ${'2@101 4@102'} | ${'B 1@102'}          | ${'accepted filled expired filled'}
  `('$mode: $order', ({ own, order, traded, rests, says }) => {
    const exchange = exchangeWith({ instruments: [free], book: 'S 2@101  S 4@102' });
    submit(exchange, own);
    const events = submit(exchange, order);
    expect(trades(events)).toBe(traded);
    expect(resting(exchange)).toBe(rests);
    expect(kinds(events)).toMatch(new RegExp(`^${says}`));
  });

  test('what ends because of it says why', () => {
    const exchange = exchangeWith({ instruments: [free] });
    submit(exchange, 'S 5@101');
    const events = submit(exchange, 'B 5@101 BOTH');
    const ended = events.flatMap((event) => (event.type === 'orderExpired' ? [event.order] : []));
    expect(ended).toMatchObject([
      { orderId: '1', rejectReason: 'selfTrade' },
      { orderId: '2', rejectReason: 'selfTrade' },
    ]);
  });

  test('fill-or-kill counts what is behind the own order, but never the own lots', () => {
    const book = { instruments: [free], book: 'S 4@102' };
    const whole = exchangeWith(book);
    submit(whole, 'S 3@101');
    expect(trades(submit(whole, 'B 4@102 FOK MAKER'))).toBe('4@102');
    const short = exchangeWith(book);
    submit(short, 'S 3@101');
    expect(lastOrder(submit(short, 'B 5@102 FOK MAKER'))).toMatchObject({
      rejectReason: 'fillOrKillNotFilled',
    });
    expect(resting(short)).toBe('S 3@101  S 4@102');
  });
});

describe('good till a time', () => {
  test('ends at it, not before', () => {
    const exchange = exchangeWith();
    submit(exchange, 'B 1@99 GTD 50');
    submit(exchange, 'B 1@98 GTD 60');
    submit(exchange, 'B 1 STOP 110 GTD 50');
    expect(exchange.nextExpiryNs).toBe(50);
    exchange.setNow(50);
    exchange.expireTimedOrders();
    expect(kinds(exchange.takeEvents())).toBe('expired expired account');
    expect(resting(exchange)).toBe('B 1@98');
    expect(exchange.nextExpiryNs).toBe(60);
    exchange.execute({ type: 'cancelOrder', orderId: '2' }, 'x', null);
    expect(exchange.nextExpiryNs).toBe(Number.POSITIVE_INFINITY);
  });

  test('is known after a snapshot', () => {
    const exchange = exchangeWith();
    submit(exchange, 'B 1@99 GTD 50');
    const saved = snapshotOf(exchange.state);
    const copy = exchangeWith();
    restoreInto(copy.state, JSON.parse(JSON.stringify(saved.plain)), saved.books);
    expect(copy.nextExpiryNs).toBe(50);
  });
});

describe('reduce-only', () => {
  test.each`
    rule                             | position | order                  | traded     | rests        | status
    ${'sells what is there'}         | ${'B 5'} | ${'S 3 REDUCE'}        | ${'3@99'}  | ${''}        | ${'filled'}
    ${'and not more'}                | ${'B 5'} | ${'S 8 REDUCE'}        | ${'5@99'}  | ${''}        | ${'canceled'}
    ${'not even by a limit'}         | ${'B 5'} | ${'S 8@99 REDUCE'}     | ${'5@99'}  | ${''}        | ${'canceled'}
    ${'rests with its whole size'}   | ${'B 5'} | ${'S 8@105 REDUCE'}    | ${''}      | ${'S 8@105'} | ${'new'}
    ${'never opens'}                 | ${''}    | ${'S 3 REDUCE'}        | ${''}      | ${''}        | ${'rejected'}
    ${'never adds'}                  | ${'B 5'} | ${'B 3@98 REDUCE'}     | ${''}      | ${''}        | ${'rejected'}
    ${'fill-or-kill is all or none'} | ${'B 5'} | ${'S 8@99 FOK REDUCE'} | ${''}      | ${''}        | ${'rejected'}
    ${'buys back a short'}           | ${'S 5'} | ${'B 8 REDUCE'}        | ${'5@101'} | ${''}        | ${'canceled'}
  `('$rule: $order with $position', ({ position, order, traded, rests, status }) => {
    const exchange = exchangeWith({ instruments: [free], book: 'S 50@101  B 50@99' });
    if (position) submit(exchange, position);
    const events = submit(exchange, order);
    expect(trades(events)).toBe(traded);
    const others = resting(exchange)
      .replace(/[SB] \d\d@(101|99) */g, '')
      .trim();
    expect(others).toBe(rests);
    expect(lastOrder(events).status).toBe(status);
  });

  test('one sweep over two of them and an ordinary one stops at flat', () => {
    const exchange = exchangeWith({ instruments: [free], book: 'S 5@100' });
    submit(exchange, 'B 5@100');
    submit(exchange, 'S 2@101');
    submit(exchange, 'S 5@102 REDUCE');
    submit(exchange, 'S 5@103 REDUCE');
    agent(exchange, 'S 9@104');
    agent(exchange, 'B 15@104', 7);
    const events = exchange.takeEvents();
    expect(trades(events)).toBe('2@101 3@102');
    expect(exchange.listings[0].position.lots).toBe(0);
    expect(lastOrder(events)).toMatchObject({ rejectReason: 'reduceOnlyWouldIncrease' });
    // The agent’s buyer went on to the others.
    expect(resting(exchange)).toBe('B 1@104');
    expect(exchange.state.blotter.open()).toEqual([]);
  });

  test('after a flip it goes', () => {
    const exchange = exchangeWith({ instruments: [free], book: 'S 5@100  B 9@99' });
    submit(exchange, 'B 5@100');
    submit(exchange, 'S 5@105 REDUCE');
    const events = submit(exchange, 'S 8@99');
    expect(exchange.listings[0].position.lots).toBe(-3);
    expect(lastOrder(events)).toMatchObject({
      orderId: '2',
      status: 'canceled',
      rejectReason: 'reduceOnlyWouldIncrease',
    });
  });

  test('a stop may wait for its position, and is judged when it fires', () => {
    const exchange = exchangeWith({ instruments: [free], book: 'B 9@90' });
    agent(exchange, 'S 1@100');
    submit(exchange, 'B 1@100');
    submit(exchange, 'S 1 STOP 95 REDUCE');
    submit(exchange, 'S 1@90');
    exchange.takeEvents();
    expect(exchange.state.blotter.get('2')).toMatchObject({
      status: 'canceled',
      rejectReason: 'reduceOnlyWouldIncrease',
    });
  });
});

describe('other instructions', () => {
  test.each`
    rule                                 | book                  | order                  | traded     | rests                 | status
    ${'post-only slides behind the ask'} | ${'S 5@101'}          | ${'B 2@103 SLIDE'}     | ${''}      | ${'S 5@101  B 2@100'} | ${'new'}
    ${'and a sell above the bid'}        | ${'B 5@99'}           | ${'S 2@97 SLIDE'}      | ${''}      | ${'S 2@100  B 5@99'}  | ${'new'}
    ${'one that fits does not move'}     | ${'S 5@101'}          | ${'B 2@99 SLIDE'}      | ${''}      | ${'S 5@101  B 2@99'}  | ${'new'}
    ${'market-to-limit, only the best'}  | ${'S 2@101  S 5@102'} | ${'B 4 MTL'}           | ${'2@101'} | ${'S 5@102  B 2@101'} | ${'partiallyFilled'}
    ${'market-to-limit finds nobody'}    | ${'B 5@99'}           | ${'B 4 MTL'}           | ${''}      | ${'B 5@99'}           | ${'rejected'}
    ${'the minimum is there'}            | ${'S 2@101  S 5@102'} | ${'B 4@101 IOC MIN 2'} | ${'2@101'} | ${'S 5@102'}          | ${'canceled'}
    ${'the minimum is not'}              | ${'S 2@101  S 5@102'} | ${'B 4@101 IOC MIN 3'} | ${''}      | ${'S 2@101  S 5@102'} | ${'rejected'}
  `('$rule: $order', ({ book, order, traded, rests, status }) => {
    const exchange = exchangeWith({ instruments: [free], book });
    const events = submit(exchange, order);
    expect(trades(events)).toBe(traded);
    expect(resting(exchange)).toBe(rests);
    expect(lastOrder(events).status).toBe(status);
  });

  test('a slid order says where it came from, and a market-to-limit one where it rests', () => {
    const exchange = exchangeWith({ instruments: [free], book: 'S 2@101' });
    expect(lastOrder(submit(exchange, 'B 2@103 SLIDE'))).toMatchObject({
      limitTicks: 100,
      progress: { slidFromTicks: 103 },
    });
    expect(lastOrder(submit(exchange, 'B 4 MTL'))).toMatchObject({
      limitTicks: 101,
      leavesLots: 2,
    });
    const raised = exchange.execute(
      { type: 'replaceOrder', orderId: '2', quantityLots: null, limitTicks: 99 as never },
      'r',
      null,
    );
    expect(lastOrder(raised)).toMatchObject({ type: 'marketToLimit', limitTicks: 99 });
  });

  test.each`
    order                 | why
    ${'B 1@99 GTD 5'}     | ${'its time is past'}
    ${'B 1@99 GTD'}       | ${'no time'}
    ${'B 1@99 FOK MIN 1'} | ${'a minimum of all or nothing'}
    ${'B 1@99 IOC MIN 2'} | ${'a minimum above the size'}
  `('$order contradicts itself: $why', ({ order }) => {
    const exchange = exchangeWith();
    exchange.setNow(10);
    expect(lastOrder(submit(exchange, order)).rejectReason).toBe('invalidInstructions');
  });
});

describe('what an order is judged by is what it then does', () => {
  test('reduce-only of more than the position needs no money for what ends', () => {
    const exchange = exchangeWith({ instruments: [free], cash: 1_000, book: 'B 9@100' });
    agent(exchange, 'S 5@100', 8);
    agent(exchange, 'S 5@101', 8);
    submit(exchange, 'B 5@101');
    agent(exchange, 'B 9@99', 9);
    const events = submit(exchange, 'S 400@99 REDUCE');
    expect(trades(events)).toBe('4@100 1@99');
    expect(lastOrder(events)).toMatchObject({ rejectReason: 'reduceOnlyWouldIncrease' });
  });

  test('fill-or-kill of the crowd’s counts what a reduce-only order may trade', () => {
    const exchange = exchangeWith({ instruments: [free], book: 'B 1@100' });
    submit(exchange, 'S 1@100');
    submit(exchange, 'B 15@106 REDUCE');
    agent(exchange, 'S 2@93 FOK', 9);
    expect(exchange.listings[0].position.lots).toBe(-1);
    expect(resting(exchange)).toBe('B 15@106');
    agent(exchange, 'S 1@93 FOK', 9);
    expect(exchange.listings[0].position.lots).toBe(0);
  });

  test('what an own order takes off needs no money', () => {
    const exchange = exchangeWith({ instruments: [free], cash: 1_000 });
    submit(exchange, 'S 4@100');
    const events = submit(exchange, 'B 8@100 LESS');
    expect(kinds(events)).toMatch(/^accepted expired replaced/);
    expect(resting(exchange)).toBe('B 4@100');
  });

  test('the collar of a market order does not follow its own trades', () => {
    const exchange = exchangeWith({ instruments: [free], book: 'S 1@100  B 1@100' });
    agent(exchange, 'S 5@119', 8);
    agent(exchange, 'S 5@121', 9);
    submit(exchange, 'S 3@120');
    const events = submit(exchange, 'B 20 MAKER');
    // The last trade was at 100; after the one at 119 the collar would reach beyond 121.
    expect(trades(events)).toBe('5@119');
  });
});
