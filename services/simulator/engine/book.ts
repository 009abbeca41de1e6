/**
 * One instrument's order book: price, then time.
 *
 * - A taker trades at the maker's price, best price first, oldest order first.
 * - Nobody trades with himself: when the next maker is the taker's own order, matching stops there
 *   and what is left of the taker is dropped (`selfTrade`). Owner 0 is nobody and is exempt.
 * - A smaller size at the same price (`reduce`) keeps the place in the queue. There is no other
 *   amendment: anything else is a cancel and a new order.
 * - What is not on show comes after what is, at its price: see `ConcealedOrders`. While something
 *   of the kind rests here, takers go by `Sweep`.
 *
 * Agents and the trader share it, so it knows no accounts, no clock and no order types beyond the
 * three flags. Prices are whole ticks ≥ 1, sizes whole lots ≥ 1, both below 2³¹; the caller checks.
 * Nothing is allocated on the way, save when a column grows.
 */
import { ConcealedOrders, type ConcealedSnapshot } from './concealed-orders.ts';
import { Fills } from './fills.ts';
import { LOTS, OrderPool, OWNER, ROW_SHIFT, YOUNGER } from './order-pool.ts';
import { isWithin } from './resting-orders.ts';
import { type BookSide, BUY, FOK, IOC, NO_TRADER, POST_ONLY, SELL, TRADER } from './sides.ts';
import { Sweep } from './sweep.ts';

export { type DepthBuffer, depthBuffer } from './resting-orders.ts';
export { type BookSide, TRADER } from './sides.ts';
export { BUY, Fills, FOK, IOC, NO_TRADER, POST_ONLY, SELL };

/** See `Book.preview`. */
export type AtOwn = 'stop' | 'skip' | 'decrement';

/** What a resting order of the trader's may still do; asked only while `Book.rules` is set. */
export interface MakerRules {
  /**
   * Called before each fill of the trader's, with the fills of this call so far in `fills`.
   *
   * @returns  Lots that it may trade of `lots`; fewer takes what is left of it out of the book.
   */
  allowedLots(handle: number, lots: number, fills: Fills): number;
}

export class Book extends ConcealedOrders {
  /** Null unless an order rests whose fills are the account's business. */
  rules: MakerRules | null = null;
  /** Handles that `rules` has taken out of the book in the last `submit`. */
  readonly stopped: number[] = [];
  /** Lots of the last `submit` that neither traded nor rest. */
  leavesAfter = 0;
  /** Lots that the last `preview` has taken off at own orders (`decrement`). */
  setOffLots = 0;
  /** Whether the last `submit` or `preview` stopped at an order of the same owner. */
  selfTrade = false;
  /** The own order at which the last `submit` stopped; 0 = none. */
  stoppedAt = 0;
  /** Fills of the last `submit` or `preview`. */
  readonly fills = new Fills();

  /**
   * @param concealed  Of `concealedSnapshot`.
   * @throws when the bytes are not those of `snapshot`.
   */
  static restore(bytes: Uint8Array, concealed: ConcealedSnapshot | null = null): Book {
    const book = new Book();
    book.pool = OrderPool.restore(bytes);
    book.indexQueues();
    if (concealed !== null) book.restoreConcealed(concealed);
    return book;
  }

  /**
   * Adds a limit order, or a market order when `priceTicks` is 0.
   *
   * @param flags  Sum of IOC, POST_ONLY, FOK. A market order never rests.
   * @returns      Handle of what rests; 0 when nothing does.
   */
  submit(owner: number, side: BookSide, priceTicks: number, lots: number, flags: number): number {
    this.fills.count = 0;
    this.selfTrade = false;
    if (this.stopped.length !== 0) this.stopped.length = 0;
    this.leavesAfter = lots;
    if (this.concealed !== null) return this.#sweepAndRest(owner, side, priceTicks, lots, flags);
    const crosses = this.#crosses(side, priceTicks);
    if (crosses) {
      if ((flags & POST_ONLY) !== 0) return 0;
      if ((flags & FOK) !== 0 && this.preview(owner, side, priceTicks, lots) < lots) {
        this.fills.count = 0;
        return 0;
      }
      this.fills.count = 0;
      this.leavesAfter = lots = this.#match(owner, side, priceTicks, lots);
    }
    if (lots === 0 || priceTicks === 0 || this.selfTrade || (flags & (IOC | FOK)) !== 0) return 0;
    this.leavesAfter = 0;
    return this.rest(owner, side, priceTicks, lots);
  }

