import { NO_LIMITS, type RiskLimits, type RiskTier } from '@sandpit/schemas/risk.ts';
import { describe, expect, test } from 'vitest';
import { Exchange } from './exchange.ts';
import { restoreInto, snapshotOf } from './exchange-snapshot.ts';
import { previewTicket } from './preview.ts';
import { StateHash } from './state-hash.ts';
import { ACME, agent, exchangeWith, lastOrder, submit, ticket } from './testing/desk.ts';
import { limited, play, START_NS } from './testing/limited.ts';

const size = { maxOrderSizePercent: 5 };
const notional = { maxOrderNotionalMicros: 1_000_000_000 };
const open = { maxOpenOrders: 2 };
const position = { maxPositionMicros: 1_000_000_000 };
const rate = { ordersPerSecond: 2 };
const repeat = { duplicateWindowMs: 50 };
const collar = { collarPpm: 50_000 };

test.each`
  rule                                      | limits                  | steps                                             | reason
  ${'a size at the limit'}                  | ${size}                 | ${'B 50@99'}                                      | ${null}
  ${'a size beyond it'}                     | ${size}                 | ${'B 51@99'}                                      | ${'orderSizeExceeded'}
  ${'an amendment beyond it'}               | ${size}                 | ${'B 50@99  #1 51'}                               | ${'orderSizeExceeded'}
  ${'the instrument’s own limit is first'}  | ${size}                 | ${'B 1001@99'}                                    | ${'invalidQuantity'}
  ${'a value at the limit'}                 | ${notional}             | ${'B 10@100'}                                     | ${null}
  ${'a value beyond it'}                    | ${notional}             | ${'B 11@100'}                                     | ${'orderNotionalExceeded'}
  ${'a market order at the reference'}      | ${notional}             | ${'B 11'}                                         | ${'orderNotionalExceeded'}
  ${'a stop at its trigger'}                | ${notional}             | ${'B 10 STOP 104'}                                | ${'orderNotionalExceeded'}
  ${'a stop-limit at its limit'}            | ${notional}             | ${'B 10@105 STOP 104'}                            | ${'orderNotionalExceeded'}
  ${'an amendment of the price'}            | ${notional}             | ${'B 10@99  #1 10@101'}                           | ${'orderNotionalExceeded'}
  ${'less at the same price always passes'} | ${notional}             | ${'B 10@99  #1 5'}                                | ${null}
  ${'a price within the collar'}            | ${collar}               | ${'B 1@95'}                                       | ${null}
  ${'a price outside the tier’s collar'}    | ${collar}               | ${'B 1@94'}                                       | ${'priceOutsideCollar'}
  ${'as many open orders as allowed'}       | ${open}                 | ${'B 1@99  B 1@98'}                               | ${null}
  ${'one more'}                             | ${open}                 | ${'B 1@99  B 1@98  B 1@97'}                       | ${'tooManyOpenOrders'}
  ${'one that waits counts'}                | ${open}                 | ${'B 1@99  B 1 STOP 110  B 1@97'}                 | ${'tooManyOpenOrders'}
  ${'one that cannot rest passes'}          | ${open}                 | ${'B 1@99  B 1@98  B 1'}                          | ${null}
  ${'after a cancel there is room'}         | ${open}                 | ${'B 1@99  B 1@98  x1  B 1@97'}                   | ${null}
  ${'a position up to the limit'}           | ${position}             | ${'B 6@99  B 4@98'}                               | ${null}
  ${'open orders count'}                    | ${position}             | ${'B 6@99  B 5@98'}                               | ${'positionLimitExceeded'}
  ${'what waits for its trigger, too'}      | ${position}             | ${'B 6 STOP 110  B 5@98'}                         | ${'positionLimitExceeded'}
  ${'shorts count'}                         | ${position}             | ${'S 11@103'}                                     | ${'positionLimitExceeded'}
  ${'the other side is another matter'}     | ${position}             | ${'B 10@98  S 10@103'}                            | ${null}
  ${'an amendment to more'}                 | ${position}             | ${'B 6@99  B 4@98  #2 5@98'}                      | ${'positionLimitExceeded'}
  ${'one that reduces only never counts'}   | ${position}             | ${'B 9  S 9@103 REDUCE  S 9@104 REDUCE  S 9@105'} | ${null}
  ${'as many in a second as allowed'}       | ${rate}                 | ${'B 1@99  B 1@98'}                               | ${null}
  ${'one more is too fast'}                 | ${rate}                 | ${'B 1@99  B 1@98  B 1@97'}                       | ${'orderRateExceeded'}
  ${'refused ones are messages, too'}       | ${rate}                 | ${'B 1@500  B 1@500  B 1@97'}                     | ${'orderRateExceeded'}
  ${'amendments as well'}                   | ${rate}                 | ${'B 1@99  #1 2  #1 3'}                           | ${'orderRateExceeded'}
  ${'less at the same price does not'}      | ${rate}                 | ${'B 9@99  #1 8  #1 7  #1 6  B 1@98'}             | ${null}
  ${'cancels do not'}                       | ${rate}                 | ${'B 1@99  x1  x1  x1  B 1@98'}                   | ${null}
  ${'a second later it is free again'}      | ${rate}                 | ${'B 1@99  B 1@98  +1000  B 1@97'}                | ${null}
  ${'not a moment earlier'}                 | ${rate}                 | ${'B 1@99  B 1@98  +999  B 1@97'}                 | ${'orderRateExceeded'}
  ${'who was too fast need not wait anew'}  | ${rate}                 | ${'B 1@99  B 1@98  +999  B 1  +1  B 1'}           | ${null}
  ${'the same again'}                       | ${repeat}               | ${'B 1@99  +49  B 1@99'}                          | ${'duplicateOrder'}
  ${'the same at market'}                   | ${repeat}               | ${'B 1  B 1'}                                     | ${'duplicateOrder'}
  ${'later it is no repeat'}                | ${repeat}               | ${'B 1@99  +50  B 1@99'}                          | ${null}
  ${'another size is another order'}        | ${repeat}               | ${'B 1@99  B 2@99'}                               | ${null}
  ${'another side, too'}                    | ${repeat}               | ${'B 1@100  S 1@102  B 1@98'}                     | ${null}
  ${'another trigger'}                      | ${repeat}               | ${'B 1 STOP 110  B 1 STOP 111'}                   | ${null}
  ${'what was refused may be tried again'}  | ${repeat}               | ${'B 1@101 POST  B 1@101'}                        | ${null}
  ${'a market-to-limit order again'}        | ${repeat}               | ${'B 1 MTL  B 1 MTL'}                             | ${'duplicateOrder'}
  ${'one that slid, sent again'}            | ${repeat}               | ${'B 1@101 SLIDE  B 1@101 SLIDE'}                 | ${'duplicateOrder'}
  ${'selling short where the tier may not'} | ${{ borrowPercent: 0 }} | ${'S 1@103'}                                      | ${'borrowUnavailable'}
  ${'selling what is held'}                 | ${{ borrowPercent: 0 }} | ${'B 5  S 5@103'}                                 | ${null}
`('$rule: $steps', ({ limits, steps, reason }) => {
  expect(play(limited(limits), steps)).toBe(reason);
});

