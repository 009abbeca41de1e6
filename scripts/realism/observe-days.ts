/** Simulates days of a scenario and gives back what was measured, instrument by instrument. */
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { Market } from '../../services/simulator/market/market.ts';
import { measure, subjectOf } from '../../services/simulator/market/realism/certificate.ts';
import { type Curves, curvesOf } from '../../services/simulator/market/realism/curves.ts';
import { type DayRecord, DayRecorder } from '../../services/simulator/market/realism/day-record.ts';
import type { Days } from '../../services/simulator/market/realism/days.ts';
import { ObservedBooks } from './observed-books.ts';
import { DAY_SECONDS, TRIM_SECONDS, WARM_UP_SECONDS } from './subjects.ts';

const NS = 1e9;
const DEPTH_SAMPLE_SECONDS = 10;

export interface Seen {
  symbol: string;
  /** Value by part. */
  measured: [string, number][];
  curves: Curves;
  /** Mean volume of a day in lots, and the volatility of a day as a share of the price. */
  dayLots: number;
  dayVolatility: number;
}

/** One entry per instrument. The days follow each other; what comes before the first is dropped. */
export function observeDays(scenario: Scenario, seed: number, days: number): Seen[] {
  const records = recordDays(scenario, seed, days);
  return scenario.instruments.map(({ instrument }, i) => {
    const own = records.map((day) => day[i]!);
    const curves = curvesOf(own);
    return {
      symbol: instrument.symbol,
      measured: [...measure(own, subjectOf(scenario.instruments[i]!))],
      curves,
      dayLots: meanDayLots(own),
      dayVolatility: curves.deviation300s * Math.sqrt(DAY_SECONDS / 300),
    };
  });
}

/** Day by day, one record per instrument. */
export function recordDays(scenario: Scenario, seed: number, days: number): DayRecord[][] {
  const books = ObservedBooks.empty(scenario.instruments.length);
  books.market = new Market(scenario, seed, books);
  const records: DayRecord[][] = [];
  for (let day = 0; day < days; day++) {
    // The first day begins late: before it the market has warmed up.
    const opensAt = day * DAY_SECONDS;
    const from = opensAt + (day === 0 ? WARM_UP_SECONDS : TRIM_SECONDS);
    const to = opensAt + DAY_SECONDS - TRIM_SECONDS;
    books.market.advanceTo(from * NS);
    const recorders = scenario.instruments.map(() => new DayRecorder(from * NS, to * NS));
    books.recordTo(recorders, from * NS);
    for (let second = from; second < to; second += DEPTH_SAMPLE_SECONDS) {
      books.market.advanceTo(second * NS);
      books.sampleDepth();
    }
    books.market.advanceTo(to * NS - 1);
    records.push(recorders.map((recorder) => recorder.finish()));
  }
  return records;
}

function meanDayLots(days: Days): number {
  const lots = days.reduce((sum, { minuteLots }) => sum + minuteLots.reduce((a, b) => a + b, 0), 0);
  const seconds = days.reduce((sum, day) => sum + day.seconds, 0);
  return (lots / seconds) * DAY_SECONDS;
}
