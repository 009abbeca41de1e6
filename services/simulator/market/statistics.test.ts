import { describe, expect, test } from 'vitest';
import { Random } from './random.ts';
import {
  autocorrelation,
  coefficientOfVariation,
  correlation,
  countsPerWindow,
  deviation,
  excessKurtosis,
  fanoFactor,
  logReturns,
  mean,
} from './statistics.ts';

describe('statistics by hand', () => {
  test.each([
    ['mean', mean([1, 2, 6]), 3],
    ['deviation', deviation([2, 4, 4, 4, 5, 5, 7, 9]), 2],
    ['excess kurtosis of two points', excessKurtosis([-1, 1, -1, 1]), -2],
    ['autocorrelation at lag 0', autocorrelation([1, 5, 2, 8], 0), 1],
    ['autocorrelation of an alternation', autocorrelation([1, -1, 1, -1], 1), -0.75],
    ['correlation', correlation([1, 2, 3], [2, 4, 6]), 1],
    ['correlation of opposites', correlation([1, 2, 3], [3, 2, 1]), -1],
    ['Fano factor', fanoFactor([0, 2, 4]), 8 / 3 / 2],
    ['coefficient of variation', coefficientOfVariation([1, 3]), 0.5],
  ])('%s', (_name, actual, expected) => {
    expect(actual).toBeCloseTo(expected, 12);
  });

  test('returns do not overlap', () => {
    expect(logReturns([1, 2, Math.E, 4, Math.E ** 2], 2)).toEqual([
      expect.closeTo(1, 12),
      expect.closeTo(1, 12),
    ]);
  });

  test('counts per window leave out what lies outside', () => {
    expect(countsPerWindow([-1, 0, 9, 10, 25, 30, 99], 0, 30, 10)).toEqual([2, 1, 1]);
  });
});

test('a Poisson process of normal marks looks like one', () => {
  const random = Random.stream(1, 'poisson');
  const [times, marks]: [number[], number[]] = [[], []];
  for (let at = 0; at < 20_000; at += random.exponential()) {
    times.push(at);
    marks.push(random.normal());
  }
  expect(fanoFactor(countsPerWindow(times, 0, 20_000, 10))).toBeCloseTo(1, 0);
  expect(Math.abs(excessKurtosis(marks))).toBeLessThan(0.15);
  expect(Math.abs(autocorrelation(marks, 1))).toBeLessThan(0.03);
});