describe('short availability', () => {
  test.each`
    rule                                | borrowable | percent | steps                      | reason
    ${'as much as there is'}            | ${10}      | ${100}  | ${'S 10'}                  | ${null}
    ${'more than there is'}             | ${10}      | ${100}  | ${'S 11'}                  | ${'borrowUnavailable'}
    ${'the tier gets a share'}          | ${10}      | ${25}   | ${'S 2@103  S 1@103'}      | ${'borrowUnavailable'}
    ${'open orders count'}              | ${10}      | ${100}  | ${'S 6@103  S 5@103'}      | ${'borrowUnavailable'}
    ${'a position to sell from first'}  | ${10}      | ${100}  | ${'B 5  S 15@103'}         | ${null}
    ${'and not more'}                   | ${10}      | ${100}  | ${'B 5  S 16@103'}         | ${'borrowUnavailable'}
    ${'what is bought back is there'}   | ${10}      | ${100}  | ${'S 10  B 4  S 4'}        | ${null}
    ${'buying needs none'}              | ${0}       | ${100}  | ${'B 50'}                  | ${null}
    ${'none at all'}                    | ${0}       | ${100}  | ${'S 1'}                   | ${'borrowUnavailable'}
    ${'a turn beyond it'}               | ${10}      | ${100}  | ${'B 11  turn'}            | ${'borrowUnavailable'}
    ${'no end of them'}                 | ${null}    | ${25}   | ${'S 500@103'}             | ${null}
    ${'a stop that sells short counts'} | ${10}      | ${100}  | ${'S 6 STOP 90  S 5@103'}  | ${'borrowUnavailable'}
    ${'legs of which one trades: once'} | ${10}      | ${100}  | ${'S 6@103  x1  S 10@104'} | ${null}
  `('$rule: $steps of $borrowable at $percent %', ({ borrowable, percent, steps, reason }) => {
    const exchange = limited({ borrowPercent: percent }, { borrowableLots: borrowable });
    expect(play(exchange, steps)).toBe(reason);
  });
});

