import type { CommandBody } from '@sandpit/schemas/command.ts';
import type { SimNs } from '@sandpit/schemas/units.ts';
import { describe, expect, test } from 'vitest';
import { restoreVenue } from './create.ts';
import { seekOf } from './seek.ts';
import type { SimulatedVenue } from './simulated-venue.ts';
import {
  Desk,
  restingTicks,
  SYMBOL,
  scenarioWith,
  seconds,
  startedDesk,
} from './testing/commands.ts';

const step = (unit: 'event' | 'second' | 'minute', count = 1) => ({
  type: 'step' as const,
  unit,
  count,
});

/** Lets the market run as far as the seek wants, in slices as the runtime does. */
function arrive(desk: Desk, sliceNs = 1e9) {
  const events = [];
  while (desk.venue.seekNs !== null) {
    const toNs = Math.min(desk.venue.seekNs, desk.venue.nowNs + sliceNs) as SimNs;
    events.push(...desk.venue.advanceTo(toNs));
  }
  return events;
}

describe('where a seek ends', () => {
  test.each<[string, CommandBody, number | null]>([
    ['a second', step('second'), 101e9],
    ['five minutes', step('minute', 5), 400e9],
    ['a time', { type: 'jumpToTime', toNs: 250e9 as SimNs }, 250e9],
    ['now', { type: 'jumpToTime', toNs: 100e9 as SimNs }, null],
    ['the past', { type: 'jumpToTime', toNs: 99e9 as SimNs }, null],
    ['eight hours', { type: 'jumpToTime', toNs: 28_900e9 as SimNs }, 28_900e9],
    ['more than that', { type: 'jumpToTime', toNs: (28_900e9 + 1) as SimNs }, null],
    ['more minutes than that', step('minute', 481), null],
    ['an own event', { type: 'jumpToOwnEvent', withinSeconds: 60 }, 160e9],
  ])('%s', (_, body, toNs) => {
    expect(seekOf(body as never, 100e9)?.toNs ?? null).toBe(toNs);
  });
});

describe('a step', () => {
  test('of a second runs a second, whatever the host does, and stands there', () => {
    const desk = startedDesk();
    desk.send({ type: 'pause' });
    const fromNs = desk.venue.nowNs;
    const [begun] = desk.send(step('second'));
    expect(begun).toMatchObject({ type: 'clockChanged', clock: { state: 'running' } });
    expect(desk.venue.targetNs(desk.wallMs + 60_000)).toBe(fromNs);
    const events = arrive(desk);
    expect(desk.venue.nowNs).toBe(fromNs + 1e9);
    expect(events.at(-1)).toMatchObject({
      type: 'clockChanged',
      causeId: null,
      clock: { state: 'paused', anchorSimNs: fromNs + 1e9 },
    });
    expect(desk.venue.clock).not.toHaveProperty('seek');
    expect(desk.wait(60_000)).toEqual([]);
    expect(desk.venue.nowNs).toBe(fromNs + 1e9);
  });

  test('of an event changes a book, once each, and never time without cause', () => {
    const desk = startedDesk();
    const { exchange, market } = desk.venue as SimulatedVenue;
    let lastNs = desk.venue.nowNs;
    for (let i = 0; i < 50; i++) {
      const before = exchange.state.hash.copy().digest();
      desk.send(step('event'));
      const nextNs = market!.nextNs;
      arrive(desk, 3e8);
      expect(exchange.state.hash.copy().digest()).not.toBe(before);
      expect(desk.venue.nowNs).toBeGreaterThanOrEqual(nextNs);
      expect(desk.venue.nowNs).toBeGreaterThan(lastNs);
      lastNs = desk.venue.nowNs;
    }
  });

  test('of twenty events is twenty steps of one', () => {
    const [one, many] = [startedDesk(), startedDesk()];
    for (let i = 0; i < 20; i++) {
      one.send(step('event'));
      arrive(one);
    }
    many.send(step('event', 20));
    arrive(many);
    expect(many.venue.nowNs).toBe(one.venue.nowNs);
    expect(many.venue.tapeHash()).toBe(one.venue.tapeHash());
    expect(many.venue.book(SYMBOL, 20)).toMatchObject({ bids: one.venue.book(SYMBOL, 20)!.bids });
  });

  test('shows the book as it stands, also when nobody wanted the frames on the way', () => {
    const desk = startedDesk();
    desk.venue.takeFrames();
    desk.send(step('minute'));
    desk.venue.setFramesWanted(false);
    arrive(desk);
    const frames = desk.venue.takeFrames();
    const book = frames.findLast(({ symbol, channel }) => symbol === SYMBOL && channel === 'book');
    expect(book?.frame).toMatchObject({ bids: desk.venue.book(SYMBOL, 20)!.bids });
  });
});

