import type { StockSplit } from '@sandpit/schemas/instrument.ts';
import type { Candle } from '@sandpit/schemas/market-data.ts';
import { expect, test } from 'vitest';
import { adjusted, splitMarks } from './adjusted.ts';

const at = (minute: number) => `2026-01-05T14:${String(minute).padStart(2, '0')}:00.000Z`;
const split = (minute: number, newUnits: number, oldUnits: number): StockSplit => ({
  at: at(minute),
  newUnits,
  oldUnits,
  priceFactor: oldUnits / newUnits,
});
const candle = (minute: number, price: string, volume = '100'): Candle => ({
  start: at(minute),
  open: price,
  high: price,
  low: price,
  close: price,
  volume,
  trades: 1,
});

test('what begins before a split is shown on the scale after it; the split itself is the border', () => {
  const bars = [candle(44, '480.00'), candle(45, '120.00')];
  expect(adjusted(bars, [split(45, 4, 1)], 2)).toEqual([
    candle(44, '120.00', '400'),
    candle(45, '120.00', '100'),
  ]);
});

test('several splits multiply, prices are rounded to the tick, volumes keep their places', () => {
  const bars = [candle(10, '100.00', '90.000'), candle(20, '66.67', '1.500')];
  const [first, second] = adjusted(bars, [split(15, 3, 2), split(30, 1, 10)], 2);
  expect(first).toMatchObject({ open: '666.67', close: '666.67', volume: '13.500' });
  expect(second).toMatchObject({ open: '666.70', volume: '0.150' });
});

test('without a split nothing is touched', () => {
  const bars = [candle(10, '100.00')];
  expect(adjusted(bars, [], 2)[0]).toBe(bars[0]);
});

test('its mark stands on the bar that it begins', () => {
  expect(splitMarks([split(45, 4, 1)], 300)).toEqual([
    { time: Date.parse(at(45)) / 1_000, isHalt: false, text: 'Split 4 for 1' },
  ]);
});
