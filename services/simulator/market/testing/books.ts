/** Real books without a venue around them: for tests, statistics and writing the sample day. */
import { Book, type BookSide, depthBuffer } from '../../engine/book.ts';
import { BUY, type MarketAccess, SELL, type SideCode, TRADER_OWNER } from '../access.ts';
import type { Market } from '../market.ts';

export interface TapeTrade {
  atNs: number;
  instrument: number;
  priceTicks: number;
  lots: number;
  takerSide: SideCode;
  takerOwner: number;
  /** Mid before the taker's order, ticks; 0 when a side was empty. */
  midBefore: number;
}

export class Books implements MarketAccess {
  readonly books: Book[];
  readonly tape: TapeTrade[] = [];
  /** Orders and cancellations seen. */
  requests = 0;
  isTaping = true;
  market!: Market;
  readonly #last: number[];

  constructor(count: number) {
    this.books = Array.from({ length: count }, () => new Book());
    this.#last = new Array<number>(count).fill(0);
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
    const book = this.books[instrument]!;
    this.requests++;
    const midBefore = book.bestBid && book.bestAsk ? (book.bestBid + book.bestAsk) / 2 : 0;
    const handle = book.submit(owner, side as BookSide, priceTicks, lots, flags);
    const { fills } = book;
    for (let i = 0; i < fills.count; i++) {
      this.#last[instrument] = fills.priceTicks[i]!;
      if (this.isTaping) {
        this.tape.push({
          atNs: this.market.nowNs,
          instrument,
          priceTicks: fills.priceTicks[i]!,
          lots: fills.lots[i]!,
          takerSide: side,
          takerOwner: owner,
          midBefore,
        });
      }
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
    return handle;
  }

  /** An order of the trader's; 0 = market price. */
  trade(instrument: number, side: SideCode, priceTicks: number, lots: number): number {
    return this.submit(instrument, TRADER_OWNER, side, priceTicks, lots, 0);
  }

  cancel(instrument: number, handle: number): number {
    this.requests++;
    return this.books[instrument]!.cancel(handle);
  }
  bestBid(instrument: number): number {
    return this.books[instrument]!.bestBid;
  }
  bestAsk(instrument: number): number {
    return this.books[instrument]!.bestAsk;
  }
  lotsAt(instrument: number, side: SideCode, priceTicks: number): number {
    return this.books[instrument]!.lotsAt(side as BookSide, priceTicks);
  }
  lastTradeTicks(instrument: number): number {
    return this.#last[instrument]!;
  }

  midTicks(instrument: number): number {
    return (this.bestBid(instrument) + this.bestAsk(instrument)) / 2;
  }

  /** Levels with orders on a side, at most `most`. */
  levelCount(instrument: number, side: SideCode, most: number): number {
    return this.books[instrument]!.depth(side as BookSide, most, depthBuffer(most));
  }

  /** The books as text, to compare two runs. */
  picture(): string {
    return this.books
      .map((book) =>
        [BUY, SELL]
          .map((side) => {
            const out = depthBuffer(500);
            const n = book.depth(side as BookSide, 500, out);
            return Array.from({ length: n }, (_, i) => `${out.lots[i]}@${out.priceTicks[i]}`);
          })
          .join(' | '),
      )
      .join('\n');
  }
}
