import { describe, expect, test } from 'vitest';
import { maxDrawdown, returnsOf, sharpeRatio, sortinoRatio } from './ratios.ts';

const percent = (...values: number[]) => values.map((value) => value / 100);

describe('published figures', () => {
  test('Sortino: eight years, nothing lost as the target (Red Rock Capital, A Sharper Ratio)', () => {
    expect(sortinoRatio(percent(17, 15, 23, -5, 12, 9, 13, -4))).toBeCloseTo(4.417, 3);
  });

  test('Sharpe: twelve months, 2 % risk free (Trading Blox forum, topic 803)', () => {
    const months = percent(3.8, 4.2, -2.6, 0.8, 1.2, 6.8, -4.1, 0.2, 1.7, 10.1, -1.9, 0.8);
    expect(sharpeRatio(months, 0.02 / 12, 12)).toBeCloseTo(1.37, 2);
  });

  test('Sharpe: growing windows of a track record, 5 % a year risk free (stockscom.com)', () => {
    // They set the average against its deviation times the root of 24, and the rate of a year.
    const months = [0.0652, -0.0177, 0.0378];
    const deviation = (count: number) => {
      const window = months.slice(0, count);
      return window.reduce((sum, value) => sum + value, 0) / count / sharpeRatio(window)!;
    };
    expect(deviation(2)).toBeCloseTo(0.059, 3);
    expect(deviation(3)).toBeCloseTo(0.042, 3);
  });
});

test('ratios that are none', () => {
  expect(sharpeRatio([])).toBeNull();
  expect(sharpeRatio([0.1])).toBeNull();
  expect(sharpeRatio([0.1, 0.1, 0.1])).toBeNull();
  expect(sortinoRatio([0.1, 0.2])).toBeNull();
});

test('returns are of what stood before', () => {
  expect(returnsOf([100, 110, 99]).map((value) => Math.round(value * 1e6) / 1e6)).toEqual([
    0.1, -0.1,
  ]);
  expect(returnsOf([100])).toEqual([]);
});

test.each([
  [[], { amount: 0, fraction: 0, peak: 0, trough: 0 }],
  [[1, 2, 3], { amount: 0, fraction: 0, peak: 0, trough: 0 }],
  [[100, 120, 90, 130, 110], { amount: 30, fraction: 0.25, peak: 1, trough: 2 }],
  [[100, 50, 60, 10], { amount: 90, fraction: 0.9, peak: 0, trough: 3 }],
  [[10, 5, 10, 5], { amount: 5, fraction: 0.5, peak: 0, trough: 1 }],
])('drawdown of %j', (equity, drawdown) => {
  expect(maxDrawdown(equity)).toEqual(drawdown);
});
