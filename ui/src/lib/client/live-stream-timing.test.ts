import { beforeEach, describe, expect, test } from 'vitest';
import { ApiError } from './api-error.ts';
import { deltaAt, heartbeat, id, StreamBench } from './stream-bench.ts';
import { settle } from './testing.ts';

const told = (retryAfterSeconds: number) =>
  JSON.stringify({ code: 'unavailable', detail: 'Later.', status: 503, retryAfterSeconds });
let bench: StreamBench;

beforeEach(() => {
  bench = new StreamBench();
});

describe('silence', () => {
  test('is stale after twelve seconds, lost after thirty', async () => {
    await bench.goLive();
    await bench.clock.advance(11_900);
    expect(bench.states.at(-1)).toBe('live');
    await bench.clock.advance(200);
    expect(bench.states.at(-1)).toBe('stale');
    await bench.clock.advance(17_800);
    expect(bench.server.connections).toHaveLength(1);
    await bench.clock.advance(1_000);
    expect(bench.server.connections[0]?.isClosed).toBe(true);
    expect(bench.server.connections).toHaveLength(2);
  });

  test('a heartbeat makes a stale stream live again', async () => {
    await bench.goLive();
    await bench.clock.advance(13_000);
    bench.server.last.send('heartbeat', heartbeat(5));
    expect(bench.states).toEqual(['live', 'stale', 'live']);
    await bench.clock.advance(11_000);
    expect(bench.states.at(-1)).toBe('live');
  });

  test('the venue’s own word is shown, until a new owner’s record', async () => {
    await bench.goLive();
    bench.server.last.send('heartbeat', heartbeat(5, 'recovering'));
    expect(bench.states.at(-1)).toBe('recovering');
    bench.server.last.send('session', { ...deltaAt(6), kind: 'owner' }, id(60));
    expect(bench.states.at(-1)).toBe('live');
    bench.server.last.send('heartbeat', heartbeat(6, 'halted'));
    expect(bench.states.at(-1)).toBe('halted');
  });
});

