import { expect, test } from 'vitest';
import { builtInScenarios } from '../catalogue/catalogue.ts';
import { recordMarket } from './testing/record-market.ts';
import {
  SAMPLE_SECONDS,
  SAMPLE_SEED,
  SAMPLE_STEP_MS,
  sampleSource,
} from './testing/sample-source.ts';

const sample = (await builtInScenarios()).find(({ id }) => id === 'sample-day')!;

test('the sample day is what the market writes with its seed', () => {
  const minutes = 6;
  const again = recordMarket(sampleSource, SAMPLE_SEED, minutes * 60, SAMPLE_STEP_MS);
  sample.instruments.forEach(({ instrument, recording }, i) => {
    expect(instrument).toEqual(sampleSource.instruments[i]!.instrument);
    // The last row of a recording has no step after it, so its trades are not known yet.
    const rows = again[i]!.midHalfTicks.length;
    for (const column of ['midHalfTicks', 'spreadTicks'] as const) {
      expect(recording![column].slice(0, rows)).toEqual(again[i]![column]);
    }
    for (const column of ['trades', 'volumeLots'] as const) {
      expect(recording![column].slice(0, rows - 1)).toEqual(again[i]![column].slice(0, -1));
    }
  });
});

test('it covers a whole session and something happens in it', () => {
  for (const { recording } of sample.instruments) {
    expect(recording!.midHalfTicks).toHaveLength((SAMPLE_SECONDS * 1_000) / SAMPLE_STEP_MS + 1);
    expect(new Set(recording!.midHalfTicks).size).toBeGreaterThan(20);
    expect(recording!.trades.filter((count) => count > 0).length).toBeGreaterThan(2_000);
  }
});
