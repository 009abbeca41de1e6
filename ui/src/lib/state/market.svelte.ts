import type { InstrumentSummary } from '@sandpit/schemas/instrument.ts';
import type { BookFrame, CandleFrame, QuoteFrame, Trade } from '@sandpit/schemas/market-data.ts';
import type { LastFrame } from '../client/last-known.ts';
import type { MarketEvent } from '../client/link.ts';
import { type PhaseChange, phaseChange } from '../client/phase-marks.ts';
import { isLaterFrame, mergeTape } from '../client/tape.ts';

/** Changes of phase kept for the chart. */
const MAX_PHASE_CHANGES = 100;

type MarketState = Pick<LastFrame, 'instruments' | 'quotes' | 'books' | 'simulatedAt'>;
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
  /** Oldest first, as far as this page has seen them. */
  phaseChanges = $state.raw<readonly PhaseChange[]>([]);
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

  /** As `load` takes it. */
  get state(): MarketState {
    const simulatedAt = new Date(this.#simulatedMs).toISOString();
    const [quotes, books] = [[...this.#quotes.values()], [...this.#books.values()]];
    return { instruments: [...this.instruments], quotes, books, simulatedAt };
  }

  load({ instruments, quotes, books, simulatedAt }: MarketState): void {
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
    if (type === 'quote') this.#quote(frame);
    else if (type === 'book') replaceIfLater(this.#books, frame);
    else if (type === 'trade') this.#merge(frame.symbol, frame.trades);
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

  #quote(frame: QuoteFrame): void {
    const change = phaseChange(this.#quotes.get(frame.symbol), frame);
    if (!replaceIfLater(this.#quotes, frame) || change === null) return;
    this.phaseChanges = [...this.phaseChanges.slice(1 - MAX_PHASE_CHANGES), change];
  }

  /** @param trades  Oldest first. */
  #merge(symbol: string, trades: readonly Trade[]): void {
    this.#tapes.set(symbol, mergeTape(this.#tapes.get(symbol) ?? [], trades));
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

function replaceIfLater<T extends QuoteFrame | BookFrame>(
  frames: Map<string, T>,
  frame: T,
): boolean {
  const isLater = isLaterFrame(frame, frames.get(frame.symbol));
  if (isLater) frames.set(frame.symbol, frame);
  return isLater;
}
