import { VenueEvent } from '@sandpit/schemas/event.ts';
import {
  BookFrame,
  CandleFrame,
  QuoteFrame,
  StatusFrame,
  TradeFrame,
} from '@sandpit/schemas/market-data.ts';
import { Compile } from 'typebox/compile';
import { beforeEach, describe, expect, test } from 'vitest';
import { restoreVenue } from './create.ts';
import { foreignOutcomes } from './foreign.ts';
import {
  Desk,
  openDesk,
  restingTicks,
  SYMBOL,
  scenarioWith,
  seconds,
  startBody,
  startedDesk,
} from './testing/commands.ts';
import { isoText } from './timestamps.ts';
import type { PendingFrame } from './venue.ts';

const types = (events: readonly VenueEvent[]) => events.map(({ type }) => type).join(' ');
const limitTicks = (desk: Desk) => restingTicks(desk.venue);

describe('before the start', () => {
  test.each`
    body
    ${{ type: 'stop' }}
    ${{ type: 'pause' }}
    ${{ type: 'speed', speed: 2 }}
    ${{ type: 'cancelAll', symbol: null, side: null }}
    ${{ type: 'cancelOrder', orderId: '1' }}
  `('$body is refused', ({ body }) => {
    const desk = openDesk();
    expect(desk.send(body)).toMatchObject([{ type: 'commandRefused', reason: 'simulatorHalted' }]);
    expect(desk.venue.clock).toBeNull();
  });

  test('an order is rejected, and time stands still', () => {
    const desk = openDesk();
    expect(desk.market('buy')).toMatchObject([
      { type: 'orderRejected', reason: 'simulatorHalted' },
    ]);
    expect(desk.wait(60_000)).toEqual([]);
    expect(desk.venue.nowNs).toBe(0);
  });
});

test('the past before the trader is the same however it is run', () => {
  const [atOnce, inSteps] = [openDesk(), openDesk()];
  atOnce.start();
  inSteps.send(startBody());
  expect(inSteps.venue.nowNs).toBe(0);
  while (inSteps.venue.nowNs < seconds(20)) {
    inSteps.venue.advanceTo((inSteps.venue.nowNs + seconds(0.7)) as typeof inSteps.venue.nowNs);
  }
  atOnce.venue.advanceTo(inSteps.venue.nowNs);
  expect(inSteps.venue.stateHash()).toBe(atOnce.venue.stateHash());
  expect(inSteps.venue.takeFrames()).toEqual(atOnce.venue.takeFrames());
});

test.each(['pause', 'stop'] as const)('a %s before the past has run comes after it', (type) => {
  const [atOnce, later] = [openDesk(), openDesk()];
  later.send(startBody());
  atOnce.start();
  expect(later.send({ type })).toEqual(atOnce.send({ type }));
  expect(later.venue.stateHash()).toBe(atOnce.venue.stateHash());
});

