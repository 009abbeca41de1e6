import type { Candle } from '@sandpit/schemas/market-data.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bucketOf, CandleSeries, mergeCandles } from './candles.ts';

const OPEN = Date.parse('2026-01-05T14:30:00.000Z');
const at = (second: number) => new Date(OPEN + second * 1_000).toISOString();
const candle = (
  second: number,
  open: number,
  high: number,
  low: number,
  close: number,
  volume = 1,
): Candle => ({
  start: at(second),
  open: String(open),
  high: String(high),
  low: String(low),
  close: String(close),
  volume: String(volume),
  trades: 1,
});
const bars = (series: CandleSeries) =>
  series
    .all()
    .map(([time, { open, high, low, close, volume }]) =>
      [time - OPEN / 1_000, open, high, low, close, volume].join(' '),
    );

test('buckets begin on their border', () => {
  expect(bucketOf(at(59), 60) * 1_000).toBe(OPEN);
  expect(bucketOf(at(60), 60) * 1_000).toBe(OPEN + 60_000);
});

test('merging keeps first, extremes, last and the exact volume', () => {
  const merged = mergeCandles(
    [
      { ...candle(0, 10, 12, 9, 11), volume: '0.1' },
      { ...candle(1, 11, 15, 11, 14), volume: '0.2' },
    ],
    at(0),
  );
  expect(merged).toMatchObject({
    open: '10',
    high: '15',
    low: '9',
    close: '14',
    volume: '0.3',
    trades: 2,
  });
  expect(mergeCandles([], at(0))).toBeNull();
});

describe('a series', () => {
  test('sums seconds into its interval; a second sent again replaces itself', () => {
    const series = new CandleSeries('5s');
    series.load([], []);
    series.apply([candle(0, 10, 10, 10, 10, 5)]);
    series.apply([candle(0, 10, 12, 10, 12, 8), candle(1, 12, 12, 11, 11, 1)]);
    series.apply([candle(5, 11, 11, 11, 11, 2)]);
    expect(bars(series)).toEqual(['0 10 12 10 11 9', '5 11 11 11 11 2']);
  });

  test('says which bars changed', () => {
    const series = new CandleSeries('5s');
    series.load([candle(0, 10, 10, 10, 10)], []);
    const changed = series.apply([candle(4, 9, 9, 9, 9), candle(5, 9, 9, 9, 9)]);
    expect(changed.map(([time]) => time - OPEN / 1_000)).toEqual([0, 5]);
  });

  test('does not count the seconds that history holds already', () => {
    const series = new CandleSeries('5s');
    const seconds = [candle(5, 10, 11, 10, 11, 3), candle(6, 11, 12, 11, 12, 4)];
    series.load([candle(0, 9, 10, 9, 10, 20), candle(5, 10, 12, 10, 12, 7)], seconds);
    series.apply([candle(6, 11, 13, 11, 13, 6)]);
    expect(bars(series)).toEqual(['0 9 10 9 10 20', '5 10 13 10 13 9']);
  });

  test('keeps what it was told of a bar whose beginning it never saw', () => {
    const series = new CandleSeries('1m');
    series.load([candle(0, 10, 20, 5, 12, 500)], [candle(30, 12, 12, 12, 12)]);
    series.apply([candle(31, 12, 13, 12, 13)]);
    expect(bars(series)).toEqual(['0 10 20 5 13 500']);
  });

  test('live from the start equals loaded afterwards', () => {
    const second = fc.tuple(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 50 }),
      fc.nat(9),
    );
    fc.assert(
      fc.property(fc.array(second, { minLength: 1, maxLength: 40 }), fc.nat(39), (steps, cut) => {
        const seconds = steps.map(([open, close, volume], index) =>
          candle(index, open, Math.max(open, close), Math.min(open, close), close, volume),
        );
        const live = new CandleSeries('15s');
        live.load([], []);
        for (const one of seconds) live.apply([one]);
        const late = new CandleSeries('15s');
        late.load([], seconds.slice(0, cut));
        late.apply(seconds.slice(cut));
        return JSON.stringify(live.all()) === JSON.stringify(late.all());
      }),
    );
  });
});