/** Every limit at once, and narrower than the position is. */
const NARROW = {
  maxOrderSizePercent: 1,
  maxOrderNotionalMicros: 100_000_000,
  maxPositionMicros: 100_000_000,
  maxOpenOrders: 1,
  ordersPerSecond: 1,
  duplicateWindowMs: 1_000,
  collarPpm: 1_000,
  borrowPercent: 0,
};

describe('whoever reduces passes every limit', () => {
  const heldUnder = (limits: object, first = 'B 40') => {
    const exchange = limited({});
    play(exchange, `${first}  B 1@90  ${first === 'B 40' ? 'S 1@110' : 'S 1@109'}  x2  x3`);
    const own = { ...NO_LIMITS, ...limits } as RiskLimits;
    exchange.execute({ type: 'riskLimits', limits: own }, 'narrow', null);
    play(exchange, 'B 1@100');
    return exchange;
  };

  test.each`
    rule                                   | first     | steps                 | reason
    ${'close'}                             | ${'B 40'} | ${'close'}            | ${null}
    ${'close a short'}                     | ${'S 40'} | ${'close'}            | ${null}
    ${'at market, in parts, and again'}    | ${'B 40'} | ${'S 10  S 10  S 20'} | ${null}
    ${'far below the narrow collar'}       | ${'B 40'} | ${'S 40@95'}          | ${null}
    ${'with a reduce-only flag for more'}  | ${'B 40'} | ${'S 900@95 REDUCE'}  | ${null}
    ${'one lot more than there is'}        | ${'B 40'} | ${'S 41@100'}         | ${/^(order|position|borrow|price)/}
    ${'more of the same'}                  | ${'B 40'} | ${'B 1@100'}          | ${/^(order|position|price)/}
    ${'a turn opens as much as it closes'} | ${'B 40'} | ${'turn'}             | ${'orderSizeExceeded'}
  `('$rule: $steps after $first', ({ first, steps, reason }) => {
    const exchange = heldUnder(NARROW, first);
    const found = play(exchange, steps);
    if (reason instanceof RegExp) expect(found).toMatch(reason);
    else expect(found).toBe(reason);
  });

  test('a turn within the limits turns', () => {
    const exchange = limited({ ...size, maxPositionMicros: 5_000_000_000 });
    expect(play(exchange, 'B 40  turn')).toBe(null);
    expect(exchange.listings[0].position.lots).toBe(-40);
  });

  test('a turn that is refused leaves the orders that protect', () => {
    const exchange = limited({}, { borrowableLots: 0 });
    play(exchange, 'B 40  S 40 STOP 90');
    expect(play(exchange, 'turn')).toBe('borrowUnavailable');
    expect(exchange.state.blotter.get('2')?.status).toBe('new');
    expect(exchange.listings[0].position.lots).toBe(40);
  });
});

