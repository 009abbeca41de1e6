import { expect, test } from 'vitest';
import { Kernel } from './kernel.ts';

/** Runs to `untilNs` and lists `timer@time`. */
function run(kernel: Kernel, untilNs: number): string[] {
  const seen: string[] = [];
  kernel.advanceTo(untilNs, (timer) => seen.push(`${timer}@${kernel.nowNs}`));
  return seen;
}

test('events run in order of time, then in the order in which they were set', () => {
  const kernel = new Kernel(5);
  kernel.set(0, 30);
  kernel.set(1, 10);
  kernel.set(2, 20);
  kernel.set(4, 10);
  kernel.set(3, 10);
  expect(run(kernel, 100)).toEqual(['1@10', '4@10', '3@10', '2@20', '0@30']);
  expect(kernel.nowNs).toBe(100);
});

test('the end of an advance is included, what is later waits', () => {
  const kernel = new Kernel(2);
  kernel.set(0, 10);
  kernel.set(1, 11);
  expect(run(kernel, 10)).toEqual(['0@10']);
  expect(kernel.dueNs(0)).toBe(-1);
  expect(kernel.dueNs(1)).toBe(11);
  expect(run(kernel, 11)).toEqual(['1@11']);
});

test('a timer set again is due only once, and no earlier than now', () => {
  const kernel = new Kernel(2);
  kernel.set(0, 50);
  kernel.set(0, 20);
  expect(run(kernel, 30)).toEqual(['0@20']);
  kernel.set(1, 5);
  expect(run(kernel, 60)).toEqual(['1@30']);
});

test('an event may set timers that are due in the same advance', () => {
  const kernel = new Kernel(1);
  kernel.set(0, 10);
  const seen: number[] = [];
  kernel.advanceTo(50, () => {
    seen.push(kernel.nowNs);
    kernel.set(0, kernel.nowNs + 15);
  });
  expect(seen).toEqual([10, 25, 40]);
});

test('a restored kernel goes on in the same order', () => {
  const kernel = new Kernel(6);
  [40, 10, 40, 20, 40].forEach((dueNs, timer) => {
    kernel.set(timer, dueNs);
  });
  run(kernel, 10);
  const snapshot = JSON.parse(JSON.stringify(kernel.snapshot()));
  const twin = new Kernel(6);
  twin.set(5, 1);
  twin.restore(snapshot);
  expect(JSON.stringify(twin.snapshot())).toBe(JSON.stringify(kernel.snapshot()));
  expect(run(twin, 99)).toEqual(run(kernel, 99));
});
