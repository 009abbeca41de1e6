import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { OrderInstructions } from '@sandpit/schemas/instructions.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Exchange } from './exchange.ts';
import { restoreInto, snapshotOf } from './exchange-snapshot.ts';
import type { BookSide } from './sides.ts';
import { Auditor } from './testing/auditor.ts';
import { ACME } from './testing/desk.ts';

const INSTRUMENTS = [
  { ...ACME, tickValueMicros: 333_333 },
  { ...ACME, symbol: 'NOSHORT', shortable: false, makerFeePpm: -50 },
];
const CASH = 30_000_000_000;

const ORDER_TYPES = [
  'limit',
  'limit',
  'limit',
  'market',
  'market',
  'stop',
  'stopLimit',
  'marketIfTouched',
  'limitIfTouched',
  'trailingStop',
  'trailingStopLimit',
  'marketToLimit',
  'pegged',
  'pegged',
] as const;
const HANDLING = [
  {},
  {},
  {},
  { reduceOnly: true },
  { reduceOnly: true },
  { selfTradePrevention: 'expireMaker' },
  { selfTradePrevention: 'expireBoth' },
  { selfTradePrevention: 'decrement' },
  { displayLots: 0 },
  { displayLots: 3 },
  { displayLots: 2, selfTradePrevention: 'decrement' },
  { displayLots: 4, reduceOnly: true },
  { allOrNone: true },
  { allOrNone: true, selfTradePrevention: 'expireMaker' },
  { minimumLots: 5 },
] as const;