describe('the start', () => {
  test('opens the account on a market that is alive', () => {
    const desk = openDesk();
    const [started, ...more] = desk.start();
    expect(more).toEqual([]);
    expect(started).toMatchObject({
      type: 'started',
      atNs: 0,
      symbols: ['SMALL', 'LARGE', 'COIN-USD'],
      clock: {
        state: 'running',
        speed: 1,
        anchorSimNs: seconds(20),
        anchorWall: isoText(desk.wallMs),
      },
      account: { cashMicros: 1_000_000_000_000, reservedMicros: 0 },
    });
    for (const symbol of ['SMALL', 'LARGE', 'COIN-USD']) {
      const { bids, asks } = desk.venue.book(symbol, 20)!;
      expect(Math.min(bids.length, asks.length)).toBeGreaterThanOrEqual(5);
    }
    expect(desk.venue.trades(SYMBOL, 500)!.length).toBeGreaterThan(3);
  });

  test('happens once', () => {
    expect(startedDesk().start()).toMatchObject([{ reason: 'simulatorHalted' }]);
  });

  const kill = (scope: string, engaged = true) =>
    ({
      type: 'killSwitch',
      scope,
      by: 'operator',
      engaged,
      reason: 'drill',
      cancelOpenOrders: true,
    }) as const;

  test('in a tier has its limits, and the switches that were on already', () => {
    const desk = openDesk();
    const account = { scope: 'account', by: 'trader', reason: 'enough' } as const;
    const more = { riskTier: 'learner', killSwitches: [account] };
    expect(desk.send({ ...startBody(), ...more } as never)).toMatchObject([
      { type: 'started' },
      { type: 'riskChanged', risk: { tier: 'learner', killSwitches: [account] } },
    ]);
    expect(desk.order({ limitTicks: restingTicks(desk.venue) })).toMatchObject([
      { type: 'orderRejected', reason: 'killSwitchEngaged' },
    ]);
  });

  test('without a word of tiers is as before there were any, and says nothing of them', () => {
    const desk = openDesk();
    expect(desk.start().map(({ type }) => type)).not.toContain('riskChanged');
    expect(desk.venue.risk().tier).toBe('professional');
  });

  test('does not miss a switch that came before it, and has none twice', () => {
    const desk = openDesk();
    expect(desk.send(kill('global') as never)).toMatchObject([{ type: 'riskChanged' }]);
    const given = { scope: 'global', by: 'operator', reason: 'said later' };
    desk.send({ ...startBody(), killSwitches: [given] } as never);
    expect(desk.venue.risk().killSwitches).toEqual([
      { scope: 'global', by: 'operator', reason: 'drill' },
    ]);
    expect(desk.order()).toMatchObject([{ reason: 'killSwitchEngaged' }]);
    desk.send(kill('global', false) as never);
    expect(desk.order({ limitTicks: restingTicks(desk.venue) })).toMatchObject([
      { type: 'orderAccepted' },
      { type: 'accountChanged' },
    ]);
  });

  test('is refused for another scenario than the one that was loaded', () => {
    const desk = openDesk();
    const body = {
      type: 'start',
      sessionId: 's',
      scenarioId: 'test',
      scenarioHash: 'cd'.repeat(32),
    };
    const events = desk.send({ ...body, seed: 1, startingCashMicros: 1, speed: 1 } as never);
    expect(events).toMatchObject([{ type: 'commandRefused', reason: 'simulatorHalted' }]);
    expect(desk.start()).toMatchObject([{ type: 'started' }]);
  });
});

describe('the clock', () => {
  test('runs, pauses, goes on and changes speed without a jump', () => {
    const desk = startedDesk();
    desk.wait(1_500);
    expect(desk.venue.nowNs).toBe(seconds(21.5));
    desk.send({ type: 'pause' });
    desk.wait(60_000);
    expect(desk.venue.nowNs).toBe(seconds(21.5));
    desk.send({ type: 'resume' });
    desk.wait(1_000);
    desk.send({ type: 'speed', speed: 10 });
    desk.wait(1_000);
    expect(desk.venue.nowNs).toBe(seconds(32.5));
    expect(desk.venue.clock).toMatchObject({ state: 'running', speed: 10 });
  });

  test('is part of the state hash', () => {
    const desk = startedDesk();
    const before = desk.venue.stateHash();
    desk.wait(1);
    expect(desk.venue.takeFrames().every(({ channel }) => channel === 'status')).toBe(true);
    expect(desk.venue.stateHash()).not.toBe(before);
  });

  test('never goes back when the host’s does', () => {
    const desk = startedDesk();
    desk.wait(1_000);
    expect(desk.venue.targetNs(desk.wallMs - 5_000)).toBe(desk.venue.nowNs);
    expect(desk.venue.advanceTo(seconds(3))).toEqual([]);
    expect(desk.venue.nowNs).toBe(seconds(21));
  });

  test('a speed change while paused leaves it paused', () => {
    const desk = startedDesk();
    desk.send({ type: 'pause' });
    const [event] = desk.send({ type: 'speed', speed: 5 });
    expect(event).toMatchObject({ type: 'clockChanged', clock: { state: 'paused', speed: 5 } });
  });
});

