/** No sequence of commands gets an account past one of its limits. The laws know nothing of the checks. */
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { Order } from '@sandpit/schemas/order.ts';
import { NO_LIMITS, type RiskLimits } from '@sandpit/schemas/risk.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Exchange } from './exchange.ts';
import { ACME, agent, exchangeWith, submit, ticket } from './testing/desk.ts';

const MS = 1_000_000;
const BORROWABLE = 25;
const LIMITS: RiskLimits = {
  ...NO_LIMITS,
  maxOrderSizePercent: 2,
  maxOrderNotionalMicros: 1_900_000_000 as never,
  maxPositionMicros: 2_700_000_000 as never,
  maxOpenOrders: 6,
  ordersPerSecond: 6,
  borrowPercent: 100,
};

const side = fc.constantFrom('B', 'S');
const lots = fc.integer({ min: 1, max: 30 });
const ticks = fc.integer({ min: 95, max: 105 });
const order = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(side, lots, ticks).map(([s, n, p]) => `${s} ${n}@${p}`) },
  { weight: 2, arbitrary: fc.tuple(side, lots).map(([s, n]) => `${s} ${n}`) },
  fc.tuple(side, lots, ticks).map(([s, n, p]) => `${s} ${n} STOP ${s === 'B' ? p + 4 : p - 4}`),
  fc.tuple(side, lots, ticks).map(([s, n, p]) => `${s} ${n}@${p} REDUCE`),
  fc.tuple(side, lots, ticks).map(([s, n, p]) => `${s} ${n}@${p} IOC`),
);
const step = fc.oneof(
  { weight: 6, arbitrary: order.map((text) => ({ do: 'order', text }) as const) },
  fc
    .tuple(fc.constantFrom('oco', 'ouo', 'oto'), order, order)
    .map(([contingency, a, b]) => ({ do: 'list', contingency, texts: [a, b] }) as const),
  fc.tuple(side, lots, ticks).map(([s, n, p]) => {
    const other = s === 'B' ? 'S' : 'B';
    const [target, stop] = s === 'B' ? [p + 5, p - 5] : [p - 5, p + 5];
    const texts = [`${s} ${n}@${p}`, `${other} ${n}@${target}`, `${other} ${n} STOP ${stop}`];
    return { do: 'list', contingency: 'bracket', texts } as const;
  }),
  fc
    .tuple(fc.nat(9), lots, ticks)
    .map(([which, n, p]) => ({ do: 'amend', which, lots: n, ticks: p }) as const),
  fc.nat(9).map((which) => ({ do: 'cancel', which }) as const),
  fc.boolean().map((reverse) => ({ do: 'close', reverse }) as const),
  {
    weight: 4,
    arbitrary: fc
      .tuple(side, lots, ticks)
      .map(([s, n, p]) => ({ do: 'agent', text: `${s} ${n}@${p}` }) as const),
  },
  {
    weight: 2,
    arbitrary: fc.integer({ min: 1, max: 700 }).map((ms) => ({ do: 'wait', ms }) as const),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** What could become of the position, by side, if everything open of it traded; from the orders alone. */
function atWorst(exchange: Exchange): { buy: number; sell: number } {
  const { position } = exchange.listings[0];
  const { held } = exchange.listings[0];
  const worst = { buy: position.lots, sell: -position.lots };
  const lists = new Map<string, number>();
  for (const each of exchange.state.blotter.open()) {
    if (each.instructions?.reduceOnly || held.has(each.orderId)) continue;
    const isLinked = each.list && each.list.contingency !== 'oto' && each.list.role !== 'parent';
    const key = isLinked ? `${each.list!.listId}${each.side}` : '';
    const counted = lists.get(key) ?? 0;
    const more = isLinked ? Math.max(0, each.leavesLots - counted) : each.leavesLots;
    if (isLinked) lists.set(key, counted + more);
    worst[each.side] += more;
  }
  return worst;
}

let serial = 0;

function take(exchange: Exchange, what: Step): VenueEvent[] {
  const { state } = exchange;
  const id = `do-${++serial}`;
  const pick = (which: number): Order | undefined => {
    const open = state.blotter.open();
    return open[which % Math.max(1, open.length)];
  };
  switch (what.do) {
    case 'order':
      return submit(exchange, what.text);
    case 'list': {
      const tickets = what.texts.map((text) => ticket(text));
      const { contingency } = what;
      return exchange.execute(
        { type: 'newOrderList', clientListId: id, contingency, tickets } as never,
        id,
        null,
      );
    }
    case 'amend': {
      const orderId = pick(what.which)?.orderId ?? '1';
      const terms = { quantityLots: what.lots, limitTicks: what.ticks } as never as object;
      return exchange.execute({ type: 'replaceOrder', orderId, ...terms } as never, id, null);
    }
    case 'cancel':
      return exchange.execute(
        { type: 'cancelOrder', orderId: pick(what.which)?.orderId ?? '1' },
        id,
        null,
      );
    case 'close': {
      const { reverse } = what;
      const close = { type: 'closePosition', symbol: 'ACME', clientOrderId: id, reverse } as const;
      return exchange.execute(close, id, null);
    }
    case 'agent':
      agent(exchange, what.text, 1_000 + serial);
      return exchange.takeEvents();
    case 'wait':
      exchange.setNow(state.nowNs + what.ms * MS);
      return [];
  }
}

function limitedExchange(): Exchange {
  const exchange = exchangeWith({
    book: 'S 20@101  S 60@103  B 20@99  B 60@97',
    cash: 1_000_000,
    instruments: [{ ...ACME, borrowableLots: BORROWABLE }],
  });
  exchange.setNow(10_000 * MS);
  exchange.execute({ type: 'riskLimits', limits: LIMITS }, 'limits', null);
  return exchange;
}

test('accepted orders never exceed a limit, whatever is sent in whatever order', () => {
  const reached = { rate: 0, position: 0, borrow: 0, open: 0, notional: 0, size: 0 };
  const property = fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
    const exchange = limitedExchange();
    const [listing] = exchange.listings;
    const acceptedNs: number[] = [];
    for (const what of steps) {
      const before = atWorst(exchange);
      const reference = listing.referenceTicks;
      const wasFlat = listing.position.lots === 0;
      const events = take(exchange, what);
      count(events, reached);
      const after = atWorst(exchange);
      const price = Math.min(reference, listing.referenceTicks);
      for (const at of ['buy', 'sell'] as const) {
        if (after[at] <= before[at] || after[at] <= 0) continue;
        expect(after[at] * price * 1e6, `${at} at worst`).toBeLessThanOrEqual(
          LIMITS.maxPositionMicros!,
        );
      }
      expect(-listing.position.lots).toBeLessThanOrEqual(BORROWABLE);
      expect(exchange.state.blotter.open().length).toBeLessThanOrEqual(LIMITS.maxOpenOrders!);
      for (const event of events) {
        if (event.type !== 'orderAccepted' || event.order.instructions?.reduceOnly) continue;
        const { quantityLots, limitTicks, list } = event.order;
        // Who starts from nothing opens with every lot; legs that close are another matter.
        if (!wasFlat || list?.role === 'child') continue;
        acceptedNs.push(exchange.state.nowNs);
        expect(quantityLots).toBeLessThanOrEqual(20);
        const value = (limitTicks ?? reference) * quantityLots * 1e6;
        const { stopTicks } = event.order.instructions ?? {};
        if (stopTicks == null) expect(value).toBeLessThanOrEqual(LIMITS.maxOrderNotionalMicros!);
      }
      const lately = acceptedNs.filter((ns) => ns > exchange.state.nowNs - 1_000 * MS);
      expect(lately.length).toBeLessThanOrEqual(LIMITS.ordersPerSecond!);
    }
  });
  fc.assert(property, { numRuns: 400, seed: 20_260_105 });
  // Every limit was met, or the law would be an easy one.
  for (const [name, times] of Object.entries(reached)) expect(times, name).toBeGreaterThan(20);
});

