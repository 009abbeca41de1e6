/** Recorded sessions as day records: the yardstick that the statistics are proved on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzip } from '../../../../simulators/import/zip.ts';
import { type DayRecord, DayRecorder } from '../day-record.ts';

const NS_PER_MS = 1e6;
const OPEN_MS = 34_200_000;
const CLOSE_MS = 57_600_000;
const TRIM_MS = 300_000;
const QUOTED_BEFORE_OPEN_MS = 600_000;
const MAX_BYTES = 256 * 1024 * 1024;
/** A cent in the files' unit. */
const TICK = 100;

/**
 * One IBM session: the national best quote and all trades of the regular hours, the first and last
 * five minutes out of the window. A trade sees the quote before its millisecond.
 */
export function ibmDay(folder: string, date: string): DayRecord {
  const startNs = (OPEN_MS + TRIM_MS) * NS_PER_MS;
  const recorder = new DayRecorder(startNs, (CLOSE_MS - TRIM_MS) * NS_PER_MS);
  const quotes = rowsOf(join(folder, `${date}_quote.zip`)).filter(
    ([ms, , , , , , , suspicious]) =>
      ms! >= OPEN_MS - QUOTED_BEFORE_OPEN_MS && ms! < CLOSE_MS && suspicious === 0,
  );
  const best = { bid: 0, bidLots: 0, ask: 0, askLots: 0 };
  let next = 0;
  const quoteUntil = (endMs: number) => {
    for (; next < quotes.length && quotes[next]![0]! < endMs; next++) {
      const [ms, bid, bidLots, ask, askLots] = quotes[next]!;
      if (bid! > 0) [best.bid, best.bidLots] = [bid! / TICK, bidLots!];
      if (ask! > 0) [best.ask, best.askLots] = [ask! / TICK, askLots!];
      if (best.bid === 0 || best.ask <= best.bid) continue;
      recorder.quote(ms! * NS_PER_MS, best.bid, best.ask, best.bidLots, best.askLots);
    }
  };
  for (const [ms, price, size] of rowsOf(join(folder, `${date}_trade.zip`))) {
    if (ms! < OPEN_MS || ms! >= CLOSE_MS) continue;
    quoteUntil(ms!);
    recorder.trade(ms! * NS_PER_MS, price! / TICK, size!, 0);
  }
  quoteUntil(CLOSE_MS);
  return recorder.finish();
}

/** Columns as numbers; those that are none come out as NaN. */
function rowsOf(file: string): number[][] {
  const [entry] = unzip(readFileSync(file), file, MAX_BYTES);
  return entry!.bytes
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(',').map(Number));
}