describe('the stop', () => {
  let desk: Desk;
  beforeEach(() => {
    desk = startedDesk();
    desk.order({ limitTicks: limitTicks(desk) });
  });

  test('ends every open order and says why', () => {
    const events = desk.send({ type: 'stop' });
    expect(types(events)).toBe('orderCanceled accountChanged clockChanged');
    expect(events[0]).toMatchObject({
      order: { status: 'canceled', rejectReason: 'simulatorHalted' },
    });
    expect(desk.venue.openOrders()).toEqual([]);
    expect(desk.venue.halted).toBe(true);
  });

  test('stops time, orders and cancels', () => {
    desk.send({ type: 'stop' });
    desk.wait(5_000);
    expect(desk.venue.nowNs).toBe(seconds(20));
    expect(desk.market('buy')).toMatchObject([{ reason: 'simulatorHalted' }]);
    for (const type of ['cancelOrder', 'resume', 'stop']) {
      expect(desk.send({ type, orderId: '1' } as never)).toMatchObject([
        { reason: 'simulatorHalted' },
      ]);
    }
  });
});

test('a command that comes too late is refused, an order as an order', () => {
  const desk = startedDesk();
  const late = isoText(desk.wallMs - 1);
  expect(desk.send({ type: 'pause' }, late)).toMatchObject([{ reason: 'deadlineExceeded' }]);
  expect(types(desk.send({ type: 'pause' }, isoText(desk.wallMs)))).toBe('clockChanged');
});

test('a repeated command does nothing, and its outcome is known', () => {
  const desk = startedDesk();
  const events = desk.market('buy');
  const hash = desk.venue.stateHash();
  desk.sequence--;
  expect(desk.market('buy')).toEqual([]);
  expect(desk.venue.stateHash()).toBe(hash);
  expect(desk.venue.outcome('cmd-2')).toEqual({ commandId: 'cmd-2', type: 'newOrder', events });
  expect(desk.venue.outcome('cmd-9')).toBeNull();
});

test('an order moves the market: what it took is gone from the book', () => {
  const desk = startedDesk();
  const [best, second, third] = desk.venue.book(SYMBOL, 3)!.asks;
  const events = desk.market('buy', Number(best!.quantity) + Number(second!.quantity));
  expect(desk.venue.book(SYMBOL, 1)!.asks).toEqual([third]);
  expect(events.filter(({ type }) => type === 'orderFilled').length).toBeGreaterThanOrEqual(2);
  const [newest] = desk.venue.trades(SYMBOL, 1)!;
  expect(newest).toMatchObject({ aggressor: 'buy', price: second!.price });
});

test('a resting order is filled by the crowd, at the time the market says', () => {
  const desk = startedDesk();
  const { bid } = desk.venue.quote(SYMBOL)!;
  desk.order({ limitTicks: Math.round(Number(bid) * 100), quantityLots: 10 });
  let events: VenueEvent[] = [];
  for (let i = 0; i < 600 && events.length === 0; i++) events = desk.wait(1_000);
  expect(events[0]).toMatchObject({
    type: 'orderFilled',
    causeId: null,
    execution: { liquidity: 'maker' },
  });
  expect(events[0]!.atNs).toBeGreaterThan(seconds(20));
  expect(events[0]!.atNs).toBeLessThan(desk.venue.nowNs);
  expect(desk.venue.positions()).toMatchObject([{ symbol: SYMBOL }]);
});

test('a day order ends at UTC midnight of simulated time, to the nanosecond', () => {
  const opensAt = '2026-01-05T23:59:00.000Z';
  const desk = startedDesk(scenarioWith({ opensAt }));
  desk.order({ limitTicks: limitTicks(desk), timeInForce: 'day' });
  desk.order({ limitTicks: limitTicks(desk), timeInForce: 'gtc' });
  const own = (events: VenueEvent[]) => events.filter((event) => event.type === 'orderExpired');
  expect(own(desk.wait(39_999))).toEqual([]);
  expect(own(desk.wait(10_000))).toMatchObject([
    { type: 'orderExpired', atNs: seconds(60), order: { orderId: '1', status: 'expired' } },
  ]);
  expect(desk.venue.openOrders()).toMatchObject([{ orderId: '2' }]);
});

