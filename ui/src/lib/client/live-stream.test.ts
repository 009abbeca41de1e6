import { beforeEach, describe, expect, test } from 'vitest';
import { ApiError } from './api-error.ts';
import { deltaAt, heartbeat, id, StreamBench, snapshotAt } from './stream-bench.ts';
import { settle } from './testing.ts';

let bench: StreamBench;

beforeEach(() => {
  bench = new StreamBench();
});

describe('connecting', () => {
  test('asks with the bearer token and without a resume point, and is live after the snapshot', async () => {
    await bench.goLive();
    expect(bench.server.last.opening.token).toBe('token-1');
    expect(bench.resumeId).toBeNull();
    expect(bench.snapshots).toEqual([5]);
    expect(bench.states).toEqual(['live']);
  });

  test('a connection that never opens is given up', async () => {
    bench.stream.start();
    await settle();
    await bench.clock.advance(15_000);
    expect(bench.server.connections[0]?.isClosed).toBe(true);
    await bench.clock.advance(1_000);
    expect(bench.server.connections).toHaveLength(2);
  });

  test('401 forgets the token and tries again; 404 is the end', async () => {
    bench.stream.start();
    await settle();
    bench.server.last.end(401, '{}');
    expect(bench.invalidated).toEqual(['token-1']);
    await bench.clock.advance(1_000);
    expect(bench.server.connections).toHaveLength(2);
    bench.server.last.end(404, JSON.stringify({ code: 'notFound', detail: 'Gone.', status: 404 }));
    expect(bench.states.at(-1)).toBe('ended');
    await bench.clock.advance(60_000);
    expect(bench.server.connections).toHaveLength(2);
  });

  test('without a log-in it ends; without an answer it tries again', async () => {
    bench.token = () => Promise.reject(ApiError.transport('offline'));
    bench.stream.start();
    await bench.clock.advance(10_000);
    expect(bench.states).not.toContain('ended');
    bench.token = () => Promise.reject(ApiError.transport('signedOut'));
    await bench.clock.advance(15_000);
    expect(bench.states.at(-1)).toBe('ended');
  });
});

describe('resuming', () => {
  test('resumes from the last applied record', async () => {
    await bench.goLive();
    bench.sendRecord(6);
    bench.server.last.end();
    expect(bench.states).toEqual(['live', 'reconnecting']);
    await bench.clock.advance(1_000);
    expect(bench.resumeId).toBe(id(60));
    bench.server.last.accept();
    bench.sendRecord(7);
    expect(bench.records).toEqual([6, 7]);
    expect(bench.states).toEqual(['live', 'reconnecting', 'live']);
  });

  test('a record cut off between two of its events is applied once, whole, after the reconnect', async () => {
    await bench.goLive();
    bench.server.last.send('order', deltaAt(6, false), id(60));
    bench.server.last.end();
    await bench.clock.advance(1_000);
    expect(bench.resumeId).toBe(id(50));
    bench.server.last.accept();
    bench.server.last.send('order', deltaAt(6, false), id(60));
    expect(bench.records).toEqual([]);
    bench.server.last.send('account', deltaAt(6), id(60));
    expect(bench.records).toEqual([6]);
    expect(bench.events).toEqual(['order', 'account']);
  });

  test('what was applied already is ignored', async () => {
    await bench.goLive();
    bench.sendRecord(6);
    bench.sendRecord(6);
    bench.sendRecord(5);
    expect(bench.records).toEqual([6]);
    expect(bench.states).toEqual(['live']);
    expect(bench.server.last.isClosed).toBe(false);
  });

  test('a gap reopens from the last applied record and applies nothing beyond it', async () => {
    await bench.goLive();
    bench.sendRecord(8);
    expect(bench.records).toEqual([]);
    expect(bench.server.connections[0]?.isClosed).toBe(true);
    await bench.clock.advance(1_000);
    expect(bench.resumeId).toBe(id(50));
  });

  test('a second gap without progress asks for a snapshot', async () => {
    await bench.goLive();
    bench.sendRecord(8);
    await bench.clock.advance(1_000);
    bench.server.last.accept();
    bench.sendRecord(8);
    await bench.clock.advance(2_000);
    expect(bench.resumeId).toBeNull();
    bench.server.last.accept();
    bench.server.last.send('snapshot', snapshotAt(9), id(90));
    bench.sendRecord(10);
    expect(bench.records).toEqual([10]);
  });

  test('a frame that was cut in half is a lost connection', async () => {
    await bench.goLive();
    bench.server.last.sendRaw('order', '{"n":6,"sequence":60,"la', id(60));
    expect(bench.states.at(-1)).toBe('reconnecting');
    await bench.clock.advance(1_000);
    expect(bench.resumeId).toBe(id(50));
  });

  test('an id that was cut in half moves no resume point', async () => {
    await bench.goLive();
    bench.server.last.send('order', deltaAt(6), '7f-6');
    await bench.clock.advance(1_000);
    expect(bench.resumeId).toBe(id(50));
    expect(bench.records).toEqual([]);
  });

  test('frames of a connection that was given up are ignored', async () => {
    await bench.goLive();
    const [first] = bench.server.connections;
    first?.end();
    first?.send('order', deltaAt(6), id(60));
    await bench.clock.advance(1_000);
    bench.server.last.accept();
    first?.send('order', deltaAt(6), id(60));
    expect(bench.records).toEqual([]);
  });

  test('a head that stays ahead for two seconds is a loss', async () => {
    await bench.goLive();
    bench.server.last.send('heartbeat', heartbeat(6));
    await bench.clock.advance(1_900);
    expect(bench.server.connections).toHaveLength(1);
    await bench.clock.advance(1_000);
    expect(bench.server.connections).toHaveLength(2);
    expect(bench.resumeId).toBe(id(50));
  });

  test('a head that stays ahead after the reconnect, too, asks for a snapshot', async () => {
    await bench.goLive();
    bench.server.last.send('heartbeat', heartbeat(6));
    await bench.clock.advance(3_000);
    expect(bench.resumeId).toBe(id(50));
    bench.server.last.accept();
    bench.server.last.send('heartbeat', heartbeat(6));
    await bench.clock.advance(3_000);
    expect(bench.server.connections).toHaveLength(3);
    expect(bench.resumeId).toBeNull();
  });

  test('a head that is caught up in time is none', async () => {
    await bench.goLive();
    bench.server.last.send('heartbeat', heartbeat(6));
    await bench.clock.advance(1_000);
    bench.sendRecord(6);
    await bench.clock.advance(5_000);
    expect(bench.server.connections).toHaveLength(1);
  });
});
