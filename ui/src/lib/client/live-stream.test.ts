import type { SnapshotFrame } from '@sandpit/schemas/stream.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { ApiError } from './api-error.ts';
import { type LinkState, LiveStream, type StreamSink } from './live-stream.ts';
import type { DeltaEvent } from './record-assembler.ts';
import { FakeClock, FakeServer, settle } from './testing.ts';

const RANDOM = 0.5;
let clock: FakeClock;
let server: FakeServer;
let stream: LiveStream;
let states: LinkState[];
let records: number[];
let snapshots: number[];
let events: DeltaEvent['type'][];
let invalidated: string[];
let isOnline: boolean;
let network: (change: 'online' | 'offline' | 'visible') => void;
let token: () => Promise<string>;

beforeEach(() => {
  clock = new FakeClock();
  server = new FakeServer();
  states = [];
  records = [];
  snapshots = [];
  events = [];
  invalidated = [];
  isOnline = true;
  token = async () => 'token-1';
  const sink: StreamSink = {
    onSnapshot: ({ n }) => snapshots.push(n),
    onRecord: (record) => {
      records.push(record[0]?.frame.n ?? -1);
      events.push(...record.map(({ type }) => type));
    },
    onMarket: () => {},
    onGate: () => {},
    onHeartbeat: () => {},
    onStatus: ({ state }) => states.push(state),
  };
  stream = new LiveStream({
    url: '/stream',
    openSource: server.open,
    accessToken: () => token(),
    invalidateToken: (value) => invalidated.push(value),
    sink,
    clock,
    network: {
      isOnline: () => isOnline,
      watch: (onChange) => {
        network = onChange;
        return () => {};
      },
    },
    random: () => RANDOM,
  });
});

const id = (sequence: number) => `7f-${sequence}`;
const snapshotAt = (n: number) => ({ n, sequence: n * 10 }) as unknown as SnapshotFrame;
const deltaAt = (n: number, last = true) => ({ n, sequence: n * 10, last });
const heartbeat = (headN: number, venue = 'live') => ({
  headN,
  headSequence: headN * 10,
  serverTime: '2026-01-05T14:30:00.000Z',
  venue,
});

async function goLive(n = 5): Promise<void> {
  stream.start();
  await settle();
  server.last.accept();
  server.last.send('snapshot', snapshotAt(n), id(n * 10));
}

const sendRecord = (n: number) => server.last.send('order', deltaAt(n), id(n * 10));
const resumeId = () => server.last.headers['last-event-id'];

describe('connecting', () => {
  test('asks with the bearer token and without a resume point, and is live after the snapshot', async () => {
    await goLive();
    expect(server.last.headers.authorization).toBe('Bearer token-1');
    expect(resumeId()).toBeUndefined();
    expect(snapshots).toEqual([5]);
    expect(states).toEqual(['live']);
  });

  test('an HTML page with status 200 is no stream', async () => {
    stream.start();
    await settle();
    server.last.accept(200, 'text/html');
    expect(server.last.isClosed).toBe(true);
    await clock.advance(1_000);
    expect(server.connections).toHaveLength(2);
    expect(states).not.toContain('live');
  });

  test('a connection that never opens is given up', async () => {
    stream.start();
    await settle();
    await clock.advance(15_000);
    expect(server.connections[0]?.isClosed).toBe(true);
    await clock.advance(1_000);
    expect(server.connections).toHaveLength(2);
  });

  test('401 forgets the token and tries again; 404 is the end', async () => {
    stream.start();
    await settle();
    server.last.end(401, '{}');
    expect(invalidated).toEqual(['token-1']);
    await clock.advance(1_000);
    expect(server.connections).toHaveLength(2);
    server.last.end(404, JSON.stringify({ code: 'notFound', detail: 'Gone.', status: 404 }));
    expect(states.at(-1)).toBe('ended');
    await clock.advance(60_000);
    expect(server.connections).toHaveLength(2);
  });

  test('without a log-in it ends; without an answer it tries again', async () => {
    token = () => Promise.reject(ApiError.transport('offline'));
    stream.start();
    await clock.advance(10_000);
    expect(states).not.toContain('ended');
    token = () => Promise.reject(ApiError.transport('signedOut'));
    await clock.advance(15_000);
    expect(states.at(-1)).toBe('ended');
  });
});

