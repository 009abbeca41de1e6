/** The import on real recordings, where they are at hand: set SANDPIT_RECORDINGS to their folder. */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BUY } from '../../simulator/market/access.ts';
import { Market } from '../../simulator/market/market.ts';
import { correlation, mean } from '../../simulator/market/statistics.ts';
import { Books } from '../../simulator/market/testing/books.ts';
import { importFiles } from './import-files.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const FOLDER = resolve(ROOT, process.env.SANDPIT_RECORDINGS ?? '../shared/data');
const LEAN = join(FOLDER, 'ibm-ticks');
const BINANCE = join(FOLDER, 'binance-spot', 'btcusdt_20240808.gz');
const because = (path: string) => (existsSync(path) ? '' : ` (skipped: ${path} is not there)`);

describe.skipIf(!existsSync(LEAN))(`IBM, five days${because(LEAN)}`, async () => {
  const files = existsSync(LEAN) ? readdirSync(LEAN).map((name) => join(LEAN, name)) : [];
  const imports = files.length > 0 ? await importFiles(files, { bucket: null }) : [];
  const reports = imports.flatMap((one) => one.reports);
  const total = (of: 'rows' | 'used' | 'bad', format: string) =>
    reports.filter((r) => r.format.endsWith(format)).reduce((sum, r) => sum + r[of], 0);

  test('every row of the files is accounted for', () => {
    expect(imports).toHaveLength(5);
    expect(total('rows', 'quotes')).toBe(575_589);
    expect(total('rows', 'trades')).toBe(126_395);
    expect(total('bad', 'quotes') + total('bad', 'trades')).toBe(0);
    const suspicious = reports.reduce((sum, r) => sum + (r.leftOut.suspicious ?? 0), 0);
    expect(suspicious).toBe(3);
  });

  test('the regular session holds the published number of quotes', () => {
    // Two or three suspicious quotes may lie inside of it.
    expect(568_986 - total('used', 'quotes')).toBeGreaterThanOrEqual(0);
    expect(568_986 - total('used', 'quotes')).toBeLessThanOrEqual(3);
    expect(125_777 - total('used', 'trades')).toBeGreaterThan(0);
    expect(125_777 - total('used', 'trades')).toBeLessThan(500);
  });

  test('spreads of 3.7 to 5.8 cents by day, 4.7 over the week', () => {
    const spreads = imports.map(({ scenario }) => {
      const { spreadTicks } = scenario.instruments[0]!.recording!;
      return spreadTicks.reduce((sum, spread) => sum + spread, 0) / spreadTicks.length;
    });
    for (const spread of spreads) {
      expect(spread).toBeGreaterThan(3.6);
      expect(spread).toBeLessThan(5.9);
    }
    expect(spreads.reduce((sum, spread) => sum + spread, 0) / 5).toBeCloseTo(4.7, 0);
  });

  test('the first day opens at 09:30 in New York, near 182', () => {
    const [first] = imports;
    expect(first!.scenario.opensAt).toBe('2013-10-07T13:30:00.000Z');
    expect(first!.scenario.id).toBe('ibm-20131007');
    expect(first!.scenario.instruments[0]!.model).toMatchObject({ roundLot: 100 });
    expect(first!.scenario.instruments[0]!.model.referenceTicks / 100).toBeCloseTo(182, 0);
  });
});

describe.skipIf(!existsSync(BINANCE))(`Binance, six minutes${because(BINANCE)}`, async () => {
  const [one] = existsSync(BINANCE) ? await importFiles([BINANCE], { bucket: null }) : [];

  test('every line is accounted for', () => {
    expect(one!.reports[0]).toMatchObject({
      rows: 41_249,
      used: 28_040 + 9_757 + 3_449 + 1,
      bad: 0,
      leftOut: { 'depth older than the book': 2 },
    });
  });

  test('the quoted depth follows the recorded one, level by level', () => {
    const { scenario } = one!;
    const { depth } = scenario.instruments[0]!.recording!;
    const books = new Books(1);
    books.isTaping = false;
    books.market = new Market(scenario, 3, books);
    const reach = [0, 32, 512].map((within) => ({
      within,
      seen: [] as number[],
      asked: [] as number[],
    }));
    for (let second = 20; second < 340; second += 2) {
      books.market.advanceTo((second + 0.5) * 1e9);
      const { bestBid } = books.books[0]!;
      for (const { within, seen, asked } of reach) {
        let lots = 0;
        for (let ticks = 0; ticks <= within; ticks++) lots += books.lotsAt(0, BUY, bestBid - ticks);
        seen.push(lots);
        asked.push(depth!.bidLots[depth!.withinTicks.indexOf(within)]![second]!);
      }
    }
    for (const { seen, asked } of reach) {
      expect(correlation(seen, asked)).toBeGreaterThan(0.75);
      expect(mean(seen) / mean(asked)).toBeGreaterThan(0.75);
      expect(mean(seen) / mean(asked)).toBeLessThan(1.3);
    }
  });

  test('346 seconds, one tick wide nearly all the time', () => {
    const { recording, model } = one!.scenario.instruments[0]!;
    expect(((recording!.midHalfTicks.length - 1) * recording!.stepMs) / 1_000).toBeCloseTo(
      346.1,
      0,
    );
    const narrow = recording!.spreadTicks.filter((spread) => spread === 1).length;
    expect(narrow / recording!.spreadTicks.length).toBeGreaterThan(0.85);
    expect(model.typicalSpreadTicks).toBe(1);
    expect(one!.scenario.opensAt).toMatch(/^2024-08-08T23:54:15\./);
  });
});
