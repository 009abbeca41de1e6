import { describe, expect, test } from 'vitest';
import { doubled, isWithin, type Part, TESTS } from './bands.ts';
import { certificateOf } from './certificate.ts';
import { parentImpact } from './impact-measures.ts';

const band = (low: number, high: number): Part => ({ id: 'x', name: 'x', low, high });
const NONE = Number.POSITIVE_INFINITY;

describe('bands', () => {
  test.each([
    [band(2, 5), 0.5, 6.5],
    [band(5, NONE), 2.5, NONE],
    [band(-NONE, 4), -NONE, 8],
    [band(-NONE, -1), -NONE, -0.5],
  ])('%o doubled', (part, low, high) => {
    expect(doubled(part)).toMatchObject({ low, high });
  });

  test('what is not a number is in no band', () => {
    expect(isWithin(band(-NONE, NONE), Number.NaN)).toBe(false);
    expect(isWithin(band(0, 1), 1)).toBe(true);
  });

  test('eighteen tests, every part with a name of its own', () => {
    expect(TESTS.map(({ id }) => id)).toEqual(Array.from({ length: 18 }, (_, i) => `R${i + 1}`));
    const ids = TESTS.flatMap(({ parts }) => parts.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, parts } of TESTS) {
      for (const part of parts) expect(part.id.startsWith(`${id}.`)).toBe(true);
    }
  });
});

describe('the verdict', () => {
  const subject = { tickClass: 'small', hasSession: false, roundLot: 100 } as const;
  const verdict = (...values: number[]) =>
    certificateOf(
      values.map((value) => new Map([['R4.bounce', value]])),
      subject,
    )[0]!;

  test.each([
    ['all in the band', [-0.3, -0.4, -0.2], true, -0.3],
    ['the median is out', [-0.1, -0.1, -0.2], false, -0.1],
    ['one strays within the doubled band', [-0.3, -0.3, -0.1], true, -0.3],
    ['one strays too far', [-0.3, -0.3, 0.1], false, -0.3],
    ['one could not be measured', [-0.3, -0.3, Number.NaN], false, Number.NaN],
  ])('%s', (_name, values, isInBand, median) => {
    expect(verdict(...values)).toMatchObject({ isWithin: isInBand });
    expect(verdict(...values).parts[0]!.value).toBe(median);
  });

  test('leaves out what is not asked of the instrument or was not measured', () => {
    const runs = [new Map([['R6.oneTick', 0.95] as const, ['R6.mean', 3], ['R18.open', 2]])];
    const ids = certificateOf(runs, subject).flatMap(({ parts }) => parts.map((p) => p.part.id));
    expect(ids).toEqual(['R6.mean']);
  });
});

test('the impact of parents: exponent, prefactor, what is left', () => {
  const shares = [0.001, 0.01, 0.1];
  const runs = shares.flatMap((share) =>
    [0.9, 1.1].map((noise, seed) => {
      const peak = 0.02 * 0.8 * Math.sqrt(share) * noise;
      return { seed, share, peak, after: 0.6 * peak };
    }),
  );
  const { exponent, prefactor, remaining, curve, error } = parentImpact(runs, 0.02);
  expect(exponent).toBeCloseTo(0.5, 9);
  expect(prefactor).toBeCloseTo(0.8, 9);
  expect(remaining).toBeCloseTo(0.6, 9);
  expect(curve.map((point) => point.runs)).toEqual([2, 2, 2]);
  // One seed says 0.72, the other 0.88: a deviation of the mean of 0.08, and nothing else differs.
  expect(error.prefactor).toBeCloseTo(0.08, 9);
  expect(error.exponent).toBeCloseTo(0, 9);
  const one = runs.filter(({ seed }) => seed === 0);
  expect(parentImpact(one, 0.02).error.prefactor).toBeNaN();
});
