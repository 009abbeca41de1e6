/**
 * Binance spot market data as recorded for hftbacktest: one message per line, the local receive time
 * in ns since the epoch, a space, and the raw JSON of the combined stream.
 *
 * Best quotes come from `bookTicker`, which is not conflated; trades from `trade`; the depth behind
 * them from the snapshot and its updates, where the file has both.
 *
 * Source: Binance Spot API, "WebSocket Streams"; hftbacktest, `examples/spot`.
 */
import type { RecordedDepth } from '@sandpit/schemas/scenario.ts';
import { ImportError } from '../import-error.ts';
import { RowTally } from '../row-tally.ts';
import { Sampler } from '../sampler.ts';
import type { RecordedSession } from '../session.ts';
import { DepthBook, type Level } from './depth-book.ts';

const LINE = /^(\d{19}) (\{.*\})$/;
const STEP_MS = 100;
const TICK_SIZE = 0.01;
/** One lot of 0.0001 at a tick of 0.01 is the smallest size that money in millionths can count. */
const LOT_SIZE = 0.0001;
/** A division in floating point is off by far less, a price between two ticks by more. */
const MAX_ROUNDING_STEPS = 1e-4;
const QUOTE_CURRENCIES = ['USDT', 'USDC', 'FDUSD', 'TUSD', 'BUSD', 'USD', 'EUR'];
/** What is kept in memory at once: about a day of a busy pair. */
const MAX_MESSAGES = 6_000_000;
const MAX_HOURS = 24;
const MIN_MS = 10_000;
/** The largest snapshot that is offered. */
const MAX_LEVELS_A_MESSAGE = 5_000;

export const isBinanceLine = (line: string) =>
  LINE.test(line) && /"(stream|lastUpdateId)"/.test(line.slice(0, 60));

interface Quote {
  timeMs: number;
  bidTicks: number;
  askTicks: number;
  touchLots: number;
}
interface Trade {
  timeMs: number;
  priceTicks: number;
  lots: number;
  side: 1 | -1;
}
interface Messages {
  quotes: Quote[];
  trades: Trade[];
  /** Exchange time − receive time, ms, one per trade. */
  clockLagMs: number[];
  symbols: Set<string>;
  depth: DepthBook;
}

/** @param lines  Of the file, in order. @throws ImportError */
export async function binanceSession(
  file: string,
  lines: AsyncIterable<string>,
): Promise<RecordedSession> {
  const tally = new RowTally(file, 'Binance spot stream');
  const messages: Messages = {
    quotes: [],
    trades: [],
    clockLagMs: [],
    symbols: new Set(),
    depth: new DepthBook(tally),
  };
  let number = 0;
  let lastMs = 0;
  for await (const line of lines) {
    number++;
    if (line === '') continue;
    const parsed = parseLine(line);
    if (typeof parsed === 'string') tally.bad(number, parsed, line);
    else if (parsed.timeMs < lastMs) tally.bad(number, 'earlier than the line before', line);
    else {
      lastMs = parsed.timeMs;
      const fault = take(parsed, messages, tally);
      if (fault) tally.bad(number, fault, line);
    }
    if (messages.quotes.length + messages.trades.length > MAX_MESSAGES) {
      throw new ImportError(`${file}: more than ${MAX_MESSAGES} messages; split it by hour.`);
    }
  }
  const [startMs, endMs] = spanOf(messages);
  const depth = messages.depth.finish(startMs, endMs);
  const report = tally.finish();
  return sessionOf(file, messages, depth, report);
}

interface Line {
  timeMs: number;
  stream: string;
  data: Record<string, unknown>;
}

function parseLine(line: string): Line | string {
  const match = LINE.exec(line);
  if (!match) return 'not a 19-digit time, a space and a JSON object';
  try {
    const message = JSON.parse(match[2]!) as { stream?: unknown; data?: unknown };
    // Whole ms are enough here, and 19 digits are more than a number holds.
    const timeMs = Number(match[1]!.slice(0, 16)) / 1_000;
    const stream = typeof message.stream === 'string' ? message.stream : '';
    const data = (message.data ?? message) as Record<string, unknown>;
    return { timeMs, stream: stream.slice(stream.indexOf('@') + 1), data };
  } catch {
    return 'the JSON cannot be read';
  }
}

