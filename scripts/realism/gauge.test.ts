import { describe, expect, test } from 'vitest';
import { gaugeOf, placeOf } from './gauge.ts';

const part = (low: number, high: number) => ({ id: 'x', name: 'x', low, high });
const NONE = Number.POSITIVE_INFINITY;

describe('the place of a value', () => {
  test.each([
    ['the lower end', part(2, 4), 2, 0.2],
    ['the middle', part(2, 4), 3, 0.5],
    ['the upper end', part(2, 4), 4, 0.8],
    ['far above', part(2, 4), 400, 0.98],
    ['a single end', part(5, NONE), 5, 0.2],
    ['twice a single end', part(5, NONE), 10, 0.6],
    ['far below a single end', part(5, NONE), -100, 0.02],
    ['below a single upper end', part(-NONE, -1), -2, 0.6],
    ['the only value', part(1, 1), 1, 0.5],
    ['another than the only value', part(1, 1), 2, 0.98],
  ])('%s', (_name, band, value, place) => {
    expect(placeOf(band, value)).toBeCloseTo(place, 9);
  });
});

test('a strip shows the band, the seeds and whether the median is out', () => {
  const result = { part: part(2, 4), value: 5, values: [4.5, 5, 6], isWithin: false };
  expect(gaugeOf(result)).toContain('class="median bad"');
  expect(gaugeOf(result)).toContain('class="range"');
  expect(gaugeOf({ ...result, value: 3, values: [3], isWithin: true })).not.toMatch(/range|bad/);
  expect(gaugeOf({ ...result, value: Number.NaN, values: [Number.NaN] })).not.toMatch(/NaN|circle/);
});
