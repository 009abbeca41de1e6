import type { VenueEvent } from '@sandpit/schemas/event.ts';
import { FEE_SCHEDULES } from '@sandpit/schemas/fees.ts';
import { REGULATION_T, requirementOf } from '@sandpit/schemas/margin.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Exchange } from './exchange.ts';
import { restoreInto, snapshotOf } from './exchange-snapshot.ts';
import { Auditor } from './testing/auditor.ts';
import { ACME, exchangeWith } from './testing/desk.ts';
import { markHalfTicks } from './valuation.ts';

const HARD = {
  ...REGULATION_T,
  borrowPpm: 5_000_000,
  longInitialPpm: 150_000,
  longMaintenancePpm: 100_000,
};
const INSTRUMENTS = [
  { ...ACME, tickValueMicros: 333_333, collarPpm: 900_000 },
  { ...ACME, symbol: 'HARD', margin: HARD, collarPpm: 900_000 },
];
const CASH = 5_000_000_000;

const symbols = fc.constantFrom('ACME', 'HARD');
const sides = fc.constantFrom('buy' as const, 'sell' as const);
const any = {
  crowd: fc.record({
    kind: fc.constant('crowd' as const),
    instrument: fc.nat(1),
    side: fc.constantFrom(0 as const, 1 as const),
    priceTicks: fc.integer({ min: 80, max: 120 }),
    lots: fc.integer({ min: 1, max: 80 }),
  }),
  order: fc.record({
    kind: fc.constant('order' as const),
    symbol: symbols,
    side: sides,
    type: fc.constantFrom('limit', 'limit', 'market'),
    priceTicks: fc.integer({ min: 80, max: 120 }),
    lots: fc.integer({ min: 1, max: 200 }),
  }),
  seconds: fc.record({
    kind: fc.constant('seconds' as const),
    count: fc.integer({ min: 1, max: 8 }),
  }),
  /** The crowd moves the market there. */
  shock: fc.record({
    kind: fc.constant('shock' as const),
    instrument: fc.nat(1),
    priceTicks: fc.constantFrom(50, 70, 90, 100, 115, 140, 170),
    lots: fc.integer({ min: 5, max: 300 }),
  }),
  rest: fc.record({ kind: fc.constantFrom('cancelAll' as const, 'midnight' as const) }),
};
const step = fc.oneof(
  { arbitrary: any.crowd, weight: 10 },
  { arbitrary: any.order, weight: 6 },
  { arbitrary: any.seconds, weight: 3 },
  { arbitrary: any.shock, weight: 2 },
  { arbitrary: any.rest, weight: 1 },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
const steps = fc.array(step, { minLength: 5, maxLength: 80, size: 'max' });

function newExchange(): Exchange {
  const exchange = exchangeWith({
    instruments: INSTRUMENTS,
    cash: CASH / 1e6,
    account: {
      type: 'margin',
      fees: FEE_SCHEDULES[2],
      margin: { debitInterestPpm: 900_000, callGraceSeconds: 3 },
    },
  });
  exchange.startWatching();
  return exchange;
}

function seconds(exchange: Exchange, count: number): void {
  for (let i = 0; i < count; i++) {
    exchange.setNow(exchange.nextWatchNs);
    exchange.watchMargin();
  }
}

/** Everything that rests is traded away, a trade is made at the price, and `lots` are quoted there. */
function shock(exchange: Exchange, instrument: number, priceTicks: number, lots: number): void {
  exchange.submit(instrument, 7, 1, 1, 100_000, 1);
  exchange.submit(instrument, 7, 0, 1_000, 100_000, 1);
  exchange.submit(instrument, 8, 0, priceTicks - 1, lots, 0);
  exchange.submit(instrument, 9, 1, priceTicks + 1, lots, 0);
  exchange.submit(instrument, 6, 0, priceTicks + 1, 1, 0);
  exchange.react();
}

function run(exchange: Exchange, each: Step, n: number): VenueEvent[] {
  if (each.kind === 'crowd') {
    const { instrument, side, priceTicks, lots } = each;
    exchange.submit(instrument, 2 + (n % 5), side, priceTicks, lots, 0);
    exchange.react();
  } else if (each.kind === 'seconds') {
    seconds(exchange, each.count);
  } else if (each.kind === 'midnight') {
    exchange.expireDayOrders(0);
  } else if (each.kind === 'shock') {
    shock(exchange, each.instrument, each.priceTicks, each.lots);
  } else if (each.kind === 'order') {
    const { symbol, side, type, priceTicks, lots } = each;
    const limitTicks = type === 'limit' ? priceTicks : null;
    const terms = { symbol, side, type, limitTicks, quantityLots: lots, timeInForce: 'gtc' };
    const ticket = { clientOrderId: `c${n}`, postOnly: false, ...terms } as never;
    return exchange.execute({ type: 'newOrder', ticket }, `c${n}`, null);
  } else {
    return exchange.execute({ type: 'cancelAll', symbol: null, side: null }, `c${n}`, null);
  }
  return exchange.takeEvents();
}

const marksOf = ({ listings }: Exchange) => listings.map(markHalfTicks);

/** Equity less what positions and open orders ask for, worked out anew at given marks, in micros. */
function roomAt({ state }: Exchange, marks: (number | null)[]): number {
  let room = state.cashMicros - state.reservedMicros;
  for (const [i, { position, instrument }] of state.listings.entries()) {
    const half = BigInt(position.lots) * BigInt(marks[i] ?? 0) * BigInt(instrument.tickValueMicros);
    const value = marks[i] === null ? position.costMicros : Number(half) / 2;
    const { initialMicros } = requirementOf(Math.round(value), instrument.margin ?? REGULATION_T);
    room += value - initialMicros;
  }
  return room;
}

test('the laws hold for an account on margin, through calls and liquidations', () => {
  const seen = { fills: 0, calls: 0, liquidations: 0, charged: 0 };
  fc.assert(
    fc.property(steps, (sequence) => {
      const exchange = newExchange();
      const auditor = new Auditor(INSTRUMENTS, CASH);
      for (const [n, each] of sequence.entries()) {
        const events = run(exchange, each, n);
        auditor.watch(events);
        auditor.books(exchange);
        for (const event of events) {
          if (event.type === 'marginCallChanged') {
            if (event.marginCall?.state === 'called') seen.calls++;
          }
          if (event.type === 'orderFilled' && event.execution.liquidation) seen.liquidations++;
        }
      }
      seen.fills += auditor.executions;
      if (exchange.state.account().borrowFeesMicros! > 0) seen.charged++;
    }),
    { numRuns: 400 },
  );
  for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(5);
});

test('an accepted order leaves equity for all that it and the others ask for', () => {
  let opened = 0;
  fc.assert(
    fc.property(steps, (sequence) => {
      const exchange = newExchange();
      for (const [n, each] of sequence.entries()) {
        const marks = marksOf(exchange);
        const before = roomAt(exchange, marks);
        const exposed = exchange.listings.map(({ position }) => Math.abs(position.lots));
        const events = run(exchange, each, n);
        if (each.kind !== 'order' || events[0].type !== 'orderAccepted') continue;
        const room = roomAt(exchange, marks);
        const grew = exchange.listings.some((l, i) => Math.abs(l.position.lots) > exposed[i]);
        if (grew) opened++;
        // An order that only reduces passes always. A half micro may be rounded for each position.
        if (room < -2 && before >= 0) expect(grew).toBe(false);
        if (grew) expect(room).toBeGreaterThanOrEqual(-2);
      }
    }),
    { numRuns: 400 },
  );
  expect(opened).toBeGreaterThan(200);
});

test('under a liquidation no position grows, and with somebody to trade with it ends', () => {
  let liquidated = 0;
  fc.assert(
    fc.property(steps, fc.constantFrom(40, 55, 160), (sequence, crashTicks) => {
      const exchange = newExchange();
      for (const [n, each] of sequence.entries()) run(exchange, each, n);
      // The crowd moves the market there and stays.
      for (const i of [0, 1]) shock(exchange, i, crashTicks, 2_000);
      exchange.takeEvents();
      let held = exchange.listings.map(({ position }) => Math.abs(position.lots));
      for (let i = 0; i < 200; i++) {
        const wasLiquidating = exchange.state.marginCall?.state === 'liquidating';
        seconds(exchange, 1);
        const now = exchange.listings.map(({ position }) => Math.abs(position.lots));
        if (wasLiquidating) {
          liquidated++;
          for (const [k, lots] of now.entries()) expect(lots).toBeLessThanOrEqual(held[k]);
        }
        held = now;
      }
      expect(['bankrupt', undefined]).toContain(exchange.state.marginCall?.state);
    }),
    { numRuns: 150 },
  );
  expect(liquidated).toBeGreaterThan(50);
});

test('going on from a snapshot gives the same events, the same hash and the same bytes', () => {
  const digestOf = (exchange: Exchange) => {
    const hash = exchange.state.hash.copy();
    exchange.digestInto(hash);
    return hash.digest();
  };
  fc.assert(
    fc.property(steps, steps, (before, after) => {
      const original = newExchange();
      for (const [n, each] of before.entries()) run(original, each, n);
      const saved = snapshotOf(original.state);
      const copy = newExchange();
      restoreInto(copy.state, JSON.parse(JSON.stringify(saved.plain)), saved.books);
      expect(snapshotOf(copy.state)).toEqual(saved);
      expect(digestOf(copy)).toBe(digestOf(original));
      after.forEach((each, n) => {
        const at = before.length + n;
        expect(run(copy, each, at)).toEqual(run(original, each, at));
      });
      expect(digestOf(copy)).toBe(digestOf(original));
      expect(JSON.stringify(snapshotOf(copy.state))).toBe(
        JSON.stringify(snapshotOf(original.state)),
      );
    }),
    { numRuns: 150 },
  );
});
