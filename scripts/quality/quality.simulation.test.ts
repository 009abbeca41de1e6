import { expect, test } from 'vitest';
import { play } from './client.ts';
import { ERRORS_MAX, evaluate, isRefused, scoreOf, share, worstOf } from './evaluate.ts';
import { RECORDED_FOLDER, tableOf } from './quality.ts';
import { recordingsIn } from './recorded.ts';
import { TRACE_KINDS, type Trace, traceOf, type Way } from './traces.ts';

/** Other seeds than those that the limits were chosen by. */
const SEED = 5_000;

const trace = (more: Partial<Trace>): Trace => ({
  kind: 'steady',
  seed: 1,
  delayMs: () => 20,
  stalls: [],
  sleeps: [],
  halfOpensMs: [],
  ...more,
});
const refused = (orders: ReturnType<typeof play>) => orders.filter(isRefused);

test('on each kind of connection the gate errs in less than one order in a hundred', () => {
  const recordings = recordingsIn(RECORDED_FOLDER);
  const scores = evaluate({ traces: 8, firstSeed: SEED, recordings });
  expect(worstOf(scores)).toBeLessThan(ERRORS_MAX);
  const all = scores.at(-1)!;
  // What is counted is common enough to be counted on.
  expect(all.sound).toBeGreaterThan(20_000);
  expect(all.unsound).toBeGreaterThan(2_000);
  for (const kind of ['steady', 'wifi', 'mobile', 'satellite'] as const) {
    expect(scores.find((each) => each.kind === kind)?.falseBlocks).toBe(0);
  }
  expect(tableOf(scores)).toHaveLength(TRACE_KINDS.length + recordings.length + 2);
  expect(recordings.length).toBeGreaterThan(2);
});

test('orders that do not say when they were sent: no more unsound ones pass, more sound ones wait', () => {
  const scores = evaluate({ traces: 8, firstSeed: SEED, stamps: false });
  const all = scores.at(-1)!;
  expect(share(all.falsePasses, all.unsound)).toBeLessThan(ERRORS_MAX);
  expect(share(all.falseBlocks, all.sound)).toBeLessThan(2 * ERRORS_MAX);
  // What the stamp is for.
  expect(worstOf(scores)).toBeGreaterThan(2 * ERRORS_MAX);
});

test('a way there that takes six seconds makes orders stale, however well the market is seen', () => {
  const uphill = (_: number, way: Way) => (way === 'up' ? 6_000 : 20);
  const late = (atMs: number, way: Way) => (atMs > 100_000 ? uphill(atMs, way) : 20);
  const orders = play(trace({ delayMs: late }));
  const before = orders.filter(({ sentMs }) => sentMs < 99_000);
  expect(refused(before)).toEqual([]);
  // The clock was learned while the way was short; half of a long round trip would not have told.
  const after = orders.filter(({ sentMs }) => sentMs > 101_000 && sentMs < 500_000);
  expect(after.length).toBeGreaterThan(300);
  const stale = after.filter(({ state }) => state === 'stale');
  // Of market orders every one; limit orders are meant for longer, and the connection is judged.
  expect(stale.length).toBeGreaterThan(0.48 * after.length);
  expect(refused(after).length).toBeGreaterThan(0.95 * after.length);
});

test('a device that has slept trades again within two seconds', () => {
  const sleeps = [{ fromMs: 100_000, toMs: 160_000 }];
  const orders = play(trace({ stalls: sleeps, sleeps }));
  expect(orders.filter(({ sentMs }) => sentMs > 100_000 && sentMs < 160_000)).toEqual([]);
  const woken = orders.filter(({ sentMs }) => sentMs >= 162_000);
  expect(woken.length).toBeGreaterThan(300);
  expect(refused(woken)).toEqual([]);
});

test('the same seed gives the same connection and the same orders', () => {
  for (const kind of TRACE_KINDS) {
    expect(play(traceOf(kind, 3)), kind).toEqual(play(traceOf(kind, 3)));
  }
  expect(play(traceOf('mobile', 3))).not.toEqual(play(traceOf('mobile', 4)));
});

test('what is sent into an interruption comes late, blind, and is refused', () => {
  const orders = play(trace({ stalls: [{ fromMs: 100_000, toMs: 130_000 }] }));
  const caught = orders.filter(({ sentMs }) => sentMs >= 100_000 && sentMs < 115_000);
  expect(caught.length).toBeGreaterThan(5);
  for (const { arrivedMs, sentMs, blindMs } of caught) {
    expect(arrivedMs).toBeGreaterThanOrEqual(130_000);
    expect(blindMs).toBeGreaterThanOrEqual(sentMs - 100_000);
  }
  expect(refused(caught).length).toBe(caught.length);
  const later = orders.filter(({ sentMs }) => sentMs >= 145_000);
  expect(refused(later)).toEqual([]);
});

test('a half-open connection loses what is sent on it, until the client gives it up', () => {
  const orders = play(trace({ halfOpensMs: [100_000] }));
  const sent = (fromMs: number, toMs: number) =>
    orders.filter(({ sentMs }) => sentMs >= fromMs && sentMs < toMs).length;
  expect(sent(100_000, 109_000)).toBe(0);
  expect(sent(116_000, 129_000)).toBeGreaterThan(5);
  const blind = orders.filter(({ sentMs }) => sentMs >= 116_000 && sentMs < 129_000);
  expect(Math.min(...blind.map(({ blindMs }) => blindMs))).toBeGreaterThan(15_000);
});

test('a gate that is always open, or always shut, does not pass', () => {
  const orders = TRACE_KINDS.flatMap((kind) => play(traceOf(kind, SEED)));
  const all = (state: 'healthy' | 'closed') =>
    scoreOf(
      'all',
      orders.map((order) => ({ ...order, state })),
    );
  const open = all('healthy');
  expect(share(open.falsePasses, open.unsound)).toBe(1);
  const shut = all('closed');
  expect(share(shut.falseBlocks, shut.sound)).toBe(1);
});