  /**
   * What `submit` would trade now, in `fills`, without trading it.
   *
   * @param atOwn  What becomes of it at an order of the same owner: `stop` as in `submit`; or that
   *               order is passed over (`skip`), or its lots are taken off first (`decrement`).
   * @returns  Lots that would trade. `selfTrade` says whether it meets an own order.
   */
  preview(
    owner: number,
    side: BookSide,
    priceTicks: number,
    lots: number,
    atOwn: AtOwn = 'stop',
  ): number {
    if (this.concealed !== null) {
      const swept = this.#sweep(owner, side, priceTicks, lots, atOwn);
      this.selfTrade = swept.meetsOwn;
      this.setOffLots = swept.setOffLots;
      return swept.traded;
    }
    this.setOffLots = 0;
    const { levels, pool, fills } = this;
    const { cells } = pool;
    let leaves = lots;
    let traded = 0;
    fills.count = 0;
    this.selfTrade = false;
    let price = side === BUY ? this.bestAsk : this.bestBid;
    while (leaves > 0 && price !== 0 && isWithin(side, priceTicks, price)) {
      let row = levels.head[levels.find(price)];
      while (row !== 0 && leaves > 0) {
        const at = row << ROW_SHIFT;
        if (owner !== NO_TRADER && cells[at + OWNER] === owner) {
          this.selfTrade = true;
          if (atOwn === 'stop') return traded;
          if (atOwn === 'decrement') {
            const lots = Math.min(leaves, cells[at + LOTS]);
            leaves -= lots;
            this.setOffLots += lots;
          }
          row = cells[at + YOUNGER];
          continue;
        }
        let taken = Math.min(leaves, cells[at + LOTS]);
        if (this.rules !== null && cells[at + OWNER] === TRADER) {
          taken = this.rules.allowedLots(pool.handleOf(row), taken, fills);
        }
        leaves -= taken;
        traded += taken;
        if (taken > 0)
          fills.add(pool.handleOf(row), cells[at + OWNER], price, taken, cells[at + LOTS] - taken);
        row = cells[at + YOUNGER];
      }
      price = side === BUY ? levels.above(price) : levels.below(price);
    }
    return traded;
  }

  #sweep(owner: number, side: BookSide, limitTicks: number, lots: number, atOwn: AtOwn): Sweep {
    const { levels, pool, bestBid, bestAsk, rules } = this;
    const book = { levels, pool, concealed: this.concealed!, bestBid, bestAsk };
    return new Sweep(book, { owner, side, limitTicks, lots, atOwn }, rules, this.fills);
  }

  /** `submit` where not everything is on show: first what would trade, then as much of it as may. */
  #sweepAndRest(
    owner: number,
    side: BookSide,
    priceTicks: number,
    lots: number,
    flags: number,
  ): number {
    this.refreshes.length = 0;
    const { traded, stoppedAt, stopped } = this.#sweep(owner, side, priceTicks, lots, 'stop');
    const crosses = this.fills.count > 0 || stoppedAt !== 0 || stopped.length > 0;
    const isHalf = (flags & FOK) !== 0 && traded < lots;
    if (crosses && (isHalf || (flags & POST_ONLY) !== 0)) {
      this.fills.count = 0;
      return 0;
    }
    const { count, makerHandle, lots: fillLots } = this.fills;
    for (let i = 0; i < count; i++) this.take(makerHandle[i], fillLots[i], i);
    for (const handle of stopped) {
      this.stopped.push(handle);
      this.cancel(handle);
    }
    this.stoppedAt = stoppedAt;
    this.selfTrade = stoppedAt !== 0;
    this.leavesAfter = lots - traded;
    const mayRest = priceTicks !== 0 && !this.selfTrade && (flags & (IOC | FOK)) === 0;
    if (this.leavesAfter === 0 || !mayRest) return 0;
    this.leavesAfter = 0;
    return this.rest(owner, side, priceTicks, lots - traded);
  }

  #crosses(side: BookSide, priceTicks: number): boolean {
    const best = side === BUY ? this.bestAsk : this.bestBid;
    return best !== 0 && isWithin(side, priceTicks, best);
  }

  /** @returns  Lots left of the taker. */
  #match(owner: number, side: BookSide, limitTicks: number, lots: number): number {
    const { levels, pool, fills } = this;
    const { cells } = pool;
    // Said to be a whole number of 32 bits, or the compiler reckons in doubles.
    let leaves = lots | 0;
    let price = side === BUY ? this.bestAsk : this.bestBid;
    while (leaves > 0 && price !== 0 && isWithin(side, limitTicks, price)) {
      const column = levels.find(price);
      while (leaves > 0 && levels.orders[column] > 0) {
        const row = levels.head[column];
        const at = row << ROW_SHIFT;
        const makerOwner = cells[at + OWNER];
        if (owner !== NO_TRADER && makerOwner === owner) {
          this.selfTrade = true;
          this.stoppedAt = pool.handleOf(row);
          return leaves;
        }
        const makerLots = cells[at + LOTS];
        let traded = Math.min(makerLots, leaves);
        if (makerOwner === TRADER && this.rules !== null) {
          const wanted = traded;
          traded = this.rules.allowedLots(pool.handleOf(row), wanted, fills) | 0;
          if (traded < wanted) {
            leaves = (leaves - traded) | 0;
            this.#stop(row, price, traded);
            continue;
          }
        }
        leaves = (leaves - traded) | 0;
        fills.add(pool.handleOf(row), makerOwner, price, traded, makerLots - traded);
        if (traded === makerLots) {
          this.remove(row);
        } else {
          cells[at + LOTS] = makerLots - traded;
          levels.lots[column] -= traded;
        }
      }
      price = side === BUY ? this.bestAsk : this.bestBid;
    }
    return leaves;
  }

  /** Trades what `rules` allow of a maker and takes the rest of it out of the book. */
  #stop(row: number, priceTicks: number, traded: number): void {
    const { pool, fills } = this;
    const handle = pool.handleOf(row);
    const leaves = pool.cells[(row << ROW_SHIFT) + LOTS] - traded;
    if (traded > 0) fills.add(handle, TRADER, priceTicks, traded, leaves);
    this.stopped.push(handle);
    this.remove(row);
  }
}
