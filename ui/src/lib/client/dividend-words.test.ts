import { expect, test } from 'vitest';
import { dividendText } from './dividend-words.ts';

test.each([
  ['24.00', 'ACME trades without its dividend of 0.24 a unit. You received 24.00.'],
  ['-2400.00', 'ACME trades without its dividend of 0.24 a unit. You paid 2,400.00.'],
  ['0.00', 'ACME trades without its dividend of 0.24 a unit.'],
])('%s: %s', (cash, text) => {
  expect(dividendText({ symbol: 'ACME', amount: '0.24', quantity: '100', cash })).toBe(text);
});