describe('backing off', () => {
  test('doubles to fifteen seconds, by half of it here, and starts over after success', async () => {
    await bench.goLive();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 9; attempt += 1) {
      bench.server.last.end(503, '');
      waits.push(bench.clock.nextInMs ?? -1);
      await bench.clock.advance(bench.clock.nextInMs ?? 0);
    }
    expect(waits).toEqual([125, 250, 500, 1_000, 2_000, 4_000, 7_500, 7_500, 7_500]);
    bench.server.last.accept();
    bench.server.last.send('heartbeat', heartbeat(5));
    await bench.clock.advance(5_000);
    bench.server.last.send('heartbeat', heartbeat(5));
    bench.server.last.end();
    expect(bench.clock.nextInMs).toBe(125);
  });

  test('a door that lets in and throws out again is not hammered on', async () => {
    await bench.goLive();
    const waits: number[] = [];
    for (let i = 0; i < 6; i += 1) {
      bench.server.last.end();
      waits.push(bench.clock.nextInMs ?? -1);
      await bench.clock.advance(bench.clock.nextInMs ?? 0);
      bench.server.last.accept();
      bench.server.last.send('heartbeat', heartbeat(5));
    }
    expect(waits).toEqual([125, 250, 500, 500, 500, 500]);
    expect(bench.states.filter((state) => state === 'live')).toHaveLength(7);
  });

  test('one that brings a record each time has only lost its way: it starts over', async () => {
    await bench.goLive();
    const waits: number[] = [];
    for (let n = 6; n < 10; n += 1) {
      bench.server.last.end();
      waits.push(bench.clock.nextInMs ?? -1);
      await bench.clock.advance(bench.clock.nextInMs ?? 0);
      bench.server.last.accept();
      bench.sendRecord(n);
    }
    expect(waits).toEqual([125, 125, 125, 125]);
  });

  test('a log-in that is refused for now is asked for again when it says', async () => {
    const extra = { status: 429, retryAfterSeconds: 7 };
    bench.token = () => Promise.reject(new ApiError('rateLimited', 'Wait.', extra));
    bench.stream.start();
    await settle();
    expect(bench.clock.nextInMs).toBe(7_125);
  });

  test.each(['failed', 'unavailable'])(
    'sent away because it is %s: the trader sees it, and it backs off',
    async (reason) => {
      await bench.goLive();
      bench.server.last.send('goaway', { reason, retryMs: 1_000 });
      expect(bench.states.at(-1)).toBe('reconnecting');
      expect(bench.clock.nextInMs).toBe(1_125);
      await bench.clock.advance(1_125);
      bench.server.last.send('goaway', { reason, retryMs: 1_000 });
      expect(bench.clock.nextInMs).toBe(1_250);
    },
  );

  test('sent from door to door it is not live, however politely', async () => {
    await bench.goLive();
    const ages: number[] = [];
    for (let i = 0; i < 4; i += 1) {
      bench.server.last.send('gate', { gate: { state: 'healthy', reasons: [] } });
      bench.server.last.send('goaway', { reason: 'drain', retryMs: 500 });
      ages.push(bench.stream.feedAgeMs);
      await bench.clock.advance(bench.clock.nextInMs ?? 0);
    }
    expect(bench.states).toEqual(['live', 'reconnecting', 'reconnecting', 'reconnecting']);
    expect(ages).toEqual([0, 500, 1_125, 1_875]);
    bench.server.last.accept();
    bench.sendRecord(6);
    expect(bench.states.at(-1)).toBe('live');
  });

  test('opening a connection makes nothing younger that is shown', async () => {
    await bench.goLive();
    bench.server.last.end();
    await bench.clock.advance(20_000);
    expect(bench.stream.feedAgeMs).toBe(20_000);
    expect(bench.stream.silenceMs).toBeLessThan(20_000);
  });

  test.each<[string, number, string, number]>([
    ['too many streams waits two seconds and its backoff', 429, '', 2_125],
    ['a refusal that says when is believed', 503, told(4), 4_125],
    ['but not for ever', 503, told(3_600), 30_125],
    ['and never less than the two seconds', 429, told(1), 2_125],
    ['a page of a proxy says nothing', 503, '<h1>retryAfterSeconds</h1>', 125],
  ])('%s', async (_name, status, body, waitMs) => {
    bench.stream.start();
    await settle();
    bench.server.last.end(status, body);
    expect(bench.clock.nextInMs).toBe(waitMs);
  });

  test('a notice is told as one, and is no market data', async () => {
    await bench.goLive();
    const at = '2026-01-05T14:30:00.000Z';
    bench.server.last.send('notice', { kind: 'tokenExpiring', at, detail: 'Get another.' });
    expect([bench.notices, bench.market]).toEqual([['tokenExpiring'], []]);
    expect(bench.server.last.isClosed).toBe(false);
  });

  test('goaway reopens after the server’s time without a word to the trader', async () => {
    await bench.goLive();
    bench.server.last.send('goaway', { reason: 'drain', retryMs: 1_200 });
    expect(bench.server.last.isClosed).toBe(true);
    await bench.clock.advance(1_199);
    expect(bench.server.connections).toHaveLength(1);
    await bench.clock.advance(1);
    expect(bench.server.connections).toHaveLength(2);
    expect(bench.resumeId).toBe(id(50));
    bench.server.last.accept();
    bench.sendRecord(6);
    expect(bench.states).toEqual(['live']);
  });

  test('a goaway with an absurd time is bounded', async () => {
    await bench.goLive();
    bench.server.last.send('goaway', { reason: 'drain', retryMs: 9_000_000 });
    await bench.clock.advance(10_000);
    expect(bench.server.connections).toHaveLength(2);
  });

  test('a connection that has received too much is renewed', async () => {
    await bench.goLive();
    bench.server.last.characters = 9 * 1_024 * 1_024;
    bench.server.last.send('heartbeat', heartbeat(5));
    await bench.clock.advance(0);
    expect(bench.server.connections).toHaveLength(2);
    expect(bench.states).toEqual(['live']);
  });
});

describe('the network', () => {
  test('offline is shown while nothing is connected, and online tries at once', async () => {
    await bench.goLive();
    bench.isOnline = false;
    bench.server.last.end(0);
    expect(bench.states.at(-1)).toBe('offline');
    await bench.clock.advance(100);
    const before = bench.server.connections.length;
    bench.isOnline = true;
    bench.network('online');
    await settle();
    expect(bench.server.connections).toHaveLength(before + 1);
  });

  test('a page that comes back to a silent stream reconnects, to a lively one does not', async () => {
    await bench.goLive();
    bench.network('visible');
    expect(bench.server.connections).toHaveLength(1);
    await bench.clock.advance(12_500);
    bench.network('visible');
    await settle();
    expect(bench.server.connections).toHaveLength(2);
  });

  test('nothing happens after stop', async () => {
    await bench.goLive();
    bench.stream.stop();
    expect(bench.server.last.isClosed).toBe(true);
    bench.sendRecord(6);
    await bench.clock.advance(120_000);
    expect(bench.records).toEqual([]);
    expect(bench.server.connections).toHaveLength(1);
    expect(bench.clock.nextInMs).toBeNull();
  });
});