function count(events: readonly VenueEvent[], reached: Record<string, number>): void {
  const names: Record<string, string> = {
    orderRateExceeded: 'rate',
    positionLimitExceeded: 'position',
    borrowUnavailable: 'borrow',
    tooManyOpenOrders: 'open',
    orderNotionalExceeded: 'notional',
    orderSizeExceeded: 'size',
  };
  for (const event of events) {
    if (event.type !== 'orderRejected' && event.type !== 'commandRefused') continue;
    const name = names[event.reason];
    if (name) reached[name] += 1;
  }
}

test('closing succeeds from every state that the limits allow, down to a limit of nothing', () => {
  const property = fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    const exchange = limitedExchange();
    const [listing] = exchange.listings;
    for (const what of steps) take(exchange, what);
    agent(exchange, 'S 500@105', 9_001);
    agent(exchange, 'B 500@95', 9_002);
    const nothing = {
      ...LIMITS,
      maxOrderSizePercent: 1,
      maxOrderNotionalMicros: 1 as never,
      maxPositionMicros: 1 as never,
      maxOpenOrders: 1,
      ordersPerSecond: 1,
      duplicateWindowMs: 60_000,
      borrowPercent: 0,
    };
    exchange.execute({ type: 'riskLimits', limits: nothing }, 'nothing', null);
    if (listing.position.lots === 0) return;
    take(exchange, { do: 'close', reverse: false });
    expect(listing.position.lots).toBe(0);
    for (const text of ['B 1@100', 'S 1@100']) {
      const events = submit(exchange, text);
      expect(events[0]?.type).toBe('orderRejected');
    }
  });
  fc.assert(property, { numRuns: 200, seed: 7 });
});
