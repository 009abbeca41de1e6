/** Small recordings as files, for tests of the import. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';

export const folder = () => mkdtempSync(join(tmpdir(), 'sandpit-import-'));

export function zipFile(path: string, entry: string, text: string): string {
  writeFileSync(path, zipSync({ [entry]: new TextEncoder().encode(text) }));
  return path;
}

const OPEN = 34_200_000;

/** A quiet LEAN day: the bid at 100.00, the ask at 100.04, moved a cent up and down every ten seconds. */
export function leanQuotes(rows = 2_340): string[] {
  return Array.from({ length: rows }, (_, k) => {
    const time = OPEN + Math.floor(k / 2) * 20_000;
    const cents = 10_000 + (Math.floor(k / 2) % 2);
    return k % 2 === 0
      ? `${time},${cents * 100},300,0,0,Q,1,0`
      : `${time},0,0,${(cents + 4) * 100},500,N,1,0`;
  });
}

/** A trade of 100 at the ask every minute. */
export function leanTrades(rows = 390): string[] {
  return Array.from({ length: rows }, (_, k) => `${OPEN + k * 60_000 + 500},1000400,100,D,1,0`);
}

/** Writes a pair of LEAN zips and returns their paths: trades, quotes. */
export function leanDay(
  into: string,
  date: string,
  { symbol = 'acme', trades = leanTrades(), quotes = leanQuotes() } = {},
): [string, string] {
  return [
    zipFile(
      join(into, `${date}_trade.zip`),
      `${date}_${symbol}_Trade_Tick.csv`,
      `${trades.join('\n')}\n`,
    ),
    zipFile(
      join(into, `${date}_quote.zip`),
      `${date}_${symbol}_Quote_Tick.csv`,
      `${quotes.join('\n')}\n`,
    ),
  ];
}

const EPOCH_NS = 1_723_161_253_000_000_000n;
const at = (ms: number) => `${EPOCH_NS + BigInt(ms) * 1_000_000n}`;
const message = (stream: string, data: unknown) => JSON.stringify({ stream, data });

/** A depth update as a line: prices and quantities as the exchange writes them. */
export function depthLine(
  ms: number,
  [U, u]: readonly [number, number],
  b: [string, string][] = [],
  a: [string, string][] = [],
): string {
  return `${at(ms)} ${message('btcusdt@depth@100ms', { e: 'depthUpdate', U, u, b, a })}`;
}

export const depthSnapshotLine = (
  ms: number,
  lastUpdateId: number,
  bids: [string, string][],
  asks: [string, string][],
) => `${at(ms)} ${JSON.stringify({ lastUpdateId, bids, asks })}`;

/** Twenty seconds of BTCUSDT: a quote every 500 ms, a sale every second; the clock 1300 ms behind. */
export function binanceLines(): string[] {
  const lines: string[] = [];
  for (let ms = 0; ms <= 20_000; ms += 500) {
    const bid = 61_837 + ms / 1_000;
    const quote = { u: ms, s: 'BTCUSDT', b: `${bid}.63`, B: '3.5', a: `${bid}.64`, A: '1.5' };
    if (ms % 1_000 === 0) {
      lines.push(`${at(ms)} ${message('btcusdt@bookTicker', quote)}`);
      const event = Number(EPOCH_NS / 1_000_000n) + ms + 1_300;
      const trade = { e: 'trade', E: event, s: 'BTCUSDT', t: ms, p: `${bid}.63`, q: '0.02' };
      lines.push(`${at(ms)} ${message('btcusdt@trade', { ...trade, T: event, m: true, M: true })}`);
    } else {
      lines.push(depthLine(ms, [ms, ms]));
    }
  }
  return lines;
}
