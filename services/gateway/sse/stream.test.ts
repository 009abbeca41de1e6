import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { httpCarrier } from './carrier.ts';
import { Stream } from './stream.ts';

/** A response that takes what is written until `full`. */
class FakeResponse extends EventEmitter {
  readonly written: string[] = [];
  full = false;
  ended = false;
  destroyed = false;
  writeHead = vi.fn();
  flushHeaders = vi.fn();

  write(bytes: Buffer): boolean {
    this.written.push(bytes.toString());
    return !this.full;
  }

  end(bytes: Buffer): void {
    this.written.push(bytes.toString());
    this.ended = true;
    this.emit('close');
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

let nowMs = 0;
const onClose = vi.fn();
function open(lifeMs = 300_000) {
  const res = new FakeResponse();
  const stream = new Stream({
    carrier: httpCarrier(res as unknown as ServerResponse),
    principal: { expiresAtMs: Date.now() + lifeMs } as never,
    token: 't',
    now: () => nowMs,
    onClose,
  });
  res.written.length = 0;
  return { res, stream };
}
const entry = (sequence: number) => ({
  sequence,
  n: sequence,
  bytes: Buffer.from(`r${sequence}`),
  count: 1,
});

beforeEach(() => {
  vi.useFakeTimers();
  nowMs = 0;
  onClose.mockClear();
});
afterEach(() => void vi.useRealTimers());

test('a record that its snapshot held already is passed over', () => {
  const { res, stream } = open();
  for (const sequence of [5, 5, 4, 6]) stream.record(entry(sequence));
  expect(res.written).toEqual(['r5', 'r6']);
});

test('it ends half a minute after its token, and says why', () => {
  const { res } = open(10_000);
  vi.advanceTimersByTime(39_999);
  expect(res.ended).toBe(false);
  vi.advanceTimersByTime(1);
  expect(res.written.at(-1)).toBe('event: goaway\ndata: {"reason":"tokenExpired","retryMs":0}\n\n');
  expect(res.ended).toBe(true);
});

test('it is warned a minute before its token ends; a fresh token begins anew', () => {
  const { res, stream } = open(100_000);
  const notices = () => res.written.filter((text) => text.startsWith('event: notice'));
  vi.advanceTimersByTime(39_999);
  expect(notices()).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(notices()).toEqual([expect.stringContaining('"kind":"tokenExpiring"')]);
  stream.renew({ ...stream.principal, expiresAtMs: Date.now() + 100_000 }, 'fresh');
  vi.advanceTimersByTime(99_999);
  expect(notices()).toHaveLength(2);
  expect(res.ended).toBe(false);
  vi.advanceTimersByTime(30_001);
  expect(res.ended).toBe(true);
});

test('a reader that takes nothing for a quarter of a minute is reset, and time starts anew at each drain', () => {
  const { res, stream } = open();
  res.full = true;
  stream.record(entry(1));
  nowMs = 14_999;
  stream.checkProgress();
  expect(res.destroyed).toBe(false);
  res.full = false;
  res.emit('drain');
  res.full = true;
  stream.record(entry(2));
  nowMs = 29_000;
  stream.checkProgress();
  expect(res.destroyed).toBe(false);
  nowMs = 30_000;
  stream.checkProgress();
  expect({ destroyed: res.destroyed, tooSlow: stream.tooSlow }).toEqual({
    destroyed: true,
    tooSlow: true,
  });
});

test('a blocked reader is sent away with a reset: a clean end could cut a frame in two', () => {
  const { res, stream } = open();
  res.full = true;
  stream.record(entry(1));
  stream.goaway('drain', 100);
  expect({ ended: res.ended, destroyed: res.destroyed }).toEqual({ ended: false, destroyed: true });
});

test('whoever waits for the socket goes on when it drains, and when the stream is over', async () => {
  const { res, stream } = open();
  res.full = true;
  stream.record(entry(1));
  const first = stream.drained();
  res.full = false;
  res.emit('drain');
  await expect(first).resolves.toBeUndefined();
  res.full = true;
  stream.record(entry(2));
  const second = stream.drained();
  res.destroy();
  await expect(second).resolves.toBeUndefined();
  expect(onClose).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});
