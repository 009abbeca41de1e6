import { expect, test } from 'vitest';
import { bandWords, needWords, valueWords } from './certificate-words.ts';

test.each([
  [{ low: 2, high: 5 }, '2 to 5'],
  [{ low: 1, high: 1 }, '1'],
  [{ low: 1e-9, high: null }, 'at least 0'],
  [{ low: null, high: -0.5 }, 'at most -0.5'],
])('a band: %o', (band, words) => {
  expect(bandWords(band)).toBe(words);
});

test.each([
  [0.1234, '0.123'],
  [1.5, '1.50'],
  [12.34, '12.3'],
  [-150.4, '-150'],
])('a value of %d', (value, words) => {
  expect(valueWords(value)).toBe(words);
});

test('why nothing is told', () => {
  const need = { of: 'marketOrders', least: 6_000, has: 1_453 } as const;
  expect(needWords({ verdict: 'tooShort', need })).toBe(
    'takes 6,000 market orders, here are 1,453',
  );
  expect(needWords({ verdict: 'within', need })).toBe('');
  expect(needWords({ verdict: 'notMeasured', need: null })).toMatch('paired runs');
});
