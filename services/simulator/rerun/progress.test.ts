import { expect, test } from 'vitest';
import { timeoutOf } from './lab.ts';
import { watcher } from './progress.ts';

test('two runs are half of it each, told four times a second at most', () => {
  let nowMs = 0;
  const told: number[] = [];
  const watch = watcher(
    2,
    100,
    (progress) => told.push(progress),
    () => nowMs,
  );
  for (const simNs of [10, 50, 90, 20, 60, 100]) {
    nowMs += 200;
    watch(simNs);
  }
  expect(told).toEqual([0.25, 0.6, 1]);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
});

test('a run that was not needed again counts as one that is still to come', () => {
  let nowMs = 0;
  const told: number[] = [];
  const watch = watcher(
    2,
    100,
    (progress) => told.push(progress),
    () => nowMs,
  );
  for (const simNs of [50, 100]) {
    nowMs += 300;
    watch(simNs);
  }
  expect(told).toEqual([0.25, 0.5]);
});

test('a longer session may take longer, and none for ever', () => {
  const job = (hours: number, type: 'report' | 'whatIf') =>
    ({ ask: { type }, input: { endNs: hours * 3.6e12 } }) as never;
  expect(timeoutOf(job(0, 'report'))).toBe(12_000);
  expect(timeoutOf(job(1, 'report'))).toBe(22_800);
  expect(timeoutOf(job(8, 'whatIf'))).toBe(184_800);
  expect(timeoutOf(job(1_000, 'whatIf'))).toBe(300_000);
});
