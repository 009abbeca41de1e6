import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  averagePriceText,
  moneyMicros,
  moneyText,
  notionalMicros,
  priceText,
  priceTicks,
  quantityText,
  stepsOf,
  textOfSteps,
} from './decimal.ts';

const equity = { tickSize: '0.01', lotSize: '1', tickValueMicros: 10_000 };
const coin = { tickSize: '0.01', lotSize: '0.0001', tickValueMicros: 1 };

describe('steps of a grid', () => {
  test.each`
    text                  | step        | steps
    ${'180.05'}           | ${'0.01'}   | ${18_005}
    ${'180.050'}          | ${'0.01'}   | ${18_005}
    ${'180.055'}          | ${'0.01'}   | ${null}
    ${'0.0003'}           | ${'0.0001'} | ${3}
    ${'7'}                | ${'0.25'}   | ${28}
    ${'0.1'}              | ${'0.25'}   | ${null}
    ${'-3'}               | ${'1'}      | ${-3}
    ${'9007199254740993'} | ${'1'}      | ${null}
    ${'1'}                | ${'0'}      | ${null}
  `('$text is $steps steps of $step', ({ text, step, steps }) => {
    expect(stepsOf(text, step)).toBe(steps);
  });

  test.each(['', 'NaN', '1e3', '0x10', '1.', '.5', ' 1', '１'])('"%s" is no number', (text) => {
    expect(() => stepsOf(text, '1')).toThrow(RangeError);
  });

  test('text and steps are inverse on every grid', () => {
    const steps = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });
    const step = fc.constantFrom('1', '0.5', '0.25', '0.01', '0.0001', '0.000001', '25');
    fc.assert(fc.property(steps, step, (n, s) => stepsOf(textOfSteps(n, s), s) === n));
  });
});

describe('prices, sizes and money', () => {
  test('prices keep the decimals of the tick, sizes those of the lot', () => {
    expect(priceText(18_000, equity)).toBe('180.00');
    expect(priceTicks('180', equity)).toBe(18_000);
    expect(quantityText(12_500, coin)).toBe('1.2500');
  });

  test.each`
    micros            | text
    ${0}              | ${'0.00'}
    ${1}              | ${'0.000001'}
    ${-125}           | ${'-0.000125'}
    ${100_000_000_00} | ${'10000.00'}
    ${1_500_000}      | ${'1.50'}
  `('$micros micros are $text', ({ micros, text }) => {
    expect(moneyText(micros)).toBe(text);
    expect(moneyMicros(text)).toBe(micros);
  });

  test('money finer than a micro is refused, not rounded', () => {
    expect(moneyMicros('0.0000001')).toBeNull();
  });

  test.each`
    fills                       | grid      | average
    ${[[100, 1], [101, 1]]}     | ${equity} | ${'1.005'}
    ${[[100, 1], [101, 2]]}     | ${equity} | ${'1.0067'}
    ${[[6_200_000, 5]]}         | ${coin}   | ${'62000.00'}
    ${[[1, 1], [2, 1], [2, 1]]} | ${equity} | ${'0.0167'}
  `('average of $fills is $average', ({ fills, grid, average }) => {
    const lots = fills.reduce((sum: number, [, n]: number[]) => sum + n, 0);
    const notional = fills.reduce(
      (sum: number, [ticks, n]: number[]) => sum + notionalMicros(ticks, n, grid),
      0,
    );
    expect(averagePriceText(notional, lots, grid)).toBe(average);
    expect(averagePriceText(-notional, -lots, grid)).toBe(average);
  });

  test('nothing has no average', () => {
    expect(averagePriceText(0, 0, equity)).toBeNull();
  });
});
