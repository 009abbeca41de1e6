import { describe, expect, test } from 'vitest';
import { Random } from '../random.ts';
import {
  decayExponent,
  hillIndex,
  largestShare,
  lineThrough,
  median,
  powerLawExponent,
  skewness,
  weibullShape,
} from './estimators.ts';

const E = Math.E;

describe('estimators by hand', () => {
  test.each([
    // The two largest of four over the third: 2 / (ln e³ + ln e²).
    ['Hill index', hillIndex([1, -(E ** 3), E ** 2, 1], 0.5), 2 / 5],
    ['largest share', largestShare([1, 6, 1, 2], 0.25), 0.6],
    ['slope', lineThrough([1, 2, 3], [3, 5, 7]).slope, 2],
    ['intercept', lineThrough([1, 2, 3], [3, 5, 7]).intercept, 1],
    ['R² of a line', lineThrough([1, 2, 3], [3, 5, 7]).rSquared, 1],
    ['R² of a bent line', lineThrough([0, 1, 2], [0, 0, 1]).rSquared, 0.75],
    ['power law', powerLawExponent([1, 2, 4, 8], [3, 6, 12, 24]), 1],
    ['power law past what is not positive', powerLawExponent([1, 2, 4, 8], [1, -1, 16, 64]), 2],
    ['odd median', median([3, 1, 2]), 2],
    ['even median', median([4, 1, 2, 3]), 2.5],
    ['skewness', skewness([0, 0, 0, 4]), 2 / Math.sqrt(3)],
    ['no skewness', skewness([1, 2, 3]), 0],
  ])('%s', (_name, actual, expected) => expect(actual).toBeCloseTo(expected, 9));

  test.each([
    ['Hill of nothing', hillIndex([], 0.02)],
    ['Hill of too few', hillIndex([1, 2, 3], 0.02)],
    ['two points', powerLawExponent([1, 2], [1, 2])],
    ['median of nothing', median([])],
  ])('%s is not a number', (_name, actual) => expect(actual).toBeNaN());
});

describe('estimators on what they are made for', () => {
  const random = Random.stream(7, 'estimators');
  const draws = (draw: () => number) => Float64Array.from({ length: 40_000 }, draw);

  test('a Pareto tail of 3', () => {
    expect(
      Math.abs(
        hillIndex(
          draws(() => random.pareto(3)),
          0.02,
        ) - 3,
      ),
    ).toBeLessThan(0.3);
  });

  test.each([0.4, 1, 2.5])('a Weibull shape of %d', (shape) => {
    const fitted = weibullShape(draws(() => random.exponential() ** (1 / shape)));
    expect(Math.abs(fitted / shape - 1)).toBeLessThan(0.02);
  });

  test('a decay by the square root', () => {
    const values = Float64Array.from({ length: 100 }, (_, i) => 0.2 / Math.sqrt(i + 1));
    expect(Math.abs(decayExponent(values) + 0.5)).toBeLessThan(0.01);
  });
});