describe('lists', () => {
  let count = 0;
  const list = (
    exchange: Exchange,
    contingency: 'oco' | 'ouo' | 'oto' | 'bracket',
    ...orders: string[]
  ) => {
    const tickets = orders.map((text) => ticket(text));
    const clientListId = `list-${++count}`;
    const body = { type: 'newOrderList', clientListId, contingency, tickets } as const;
    return exchange.execute(body, clientListId, null);
  };

  test.each`
    rule                                      | limits                  | contingency  | orders                                     | reason
    ${'an entry that is too large'}           | ${size}                 | ${'bracket'} | ${['B 51@99', 'S 51@105', 'S 51 STOP 90']} | ${'orderSizeExceeded'}
    ${'an entry that is worth too much'}      | ${notional}             | ${'bracket'} | ${['B 11@99', 'S 11@105', 'S 11 STOP 90']} | ${'orderNotionalExceeded'}
    ${'a target worth more than its entry'}   | ${notional}             | ${'bracket'} | ${['B 10@99', 'S 10@119', 'S 10 STOP 90']} | ${null}
    ${'a target outside the narrow collar'}   | ${collar}               | ${'bracket'} | ${['B 10@99', 'S 10@119', 'S 10 STOP 90']} | ${null}
    ${'a child that adds, too large'}         | ${size}                 | ${'oto'}     | ${['B 5@99', 'B 51@98']}                   | ${'orderSizeExceeded'}
    ${'each peer'}                            | ${notional}             | ${'oco'}     | ${['S 9@103', 'S 9@115']}                  | ${'orderNotionalExceeded'}
    ${'peers count once for the position'}    | ${position}             | ${'oco'}     | ${['S 10@103', 'S 10@115']}                | ${null}
    ${'peers that are too large together no'} | ${position}             | ${'oco'}     | ${['S 11@103', 'S 11@115']}                | ${'positionLimitExceeded'}
    ${'each order of a list is a message'}    | ${rate}                 | ${'oco'}     | ${['S 1@103', 'S 1@104', 'S 1@105']}       | ${'orderRateExceeded'}
    ${'two fit'}                              | ${rate}                 | ${'oco'}     | ${['S 1@103', 'S 1@104']}                  | ${null}
    ${'more orders than may be open'}         | ${open}                 | ${'bracket'} | ${['B 1@99', 'S 1@105', 'S 1 STOP 90']}    | ${'tooManyOpenOrders'}
    ${'peers that sell short'}                | ${{ borrowPercent: 0 }} | ${'oco'}     | ${['S 1@103', 'S 1@104']}                  | ${'borrowUnavailable'}
  `('$rule: $contingency $orders', ({ limits, contingency, orders, reason }) => {
    const exchange = limited(limits);
    const events = list(exchange, contingency, ...orders);
    const rejected = events.filter(({ type }) => type === 'orderRejected');
    expect(rejected).toHaveLength(reason === null ? 0 : orders.length);
    for (const each of rejected) expect(each).toMatchObject({ reason });
  });

  test('a child that adds is judged when it comes alive, and again when it grows', () => {
    const exchange = limited(position, {}, 'S 4@101  S 90@103');
    list(exchange, 'oto', 'B 9@102', 'B 6@99');
    // 4 are filled: the child rests with 4 and its parent with 5.
    expect(exchange.state.blotter.get('2')).toMatchObject({
      status: 'canceled',
      rejectReason: 'positionLimitExceeded',
    });
    expect(exchange.state.blotter.get('1')).toMatchObject({ status: 'partiallyFilled' });
  });

  test('legs of a bracket come alive under every limit', () => {
    const exchange = limited({});
    list(exchange, 'bracket', 'B 40@99', 'S 40@110', 'S 40 STOP 90');
    const limits = { ...NO_LIMITS, ...NARROW } as RiskLimits;
    exchange.execute({ type: 'riskLimits', limits }, 'narrow', null);
    agent(exchange, 'S 900@99', 9);
    expect(exchange.listings[0].position.lots).toBe(40);
    expect(exchange.state.blotter.get('2')?.status).toBe('new');
    expect(exchange.state.blotter.get('3')?.status).toBe('new');
  });
});

describe('an order that is triggered', () => {
  test.each`
    rule                                    | first     | order                     | limits      | reason
    ${'opens more than is allowed by then'} | ${''}     | ${'B 40 STOP 102'}        | ${size}     | ${null}
    ${'is worth too much by then'}          | ${''}     | ${'B 40 STOP 102'}        | ${notional} | ${'orderNotionalExceeded'}
    ${'would outgrow the limit by then'}    | ${''}     | ${'B 40 STOP 102'}        | ${position} | ${'positionLimitExceeded'}
    ${'protects, whatever the limits'}      | ${'S 40'} | ${'B 40 STOP 102'}        | ${NARROW}   | ${null}
    ${'reduces only'}                       | ${'S 40'} | ${'B 90 STOP 102 REDUCE'} | ${NARROW}   | ${null}
  `('$rule: $reason', ({ first, order, limits, reason }) => {
    const exchange = limited({});
    if (first) submit(exchange, first);
    const { orderId } = lastOrder(submit(exchange, order));
    const own = { ...NO_LIMITS, ...limits } as RiskLimits;
    exchange.execute({ type: 'riskLimits', limits: own }, 'narrow', null);
    agent(exchange, 'B 60@102', 9);
    const after = exchange.state.blotter.get(orderId);
    expect(after?.progress?.triggeredNs).toBe(START_NS);
    if (reason === null) expect(after?.filledLots).toBe(40);
    else expect(after).toMatchObject({ status: 'canceled', rejectReason: reason, filledLots: 0 });
  });
});