/** Files the message away; returns what is wrong with it, or null. */
function take({ timeMs, stream, data }: Line, messages: Messages, tally: RowTally): string | null {
  if (stream === 'bookTicker') {
    const quote = quoteOf(timeMs, data);
    if (typeof quote === 'string') return quote;
    messages.quotes.push(quote);
  } else if (stream === 'trade') {
    const trade = tradeOf(timeMs, data);
    if (typeof trade === 'string') return trade;
    messages.trades.push(trade);
    messages.clockLagMs.push(Number(data.E) - timeMs);
  } else if (stream.startsWith('depth')) {
    return takeDepth(timeMs, data, messages.depth);
  } else if (stream === '' && 'lastUpdateId' in data) {
    return takeSnapshot(timeMs, data, messages.depth);
  } else {
    tally.leaveOut(stream || 'unknown');
    return null;
  }
  messages.symbols.add(String(data.s));
  tally.use();
  return null;
}

function takeDepth(timeMs: number, data: Line['data'], depth: DepthBook): string | null {
  const [firstId, lastId] = [data.U, data.u];
  if (!isId(firstId) || !isId(lastId) || firstId > lastId) {
    return 'U and u are no whole numbers in their order';
  }
  const [bids, asks] = [levelsOf(data.b), levelsOf(data.a)];
  if (typeof bids === 'string') return bids;
  if (typeof asks === 'string') return asks;
  return depth.takeUpdate({ firstId, lastId, bids, asks }, timeMs);
}

function takeSnapshot(timeMs: number, data: Line['data'], depth: DepthBook): string | null {
  const [bids, asks] = [levelsOf(data.bids), levelsOf(data.asks)];
  if (!isId(data.lastUpdateId)) return 'lastUpdateId is no whole number';
  if (typeof bids === 'string') return bids;
  if (typeof asks === 'string') return asks;
  if (bids.length === 0 || asks.length === 0) return 'a side of the depth snapshot is empty';
  depth.takeSnapshot({ lastId: data.lastUpdateId, bids, asks }, timeMs);
  return null;
}

const isId = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** `[["61837.63", "3.5"], …]`; a quantity of 0 empties the price. */
function levelsOf(value: unknown): Level[] | string {
  if (!Array.isArray(value) || value.length > MAX_LEVELS_A_MESSAGE) {
    return `the levels are no list of at most ${MAX_LEVELS_A_MESSAGE}`;
  }
  const levels: Level[] = [];
  for (const level of value) {
    const [price, quantity] = Array.isArray(level) ? level : [];
    const ticks = steps(price, TICK_SIZE);
    if (ticks === null) return 'a price of the depth is not on the 0.01 grid';
    const isEmpty = typeof quantity === 'string' && /^0+(\.0+)?$/.test(quantity);
    const lots = isEmpty ? 0 : amount(quantity);
    if (lots === null) return 'a size of the depth is not a number from 0';
    levels.push([ticks, lots / LOT_SIZE]);
  }
  return levels;
}

function quoteOf(timeMs: number, data: Record<string, unknown>): Quote | string {
  const [bidTicks, askTicks] = [steps(data.b, TICK_SIZE), steps(data.a, TICK_SIZE)];
  const [bidLots, askLots] = [amount(data.B), amount(data.A)];
  if (bidTicks === null || askTicks === null) return 'a best price is not on the 0.01 grid';
  if (bidLots === null || askLots === null) return 'a best size is not a number above 0';
  if (bidTicks >= askTicks) return 'the best bid is not below the best ask';
  return { timeMs, bidTicks, askTicks, touchLots: (bidLots + askLots) / 2 / LOT_SIZE };
}