describe('resuming', () => {
  test('resumes from the last applied record', async () => {
    await goLive();
    sendRecord(6);
    server.last.end();
    expect(states).toEqual(['live', 'reconnecting']);
    await clock.advance(1_000);
    expect(resumeId()).toBe(id(60));
    server.last.accept();
    sendRecord(7);
    expect(records).toEqual([6, 7]);
    expect(states).toEqual(['live', 'reconnecting', 'live']);
  });

  test('a record cut off between two of its events is applied once, whole, after the reconnect', async () => {
    await goLive();
    server.last.send('order', deltaAt(6, false), id(60));
    server.last.end();
    await clock.advance(1_000);
    expect(resumeId()).toBe(id(50));
    server.last.accept();
    server.last.send('order', deltaAt(6, false), id(60));
    expect(records).toEqual([]);
    server.last.send('account', deltaAt(6), id(60));
    expect(records).toEqual([6]);
    expect(events).toEqual(['order', 'account']);
  });

  test('what was applied already is ignored', async () => {
    await goLive();
    sendRecord(6);
    sendRecord(6);
    sendRecord(5);
    expect(records).toEqual([6]);
    expect(server.connections).toHaveLength(1);
  });

  test('a gap reopens from the last applied record and applies nothing beyond it', async () => {
    await goLive();
    sendRecord(8);
    expect(records).toEqual([]);
    expect(server.connections[0]?.isClosed).toBe(true);
    await clock.advance(1_000);
    expect(resumeId()).toBe(id(50));
  });

  test('a second gap without progress asks for a snapshot', async () => {
    await goLive();
    sendRecord(8);
    await clock.advance(1_000);
    server.last.accept();
    sendRecord(8);
    await clock.advance(2_000);
    expect(resumeId()).toBeUndefined();
    server.last.accept();
    server.last.send('snapshot', snapshotAt(9), id(90));
    sendRecord(10);
    expect(records).toEqual([10]);
  });

  test('a frame that was cut in half is a lost connection', async () => {
    await goLive();
    server.last.sendRaw('order', '{"n":6,"sequence":60,"la', id(60));
    expect(states.at(-1)).toBe('reconnecting');
    await clock.advance(1_000);
    expect(resumeId()).toBe(id(50));
  });

  test('an id that was cut in half moves no resume point', async () => {
    await goLive();
    server.last.send('order', deltaAt(6), '7f-6');
    await clock.advance(1_000);
    expect(resumeId()).toBe(id(50));
    expect(records).toEqual([]);
  });

  test('frames of a connection that was given up are ignored', async () => {
    await goLive();
    const [first] = server.connections;
    first?.end();
    await clock.advance(1_000);
    server.last.accept();
    first?.send('order', deltaAt(6), id(60));
    expect(records).toEqual([]);
  });

  test('a head that stays ahead for two seconds is a loss', async () => {
    await goLive();
    server.last.send('heartbeat', heartbeat(6));
    await clock.advance(1_900);
    expect(server.connections).toHaveLength(1);
    await clock.advance(1_000);
    expect(server.connections).toHaveLength(2);
    expect(resumeId()).toBe(id(50));
  });

  test('a head that is caught up in time is none', async () => {
    await goLive();
    server.last.send('heartbeat', heartbeat(6));
    await clock.advance(1_000);
    sendRecord(6);
    await clock.advance(5_000);
    expect(server.connections).toHaveLength(1);
  });
});

