import { expect, test } from 'vitest';
import { marksOf } from './chart-marks.ts';
import { ACME } from './testing.ts';

const fill = (second: number, side: 'buy' | 'sell', quantity: string) => ({
  at: new Date(Date.UTC(2026, 0, 5, 14, 30, second)).toISOString(),
  side,
  quantity,
});

test('fills of one bar and side are one mark, oldest first', () => {
  const fills = [
    fill(31, 'buy', '1000'),
    fill(14, 'sell', '3'),
    fill(5, 'buy', '7'),
    fill(2, 'buy', '5'),
  ];
  const start = Date.UTC(2026, 0, 5, 14, 30) / 1_000;
  expect(marksOf(fills, 15, ACME)).toEqual([
    { time: start, side: 'sell', text: '3' },
    { time: start, side: 'buy', text: '12' },
    { time: start + 30, side: 'buy', text: '1,000' },
  ]);
});
