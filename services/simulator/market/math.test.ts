import { describe, expect, test } from 'vitest';
import { exp, log, normalQuantile, pow } from './math.ts';

const EPSILON = 2 ** -52;

function worst(error: (x: number) => number, from: number, to: number, steps: number): number {
  let largest = 0;
  for (let i = 0; i <= steps; i++) {
    largest = Math.max(largest, error(from + ((to - from) * i) / steps));
  }
  return largest;
}

describe('own functions against Math', () => {
  test('exp is within one unit in the last place', () => {
    const error = (x: number) => Math.abs(exp(x) / Math.exp(x) - 1);
    expect(worst(error, -700, 700, 100_000)).toBeLessThanOrEqual(2 * EPSILON);
    expect(worst(error, -1, 1, 100_000)).toBeLessThanOrEqual(EPSILON);
  });

  test('log is within one unit in the last place', () => {
    const error = (x: number) =>
      Math.abs(log(x) - Math.log(x)) / Math.max(Math.abs(Math.log(x)), EPSILON);
    expect(worst(error, 1e-9, 3, 100_000)).toBeLessThanOrEqual(2 * EPSILON);
    expect(worst((x) => error(10 ** x), -300, 300, 100_000)).toBeLessThanOrEqual(2 * EPSILON);
  });

  test('pow carries the error of its exponent', () => {
    for (const [x, y] of [
      [2, 0.5],
      [10, 3],
      [0.3, -2.2],
      [1.0001, 5000],
    ] as const) {
      expect(Math.abs(pow(x, y) / x ** y - 1)).toBeLessThan(20 * EPSILON);
    }
  });

  test.each`
    call                        | value
    ${'exp of a large number'}  | ${[exp(710), Number.POSITIVE_INFINITY]}
    ${'exp of a small number'}  | ${[exp(-701), 0]}
    ${'exp of zero'}            | ${[exp(0), 1]}
    ${'log of zero'}            | ${[log(0), Number.NEGATIVE_INFINITY]}
    ${'log of one'}             | ${[log(1), 0]}
    ${'log of a negative'}      | ${[log(-1), Number.NaN]}
    ${'log of a subnormal'}     | ${[log(5e-324), Math.log(5e-324)]}
    ${'zero to a power'}        | ${[pow(0, 2), 0]}
    ${'zero to a negative one'} | ${[pow(0, -2), Number.POSITIVE_INFINITY]}
  `('$call', ({ value: [actual, expected] }) => {
    if (Number.isFinite(expected)) expect(actual).toBeCloseTo(expected, 12);
    else expect(actual).toBe(expected);
  });
});

describe('normal quantile', () => {
  test.each`
    p                      | z
    ${0.5}                 | ${0}
    ${0.975}               | ${1.959963984540054}
    ${0.025}               | ${-1.959963984540054}
    ${0.84134474606854293} | ${1}
    ${1e-6}                | ${-4.753424308822899}
    ${1e-12}               | ${-7.034483825301132}
  `('of $p is $z', ({ p, z }) => {
    expect(normalQuantile(p)).toBeCloseTo(z, 12);
  });
});
