import type { VenueEvent } from '@sandpit/schemas/event.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  type Desk,
  openDesk,
  restingTicks,
  SYMBOL,
  scenarioWith,
  seconds,
  startBody,
  startedDesk,
} from './testing/commands.ts';
import { isoText } from './timestamps.ts';

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
