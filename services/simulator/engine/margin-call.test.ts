import type { VenueEvent } from '@sandpit/schemas/event.ts';
import { describe, expect, test } from 'vitest';
import type { Exchange } from './exchange.ts';
import { restoreInto, snapshotOf } from './exchange-snapshot.ts';
import { standing } from './margin.ts';
import { checkBalance } from './settlement.ts';
import { ACME, agent, exchangeWith, FREE, submit } from './testing/desk.ts';

const SHARE = { ...ACME, ...FREE, collarPpm: 500_000 };
const GRACE = 60;

/** Bought 19 at 100 with 1,000: equity 1,000, of which 475 are maintenance. The quote is agents'. */
function long19(graceSeconds = GRACE): Exchange {
  const exchange = exchangeWith({
    instruments: [SHARE],
    cash: 1_000,
    book: 'S 19@100',
    account: {
      type: 'margin',
      margin: { debitInterestPpm: 0, callGraceSeconds: graceSeconds },
    },
  });
  submit(exchange, 'B 19');
  exchange.setNow(0);
  exchange.startWatching();
  return exchange;
}

const quotes = new WeakMap<Exchange, number[]>();

function unquote(exchange: Exchange): void {
  const [{ book }] = exchange.listings;
  for (const handle of quotes.get(exchange) ?? []) {
    if (book.lotsOf(handle) > 0) exchange.cancel(0, handle);
  }
  quotes.set(exchange, []);
}

/** The crowd trades at this price and quotes anew, a tick around it. */
function quote(exchange: Exchange, ticks: number): void {
  unquote(exchange);
  agent(exchange, `S 1@${ticks}`, 3);
  agent(exchange, `B 1@${ticks}`, 4);
  const handles = [`B 500@${ticks - 1}`, `S 500@${ticks + 1}`].map((text) =>
    agent(exchange, text, 5),
  );
  quotes.set(exchange, handles);
  exchange.takeEvents();
}

/** As if so much less had been paid in. */
function takeCash({ state }: Exchange, micros: number): void {
  state.cashMicros -= micros;
  state.startingCashMicros -= micros;
  state.ledger.postDeposit(-micros);
}

/** Runs whole seconds; the events of all. */
function watch(exchange: Exchange, seconds = 1): VenueEvent[] {
  const events: VenueEvent[] = [];
  for (let i = 0; i < seconds; i++) {
    exchange.setNow(exchange.nextWatchNs);
    exchange.watchMargin();
    checkBalance(exchange.state);
    events.push(...exchange.takeEvents());
  }
  return events;
}

const calls = (events: VenueEvent[]) =>
  events.flatMap((e) => (e.type === 'marginCallChanged' ? [e.marginCall?.state ?? 'met'] : []));
const sold = (events: VenueEvent[]) =>
  events.flatMap((e) =>
    e.type === 'orderFilled' && e.execution.liquidation
      ? [`${e.execution.quantityLots}@${e.execution.priceTicks}`]
      : [],
  );
const lotsOf = (exchange: Exchange) => exchange.listings[0].position.lots;
const reasonOf = (events: VenueEvent[]) =>
  events[0].type === 'orderRejected' ? events[0].reason : 'accepted';