describe('market data', () => {
  const schemas = {
    book: BookFrame,
    quote: QuoteFrame,
    trade: TradeFrame,
    candle: CandleFrame,
    status: StatusFrame,
  };
  const checks = Object.entries(schemas).map(
    ([channel, schema]) => [channel, Compile(schema)] as const,
  );

  /** Frames by symbol and channel. */
  const grouped = (frames: PendingFrame[]) =>
    Map.groupBy(frames, ({ symbol, channel }) => `${symbol} ${channel}`);

  test('frames have the published shape and contiguous numbers and trade ids', () => {
    const desk = startedDesk();
    const firstTrade = desk.venue.trades(SYMBOL, 1)![0]!.tradeId;
    desk.wait(30_000);
    desk.market('buy');
    desk.wait(10_000);
    const frames = desk.venue.takeFrames();
    for (const [channel, check] of checks) {
      const own = frames.filter((each) => each.channel === channel);
      expect(own.length).toBeGreaterThan(2);
      for (const { frame } of own) expect([...check.Errors({ ...frame, epoch: 1 })]).toEqual([]);
    }
    for (const group of grouped(frames).values()) {
      expect(group.map(({ frame }) => frame.sequence)).toEqual(group.map((_, i) => i + 1));
    }
    const ids = frames
      .filter(({ symbol, channel }) => symbol === SYMBOL && channel === 'trade')
      .flatMap(({ frame }) =>
        (frame as unknown as TradeFrame).trades.map(({ tradeId }) => tradeId),
      );
    expect(ids).toEqual(ids.map((_, i) => firstTrade + 1 + i));
  });

  test('frames are at most one per 100 ms of host time, at any speed', () => {
    for (const speed of [1, 20]) {
      const desk = startedDesk(scenarioWith(), speed);
      desk.wait(10_000);
      const books = grouped(desk.venue.takeFrames()).get('SMALL book')!;
      expect(books.length).toBeGreaterThan(20);
      expect(books.length).toBeLessThanOrEqual(100);
    }
  });

  test('a frame is cut only when there is something new in it', () => {
    const desk = startedDesk();
    desk.wait(20_000);
    const frames = grouped(desk.venue.takeFrames());
    expect(frames.get('LARGE book')!.length).toBeLessThan(199);
    const quotes = frames
      .get('LARGE quote')!
      .map(({ frame: { sequence: _, at: __, ...quote } }) => quote);
    quotes.forEach((quote, i) => {
      expect(quote).not.toEqual(quotes[i - 1]);
    });
  });

  test('frames nobody wants are counted all the same', () => {
    const [seen, unseen] = [startedDesk(), startedDesk()];
    unseen.venue.takeFrames();
    unseen.venue.setFramesWanted(false);
    for (const desk of [seen, unseen]) desk.wait(20_000);
    expect(unseen.venue.takeFrames()).toEqual([]);
    unseen.venue.setFramesWanted(true);
    seen.venue.takeFrames();
    for (const desk of [seen, unseen]) desk.wait(5_000);
    expect(unseen.venue.takeFrames()).toEqual(seen.venue.takeFrames());
  });

  test('the last frames are the state that questions are answered from', () => {
    const desk = startedDesk();
    desk.wait(10_000);
    const frames = grouped(desk.venue.takeFrames());
    const last = (key: string) => frames.get(key)!.at(-1)!.frame;
    const { at: _, ...quote } = desk.venue.quote(SYMBOL)!;
    expect(last('SMALL quote')).toMatchObject(quote);
    expect(last('SMALL book')).toMatchObject({ bids: desk.venue.book(SYMBOL, 20)!.bids });
    const candle = (last('SMALL candle') as unknown as CandleFrame).candles.at(-1)!;
    expect(desk.venue.candles(SYMBOL, '1s', 60)).toContainEqual(candle);
  });

  test('an unknown symbol has none', () => {
    const { venue } = startedDesk();
    expect([
      venue.book('X', 5),
      venue.quote('X'),
      venue.trades('X', 5),
      venue.candles('X', '1m', 5),
    ]).toEqual([null, null, null, null]);
  });
});

