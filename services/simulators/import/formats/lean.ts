/** One day of one US stock in LEAN's tick format: a trade file and a quote file. */
import { ImportError } from '../import-error.ts';
import { type FileReport, RowTally } from '../row-tally.ts';
import { Sampler } from '../sampler.ts';
import type { RecordedSession } from '../session.ts';
import { type LeanKind, parseQuote, parseTrade } from './lean-rows.ts';

/** Regular session in New York: 09:30 to 16:00. */
const OPEN_MS = 34_200_000;
const CLOSE_MS = 57_600_000;
const STEP_MS = 1_000;
/** A tick of one cent in the files' unit. */
const TICK = 100;
const QUOTED_BEFORE_OPEN_MS = 600_000;

/**
 * Trades that are not somebody taking a quote: crosses, reports out of order, prices made elsewhere.
 * Source: the flags of the consolidated tape as LEAN stores them.
 */
const EXCLUDED_CONDITIONS: readonly [flag: number, reason: string][] = [
  [0x2000 | 0x4000, 'outside regular hours by condition'],
  [0x40 | 0x80, 'opening or closing cross'],
  [0x1000000 | 0x4000000, 'official open or close'],
  [0x100000, 'average price'],
  [0x200, 'price not based on the quote'],
  [0x800, 'sold last or late'],
  [0x2000000, 'prior reference price'],
];

export interface LeanFile {
  file: string;
  kind: LeanKind;
  /** Lower case, from the entry's name: `ibm`. */
  symbol: string;
  /** `YYYYMMDD`. */
  date: string;
  text: string;
}

/** @throws ImportError when a file is too bad or says nothing. */
export function leanSession(trades: LeanFile, quotes: LeanFile): RecordedSession {
  const sampler = new Sampler(OPEN_MS, CLOSE_MS, STEP_MS);
  const reports = [readQuotes(quotes, sampler), readTrades(trades, sampler)];
  const symbol = trades.symbol.toUpperCase();
  const columns = sampler.columns();
  if (columns.midHalfTicks[0] === 0) {
    throw new ImportError(`${quotes.file}: there is never a bid and an ask at the same time.`);
  }
  const source = `${symbol} ${trades.date}, LEAN ticks: ${reports
    .map(({ file, used }) => `${file} (${used} rows used)`)
    .join(', ')}`;
  return {
    id: `${trades.symbol.replace(/[^a-z0-9]/g, '-')}-${trades.date}`,
    title: `${symbol}, ${longDate(trades.date)}`,
    origin: 'national best quotes and trades of the regular session',
    startsAtMs: newYorkMs(trades.date, OPEN_MS),
    instrument: {
      symbol: symbol.replace(/[^A-Z0-9]/g, '-').slice(0, 16),
      name: symbol,
      kind: 'equity',
      currency: 'USD',
      tickSize: '0.01',
      lotSize: '1',
      tickValueMicros: 10_000,
      maxOrderLots: 100_000,
      makerFeePpm: 0,
      takerFeePpm: 20,
      collarPpm: 100_000,
      shortable: true,
    },
    recording: { source: source.slice(0, 200), stepMs: STEP_MS, ...columns },
    statistics: sampler.statistics(),
    reports,
  };
}

/** The best quote of the nation is the last bid row with the last ask row. */
function readQuotes({ file, text }: LeanFile, sampler: Sampler): FileReport {
  const tally = new RowTally(file, 'LEAN equity quotes');
  const best = { bid: 0, ask: 0, bidLots: 0, askLots: 0 };
  let lastMs = 0;
  forEachLine(text, (line, number) => {
    const quote = parseQuote(line.split(','));
    if (typeof quote === 'string') return tally.bad(number, quote, line);
    if (quote.timeMs < lastMs) return tally.bad(number, 'earlier than the row before', line);
    lastMs = quote.timeMs;
    if (quote.bidPrice % TICK !== 0 || quote.askPrice % TICK !== 0) {
      return tally.bad(number, 'the price is off the one-cent grid', line);
    }
    if (quote.isSuspicious) return tally.leaveOut('suspicious');
    // What stood just before the open is the first quote of the session.
    const isEarly = quote.timeMs < OPEN_MS;
    if (quote.timeMs < OPEN_MS - QUOTED_BEFORE_OPEN_MS || quote.timeMs >= CLOSE_MS) {
      return tally.leaveOut('outside the regular session');
    }
    if (quote.bidPrice > 0) [best.bid, best.bidLots] = [quote.bidPrice / TICK, quote.bidSize];
    if (quote.askPrice > 0) [best.ask, best.askLots] = [quote.askPrice / TICK, quote.askSize];
    if (best.bid > 0 && best.ask > best.bid) {
      const touchLots = (best.bidLots + best.askLots) / 2;
      sampler.quote(Math.max(OPEN_MS, quote.timeMs), best.bid, best.ask, touchLots);
    }
    return isEarly ? tally.leaveOut('outside the regular session') : tally.use();
  });
  sampler.endQuotes();
  return tally.finish();
}

function readTrades({ file, text }: LeanFile, sampler: Sampler): FileReport {
  const tally = new RowTally(file, 'LEAN equity trades');
  let lastMs = 0;
  forEachLine(text, (line, number) => {
    const trade = parseTrade(line.split(','));
    if (typeof trade === 'string') return tally.bad(number, trade, line);
    if (trade.timeMs < lastMs) return tally.bad(number, 'earlier than the row before', line);
    lastMs = trade.timeMs;
    if (trade.isSuspicious) return tally.leaveOut('suspicious');
    if (trade.timeMs < OPEN_MS || trade.timeMs >= CLOSE_MS) {
      return tally.leaveOut('outside the regular session');
    }
    for (const [flag, reason] of EXCLUDED_CONDITIONS) {
      if ((trade.conditions & flag) !== 0) return tally.leaveOut(reason);
    }
    // Trades inside a cent (midpoint matches) are fine: only counts and sizes are kept.
    sampler.trade(trade.timeMs, trade.price / TICK, trade.size, null);
    return tally.use();
  });
  return tally.finish();
}

/** Calls back with every line that is not empty and its number, counted from 1. */
function forEachLine(text: string, use: (line: string, number: number) => void): void {
  let start = 0;
  for (let number = 1; start < text.length; number++) {
    const end = text.indexOf('\n', start);
    const stop = end < 0 ? text.length : end;
    const line = text.slice(start, text[stop - 1] === '\r' ? stop - 1 : stop);
    if (line !== '') use(line, number);
    start = stop + 1;
  }
}

/** A time of day in New York as ms since the epoch, daylight saving time included. */
export function newYorkMs(date: string, timeOfDayMs: number): number {
  const [year, month, day] = [date.slice(0, 4), date.slice(4, 6), date.slice(6, 8)].map(Number);
  const asIfUtc = Date.UTC(year!, month! - 1, day!) + timeOfDayMs;
  const name = new Intl.DateTimeFormat('en-US', {
    timeZone: 'America/New_York',
    timeZoneName: 'longOffset',
  })
    .formatToParts(asIfUtc)
    .find(({ type }) => type === 'timeZoneName')!.value;
  const offsetHours = Number(/GMT([+-]\d{2})/.exec(name)?.[1] ?? 0);
  return asIfUtc - offsetHours * 3_600_000;
}

function longDate(date: string): string {
  const day = new Date(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6, 8)}T00:00:00Z`);
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(day);
}