const anyStep = {
  agent: fc.record({
    kind: fc.constant('agent' as const),
    instrument: fc.integer({ min: 0, max: 1 }),
    owner: fc.integer({ min: 2, max: 5 }),
    side: fc.constantFrom<BookSide>(0, 1),
    priceTicks: fc.integer({ min: 85, max: 115 }),
    lots: fc.integer({ min: 1, max: 40 }),
    shows: fc.option(fc.integer({ min: 0, max: 6 }), { freq: 5 }),
  }),
  order: fc.record({
    kind: fc.constant('new' as const),
    symbol: fc.constantFrom('ACME', 'NOSHORT'),
    side: fc.constantFrom('buy', 'sell'),
    type: fc.constantFrom(...ORDER_TYPES),
    priceTicks: fc.integer({ min: 75, max: 125 }),
    lots: fc.integer({ min: 1, max: 150 }),
    timeInForce: fc.constantFrom('day', 'gtc', 'gtc', 'gtd', 'ioc', 'fok'),
    slides: fc.boolean(),
    handling: fc.constantFrom(...HANDLING),
    postOnly: fc.constantFrom(false, false, false, true),
    trail: fc.integer({ min: 1, max: 8 }),
    triggerReference: fc.constantFrom('last', 'quote', 'mid'),
  }),
  list: fc.record({
    kind: fc.constant('list' as const),
    contingency: fc.constantFrom('oco', 'ouo', 'oto', 'bracket'),
    symbol: fc.constantFrom('ACME', 'NOSHORT'),
    side: fc.constantFrom('buy', 'sell'),
    priceTicks: fc.integer({ min: 96, max: 104 }),
    away: fc.integer({ min: 1, max: 6 }),
    lots: fc.integer({ min: 1, max: 60 }),
    hasStop: fc.boolean(),
  }),
  replace: fc.record({
    kind: fc.constant('replace' as const),
    pick: fc.nat(12),
    lots: fc.option(fc.integer({ min: 1, max: 150 })),
    priceTicks: fc.option(fc.integer({ min: 75, max: 125 })),
    displayLots: fc.option(fc.integer({ min: 0, max: 9 }), { freq: 3 }),
    stopTicks: fc.option(fc.integer({ min: 80, max: 120 }), { freq: 2 }),
  }),
  cancel: fc.record({ kind: fc.constant('cancel' as const), pick: fc.nat(12) }),
  sweep: fc.record({ kind: fc.constantFrom('cancelAll' as const, 'midnight' as const) }),
};
const step = fc.oneof(
  { arbitrary: anyStep.agent, weight: 8 },
  { arbitrary: anyStep.order, weight: 8 },
  { arbitrary: anyStep.list, weight: 3 },
  { arbitrary: anyStep.replace, weight: 2 },
  { arbitrary: anyStep.cancel, weight: 2 },
  { arbitrary: anyStep.sweep, weight: 1 },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
const steps = fc.array(step, { minLength: 1, maxLength: 80, size: 'max' });

function newExchange(): Exchange {
  const setups = INSTRUMENTS.map((instrument) => ({ instrument, openingTicks: 100 }));
  const exchange = new Exchange(setups, 'USD');
  exchange.deposit(CASH);
  return exchange;
}

/** Runs one step as number `n`; the events of market steps are included. */
function run(exchange: Exchange, each: Step, n: number): VenueEvent[] {
  exchange.setNow(n);
  if (exchange.nextExpiryNs <= n) exchange.expireTimedOrders();
  const execute = (command: unknown) => exchange.execute(command as never, `cmd${n}`, null);
  if (each.kind === 'agent') {
    const { instrument, owner, side, priceTicks, lots, shows } = each;
    const handle = exchange.submit(instrument, owner, side, priceTicks, lots, 0);
    if (shows !== null) exchange.conceal(instrument, handle, shows);
    exchange.react();
  } else if (each.kind === 'new') {
    return execute({ type: 'newOrder', ticket: ticketOf(each, n) });
  } else if (each.kind === 'list') {
    return execute({ type: 'newOrderList', ...listOf(each, n) });
  } else if (each.kind === 'replace') {
    const { pick, lots, priceTicks, stopTicks, displayLots } = each;
    const orderId = idOf(exchange, pick);
    const changes = { quantityLots: lots, limitTicks: priceTicks, stopTicks, displayLots };
    return execute({ type: 'replaceOrder', orderId, ...changes });
  } else if (each.kind === 'cancel') {
    return execute({ type: 'cancelOrder', orderId: idOf(exchange, each.pick) });
  } else if (each.kind === 'cancelAll') {
    return execute({ type: 'cancelAll', symbol: null, side: null });
  } else {
    exchange.expireDayOrders(n);
  }
  return exchange.takeEvents();
}

/** Terms that fit the type, so that most orders are accepted. */
function ticketOf(each: Extract<Step, { kind: 'new' }>, n: number): Record<string, unknown> {
  const { symbol, side, type, priceTicks, lots, timeInForce, postOnly } = each;
  const isTrailing = type === 'trailingStop' || type === 'trailingStopLimit';
  const waits = type.startsWith('stop') || type.endsWith('Touched') || isTrailing;
  const hasLimit = type === 'limit' || type === 'stopLimit' || type === 'limitIfTouched';
  const isAbove = (side === 'buy') === type.startsWith('stop');
  const trail = each.trail > 5 ? { trailPpm: each.trail * 5_000 } : { trailTicks: each.trail };
  const stop = { stopTicks: isAbove ? 100 + each.trail : 100 - each.trail };
  const rests = postOnly && hasLimit;
  const isPegged = type === 'pegged' && timeInForce !== 'ioc' && timeInForce !== 'fok';
  const pegPriceType = { last: 'primary', quote: 'market', mid: 'mid' }[each.triggerReference];
  const mayRest = hasLimit && timeInForce !== 'ioc' && timeInForce !== 'fok';
  const { displayLots, allOrNone, minimumLots, ...handling } = each.handling as OrderInstructions;
  const instructions = {
    ...handling,
    ...(mayRest && displayLots !== undefined && { displayLots }),
    ...(mayRest && allOrNone && { allOrNone }),
    ...(isPegged && { pegPriceType, pegOffsetTicks: each.trail - 3 }),
    ...(mayRest && minimumLots && { minimumLots }),
    ...(waits && { triggerReference: each.triggerReference, ...(isTrailing ? trail : stop) }),
    ...(timeInForce === 'gtd' && { expireNs: n + each.trail }),
    ...(rests && each.slides && { postOnlyMode: 'slide' }),
    ...(type === 'trailingStopLimit' && { limitOffsetTicks: each.trail }),
  };
  return {
    clientOrderId: `c${n}`,
    ...{ symbol, side, type, timeInForce, postOnly: rests },
    quantityLots: allOrNone ? 1 + (lots % 15) : lots,
    limitTicks: hasLimit || (isPegged && each.slides) ? priceTicks : null,
    ...(Object.keys(instructions).length > 0 && { instructions }),
  };
}

/** Peers or legs around a price: a limit on the far side, and a stop or another limit. */
function listOf(each: Extract<Step, { kind: 'list' }>, n: number): Record<string, unknown> {
  const { contingency, symbol, side, priceTicks, away, lots, hasStop } = each;
  const other = side === 'buy' ? 'sell' : 'buy';
  const isLed = contingency === 'oto' || contingency === 'bracket';
  const legSide = isLed ? other : side;
  const better = legSide === 'sell' ? 1 : -1;
  const terms = { symbol, quantityLots: lots, timeInForce: 'gtc', postOnly: false };
  const limit = { type: 'limit', limitTicks: 100 + better * away };
  const stop = {
    type: 'stop',
    limitTicks: null,
    instructions: { stopTicks: 100 - better * away },
  };
  const second = hasStop ? stop : { ...limit, limitTicks: limit.limitTicks + better };
  const entry = { ...terms, side, type: 'limit', limitTicks: priceTicks };
  const legs = [limit, second].map((leg) => ({ ...terms, side: legSide, ...leg }));
  const tickets = isLed ? [entry, ...legs] : legs;
  return {
    clientListId: `l${n}`,
    contingency,
    tickets: tickets.map((ticket, i) => ({ clientOrderId: `c${n}-${i}`, ...ticket })),
  };
}

const isReduction = (event: VenueEvent) =>
  event.type === 'orderFilled' && event.order.instructions?.reduceOnly === true;

const isWhole = (event: VenueEvent) =>
  event.type === 'orderFilled' &&
  event.order.instructions?.allOrNone === true &&
  event.order.leavesLots === 0;

/** Mostly an open order, sometimes one that is done or never was. */
function idOf(exchange: Exchange, pick: number): string {
  const open = exchange.state.blotter.open();
  return open[pick]?.orderId ?? String(pick);
}

test('the laws hold after every step', () => {
  let fills = 0;
  let triggered = 0;
  let reduced = 0;
  let followed = 0;
  let concealed = 0;
  let whole = 0;
  let pegged = 0;
  fc.assert(
    fc.property(steps, (sequence) => {
      const exchange = newExchange();
      const auditor = new Auditor(INSTRUMENTS, CASH);
      sequence.forEach((each, n) => {
        const events = run(exchange, each, n + 1);
        triggered += events.filter(({ type }) => type === 'orderTriggered').length;
        reduced += events.filter(isReduction).length;
        followed += events.filter(
          (e) => 'order' in e && e.order.rejectReason === 'contingency',
        ).length;
        auditor.watch(events);
        auditor.books(exchange);
        if (exchange.listings.some(({ book }) => book.isConcealing)) concealed++;
        whole += events.filter(isWhole).length;
        pegged += events.filter(
          (e) => e.type === 'orderFilled' && e.order.type === 'pegged',
        ).length;
      });
      fills += auditor.executions;
    }),
    { numRuns: 400 },
  );
  expect(fills).toBeGreaterThan(400);
  expect(triggered).toBeGreaterThan(100);
  expect(reduced).toBeGreaterThan(5);
  expect(followed).toBeGreaterThan(50);
  expect(concealed).toBeGreaterThan(1_000);
  expect(pegged).toBeGreaterThan(20);
  expect(whole).toBeGreaterThan(3);
});

test('accepted orders never spend more than there is, as long as shorts do not lose', () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const exchange = newExchange();
      sequence.forEach((each, n) => {
        const before = exchange.state.account();
        const events = run(exchange, each, n + 1);
        const { cashMicros, reservedMicros } = exchange.state.account();
        const covered = events.some(
          (e) => e.type === 'orderFilled' && e.execution.realisedMicros < 0,
        );
        const wasShort = before.cashMicros - before.reservedMicros < 0;
        // Each fill may round its fee up by half a micro.
        if (!covered && !wasShort) expect(cashMicros - reservedMicros).toBeGreaterThan(-100);
      });
    }),
    { numRuns: 300 },
  );
});