describe('silence', () => {
  test('is stale after twelve seconds, lost after thirty', async () => {
    await goLive();
    await clock.advance(11_900);
    expect(states.at(-1)).toBe('live');
    await clock.advance(200);
    expect(states.at(-1)).toBe('stale');
    await clock.advance(17_800);
    expect(server.connections).toHaveLength(1);
    await clock.advance(1_000);
    expect(server.connections[0]?.isClosed).toBe(true);
    expect(server.connections).toHaveLength(2);
  });

  test('a heartbeat makes a stale stream live again', async () => {
    await goLive();
    await clock.advance(13_000);
    server.last.send('heartbeat', heartbeat(5));
    expect(states).toEqual(['live', 'stale', 'live']);
    await clock.advance(11_000);
    expect(states.at(-1)).toBe('live');
  });

  test('the venue’s own word is shown, until a new owner’s record', async () => {
    await goLive();
    server.last.send('heartbeat', heartbeat(5, 'recovering'));
    expect(states.at(-1)).toBe('recovering');
    server.last.send('session', { ...deltaAt(6), kind: 'owner' }, id(60));
    expect(states.at(-1)).toBe('live');
    server.last.send('heartbeat', heartbeat(6, 'halted'));
    expect(states.at(-1)).toBe('halted');
  });
});

describe('backing off', () => {
  test('doubles to fifteen seconds, by half of it here, and starts over after success', async () => {
    await goLive();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 9; attempt += 1) {
      server.last.end(503, '');
      waits.push(clock.nextInMs ?? -1);
      await clock.advance(clock.nextInMs ?? 0);
    }
    expect(waits).toEqual([125, 250, 500, 1_000, 2_000, 4_000, 7_500, 7_500, 7_500]);
    server.last.accept();
    server.last.send('heartbeat', heartbeat(5));
    server.last.end();
    expect(clock.nextInMs).toBe(125);
  });

  test('too many streams waits at least two seconds', async () => {
    stream.start();
    await settle();
    server.last.end(429, '');
    expect(clock.nextInMs).toBe(2_000);
  });

  test('goaway reopens after the server’s time without a word to the trader', async () => {
    await goLive();
    server.last.send('goaway', { reason: 'drain', retryMs: 1_200 });
    expect(server.last.isClosed).toBe(true);
    await clock.advance(1_199);
    expect(server.connections).toHaveLength(1);
    await clock.advance(1);
    expect(server.connections).toHaveLength(2);
    expect(resumeId()).toBe(id(50));
    server.last.accept();
    sendRecord(6);
    expect(states).toEqual(['live']);
  });

  test('a goaway with an absurd time is bounded', async () => {
    await goLive();
    server.last.send('goaway', { reason: 'drain', retryMs: 9_000_000 });
    await clock.advance(10_000);
    expect(server.connections).toHaveLength(2);
  });

  test('a connection that has received too much is renewed', async () => {
    await goLive();
    server.last.characters = 9 * 1_024 * 1_024;
    server.last.send('heartbeat', heartbeat(5));
    await clock.advance(0);
    expect(server.connections).toHaveLength(2);
    expect(states).toEqual(['live']);
  });
});

describe('the network', () => {
  test('offline is shown while nothing is connected, and online tries at once', async () => {
    await goLive();
    isOnline = false;
    server.last.end(0);
    expect(states.at(-1)).toBe('offline');
    await clock.advance(100);
    const before = server.connections.length;
    isOnline = true;
    network('online');
    await settle();
    expect(server.connections).toHaveLength(before + 1);
  });

  test('a page that comes back to a silent stream reconnects, to a lively one does not', async () => {
    await goLive();
    network('visible');
    expect(server.connections).toHaveLength(1);
    await clock.advance(12_500);
    network('visible');
    await settle();
    expect(server.connections).toHaveLength(2);
  });

  test('nothing happens after stop', async () => {
    await goLive();
    stream.stop();
    expect(server.last.isClosed).toBe(true);
    sendRecord(6);
    await clock.advance(120_000);
    expect(records).toEqual([]);
    expect(server.connections).toHaveLength(1);
    expect(clock.nextInMs).toBeNull();
  });
});
