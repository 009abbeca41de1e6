/**
 * The orders that rest in one book: a queue per price, oldest first, and the best price of each
 * side. Knows how to find, add, shrink and remove; when to trade is the book's business.
 */
import {
  HELD,
  LOTS,
  OLDER,
  OrderPool,
  OWNER,
  PRICE,
  ROW_SHIFT,
  SIDE,
  YOUNGER,
} from './order-pool.ts';
import { PriceLevels } from './price-levels.ts';
import { type BookSide, BUY } from './sides.ts';

/** Columns that `depth` writes: best level first. */
export interface DepthBuffer {
  priceTicks: Int32Array;
  lots: Float64Array;
  orders: Int32Array;
}

/** Buffers for `levels` levels. */
export function depthBuffer(levels: number): DepthBuffer {
  return {
    priceTicks: new Int32Array(levels),
    lots: new Float64Array(levels),
    orders: new Int32Array(levels),
  };
}

export class RestingOrders {
  /** Best prices in ticks; 0 = that side is empty. */
  bestBid = 0;
  bestAsk = 0;
  orderCount = 0;
  protected readonly levels = new PriceLevels();
  protected pool: OrderPool;

  /** @param options.capacity  Resting orders to make room for; more are taken as well. */
  constructor(options: { capacity?: number } = {}) {
    this.pool = new OrderPool(options.capacity ?? 256);
  }

  /** @returns  Lots taken out; 0 when the order is unknown or done. */
  cancel(handle: number): number {
    const row = this.pool.rowOf(handle);
    if (row === 0) return 0;
    const lots = this.pool.cells[(row << ROW_SHIFT) + LOTS];
    this.remove(row);
    return lots;
  }

  /** Makes an order smaller in its place. @returns  False unless 0 < `toLots` < what is left. */
  reduce(handle: number, toLots: number): boolean {
    const { cells } = this.pool;
    const row = this.pool.rowOf(handle);
    const at = row << ROW_SHIFT;
    if (row === 0 || toLots < 1 || toLots >= cells[at + LOTS]) return false;
    if (cells[at + OLDER] !== HELD) {
      this.levels.lots[this.levels.find(cells[at + PRICE])] -= cells[at + LOTS] - toLots;
    }
    cells[at + LOTS] = toLots;
    return true;
  }

  /** Keeps an order out of the queues until `enqueue`; nothing can trade with it. */
  hold(owner: number, side: BookSide, priceTicks: number, lots: number): number {
    const row = this.pool.take(owner, side, priceTicks, lots);
    this.pool.cells[(row << ROW_SHIFT) + OLDER] = HELD;
    this.pool.cells[(row << ROW_SHIFT) + YOUNGER] = 0;
    return this.pool.handleOf(row);
  }

  /** Puts a held order into its queue, as the youngest there. It must not cross the other side. */
  enqueue(handle: number): void {
    this.append(this.pool.rowOf(handle));
  }

  /** Every order of a side that is in a queue, by price, then time. */
  queue(side: BookSide): number[] {
    const handles: number[] = [];
    let price = side === BUY ? this.bestBid : this.bestAsk;
    while (price !== 0) {
      handles.push(...this.handlesAt(price));
      price = side === BUY ? this.levels.below(price) : this.levels.above(price);
    }
    return handles;
  }

  /**
   * Best price on show at which more orders rest than some that are left out; 0 = none.
   *
   * @param without  How many to leave out at each price.
   */
  bestBeside(side: BookSide, without: ReadonlyMap<number, number>): number {
    let price = side === BUY ? this.bestBid : this.bestAsk;
    while (price !== 0 && this.ordersAt(side, price) <= (without.get(price) ?? 0)) {
      price = side === BUY ? this.levels.below(price) : this.levels.above(price);
    }
    return price;
  }

  /** 0 when the order is unknown or done. */
  lotsOf(handle: number): number {
    return this.#cellOf(handle, LOTS);
  }

  /** 0 when the order is unknown or done. */
  priceOf(handle: number): number {
    return this.#cellOf(handle, PRICE);
  }

  /** Meaningful for a resting order only. */
  sideOf(handle: number): BookSide {
    return this.#cellOf(handle, SIDE) as BookSide;
  }

  /** NO_TRADER when the order is unknown or done. */
  ownerOf(handle: number): number {
    return this.#cellOf(handle, OWNER);
  }