test('events have the published shape', () => {
  const check = Compile(VenueEvent);
  const desk = openDesk();
  const events = [...desk.start(), ...desk.market('buy'), ...desk.market('sell', 5_000)];
  const orderId = '3';
  events.push(...desk.order({ limitTicks: limitTicks(desk) }));
  events.push(
    ...desk.send({ type: 'replaceOrder', orderId, quantityLots: 50, limitTicks: null } as never),
  );
  events.push(...desk.order({ limitTicks: 1 }), ...desk.send({ type: 'cancelOrder', orderId }));
  events.push(...desk.send({ type: 'cancelOrder', orderId }), ...desk.send({ type: 'pause' }));
  for (const event of events) expect([...check.Errors(event)]).toEqual([]);
  expect(new Set(events.map(({ type }) => type)).size).toBeGreaterThanOrEqual(9);
});

describe('a snapshot', () => {
  test('of a venue that has not started starts like it', () => {
    const desk = openDesk();
    const copy = new Desk(restoreVenue(scenarioWith(), desk.venue.snapshot()));
    expect(copy.start()).toEqual(desk.start());
    expect(copy.venue.stateHash()).toBe(desk.venue.stateHash());
  });

  test.each`
    damage                 | spoil
    ${'cut short'}         | ${(bytes: Uint8Array) => bytes.slice(0, bytes.length / 2)}
    ${'of something else'} | ${(bytes: Uint8Array) => bytes.fill(1, 0, 4)}
    ${'empty'}             | ${() => new Uint8Array()}
  `('that is $damage is refused with what to do', ({ spoil }) => {
    const bytes = spoil(startedDesk().venue.snapshot());
    expect(() => restoreVenue(scenarioWith(), bytes)).toThrow('Use an older one.');
  });

  test('of another scenario is refused', () => {
    const bytes = startedDesk().venue.snapshot();
    const other = scenarioWith({ id: 'other' });
    expect(() => restoreVenue(other, bytes)).toThrow('is of scenario test, not of other');
  });
});

describe('the past of another engine version', () => {
  test('answers only what was a command', () => {
    const [event] = startedDesk().market('buy');
    const causes = foreignOutcomes([event!, { ...event!, causeId: null }]);
    expect(causes).toEqual([{ commandId: 'cmd-2', type: 'newOrder', events: [event] }]);
  });

  test('is taken as it stands, and trading goes on from there', () => {
    const desk = openDesk();
    const past = [...desk.start()];
    past.push(...desk.market('buy', 300), ...desk.order({ limitTicks: limitTicks(desk) }));
    const heir = openDesk();
    heir.venue.applyForeign(past, seconds(25));
    expect(heir.venue.account()).toEqual(desk.venue.account());
    expect(heir.venue.positions()).toEqual(desk.venue.positions());
    expect(heir.venue.orders(9)).toEqual(desk.venue.orders(9));
    expect(heir.venue.executions(9)).toEqual(desk.venue.executions(9));
    expect(heir.venue.outcome('cmd-2')).toEqual(desk.venue.outcome('cmd-2'));
    expect(heir.venue.clock).toEqual(desk.venue.clock);

    heir.wallMs += 15_000;
    heir.sequence = 9;
    heir.wait(0);
    expect(heir.venue.nowNs).toBe(seconds(35));
    const price = Number(desk.venue.executions(1)[0]!.priceTicks) / 100;
    expect(Number(heir.venue.quote(SYMBOL)!.bid) / price).toBeCloseTo(1, 1);
    expect(types(heir.send({ type: 'cancelOrder', orderId: '2' }))).toBe(
      'orderCanceled accountChanged',
    );
    expect(heir.market('sell', 300).at(-1)).toMatchObject({
      type: 'accountChanged',
      account: { reservedMicros: 0 },
    });
    const ids = heir.venue.executions(99).map(({ executionId }) => Number(executionId));
    expect(ids).toEqual(ids.map((_, i) => ids.length - i));
    expect(heir.order({ clientOrderId: 'c2', limitTicks: 1 })).toMatchObject([
      { reason: 'duplicateClientOrderId', orderId: '1' },
    ]);
  });
});