describe('a call', () => {
  // Equity = 19 × price − 900; maintenance = 4.75 × price: equal at 63.16.
  test.each`
    price  | outcome
    ${100} | ${[]}
    ${64}  | ${[]}
    ${63}  | ${['called']}
    ${48}  | ${['called']}
    ${47}  | ${['called']}
  `('at $price: $outcome', ({ price, outcome }) => {
    const exchange = long19();
    quote(exchange, price);
    expect(calls(watch(exchange))).toEqual(outcome);
  });

  test('is not due while equity is just as much as maintenance', () => {
    const exchange = long19();
    quote(exchange, 100);
    submit(exchange, 'S 3@99');
    // Made exactly so by taking out what is over.
    quote(exchange, 50);
    const { equityMicros, maintenanceMicros } = standing(exchange.state);
    takeCash(exchange, equityMicros - maintenanceMicros);
    expect(calls(watch(exchange))).toEqual([]);
    takeCash(exchange, 1);
    expect(calls(watch(exchange))).toEqual(['called']);
  });

  test('is told in event and account, with its deadline and how things stand', () => {
    const exchange = long19();
    quote(exchange, 60);
    const marginCall = { state: 'called', sinceNs: 1e9, deadlineNs: 61e9 };
    expect(watch(exchange)).toMatchObject([
      { type: 'marginCallChanged', marginCall, equityMicros: 240e6, maintenanceMicros: 285e6 },
      { type: 'accountChanged', account: { marginCall } },
    ]);
    expect(watch(exchange, 5)).toEqual([]);
  });

  test.each`
    rule                            | order            | outcome
    ${'nothing is opened'}          | ${'B 1'}         | ${'marginCall'}
    ${'nor by an order that rests'} | ${'B 1@50'}      | ${'marginCall'}
    ${'nor by a stop'}              | ${'B 1 STOP 90'} | ${'marginCall'}
    ${'nor turned'}                 | ${'S 20'}        | ${'marginCall'}
    ${'reducing passes'}            | ${'S 5'}         | ${'accepted'}
    ${'also while it rests'}        | ${'S 5@70'}      | ${'accepted'}
  `('$rule: $order', ({ order, outcome }) => {
    const exchange = long19();
    quote(exchange, 60);
    watch(exchange);
    expect(reasonOf(submit(exchange, order))).toBe(outcome);
  });

  test('an opening stop that fires under a call is canceled', () => {
    const exchange = long19();
    quote(exchange, 100);
    submit(exchange, 'S 4');
    submit(exchange, 'B 1 STOP 110');
    quote(exchange, 44);
    expect(calls(watch(exchange))).toEqual(['called']);
    agent(exchange, 'S 1@110');
    agent(exchange, 'B 501@110', 7);
    expect(exchange.state.blotter.newest(1)[0]).toMatchObject({
      status: 'canceled',
      rejectReason: 'marginCall',
    });
  });

  // 5 % above maintenance is at 64.25.
  test.each`
    price | outcome
    ${64} | ${[]}
    ${65} | ${['met']}
  `('is met with something to spare: at $price $outcome', ({ price, outcome }) => {
    const exchange = long19();
    quote(exchange, 60);
    watch(exchange);
    quote(exchange, price);
    expect(calls(watch(exchange))).toEqual(outcome);
  });

  test('is met by the trader who reduces in time', () => {
    const exchange = long19();
    quote(exchange, 60);
    watch(exchange);
    submit(exchange, 'S 10');
    expect(calls(watch(exchange, GRACE + 5))).toEqual(['met']);
    expect(lotsOf(exchange)).toBe(9);
    expect(exchange.state.account().marginCall).toBeNull();
  });
});