describe('a jump', () => {
  test('to the next own event stops at the nanosecond of the fill', () => {
    const desk = startedDesk();
    const { ask } = desk.venue.quote(SYMBOL)!;
    desk.order({ side: 'sell', limitTicks: Math.round(Number(ask) * 100), quantityLots: 1 });
    desk.send({ type: 'jumpToOwnEvent', withinSeconds: 28_800 });
    const events = arrive(desk, 7e9);
    const filled = events.find(({ type }) => type === 'orderFilled');
    expect(filled?.atNs).toBe(desk.venue.nowNs);
    expect(events.filter((event) => 'order' in event)).toHaveLength(1);
    expect(desk.venue.clock?.state).toBe('paused');
  });

  test('without one ends where it was told to', () => {
    const desk = startedDesk();
    desk.order({ limitTicks: restingTicks(desk.venue) });
    const fromNs = desk.venue.nowNs;
    desk.send({ type: 'jumpToOwnEvent', withinSeconds: 5 });
    arrive(desk);
    expect(desk.venue.nowNs).toBe(fromNs + 5e9);
  });

  test('into the past is refused, and the clock runs on', () => {
    const desk = startedDesk();
    const [refused] = desk.send({ type: 'jumpToTime', toNs: 1 as SimNs });
    expect(refused).toMatchObject({ type: 'commandRefused', reason: 'timeNotAhead' });
    desk.wait(1_000);
    expect(desk.venue.clock?.state).toBe('running');
  });

  test.each(['pause', 'resume', 'stop'] as const)('is ended by %s where it is', (type) => {
    const desk = startedDesk();
    const fromNs = desk.venue.nowNs;
    desk.send({ type: 'jumpToTime', toNs: (fromNs + 600e9) as SimNs });
    desk.venue.advanceTo((fromNs + 10e9) as SimNs);
    const state = { pause: 'paused', resume: 'running', stop: 'stopped' }[type];
    expect(desk.send({ type }).at(-1)).toMatchObject({ type: 'clockChanged', clock: { state } });
    expect(desk.venue.seekNs).toBeNull();
    expect(desk.venue.nowNs).toBe(fromNs + 10e9);
  });

  test('takes orders on the way, at the time it has come to', () => {
    const desk = startedDesk();
    const fromNs = desk.venue.nowNs;
    desk.send({ type: 'jumpToTime', toNs: (fromNs + 20e9) as SimNs });
    desk.venue.advanceTo((fromNs + 5e9) as SimNs);
    expect(desk.market('buy', 1)[0]).toMatchObject({ type: 'orderAccepted', atNs: fromNs + 5e9 });
    desk.send({ type: 'speed', speed: 7 });
    arrive(desk);
    expect(desk.venue).toMatchObject({ nowNs: fromNs + 20e9, clock: { speed: 7 } });
  });
});

test('a seek cut into slices and snapshots ends in the same state as one in one go', () => {
  const bodies: CommandBody[] = [
    step('event', 7),
    { type: 'jumpToOwnEvent', withinSeconds: 40 },
    step('minute'),
    step('event', 3),
  ];
  const play = (sliceNs: number, isRestored: boolean) => {
    let desk = startedDesk();
    const { bid } = desk.venue.quote(SYMBOL)!;
    desk.order({ limitTicks: Math.round(Number(bid) * 100), quantityLots: 50 });
    const events = [];
    for (const body of bodies) {
      events.push(...desk.send(body));
      while (desk.venue.seekNs !== null) {
        const toNs = Math.min(desk.venue.seekNs, desk.venue.nowNs + sliceNs) as SimNs;
        events.push(...desk.venue.advanceTo(toNs));
        if (!isRestored) continue;
        const { wallMs, sequence } = desk;
        desk = new Desk(restoreVenue(scenarioWith(), desk.venue.snapshot()));
        Object.assign(desk, { wallMs, sequence });
      }
    }
    return { events, hash: desk.venue.stateHash(), bytes: desk.venue.snapshot() };
  };
  const whole = play(1e13, false);
  expect(play(3.7e8, false)).toEqual(whole);
  expect(play(2.3e9, true)).toEqual(whole);
});

test('the tape is the same at any speed, with pauses, steps and jumps', () => {
  const plain = startedDesk();
  plain.venue.advanceTo(seconds(200));
  const broken = startedDesk(undefined, 0.1);
  broken.send(step('event', 9));
  arrive(broken);
  broken.send({ type: 'speed', speed: 100 });
  broken.send({ type: 'resume' });
  broken.wait(300);
  broken.send({ type: 'pause' });
  broken.send(step('second', 11));
  arrive(broken);
  broken.send({ type: 'jumpToTime', toNs: seconds(200) });
  arrive(broken);
  expect(broken.venue.tapeHash()).toBe(plain.venue.tapeHash());
  expect(broken.venue.stateHash()).not.toBe(plain.venue.stateHash());
  plain.venue.advanceTo(seconds(230));
  expect(broken.venue.tapeHash()).not.toBe(plain.venue.tapeHash());
});

describe('a machine that cannot keep up', () => {
  test('runs on from where the market is, at the speed it can', () => {
    const desk = startedDesk(undefined, 50);
    desk.wallMs += 4_000;
    const nowNs = desk.venue.nowNs;
    const [event] = desk.venue.pace(20, desk.wallMs);
    expect(event).toMatchObject({
      type: 'clockChanged',
      clock: { speed: 50, lagging: { realSpeed: 20 }, anchorSimNs: nowNs },
    });
    expect(desk.venue.targetNs(desk.wallMs)).toBe(nowNs);
    expect(desk.venue.targetNs(desk.wallMs + 1_000)).toBe(nowNs + 20e9);
    desk.venue.pace(null, desk.wallMs);
    expect(desk.venue.targetNs(desk.wallMs + 1_000)).toBe(nowNs + 50e9);
  });

  test('says so in its fingerprint and its snapshot', () => {
    const [slow, right] = [startedDesk(), startedDesk()];
    slow.venue.pace(0.5, slow.wallMs);
    right.venue.pace(null, right.wallMs);
    expect(slow.venue.stateHash()).not.toBe(right.venue.stateHash());
    const restored = restoreVenue(scenarioWith(), slow.venue.snapshot());
    expect(restored.clock).toEqual(slow.venue.clock);
    expect(restored.stateHash()).toBe(slow.venue.stateHash());
  });

  test.each(['pause', 'speed'] as const)('is given another chance after %s', (type) => {
    const desk = startedDesk(undefined, 10);
    desk.venue.pace(2, desk.wallMs);
    desk.send(type === 'speed' ? { type, speed: 8 } : { type });
    expect(desk.venue.clock).not.toHaveProperty('lagging');
  });
});
