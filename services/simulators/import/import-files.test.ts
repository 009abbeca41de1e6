import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { listScenarios, loadScenario } from '../catalogue/store.ts';
import { TestBucket } from '../catalogue/testing/test-bucket.ts';
import { importFiles } from './import-files.ts';
import { summaryText } from './summary-text.ts';
import { binanceLines, folder, leanDay, leanTrades, zipFile } from './testing/fixtures.ts';

const at = folder();
const monday = leanDay(at, '20131007');
const tuesday = leanDay(at, '20131008');
const binance = join(at, 'btc.gz');
writeFileSync(binance, gzipSync(binanceLines().join('\n')));
let bucket: TestBucket;
beforeEach(() => {
  bucket = new TestBucket();
});

describe('what comes out', () => {
  test('one scenario per session, each in the catalogue', async () => {
    const imports = await importFiles([...tuesday, binance, ...monday], { bucket });
    expect(imports.map(({ scenario, publication }) => [scenario.id, publication])).toEqual([
      ['acme-20131007', 'published'],
      ['acme-20131008', 'published'],
      ['btcusdt-20240808', 'published'],
    ]);
    const listed = await listScenarios(bucket);
    expect(listed.map(({ id }) => id)).toEqual(imports.map(({ scenario }) => scenario.id));
    expect(listed[0]).toMatchObject({ kind: 'replay', symbols: ['ACME'] });
    expect(listed[0]!.source).toContain('20131007_quote.zip (2340 rows used)');
    expect(await loadScenario(bucket, listed[0]!.hash)).toEqual(imports[0]!.scenario);
  });

  test('with an id: all sessions end to end, the nights cut out', async () => {
    const [one, ...others] = await importFiles([...monday, ...tuesday], {
      bucket,
      id: 'two-days',
      title: 'Two days',
    });
    expect(others).toEqual([]);
    const { recording } = one!.scenario.instruments[0]!;
    expect(one!.scenario).toMatchObject({ id: 'two-days', title: 'Two days' });
    expect(one!.scenario.opensAt).toBe('2013-10-07T13:30:00.000Z');
    expect(recording!.midHalfTicks).toHaveLength(46_801);
    expect(recording!.trades.reduce((sum, count) => sum + count, 0)).toBe(780);
  });

  test('plain text and any name: the content says what it is', async () => {
    const plain = join(at, 'whatever.zip.txt');
    writeFileSync(plain, binanceLines().join('\r\n'));
    const renamed = leanDay(folder(), '20131009').map((path, i) => {
      const other = join(at, `${i}.bin`);
      renameSync(path, other);
      return other;
    });
    const imports = await importFiles([plain, ...renamed], { bucket: null });
    expect(imports.map(({ scenario }) => scenario.id)).toEqual([
      'acme-20131009',
      'btcusdt-20240808',
    ]);
  });

  test('the report names rows, what was left out and where it went', async () => {
    const text = summaryText(await importFiles([binance], { bucket }));
    expect(text).toContain('btcusdt-20240808: imported');
    expect(text).toContain('BTC-USDT, 20 s in 201 steps of 100 ms, from 61837.64 USDT');
    expect(text).toContain('62 rows, 42 used, 0 bad');
    expect(text).toContain('left out: 20 depth');
  });
});

describe('nothing half imported', () => {
  test('a bad file among good ones: nothing is written', async () => {
    const bad = leanDay(folder(), '20131010', {
      trades: [...leanTrades(), ...Array(60).fill('x')],
    });
    await expect(importFiles([...monday, ...bad], { bucket })).rejects.toThrow(/60 of 450 rows/);
    expect(bucket.writes).toEqual([]);
  });

  test('an id that is taken: nothing is written, unless it may be replaced', async () => {
    await importFiles(monday, { bucket, id: 'acme-20131008', title: 'In the way' });
    const writes = bucket.writes.length;
    const both = [...monday, ...tuesday];
    await expect(importFiles(both, { bucket })).rejects.toThrow(/"acme-20131008" exists already/);
    expect(bucket.writes).toHaveLength(writes);
    const imports = await importFiles(both, { bucket, replace: true });
    expect(imports.map(({ publication }) => publication)).toEqual(['published', 'replaced']);
  });

  test('the same again is unchanged', async () => {
    await importFiles(monday, { bucket });
    const [again] = await importFiles(monday, { bucket });
    expect(again!.publication).toBe('unchanged');
  });

  test('a dry run writes nothing', async () => {
    const [one] = await importFiles(monday, { bucket: null });
    expect(one!.publication).toBe('checked');
  });
});

describe('files that cannot be imported', () => {
  const text = join(at, 'notes.txt');
  writeFileSync(text, 'just some notes\n'.repeat(40));
  const empty = join(at, 'empty.gz');
  writeFileSync(empty, '');
  const cut = join(at, 'cut.gz');
  writeFileSync(cut, gzipSync(binanceLines().join('\n')).subarray(0, 300));
  const stranger = zipFile(join(at, 'stranger.zip'), 'readme.txt', 'hello');
  const nameless = zipFile(join(at, 'n.zip'), 'ticks.csv', leanTrades().join('\n'));

  test.each<[string, string[], RegExp]>([
    ['no file', [], /No file was given/],
    ['a missing file', [join(at, 'absent.zip')], /absent\.zip cannot be read/],
    ['an unknown format', [text], /no known format.*\n.*LEAN US equity.*\n.*Binance spot/],
    ['an empty file', [empty], /no known format/],
    ['a zip of something else', [stranger], /no known format/],
    ['a cut gzip', [cut], /cut\.gz/],
    [
      'trades without quotes',
      [monday[0]],
      /acme 20131007: the quotes are missing\. Add 20131007_q/,
    ],
    ['quotes without trades', [monday[1]], /the trades are missing/],
    ['an entry without a date', [nameless], /"ticks\.csv" should be called like 20131007_ibm/],
  ])('%s', async (_name, paths, message) => {
    await expect(importFiles(paths, { bucket })).rejects.toThrow(message);
    expect(bucket.writes).toEqual([]);
  });

  test('the same day twice', async () => {
    const again = leanDay(folder(), '20131007');
    await expect(importFiles([...monday, ...again], { bucket })).rejects.toThrow(/a second file/);
    await expect(importFiles([...monday, ...monday], { bucket })).resolves.toHaveLength(1);
  });

  test('one title for several scenarios, one id for several instruments, a bad id', async () => {
    const both = [...monday, ...tuesday];
    await expect(importFiles(both, { bucket, title: 'x' })).rejects.toThrow(/Add --id/);
    await expect(importFiles([...monday, binance], { bucket, id: 'x' })).rejects.toThrow(
      /one instrument; these are ACME, BTC-USDT/,
    );
    await expect(importFiles(monday, { bucket, id: 'no spaces' })).rejects.toThrow(/id/);
  });
});