  /** Whether it stands in no queue: held for an auction, hidden, or without a price. */
  isHeld(handle: number): boolean {
    return this.#cellOf(handle, OLDER) === HELD;
  }

  /** Lots in the queue before an order; 0 when it is first, held, unknown or done. */
  lotsAhead(handle: number): number {
    const { cells } = this.pool;
    const row = this.pool.rowOf(handle);
    const at = row << ROW_SHIFT;
    let older = row === 0 ? 0 : cells[at + OLDER];
    let younger = cells[at + YOUNGER];
    let ahead = 0;
    let behind = cells[at + LOTS];
    // Both ways at once: whichever end of the queue is nearer says it.
    while (older > 0) {
      if (younger === 0) return this.levels.lots[this.levels.find(cells[at + PRICE])] - behind;
      ahead += cells[(older << ROW_SHIFT) + LOTS];
      older = cells[(older << ROW_SHIFT) + OLDER];
      behind += cells[(younger << ROW_SHIFT) + LOTS];
      younger = cells[(younger << ROW_SHIFT) + YOUNGER];
    }
    return ahead;
  }

  lotsAt(side: BookSide, priceTicks: number): number {
    return this.#isOn(side, priceTicks) ? this.levels.lots[this.levels.find(priceTicks)] : 0;
  }

  ordersAt(side: BookSide, priceTicks: number): number {
    return this.#isOn(side, priceTicks) ? this.levels.orders[this.levels.find(priceTicks)] : 0;
  }

  /** Writes at most `levels` levels of a side, best first. @returns  How many it wrote. */
  depth(side: BookSide, levels: number, out: DepthBuffer): number {
    let price = side === BUY ? this.bestBid : this.bestAsk;
    let n = 0;
    for (; n < levels && price !== 0; n++) {
      const column = this.levels.find(price);
      out.priceTicks[n] = price;
      out.lots[n] = this.levels.lots[column];
      out.orders[n] = this.levels.orders[column];
      price = side === BUY ? this.levels.below(price) : this.levels.above(price);
    }
    return n;
  }

  /**
   * Lots that a taker of `side` finds within `limitTicks` (0 = any price), counted up to `atMost`.
   * Own orders are counted like any other.
   */
  marketableLots(side: BookSide, limitTicks: number, atMost: number): number {
    let lots = 0;
    let price = side === BUY ? this.bestAsk : this.bestBid;
    while (lots < atMost && price !== 0 && isWithin(side, limitTicks, price)) {
      lots += this.levels.lots[this.levels.find(price)];
      price = side === BUY ? this.levels.above(price) : this.levels.below(price);
    }
    return Math.min(lots, atMost);
  }

  /** Handles resting at a price, oldest first. For tests, snapshots and people. */
  handlesAt(priceTicks: number): number[] {
    const column = this.levels.find(priceTicks);
    const handles: number[] = [];
    if (column < 0) return handles;
    const { cells } = this.pool;
    for (let row = this.levels.head[column]; row !== 0; row = cells[(row << ROW_SHIFT) + YOUNGER]) {
      handles.push(this.pool.handleOf(row));
    }
    return handles;
  }

  /** Byte-stable; keeps time priority, the handles in use and those to come. */
  snapshot(): Uint8Array<ArrayBuffer> {
    return this.pool.snapshot();
  }

