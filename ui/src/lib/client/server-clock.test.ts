import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ServerClock } from './server-clock.ts';
import { Sight } from './sight.ts';
import { SleepWatch } from './sleep-watch.ts';

/** Server time at 0 of the monotonic clock. */
const OFFSET = Date.UTC(2026, 0, 5, 14, 30);

/** A heartbeat that is `upMs` on its way there and `downMs` on its way back. */
function beat(clock: ServerClock, sentMs: number, upMs: number, downMs: number, offset = OFFSET) {
  clock.observe(Math.floor(sentMs + upMs + offset), sentMs, sentMs + upMs + downMs);
}
const errorOf = (clock: ServerClock, atMs: number, offset = OFFSET) =>
  Math.abs((clock.at(atMs) ?? Infinity) - (atMs + offset));

test('before the first answer, and after only slow ones, it knows nothing', () => {
  const clock = new ServerClock();
  expect(clock.at(0)).toBe(null);
  beat(clock, 0, 4_000, 4_500);
  expect(clock.at(10_000)).toBe(null);
  beat(clock, 10_000, 20, 20);
  expect(errorOf(clock, 10_100)).toBeLessThan(5);
});

test('one quick answer tells more than the slow ones after it', () => {
  const clock = new ServerClock();
  beat(clock, 0, 10, 10);
  for (let i = 1; i <= 12; i++) beat(clock, i * 5_000, 4_000, 50);
  expect(errorOf(clock, 65_000)).toBeLessThan(30);
});

test('a way there that is slower than the way back moves it by no more than half the round trip', () => {
  const clock = new ServerClock();
  beat(clock, 0, 900, 100);
  expect(errorOf(clock, 1_000)).toBeLessThanOrEqual(501);
});

test('a device that slept: its clock stood still, and the next answer mends it', () => {
  const clock = new ServerClock();
  beat(clock, 0, 10, 10);
  const slept = OFFSET + 3_600_000;
  expect(errorOf(clock, 5_000, slept)).toBeGreaterThan(3_000_000);
  beat(clock, 5_000, 15, 15, slept);
  expect(errorOf(clock, 5_030, slept)).toBeLessThan(20);
});

test('whatever the delays and an ordinary drift, the error stays within half the best round trip of late', () => {
  const trip = fc.record({ up: fc.nat(3_000), down: fc.nat(3_000), pause: fc.nat(20_000) });
  fc.assert(
    fc.property(
      fc.array(trip, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: -100, max: 100 }),
      (trips, ppm) => {
        const clock = new ServerClock();
        let nowMs = 0;
        let bound = Infinity;
        const serverAt = (ms: number) => OFFSET + ms * (1 + ppm / 1e6);
        for (const { up, down, pause } of trips) {
          nowMs += pause;
          const receivedMs = nowMs + up + down;
          clock.observe(Math.floor(serverAt(nowMs + up)), nowMs, receivedMs);
          // What was known before has become less sure by now.
          bound = Math.min(bound + (pause + up + down) * 300e-6, (up + down) / 2 + 2);
          nowMs = receivedMs;
          const at = clock.at(nowMs);
          if (at !== null) expect(Math.abs(at - serverAt(nowMs))).toBeLessThanOrEqual(bound + 2);
          else expect(bound).toBeGreaterThan(1_900);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('a sleep is told from a busy page, a corrected wall clock, and one that is set back', () => {
  const watch = new SleepWatch(1_000_000, 500);
  expect(watch.hasSlept(1_001_000, 1_500)).toBe(false);
  expect(watch.hasSlept(1_031_000, 31_500)).toBe(false);
  expect(watch.hasSlept(1_033_900, 33_000)).toBe(false);
  expect(watch.hasSlept(900_000, 34_000)).toBe(false);
  expect(watch.hasSlept(930_000, 34_500)).toBe(true);
  expect(watch.hasSlept(931_000, 35_500)).toBe(false);
});

test('after a sleep nothing is known until the next answer', () => {
  const clock = new ServerClock();
  beat(clock, 0, 10, 10);
  clock.forget();
  expect(clock.at(100)).toBe(null);
});

test('a date of whole seconds is good enough to begin with, and does no harm to better knowledge', () => {
  const clock = new ServerClock();
  const date = (sentMs: number) =>
    clock.observeDate(Math.floor((sentMs + 20 + OFFSET) / 1_000) * 1_000, sentMs, sentMs + 40);
  for (const sentMs of [700, 1_900, 4_350]) {
    date(sentMs);
    expect(errorOf(clock, sentMs)).toBeLessThan(700);
  }
  beat(clock, 5_000, 10, 10);
  expect(errorOf(clock, 5_100)).toBeLessThan(15);
  for (let ms = 6_000; ms < 60_000; ms += 333) date(ms);
  expect(errorOf(clock, 60_000)).toBeLessThan(40);
  // A proxy that has dates of its own says nothing to a tab that beats.
  beat(clock, 61_000, 10, 10);
  clock.observeDate(OFFSET - 600_000, 62_000, 62_040);
  expect(errorOf(clock, 63_000)).toBeLessThan(40);
});

describe('what an order says of its time', () => {
  const known = () => {
    const clock = new ServerClock();
    beat(clock, 0, 10, 10);
    return clock;
  };
  const ageOf = (atMs: number, iso?: string) => atMs + OFFSET - Date.parse(iso ?? '');

  test('nothing, while server time is not known', () => {
    const sight = new Sight(new ServerClock());
    sight.heartbeat(OFFSET, 5);
    expect(sight.stamp(10)).toBe(null);
  });

  test('when it was sent, while nothing was seen', () => {
    expect(Object.keys(new Sight(known()).stamp(1_000) ?? {})).toEqual(['sentAt']);
  });

  test('prices count from when they were sent, not from when they came', () => {
    const sight = new Sight(known());
    // Four seconds on their way: a full queue at home.
    sight.heartbeat(OFFSET + 6_000, 10_000);
    sight.heard(10_400);
    const stamp = sight.stamp(11_000);
    expect(ageOf(11_000, stamp?.sentAt)).toBeLessThanOrEqual(12);
    expect(ageOf(11_000, stamp?.seenAt)).toBeGreaterThan(4_580);
    expect(ageOf(11_000, stamp?.seenAt)).toBeLessThan(4_620);
  });

  test('in silence they grow old', () => {
    const sight = new Sight(known());
    sight.heartbeat(OFFSET + 9_980, 10_000);
    expect(ageOf(40_000, sight.stamp(40_000)?.seenAt)).toBeGreaterThan(30_000);
  });

  test('what a stall has held back is as old as it is, though it comes now', () => {
    const sight = new Sight(known());
    sight.heartbeat(OFFSET + 9_980, 10_000);
    // After a tunnel of twenty seconds the first that comes is what was sent into it.
    sight.heartbeat(OFFSET + 14_980, 30_000);
    expect(ageOf(30_000, sight.stamp(30_000)?.seenAt)).toBeGreaterThan(14_900);
    sight.heartbeat(OFFSET + 29_990, 30_050);
    expect(ageOf(30_060, sight.stamp(30_060)?.seenAt)).toBeLessThan(100);
  });

  test('of a clock that runs ahead of what it measured, prices are never from the future', () => {
    const sight = new Sight(known());
    sight.heartbeat(OFFSET + 10_500, 10_000);
    const { sentAt = '', seenAt = '' } = sight.stamp(10_000) ?? {};
    expect(Date.parse(seenAt)).toBeLessThanOrEqual(Date.parse(sentAt));
  });
});