describe('liquidation', () => {
  test('begins when the grace is over, cancels what is open, and closes in slices', () => {
    const exchange = long19();
    submit(exchange, 'S 2@140');
    submit(exchange, 'B 1@52');
    quote(exchange, 60);
    expect(calls(watch(exchange, GRACE))).toEqual(['called']);
    const events = watch(exchange);
    expect(events.slice(0, 3)).toMatchObject([
      { type: 'orderCanceled', order: { rejectReason: 'marginCall' } },
      { type: 'orderCanceled', order: { rejectReason: 'marginCall' } },
      { type: 'marginCallChanged', marginCall: { state: 'liquidating' } },
    ]);
    expect(events[3]).toMatchObject({
      type: 'orderAccepted',
      order: { liquidation: true, clientOrderId: 'liquidation:1', side: 'sell', type: 'market' },
    });
    // 285 × 1.05 − 240 = 59.25 missing; a share frees 15.75: 4 lots. A quarter of 19 is 5.
    expect(sold(events)).toEqual(['4@59']);
    expect(calls(events)).toEqual(['liquidating']);
    // The spread has cost 4.
    expect([sold(watch(exchange)), lotsOf(exchange)]).toEqual([['1@59'], 14]);
    expect(calls(watch(exchange))).toEqual(['met']);
    const { equityMicros, maintenanceMicros } = standing(exchange.state);
    expect([equityMicros, maintenanceMicros]).toEqual([235e6, 210e6]);
  });

  test('does not wait when equity is gone', () => {
    const exchange = long19();
    quote(exchange, 47);
    expect(calls(watch(exchange))).toEqual(['called']);
    const events = watch(exchange);
    expect([calls(events), sold(events)]).toEqual([['liquidating'], ['5@46']]);
  });

  test('nor for the end of the grace, once it is', () => {
    const exchange = long19();
    quote(exchange, 60);
    expect(calls(watch(exchange, 5))).toEqual(['called']);
    quote(exchange, 47);
    expect(calls(watch(exchange))).toEqual(['liquidating']);
  });

  test('covers a short as well', () => {
    const exchange = exchangeWith({
      instruments: [SHARE],
      cash: 1_000,
      book: 'B 19@100',
      account: { type: 'margin', margin: { debitInterestPpm: 0, callGraceSeconds: 0 } },
    });
    submit(exchange, 'S 19');
    exchange.startWatching();
    // Equity 2,900 − 19 × 120 = 620; maintenance 684.
    quote(exchange, 120);
    const events = watch(exchange, 4);
    expect(calls(events)).toEqual(['called', 'liquidating', 'met']);
    expect(sold(events)).toEqual(['3@121']);
    expect(lotsOf(exchange)).toBe(-16);
  });

  test('waits where nobody trades, without an order for each second', () => {
    const exchange = long19(0);
    quote(exchange, 60);
    unquote(exchange);
    expect(watch(exchange, 50).map(({ type }) => type)).toEqual([
      'marginCallChanged',
      'accountChanged',
      'marginCallChanged',
      'accountChanged',
    ]);
    quote(exchange, 60);
    expect(sold(watch(exchange))).toEqual(['4@59']);
  });

  test('takes the position first that asks for most', () => {
    const exchange = exchangeWith({
      instruments: [SHARE, { ...SHARE, symbol: 'OTHER' }],
      cash: 1_000,
      book: 'S 6@100',
      account: { type: 'margin', margin: { debitInterestPpm: 0, callGraceSeconds: 0 } },
    });
    exchange.submit(1, 8, 1, 100, 13, 0);
    submit(exchange, 'B 6');
    submit(exchange, 'B 13', 'OTHER');
    exchange.startWatching();
    exchange.submit(1, 8, 0, 59, 500, 0);
    exchange.submit(1, 9, 1, 61, 500, 0);
    quote(exchange, 60);
    const events = watch(exchange, 2);
    const symbols = events.flatMap((e) => (e.type === 'orderFilled' ? [e.execution.symbol] : []));
    expect(symbols).toEqual(['OTHER']);
  });

  test('ends in bankruptcy when nothing is left but debt, and the debt stays', () => {
    const exchange = long19();
    quote(exchange, 40);
    const events = watch(exchange, 60);
    expect(calls(events)).toEqual(['called', 'liquidating', 'bankrupt']);
    expect(lotsOf(exchange)).toBe(0);
    // 19 bought at 100 and sold at 39.
    expect(exchange.state.account()).toMatchObject({
      cashMicros: -159e6,
      marginCall: { state: 'bankrupt' },
    });
    expect(reasonOf(submit(exchange, 'B 1'))).toBe('marginCall');
    expect(watch(exchange, 10)).toEqual([]);
  });
});

test('a slice that leaves the quote outside the bands is seen at that second', () => {
  const exchange = exchangeWith({
    instruments: [SHARE],
    cash: 1_000,
    book: 'S 24@100  B 5@97  B 500@80',
    account: { type: 'margin', margin: { debitInterestPpm: 0, callGraceSeconds: 0 } },
    priceBands: { tier: 1 },
  });
  submit(exchange, 'B 19');
  exchange.startWatching();
  const { bands } = exchange.listings[0];
  expect(bands).toMatchObject({ lowTicks: 95, limitState: 'none' });
  // Equity 371.50 at a mark of 98.50, maintenance 467.88.
  takeCash(exchange, 600e6);
  expect(sold(watch(exchange, 2))).toEqual(['5@97']);
  expect(bands).toMatchObject({ limitState: 'straddle' });
});

test('a call under way survives its snapshot', () => {
  const exchange = long19();
  quote(exchange, 60);
  watch(exchange, 30);
  const saved = snapshotOf(exchange.state);
  const copy = exchangeWith({ instruments: [SHARE], cash: 1_000 });
  restoreInto(copy.state, JSON.parse(JSON.stringify(saved.plain)), saved.books);
  expect(snapshotOf(copy.state)).toEqual(saved);
  expect(watch(copy, 40)).toEqual(watch(exchange, 40));
  expect(JSON.stringify(snapshotOf(copy.state))).toBe(JSON.stringify(snapshotOf(exchange.state)));
});