test('a preview says the same, and is no message', () => {
  const exchange = limited({ ...rate, ...notional });
  const ask = (text: string) => previewTicket(exchange.state, ticket(text), null).reason;
  for (let i = 0; i < 5; i++) expect(ask('B 1@99')).toBe(null);
  expect(ask('B 11@100')).toBe('orderNotionalExceeded');
  play(exchange, 'B 1@99  B 1@98');
  expect(ask('B 1@97')).toBe('orderRateExceeded');
});

test('while the clock is held no second ends, so nobody is refused for his rate', () => {
  const exchange = limited(rate);
  exchange.state.timeStands = true;
  expect(play(exchange, 'B 1@99  B 1@98  B 1@97  B 1@96')).toBe(null);
  exchange.state.timeStands = false;
  expect(play(exchange, 'B 1@99')).toBe('orderRateExceeded');
});

describe('a tier', () => {
  const inTier = (tier: RiskTier) => {
    const exchange = limited({}, { borrowableLots: 100 });
    exchange.state.setRisk({ ...exchange.state.risk, tier });
    return exchange;
  };
  test.each`
    tier              | steps          | reason
    ${'learner'}      | ${'B 101@99'}  | ${'orderSizeExceeded'}
    ${'standard'}     | ${'B 101@99'}  | ${null}
    ${'learner'}      | ${'B 1@90'}    | ${'priceOutsideCollar'}
    ${'standard'}     | ${'B 1@90'}    | ${null}
    ${'learner'}      | ${'S 11@103'}  | ${'borrowUnavailable'}
    ${'standard'}     | ${'S 50@103'}  | ${null}
    ${'standard'}     | ${'S 51@103'}  | ${'borrowUnavailable'}
    ${'professional'} | ${'S 100@103'} | ${null}
  `('$tier: $steps', ({ tier, steps, reason }) => {
    expect(play(inTier(tier), steps)).toBe(reason);
  });

  test('may be tightened and never loosened', () => {
    const exchange = inTier('learner');
    const set = (limits: object) =>
      exchange.execute(
        { type: 'riskLimits', limits: { ...NO_LIMITS, ...limits } as RiskLimits },
        'set',
        null,
      );
    expect(set({ maxOpenOrders: 21 })).toMatchObject([
      { type: 'commandRefused', reason: 'limitBeyondTier' },
    ]);
    expect(exchange.state.limits.maxOpenOrders).toBe(20);
    set({ maxOpenOrders: 3, duplicateWindowMs: 10 });
    expect(exchange.state.limits).toMatchObject({
      maxOpenOrders: 3,
      duplicateWindowMs: 10,
      ordersPerSecond: 10,
    });
    set({});
    expect(exchange.state.limits).toMatchObject({ maxOpenOrders: 20, duplicateWindowMs: null });
  });
});

test('all of it is part of the snapshot and of the hash', () => {
  const exchange = limited({ ...rate, ...notional });
  play(exchange, 'B 1@99');
  const kill = { scope: 'global', by: 'operator', reason: 'drill' } as const;
  exchange.execute(
    { type: 'killSwitch', ...kill, engaged: true, cancelOpenOrders: false },
    'kill',
    null,
  );
  const digest = (of: Exchange) => {
    const hash = new StateHash();
    of.digestInto(hash);
    return hash.digest();
  };
  const restored = new Exchange([{ instrument: ACME, openingTicks: 100 }], 'USD');
  const { plain, books } = snapshotOf(exchange.state);
  restoreInto(restored.state, JSON.parse(JSON.stringify(plain)), books);
  expect(snapshotOf(restored.state).plain).toEqual(plain);
  expect(restored.state.limits).toEqual(exchange.state.limits);
  expect(digest(restored)).toBe(digest(exchange));
  const { risk, sentNs } = restored.state;
  const changes: (() => void)[] = [
    () => restored.state.setRisk({ ...risk, tier: 'learner' }),
    () => restored.state.setRisk({ ...risk, own: { ...risk.own, maxOpenOrders: 7 } }),
    () => restored.state.setRisk({ ...risk, killSwitches: [] }),
    () => {
      restored.state.setRisk(risk);
      restored.state.sentNs = [...sentNs, START_NS];
    },
  ];
  for (const change of changes) {
    change();
    expect(digest(restored)).not.toBe(digest(exchange));
  }
});

test('another engine version takes over what is recorded of it', () => {
  const exchange = exchangeWith();
  const risk = { ...exchange.state.risk, tier: 'learner' as const };
  exchange.adopt({ type: 'riskChanged', risk, atNs: 7 as never, causeId: 'set' });
  expect(exchange.state.limits.maxOpenOrders).toBe(20);
});
