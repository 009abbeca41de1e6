/** Books without a venue around them that tell a recorder of everything that happens in them. */
import { Book, type BookSide, depthBuffer } from '../../services/simulator/engine/book.ts';
import {
  BUY,
  type MarketAccess,
  SELL,
  type SideCode,
} from '../../services/simulator/market/access.ts';
import type { Market } from '../../services/simulator/market/market.ts';
import {
  type DayRecorder,
  DEPTH_TICKS,
} from '../../services/simulator/market/realism/day-record.ts';

class Observed {
  readonly book: Book;
  recorder: DayRecorder | null = null;
  /** When each resting order came, by handle. */
  readonly placedNs = new Map<number, number>();
  lastTradeTicks = 0;
  #bid = 0;
  #ask = 0;
  #bidLots = 0;
  #askLots = 0;

  constructor(book: Book) {
    this.book = book;
  }

  /** Tells the recorder when the best quote is another, or when it has not heard of any yet. */
  noteQuote(nowNs: number, isNew = false): void {
    const { book } = this;
    const { bestBid, bestAsk } = book;
    const bidLots = bestBid > 0 ? book.lotsAt(0, bestBid) : 0;
    const askLots = bestAsk > 0 ? book.lotsAt(1, bestAsk) : 0;
    const isSame =
      bestBid === this.#bid &&
      bestAsk === this.#ask &&
      bidLots === this.#bidLots &&
      askLots === this.#askLots;
    if (isSame && !isNew) return;
    [this.#bid, this.#ask, this.#bidLots, this.#askLots] = [bestBid, bestAsk, bidLots, askLots];
    this.recorder?.quote(nowNs, bestBid, bestAsk, bidLots, askLots);
  }

  sampleDepth(): void {
    for (const side of [BUY, SELL]) {
      const best = side === BUY ? this.book.bestBid : this.book.bestAsk;
      const levels = this.book.depth(side as BookSide, DEPTH_TICKS, depth);
      for (let i = 0; i < levels; i++) {
        this.recorder?.depth(Math.abs(depth.priceTicks[i]! - best), depth.lots[i]!);
      }
    }
  }
}

const depth = depthBuffer(DEPTH_TICKS);

export class ObservedBooks implements MarketAccess {
  readonly observed: readonly Observed[];
  market!: Market;

  /** @param books  As they stand when the observation begins. */
  constructor(books: readonly Book[]) {
    this.observed = books.map((book) => new Observed(book));
  }

  static empty(count: number): ObservedBooks {
    return new ObservedBooks(Array.from({ length: count }, () => new Book()));
  }

  /** From now on everything goes to these recorders, one per instrument. */
  recordTo(recorders: readonly DayRecorder[], nowNs: number): void {
    this.observed.forEach((observed, i) => {
      observed.recorder = recorders[i]!;
      observed.noteQuote(nowNs, true);
    });
  }

  afterEvent(): void {}

  submit(
    instrument: number,
    owner: number,
    side: SideCode,
    priceTicks: number,
    lots: number,
    flags: number,
  ): number {
    const observed = this.observed[instrument]!;
    const { book, recorder } = observed;
    const { nowNs } = this.market;
    const best = side === BUY ? book.bestBid : book.bestAsk;
    const handle = book.submit(owner, side as BookSide, priceTicks, lots, flags);
    const { fills } = book;
    for (let i = 0; i < fills.count; i++) {
      observed.lastTradeTicks = fills.priceTicks[i]!;
      recorder?.trade(nowNs, fills.priceTicks[i]!, fills.lots[i]!, side === BUY ? 1 : -1);
      if (fills.makerLeaves[i] === 0) this.#end(observed, fills.makerHandle[i]!, 'filled');
      this.market.onFill(
        instrument,
        fills.makerOwner[i]!,
        fills.makerLeaves[i]!,
        owner,
        side,
        fills.priceTicks[i]!,
        fills.lots[i]!,
      );
    }
    if (handle !== 0) {
      observed.placedNs.set(handle, nowNs);
      if (best > 0) recorder?.placed(nowNs, side === BUY ? best - priceTicks : priceTicks - best);
    }
    observed.noteQuote(nowNs);
    return handle;
  }

  cancel(instrument: number, handle: number): number {
    const observed = this.observed[instrument]!;
    const lots = observed.book.cancel(handle);
    if (lots > 0) this.#end(observed, handle, 'cancelled');
    observed.noteQuote(this.market.nowNs);
    return lots;
  }

  #end(observed: Observed, handle: number, how: 'filled' | 'cancelled'): void {
    const placedNs = observed.placedNs.get(handle);
    observed.placedNs.delete(handle);
    if (placedNs === undefined) return;
    observed.recorder?.ended(this.market.nowNs, this.market.nowNs - placedNs, how);
  }

  sampleDepth(): void {
    for (const observed of this.observed) observed.sampleDepth();
  }
  bestBid(instrument: number): number {
    return this.observed[instrument]!.book.bestBid;
  }
  bestAsk(instrument: number): number {
    return this.observed[instrument]!.book.bestAsk;
  }
  lotsAt(instrument: number, side: SideCode, priceTicks: number): number {
    return this.observed[instrument]!.book.lotsAt(side as BookSide, priceTicks);
  }
  lastTradeTicks(instrument: number): number {
    return this.observed[instrument]!.lastTradeTicks;
  }
  midTicks(instrument: number): number {
    return (this.bestBid(instrument) + this.bestAsk(instrument)) / 2;
  }
}