function tradeOf(timeMs: number, data: Record<string, unknown>): Trade | string {
  const priceTicks = steps(data.p, TICK_SIZE);
  const quantity = amount(data.q);
  if (priceTicks === null) return 'the price is not on the 0.01 grid';
  if (quantity === null) return 'the quantity is not a number above 0';
  if (typeof data.m !== 'boolean') return 'm (the buyer is the maker) is neither true nor false';
  if (!Number.isSafeInteger(data.E)) return 'E (the event time) is no whole number';
  return { timeMs, priceTicks, lots: quantity / LOT_SIZE, side: data.m ? -1 : 1 };
}

function amount(value: unknown): number | null {
  if (typeof value !== 'string' || !/^\d+(\.\d+)?$/.test(value)) return null;
  return Number(value) > 0 ? Number(value) : null;
}

function steps(value: unknown, step: number): number | null {
  const price = amount(value);
  if (price === null) return null;
  const count = Math.round(price / step);
  return Math.abs(count - price / step) < MAX_ROUNDING_STEPS ? count : null;
}

function sessionOf(
  file: string,
  messages: Messages,
  depth: RecordedDepth | null,
  report: ReturnType<RowTally['finish']>,
): RecordedSession {
  const { quotes, trades, clockLagMs, symbols } = messages;
  if (symbols.size !== 1) {
    throw new ImportError(
      `${file}: holds ${[...symbols].join(', ')}; one symbol per file, please.`,
    );
  }
  if (quotes.length === 0 || trades.length === 0) {
    throw new ImportError(`${file}: needs both bookTicker and trade messages.`);
  }
  const [startMs, endMs] = spanOf(messages);
  if (endMs - startMs < MIN_MS) throw new ImportError(`${file}: covers less than ten seconds.`);
  if (endMs - startMs > MAX_HOURS * 3_600_000) {
    throw new ImportError(`${file}: covers more than ${MAX_HOURS} hours; split it by day.`);
  }
  const sampler = new Sampler(startMs, endMs, STEP_MS);
  for (const q of quotes) sampler.quote(q.timeMs, q.bidTicks, q.askTicks, q.touchLots);
  sampler.endQuotes();
  for (const t of trades) sampler.trade(t.timeMs, t.priceTicks, t.lots, t.side);
  // The recorder's clock may be off by seconds; the exchange's own times say by how much.
  const startsAtMs = Math.round(startMs + median(clockLagMs));
  return session(file, [...symbols][0]!, startsAtMs, { sampler, depth }, report);
}

/** Of quotes and trades together, ms. */
function spanOf({ quotes, trades }: Messages): [startMs: number, endMs: number] {
  const times = [quotes[0], trades[0], quotes.at(-1), trades.at(-1)].flatMap((each) =>
    each ? [each.timeMs] : [],
  );
  return [Math.min(...times), Math.max(...times)];
}

function session(
  file: string,
  pair: string,
  startsAtMs: number,
  { sampler, depth }: { sampler: Sampler; depth: RecordedDepth | null },
  report: ReturnType<RowTally['finish']>,
): RecordedSession {
  const currency = QUOTE_CURRENCIES.find((name) => pair.endsWith(name)) ?? pair.slice(-3);
  const base = pair.slice(0, -currency.length);
  const date = new Date(startsAtMs).toISOString().slice(0, 10);
  return {
    id: `${pair.toLowerCase()}-${date.replaceAll('-', '')}`,
    title: `${base}/${currency} on Binance, ${date}`,
    origin: `best quotes, trades${depth ? ' and depth' : ''} of Binance spot`,
    startsAtMs,
    instrument: {
      symbol: `${base}-${currency}`.slice(0, 16),
      name: `${base} / ${currency}`,
      kind: 'crypto',
      currency,
      tickSize: String(TICK_SIZE),
      lotSize: String(LOT_SIZE),
      tickValueMicros: 1,
      maxOrderLots: 1_000_000,
      makerFeePpm: 100,
      takerFeePpm: 250,
      collarPpm: 100_000,
      shortable: true,
    },
    recording: {
      source: `${pair} ${date}, Binance spot: ${file} (${report.used} messages used)`.slice(0, 200),
      stepMs: STEP_MS,
      ...sampler.columns(),
      ...(depth && { depth }),
    },
    statistics: sampler.statistics(),
    reports: [report],
  };
}

function median(values: number[]): number {
  const sorted = values.sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
