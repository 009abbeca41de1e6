import { expect, test } from 'vitest';
import { pathOf, rangeOf } from './plot.ts';

test('a line is drawn from left to right, high values at the top', () => {
  expect(pathOf([0, 10, 5], { low: 0, high: 10 }, 100, 50)).toBe('M0.0 50.0L50.0 0.0L100.0 25.0');
});

test('a missing value leaves a gap', () => {
  expect(pathOf([1, null, 1, 1], { low: 0, high: 2 }, 30, 10)).toBe('M0.0 5.0M20.0 5.0L30.0 5.0');
});

test('nothing and one point are drawn without a fault', () => {
  expect(pathOf([], { low: 0, high: 1 }, 10, 10)).toBe('');
  expect(pathOf([1], { low: 0, high: 2 }, 10, 10)).toBe('M0.0 5.0');
});

test('the range covers all lines and is never empty', () => {
  expect(rangeOf([[1, null, 4], [-2]])).toEqual({ low: -2, high: 4 });
  expect(rangeOf([[3, 3]])).toEqual({ low: 2, high: 4 });
  expect(rangeOf([[], [null]])).toEqual({ low: 0, high: 1 });
});
