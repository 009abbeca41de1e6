import type { InstrumentSummary } from '@sandpit/schemas/instrument.ts';
import type {
  BookFrame,
  CandleFrame,
  QuoteFrame,
  Trade,
  TradeFrame,
} from '@sandpit/schemas/market-data.ts';
import type { SnapshotFrame } from '@sandpit/schemas/stream.ts';
import type { MarketEvent } from '../client/link.ts';

const TAPE_ROWS = 200;

type CandleListener = (frame: CandleFrame) => void;

/**
 * Public market data. Frames land in plain maps and reach the screen once per animation frame, so that
 * a fast market costs the browser no more than a slow one.
 */
export class Market {
  instruments = $state.raw<readonly InstrumentSummary[]>([]);
  quotes = $state.raw<ReadonlyMap<string, QuoteFrame>>(new Map());
  books = $state.raw<ReadonlyMap<string, BookFrame>>(new Map());
  /** Newest first. */
  tapes = $state.raw<ReadonlyMap<string, readonly Trade[]>>(new Map());
  /** Simulated time of the newest frame, ms since the epoch. */
  simulatedMs = $state<number | null>(null);
  readonly #quotes = new Map<string, QuoteFrame>();
  readonly #books = new Map<string, BookFrame>();
  readonly #tapes = new Map<string, readonly Trade[]>();
  #simulatedMs = 0;
  readonly #candleListeners = new Set<CandleListener>();
  #flushing = false;
  #stopped = false;

  instrument(symbol: string): InstrumentSummary | undefined {
    return this.instruments.find((instrument) => instrument.symbol === symbol);
  }

  load({ instruments, quotes, books, simulatedAt }: SnapshotFrame): void {
    this.instruments = instruments;
    // A new venue owner numbers on, but a restored one may not: a snapshot replaces what was there.
    this.#quotes.clear();
    this.#books.clear();
    for (const quote of quotes) this.#quotes.set(quote.symbol, quote);
    for (const book of books) this.#books.set(book.symbol, book);
    this.#simulatedMs = Date.parse(simulatedAt);
    this.#scheduleFlush();
  }

  apply(event: MarketEvent): void {
    const { type, frame } = event;
    this.#simulatedMs = Math.max(this.#simulatedMs, Date.parse(frame.at));
    if (type === 'quote') replaceIfNewer(this.#quotes, frame);
    else if (type === 'book') replaceIfNewer(this.#books, frame);
    else if (type === 'trade') this.#print(frame);
    else if (type === 'candle') for (const listener of this.#candleListeners) listener(frame);
    this.#scheduleFlush();
  }

  /** Puts the past of the tape under what has been heard since. */
  fillTape(symbol: string, trades: readonly Trade[]): void {
    this.#merge(
      symbol,
      trades.toSorted((a, b) => a.tradeId - b.tradeId),
    );
    this.#scheduleFlush();
  }

  /** Candles go straight to the chart, which draws on its own canvas. The result stops it. */
  onCandles(listener: CandleListener): () => void {
    this.#candleListeners.add(listener);
    return () => this.#candleListeners.delete(listener);
  }

  stop(): void {
    this.#stopped = true;
    this.#candleListeners.clear();
  }

  #print({ symbol, trades }: TradeFrame): void {
    this.#merge(symbol, trades);
  }

  /** @param trades  Oldest first. */
  #merge(symbol: string, trades: readonly Trade[]): void {
    const known = this.#tapes.get(symbol) ?? [];
    const newest = known[0]?.tradeId ?? 0;
    const isContinuation = trades.every(({ tradeId }) => tradeId > newest);
    const byId = new Map<number, Trade>();
    const all = isContinuation ? [...trades.toReversed(), ...known] : [...known, ...trades];
    for (const trade of all) byId.set(trade.tradeId, trade);
    const rows = [...byId.values()];
    if (!isContinuation) rows.sort((a, b) => b.tradeId - a.tradeId);
    this.#tapes.set(symbol, rows.slice(0, TAPE_ROWS));
  }

  #scheduleFlush(): void {
    if (this.#flushing || this.#stopped) return;
    this.#flushing = true;
    requestAnimationFrame(() => {
      this.#flushing = false;
      if (this.#stopped) return;
      this.quotes = new Map(this.#quotes);
      this.books = new Map(this.#books);
      this.tapes = new Map(this.#tapes);
      this.simulatedMs = this.#simulatedMs;
    });
  }
}

function replaceIfNewer<T extends { symbol: string; epoch: number; sequence: number }>(
  frames: Map<string, T>,
  frame: T,
): void {
  const known = frames.get(frame.symbol);
  // A new owner may renumber; within one epoch only a later frame counts.
  if (known && frame.epoch < known.epoch) return;
  if (known && frame.epoch === known.epoch && frame.sequence < known.sequence) return;
  frames.set(frame.symbol, frame);
}
