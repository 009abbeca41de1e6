import { expect, test } from 'vitest';
import { splitText } from './split-words.ts';

const WHAT = 'ACME was split 3 for 2 and trades around 1,066.67. Its open orders were canceled.';

test.each([
  ['0', '0', '0.00', WHAT],
  ['1000', '1500', '0.00', `${WHAT} Your 1,000 are 1,500 now.`],
  ['101', '151', '533.33', `${WHAT} Your 101 are 151 now. You received 533.33 for the rest.`],
  ['-101', '-151', '-533.33', `${WHAT} Your −101 are −151 now. You paid 533.33 for the rest.`],
])('%s become %s, cash %s', (fromQuantity, quantity, cash, text) => {
  const ratio = { newUnits: 3, oldUnits: 2, priceFactor: 2 / 3 };
  const at = '2026-01-05T14:45:00.000Z';
  expect(
    splitText({ symbol: 'ACME', at, ...ratio, price: '1066.67', fromQuantity, quantity, cash }),
  ).toBe(text);
});
