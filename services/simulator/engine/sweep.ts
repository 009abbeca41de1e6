/**
 * What a taker meets in a book where not everything is on show: price first, then what is shown at
 * the price, oldest first and new tips of icebergs behind the others, then what is hidden there.
 * Changes nothing; the book executes what is found here.
 */
import type { AtOwn, MakerRules } from './book.ts';
import { type Concealed, isBetter } from './concealed-orders.ts';
import type { Fills } from './fills.ts';
import { LOTS, type OrderPool, OWNER, ROW_SHIFT, YOUNGER } from './order-pool.ts';
import type { PriceLevels } from './price-levels.ts';
import { isWithin } from './resting-orders.ts';
import { type BookSide, BUY, NO_TRADER, SELL, TRADER } from './sides.ts';

export interface SweptBook {
  levels: PriceLevels;
  pool: OrderPool;
  concealed: Concealed;
  bestBid: number;
  bestAsk: number;
}

export interface Taker {
  owner: number;
  side: BookSide;
  /** 0 = any price. */
  limitTicks: number;
  lots: number;
  atOwn: AtOwn;
}

/** An order as far as it stands in the way of a taker. */
interface Met {
  handle: number;
  owner: number;
  priceTicks: number;
  /** What it offers in one go. */
  lots: number;
  /** What it has in all. */
  totalLots: number;
}

export class Sweep {
  leaves: number;
  traded = 0;
  /** Lots taken off at own orders (`decrement`). */
  setOffLots = 0;
  /** The own order at which it stopped; 0 = none. */
  stoppedAt = 0;
  /** Whether it met an own order, stopped there or not. */
  meetsOwn = false;
  /** Handles that `rules` want out of the book. */
  readonly stopped: number[] = [];
  readonly #book: SweptBook;
  readonly #taker: Taker;
  readonly #rules: MakerRules | null;
  readonly #fills: Fills;

  /** @param fills  Gets the trades, from the start. @param rules  Null: nobody is asked. */
  constructor(book: SweptBook, taker: Taker, rules: MakerRules | null, fills: Fills) {
    this.#book = book;
    this.#taker = taker;
    this.#rules = rules;
    this.#fills = fills;
    this.leaves = taker.lots;
    fills.count = 0;
    this.#run();
  }

  #run(): void {
    const { levels, pool, concealed, bestBid, bestAsk } = this.#book;
    const { side, limitTicks } = this.#taker;
    const makerSide = side === BUY ? SELL : BUY;
    const hidden = concealed.hidden[makerSide];
    let price = side === BUY ? bestAsk : bestBid;
    let next = 0;
    while (this.leaves > 0 && this.stoppedAt === 0) {
      const hiddenPrice = hidden[next]?.priceTicks ?? 0;
      const isHiddenNext =
        hiddenPrice !== 0 && (price === 0 || isBetter(makerSide, hiddenPrice, price));
      const nextPrice = isHiddenNext ? hiddenPrice : price;
      if (nextPrice === 0 || !isWithin(side, limitTicks, nextPrice)) return;
      if (!isHiddenNext) {
        this.#meetLevel(price);
        price = side === BUY ? levels.above(price) : levels.below(price);
        continue;
      }
      const { handle, owner, minimumLots } = hidden[next++];
      const lots = pool.cells[(pool.rowOf(handle) << ROW_SHIFT) + LOTS];
      const isEnough = this.leaves >= Math.min(minimumLots, lots);
      if (isEnough) this.#meet({ handle, owner, priceTicks: hiddenPrice, lots, totalLots: lots });
    }
  }

  /** Everything on show at a price, and the tips that come after. */
  #meetLevel(priceTicks: number): void {
    const { levels, pool, concealed } = this.#book;
    const { cells } = pool;
    const tips: Met[] = [];
    let row = levels.head[levels.find(priceTicks)];
    for (let nextTip = 0; this.leaves > 0 && this.stoppedAt === 0; ) {
      let met: Met | undefined;
      if (row !== 0) {
        const at = row << ROW_SHIFT;
        const handle = pool.handleOf(row);
        const lots = cells[at + LOTS];
        const reserveLots = concealed.icebergs.get(handle)?.reserveLots ?? 0;
        met = { handle, owner: cells[at + OWNER], priceTicks, lots, totalLots: lots + reserveLots };
        row = cells[at + YOUNGER];
      } else {
        met = tips[nextTip++];
      }
      if (met === undefined) return;
      const isUsedUp = this.#meet(met);
      const left = met.totalLots - met.lots;
      if (!isUsedUp || left === 0) continue;
      const { displayLots } = concealed.icebergs.get(met.handle)!;
      tips.push({ ...met, lots: Math.min(displayLots, left), totalLots: left });
    }
  }

  /** @returns  Whether all that it offers has traded. */
  #meet(met: Met): boolean {
    const { owner, atOwn } = this.#taker;
    if (owner !== NO_TRADER && met.owner === owner) {
      this.meetsOwn = true;
      if (atOwn === 'stop') this.stoppedAt = met.handle;
      if (atOwn === 'decrement') {
        const lots = Math.min(this.leaves, met.totalLots);
        this.leaves -= lots;
        this.setOffLots += lots;
      }
      return false;
    }
    const wanted = Math.min(this.leaves, met.lots);
    const isAsked = met.owner === TRADER && this.#rules !== null;
    const lots = isAsked ? this.#rules!.allowedLots(met.handle, wanted, this.#fills) : wanted;
    if (lots < wanted) this.stopped.push(met.handle);
    if (lots > 0) {
      this.#fills.add(met.handle, met.owner, met.priceTicks, lots, met.totalLots - lots);
    }
    this.leaves -= lots;
    this.traded += lots;
    return lots === met.lots;
  }
}