  #isOn(side: BookSide, priceTicks: number): boolean {
    if (this.levels.find(priceTicks) < 0) return false;
    return side === BUY ? priceTicks <= this.bestBid : priceTicks > this.bestBid;
  }

  /** Adds an order as the youngest at its price. @returns  Its handle. */
  protected rest(owner: number, side: BookSide, priceTicks: number, lots: number): number {
    const row = this.pool.take(owner, side, priceTicks, lots);
    this.#chain(row, side, priceTicks, lots);
    return this.pool.handleOf(row);
  }

  /** Chains a row into the queue of its price. */
  protected append(row: number): void {
    const { cells } = this.pool;
    const at = row << ROW_SHIFT;
    this.#chain(row, cells[at + SIDE] as BookSide, cells[at + PRICE], cells[at + LOTS]);
  }

  #chain(row: number, side: BookSide, priceTicks: number, lots: number): void {
    const { levels } = this;
    const { cells } = this.pool;
    const at = row << ROW_SHIFT;
    const column = levels.isNear(priceTicks)
      ? levels.occupy(priceTicks)
      : levels.open(priceTicks, this.#touch(side, priceTicks));
    const orders = levels.orders[column];
    levels.orders[column] = orders + 1;
    cells[at + YOUNGER] = 0;
    if (orders === 0) {
      cells[at + OLDER] = 0;
      levels.head[column] = row;
      levels.lots[column] = lots;
    } else {
      const youngest = levels.tail[column];
      cells[at + OLDER] = youngest;
      cells[(youngest << ROW_SHIFT) + YOUNGER] = row;
      levels.lots[column] += lots;
    }
    levels.tail[column] = row;
    this.orderCount++;
    if (side === BUY) {
      if (priceTicks > this.bestBid) this.bestBid = priceTicks;
    } else if (this.bestAsk === 0 || priceTicks < this.bestAsk) {
      this.bestAsk = priceTicks;
    }
  }

  /** Takes an order out of its queue, and its price out of the book when it was the last there. */
  protected remove(row: number): void {
    if (this.pool.cells[(row << ROW_SHIFT) + OLDER] !== HELD) this.unlink(row);
    this.pool.free(row);
  }

  /** Takes an order out of its queue and leaves its row alone. */
  protected unlink(row: number): void {
    const { levels } = this;
    const { cells } = this.pool;
    const at = row << ROW_SHIFT;
    const older = cells[at + OLDER];
    const price = cells[at + PRICE];
    const column = levels.columnOf(price);
    const younger = cells[at + YOUNGER];
    if (older === 0) levels.head[column] = younger;
    else cells[(older << ROW_SHIFT) + YOUNGER] = younger;
    if (younger === 0) levels.tail[column] = older;
    else cells[(younger << ROW_SHIFT) + OLDER] = older;
    levels.lots[column] -= cells[at + LOTS];
    this.orderCount--;
    const orders = levels.orders[column] - 1;
    levels.orders[column] = orders;
    if (orders > 0) return;
    levels.close(price);
    if (price === this.bestBid) this.bestBid = levels.below(price);
    else if (price === this.bestAsk) this.bestAsk = levels.above(price);
  }

  /** Where the market is, for a price about to rest on `side`. */
  #touch(side: BookSide, priceTicks: number): number {
    if (this.bestBid !== 0 && this.bestAsk !== 0) return (this.bestBid + this.bestAsk) >> 1;
    const own = side === BUY ? this.bestBid : this.bestAsk;
    return own || this.bestBid || this.bestAsk || priceTicks;
  }

  /** Rebuilds the price levels from the queues in the pool. */
  protected indexQueues(): void {
    const { pool } = this;
    const { cells } = pool;
    for (let row = 1; row < pool.usedRows; row++) {
      const at = row << ROW_SHIFT;
      if (cells[at + LOTS] > 0 && cells[at + OLDER] === 0) this.#indexQueue(row);
    }
  }

  /** @param oldest  Row of the first order at its price. */
  #indexQueue(oldest: number): void {
    const { levels } = this;
    const { cells } = this.pool;
    const price = cells[(oldest << ROW_SHIFT) + PRICE];
    const side = cells[(oldest << ROW_SHIFT) + SIDE] as BookSide;
    const column = levels.open(price, this.#touch(side, price));
    levels.head[column] = oldest;
    levels.lots[column] = 0;
    for (let row = oldest; row !== 0; row = cells[(row << ROW_SHIFT) + YOUNGER]) {
      levels.tail[column] = row;
      levels.orders[column]++;
      levels.lots[column] += cells[(row << ROW_SHIFT) + LOTS];
      this.orderCount++;
    }
    if (side === BUY) this.bestBid = Math.max(this.bestBid, price);
    else if (this.bestAsk === 0 || price < this.bestAsk) this.bestAsk = price;
  }

  #cellOf(handle: number, cell: number): number {
    return this.pool.cells[(this.pool.rowOf(handle) << ROW_SHIFT) + cell];
  }
}

/** Whether a taker of `side` with this limit (0 = none) may trade at `priceTicks`. */
export function isWithin(side: BookSide, limitTicks: number, priceTicks: number): boolean {
  if (limitTicks === 0) return true;
  return side === BUY ? priceTicks <= limitTicks : priceTicks >= limitTicks;
}
