/** History on the scale of now: candles before a split, and the marks of splits. */
import type { StockSplit } from '@sandpit/schemas/instrument.ts';
import type { Candle } from '@sandpit/schemas/market-data.ts';
import { bucketOf } from './candles.ts';
import type { PhaseMark } from './phase-marks.ts';

/**
 * @param splits    So far; a candle that begins before one is on the scale before it.
 * @param decimals  Of a price; of a volume it keeps its own.
 */
export function adjusted(
  candles: readonly Candle[],
  splits: readonly StockSplit[],
  decimals: number,
): Candle[] {
  return candles.map((candle) => {
    const factor = splits
      .filter(({ at }) => Date.parse(candle.start) < Date.parse(at))
      .reduce((product, { priceFactor }) => product * priceFactor, 1);
    if (factor === 1) return candle;
    const price = (text: string) => (Number(text) * factor).toFixed(decimals);
    const places = candle.volume.split('.')[1]?.length ?? 0;
    return {
      ...candle,
      open: price(candle.open),
      high: price(candle.high),
      low: price(candle.low),
      close: price(candle.close),
      volume: (Number(candle.volume) / factor).toFixed(places),
    };
  });
}

export function splitMarks(splits: readonly StockSplit[], intervalSeconds: number): PhaseMark[] {
  return splits.map(({ at, newUnits, oldUnits }) => ({
    time: bucketOf(at, intervalSeconds),
    isHalt: false,
    text: `Split ${newUnits} for ${oldUnits}`,
  }));
}
