import { expect, test } from 'vitest';
import { loadMeter } from './load.ts';

test('what the process does counts most, smoothed; what it holds counts a little', () => {
  let busy = 0;
  let count = 0;
  const load = loadMeter(
    () => busy,
    () => ({ count, max: 100 }),
  );
  expect(load()).toBe(0);
  busy = 1;
  expect(load()).toBe(0.27);
  for (let i = 0; i < 30; i++) load();
  expect(load()).toBeCloseTo(0.9, 3);
  busy = 0;
  for (let i = 0; i < 40; i++) load();
  count = 50;
  expect(load()).toBe(0.05);
});

test('a full worker is full, however little it does, and no other is', () => {
  let count = 10;
  const load = loadMeter(
    () => 0,
    () => ({ count, max: 10 }),
  );
  expect(load()).toBe(1);
  count = 9;
  expect(load()).toBeLessThan(1);
  const busy = loadMeter(
    () => 1,
    () => ({ count: 99_999, max: 100_000 }),
  );
  for (let i = 0; i < 100; i++) busy();
  expect(busy()).toBeLessThan(1);
});