test('going on from a snapshot gives the same events, the same hash and the same bytes', () => {
  fc.assert(
    fc.property(steps, steps, (before, after) => {
      const original = newExchange();
      for (const [n, each] of before.entries()) run(original, each, n + 1);
      const saved = snapshotOf(original.state);
      const copy = newExchange();
      restoreInto(copy.state, JSON.parse(JSON.stringify(saved.plain)), saved.books);
      expect(snapshotOf(copy.state)).toEqual(saved);
      after.forEach((each, n) => {
        const at = before.length + n + 1;
        expect(run(copy, each, at)).toEqual(run(original, each, at));
      });
      expect(copy.state.hash.digest()).toBe(original.state.hash.digest());
      expect(JSON.stringify(snapshotOf(copy.state))).toBe(
        JSON.stringify(snapshotOf(original.state)),
      );
    }),
    { numRuns: 200 },
  );
});

test('the hash tells apart what happened', () => {
  const digestOf = (sequence: Step[]) => {
    const exchange = newExchange();
    for (const [n, each] of sequence.entries()) run(exchange, each, n + 1);
    return exchange.state.hash.digest();
  };
  const order = (lots: number): Step => ({
    kind: 'agent',
    instrument: 0,
    owner: 2,
    side: 0,
    priceTicks: 100,
    lots,
    shows: null,
  });
  const digests = [[order(1)], [order(2)], [order(1), order(2)], [order(2), order(1)]].map(
    digestOf,
  );
  expect(new Set(digests).size).toBe(4);
  expect(digestOf([order(1)])).toBe(digests[0]);
});
