/** Whatever agents, the trader and the operator do: nothing trades outside the bands or in a halt. */
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { TradingPhase } from '@sandpit/schemas/session.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Exchange } from './exchange.ts';
import { restoreInto, snapshotOf } from './exchange-snapshot.ts';
import type { BookSide } from './sides.ts';
import { Auditor } from './testing/auditor.ts';
import { ACME } from './testing/desk.ts';

const INSTRUMENT = { ...ACME, collarPpm: 900_000 };
const CASH = 1_000_000_000_000;
const COLLECTING: readonly TradingPhase[] = [
  'reopeningAuction',
  'openingAuction',
  'closingAuction',
];
const SESSION = {
  preOpenSeconds: 5,
  openingAuctionSeconds: 5,
  continuousSeconds: 150,
  closingAuctionSeconds: 10,
  closedSeconds: 10,
};

const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('agent' as const),
      owner: fc.integer({ min: 2, max: 60 }),
      side: fc.constantFrom<BookSide>(0, 1),
      away: fc.integer({ min: -90, max: 90 }),
      lots: fc.integer({ min: 1, max: 40 }),
      flags: fc.constantFrom(0, 0, 0, 1, 2),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('order' as const),
      side: fc.constantFrom('buy', 'sell'),
      type: fc.constantFrom('limit', 'limit', 'market', 'stop', 'stopLimit'),
      away: fc.integer({ min: -120, max: 120 }),
      lots: fc.integer({ min: 1, max: 60 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('replace' as const),
      pick: fc.nat(9),
      away: fc.integer({ min: -120, max: 120 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.nat(9) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('halt' as const, 'reopen' as const),
      seconds: fc.option(fc.integer({ min: 1, max: 20 })),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
const steps = fc.array(step, { minLength: 20, maxLength: 160, size: 'max' });

function newExchange(hasSession: boolean): Exchange {
  const exchange = new Exchange(
    [
      {
        instrument: INSTRUMENT,
        openingTicks: 1_000,
        session: hasSession ? SESSION : null,
        reopening: { auctionSeconds: 5, extensionSeconds: 5 },
        priceBands: { tier: 1, limitStateSeconds: 5, pauseSeconds: 10, doubledFirstSeconds: 30 },
      },
    ],
    'USD',
  );
  exchange.deposit(CASH);
  return exchange;
}

/** Fails the test at the trade that breaks a law. */
function guard(exchange: Exchange, seen: Set<string>): void {
  const listing = exchange.listings[0]!;
  exchange.listen({
    onTrade: (_i, _maker, _leaves, _taker, _side, priceTicks) => {
      seen.add('trade');
      expect(listing.phase).toBe('continuous');
      expect(priceTicks).toBeGreaterThanOrEqual(listing.bands!.lowTicks);
      expect(priceTicks).toBeLessThanOrEqual(listing.bands!.highTicks);
    },
    onAuctionFill: () => {},
    onUncross: (_i, _side, priceTicks) => {
      seen.add('auction');
      const { last, collar } = before;
      expect(COLLECTING).toContain(last);
      if (last !== 'reopeningAuction') return;
      seen.add('reopening');
      // Where the session has closed it meanwhile, the closing auction knows no collar.
      expect(priceTicks).toBeGreaterThanOrEqual(collar!.lowTicks);
      expect(priceTicks).toBeLessThanOrEqual(collar!.highTicks);
    },
  });
  const before: { last: TradingPhase; collar: { lowTicks: number; highTicks: number } | null } = {
    last: listing.phase,
    collar: null,
  };
  const setPhase = listing.setPhase.bind(listing);
  listing.setPhase = (phase, endsNs) => {
    before.last = listing.phase;
    if (listing.halt) before.collar = listing.halt;
    setPhase(phase, endsNs);
    seen.add(phase);
  };
}

function run(exchange: Exchange, each: Step, n: number): VenueEvent[] {
  const near = exchange.listings[0]!.referenceTicks;
  const execute = (command: unknown) => exchange.execute(command as never, `cmd${n}`, null);
  if (each.kind === 'wait') {
    const toNs = exchange.state.nowNs + each.seconds * 1e9;
    while (exchange.nextPhaseNs <= toNs) {
      exchange.setNow(exchange.nextPhaseNs);
      exchange.changePhases();
    }
    exchange.setNow(toNs);
  } else if (each.kind === 'agent') {
    const { owner, side, away, lots, flags } = each;
    exchange.submit(0, owner, side, Math.max(1, near + away), lots, flags);
    exchange.react();
  } else if (each.kind === 'order') {
    const { side, type, away, lots } = each;
    const hasLimit = type === 'limit' || type === 'stopLimit';
    const ticket = {
      ...{
        clientOrderId: `c${n}`,
        symbol: 'ACME',
        side,
        type,
        timeInForce: 'gtc',
        postOnly: false,
      },
      quantityLots: lots,
      limitTicks: hasLimit ? Math.max(1, near + away) : null,
      ...(type.startsWith('stop') && {
        instructions: { stopTicks: near + (side === 'buy' ? 1 : -1) * (1 + (Math.abs(away) % 40)) },
      }),
    };
    return execute({ type: 'newOrder', ticket });
  } else if (each.kind === 'replace') {
    const orderId = exchange.state.blotter.open()[each.pick]?.orderId ?? '1';
    const limitTicks = Math.max(1, near + each.away);
    return execute({ type: 'replaceOrder', orderId, quantityLots: null, limitTicks });
  } else if (each.kind === 'halt') {
    const { seconds } = each;
    return execute({ type: 'haltInstrument', symbol: 'ACME', reason: 'regulatory', seconds });
  } else {
    return execute({ type: 'reopenInstrument', symbol: 'ACME' });
  }
  return exchange.takeEvents();
}

test.each([false, true])('the laws hold (with a trading day: %s)', (hasSession) => {
  const seen = new Set<string>();
  let slid = 0;
  fc.assert(
    fc.property(steps, (sequence) => {
      const exchange = newExchange(hasSession);
      guard(exchange, seen);
      const auditor = new Auditor([INSTRUMENT], CASH);
      sequence.forEach((each, n) => {
        const events = run(exchange, each, n);
        auditor.watch(events);
        auditor.books(exchange);
        for (const event of events) {
          if (event.type === 'phaseChanged' && event.haltReason === 'volatility') seen.add('pause');
          if ('order' in event && event.order.progress?.slidFromTicks != null) slid++;
        }
        const { bands, book, phase } = exchange.listings[0]!;
        expect(bands!.isActive).toBe(phase === 'continuous');
        expect(book.bestBid).toBeLessThanOrEqual(bands!.highTicks);
        if (book.bestAsk > 0) expect(book.bestAsk).toBeGreaterThanOrEqual(bands!.lowTicks);
      });
    }),
    { numRuns: 250 },
  );
  // The laws were put to the test, all of them.
  const needed = ['trade', 'auction', 'reopening', 'pause', 'halted', 'reopeningAuction'];
  expect(needed.filter((each) => !seen.has(each))).toEqual([]);
  expect(slid).toBeGreaterThan(20);
});

test('a snapshot anywhere changes nothing', () => {
  fc.assert(
    fc.property(steps, fc.nat(100), (sequence, share) => {
      const cut = Math.floor((sequence.length * share) / 100);
      const original = newExchange(true);
      for (const [n, each] of sequence.slice(0, cut).entries()) run(original, each, n);
      const saved = snapshotOf(original.state);
      const copy = newExchange(true);
      restoreInto(copy.state, JSON.parse(JSON.stringify(saved.plain)), saved.books);
      expect(snapshotOf(copy.state)).toEqual(saved);
      const rest = sequence.slice(cut);
      const tail = (exchange: Exchange) => rest.flatMap((each, n) => run(exchange, each, cut + n));
      expect(tail(copy)).toEqual(tail(original));
      expect(snapshotOf(copy.state)).toEqual(snapshotOf(original.state));
    }),
    { numRuns: 100 },
  );
});
