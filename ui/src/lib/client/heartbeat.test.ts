import type { HeartbeatAnswer, HeartbeatRequest } from '@sandpit/schemas/http.ts';
import { beforeEach, expect, test } from 'vitest';
import { Heartbeat } from './heartbeat.ts';
import { FakeClock } from './testing.ts';

const answer: HeartbeatAnswer = {
  serverTime: '2026-01-05T14:30:00.000Z',
  expiresAt: '2026-01-05T15:00:00.000Z',
  gate: { state: 'healthy', reasons: [] },
};
let clock: FakeClock;
let beats: { atMs: number; beat: HeartbeatRequest }[];
let errors: unknown[];
let roundTrips: number[];
let takesMs: number;
let fails: boolean;
let heartbeat: Heartbeat;

beforeEach(() => {
  clock = new FakeClock();
  beats = [];
  errors = [];
  roundTrips = [];
  takesMs = 40;
  fails = false;
  let sequence = 7;
  heartbeat = new Heartbeat({
    clock,
    nextSequence: () => ++sequence,
    send: (beat) => {
      beats.push({ atMs: clock.nowMs(), beat });
      return new Promise((resolve, reject) => {
        clock.after(takesMs, () => (fails ? reject(new Error('no')) : resolve(answer)));
      });
    },
    measure: () => ({ feedAgeMs: 120, lastEventSequence: 9 }),
    onAnswer: (_answer, ms) => roundTrips.push(ms),
    onError: (error) => errors.push(error),
  });
});

test('beats every five seconds, counts, and tells the last round trip', async () => {
  heartbeat.start();
  await clock.advance(10_000);
  expect(beats.map(({ atMs }) => atMs)).toEqual([0, 5_000, 10_000]);
  expect(beats[0]?.beat).toEqual({ sequence: 8, feedAgeMs: 120, lastEventSequence: 9 });
  expect(beats[1]?.beat).toMatchObject({ sequence: 9, roundTripMs: 40 });
  expect(roundTrips).toEqual([40, 40]);
});

test('a slow answer delays the next beat instead of overtaking it', async () => {
  takesMs = 7_000;
  heartbeat.start();
  await clock.advance(14_000);
  expect(beats.map(({ atMs }) => atMs)).toEqual([0, 7_000, 14_000]);
});

test('a failure is told and the next beat comes all the same', async () => {
  fails = true;
  heartbeat.start();
  await clock.advance(5_000);
  expect(errors).toHaveLength(1);
  expect(beats).toHaveLength(2);
});

test('rests at once when told', async () => {
  heartbeat.start();
  await clock.advance(20);
  heartbeat.stop();
  await clock.advance(60_000);
  expect(beats).toHaveLength(1);
  expect(roundTrips).toEqual([]);
});

test('it beats before its time when told to, and never twice at once', async () => {
  heartbeat.now();
  heartbeat.start();
  heartbeat.now();
  await clock.advance(2_000);
  heartbeat.now();
  heartbeat.now();
  await clock.advance(5_039);
  expect(beats.map(({ atMs }) => atMs)).toEqual([0, 2_000, 7_000]);
  heartbeat.stop();
  heartbeat.now();
  await clock.advance(10_000);
  expect(beats).toHaveLength(3);
});
