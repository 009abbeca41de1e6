/** Own fills as marks on a chart: one per bar and side, so that a busy bar stays readable. */
import { quantityLots, quantityText } from '@sandpit/schemas/decimal.ts';
import type { ExecutionView } from '@sandpit/schemas/http.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { Side } from '@sandpit/schemas/order.ts';
import { bucketOf } from './candles.ts';
import { grouped, trimmed } from './format.ts';

export interface ChartMark {
  /** Unix seconds of the bar. */
  time: number;
  side: Side;
  /** What was filled in it, in all. */
  text: string;
}

/** @returns oldest first. */
export function marksOf(
  fills: readonly Pick<ExecutionView, 'at' | 'side' | 'quantity'>[],
  intervalSeconds: number,
  instrument: Instrument,
): ChartMark[] {
  const lotsByBar = new Map<string, { time: number; side: Side; lots: number }>();
  for (const { at, side, quantity } of fills) {
    const time = bucketOf(at, intervalSeconds);
    const key = `${time} ${side}`;
    const bar = lotsByBar.get(key) ?? { time, side, lots: 0 };
    bar.lots += quantityLots(quantity, instrument) ?? 0;
    lotsByBar.set(key, bar);
  }
  return [...lotsByBar.values()]
    .toSorted((a, b) => a.time - b.time)
    .map(({ time, side, lots }) => ({
      time,
      side,
      text: grouped(trimmed(quantityText(lots, instrument))),
    }));
}
