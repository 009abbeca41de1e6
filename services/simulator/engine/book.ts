/**
 * One instrument's order book: price, then time.
 *
 * - A taker trades at the maker's price, best price first, oldest order first.
 * - Nobody trades with himself: when the next maker is the taker's own order, matching stops there
 *   and what is left of the taker is dropped (`selfTrade`). Owner 0 is nobody and is exempt.
 * - A smaller size at the same price (`reduce`) keeps the place in the queue. There is no other
 *   amendment: anything else is a cancel and a new order.
 *
 * Agents and the trader share it, so it knows no accounts, no clock and no order types beyond the
 * three flags. Prices are whole ticks ≥ 1, sizes whole lots ≥ 1, both below 2³¹; the caller checks.
 * Nothing is allocated on the way, save when a column grows.
 */
import { Fills } from './fills.ts';
import { OrderPool } from './order-pool.ts';
import { PriceLevels } from './price-levels.ts';
import { type BookSide, BUY, FOK, IOC, NO_TRADER, POST_ONLY, SELL } from './sides.ts';

export { type BookSide, TRADER } from './sides.ts';
export { BUY, Fills, FOK, IOC, NO_TRADER, POST_ONLY, SELL };

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

export class Book {
  /** Best prices in ticks; 0 = that side is empty. */
  bestBid = 0;
  bestAsk = 0;
  orderCount = 0;
  /** Lots of the last `submit` that neither traded nor rest. */
  leavesAfter = 0;
  /** Whether the last `submit` or `preview` stopped at an order of the same owner. */
  selfTrade = false;
  /** Fills of the last `submit` or `preview`. */
  readonly fills = new Fills();
  readonly #levels = new PriceLevels();
  #pool: OrderPool;

  /** @param options.capacity  Resting orders to make room for; the book grows beyond. */
  constructor(options: { capacity?: number } = {}) {
    this.#pool = new OrderPool(options.capacity ?? 256);
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
    this.leavesAfter = lots;
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
    return this.#rest(owner, side, priceTicks, lots);
  }

  /**
   * What `submit` would trade now, in `fills`, without trading it.
   *
   * @returns  Lots that would trade. `selfTrade` says whether an own order stops it.
   */
  preview(owner: number, side: BookSide, priceTicks: number, lots: number): number {
    const { head } = this.#levels;
    const pool = this.#pool;
    let leaves = lots;
    this.fills.count = 0;
    this.selfTrade = false;
    let price = side === BUY ? this.bestAsk : this.bestBid;
    while (leaves > 0 && price !== 0 && isWithin(side, priceTicks, price)) {
      for (
        let row = head[this.#levels.find(price)];
        row !== 0 && leaves > 0;
        row = pool.next[row]
      ) {
        if (owner !== NO_TRADER && pool.owner[row] === owner) {
          this.selfTrade = true;
          return lots - leaves;
        }
        const traded = Math.min(leaves, pool.lots[row]);
        leaves -= traded;
        this.fills.add(pool.handle[row], pool.owner[row], price, traded, pool.lots[row] - traded);
      }
      price = side === BUY ? this.#levels.above(price) : this.#levels.below(price);
    }
    return lots - leaves;
  }

  /** @returns  Lots taken out; 0 when the order is unknown or done. */
  cancel(handle: number): number {
    const row = this.#pool.rowOf(handle);
    if (row === 0) return 0;
    const lots = this.#pool.lots[row];
    this.#remove(row);
    return lots;
  }

  /** Makes an order smaller in its place. @returns  False unless 0 < `toLots` < what is left. */
  reduce(handle: number, toLots: number): boolean {
    const row = this.#pool.rowOf(handle);
    if (row === 0 || toLots < 1 || toLots >= this.#pool.lots[row]) return false;
    const column = this.#levels.find(this.#pool.priceTicks[row]);
    this.#levels.lots[column] -= this.#pool.lots[row] - toLots;
    this.#pool.lots[row] = toLots;
    return true;
  }

  /** 0 when the order is unknown or done. */
  lotsOf(handle: number): number {
    return this.#pool.lots[this.#pool.rowOf(handle)];
  }

  /** 0 when the order is unknown or done. */
  priceOf(handle: number): number {
    return this.#pool.priceTicks[this.#pool.rowOf(handle)];
  }

  /** Meaningful for a resting order only. */
  sideOf(handle: number): BookSide {
    return this.#pool.side[this.#pool.rowOf(handle)] as BookSide;
  }

  /** NO_TRADER when the order is unknown or done. */
  ownerOf(handle: number): number {
    return this.#pool.owner[this.#pool.rowOf(handle)];
  }

  lotsAt(side: BookSide, priceTicks: number): number {
    return this.#isOn(side, priceTicks) ? this.#levels.lots[this.#levels.find(priceTicks)] : 0;
  }

  ordersAt(side: BookSide, priceTicks: number): number {
    return this.#isOn(side, priceTicks) ? this.#levels.orders[this.#levels.find(priceTicks)] : 0;
  }

  /** Writes at most `levels` levels of a side, best first. @returns  How many it wrote. */
  depth(side: BookSide, levels: number, out: DepthBuffer): number {
    let price = side === BUY ? this.bestBid : this.bestAsk;
    let n = 0;
    for (; n < levels && price !== 0; n++) {
      const column = this.#levels.find(price);
      out.priceTicks[n] = price;
      out.lots[n] = this.#levels.lots[column];
      out.orders[n] = this.#levels.orders[column];
      price = side === BUY ? this.#levels.below(price) : this.#levels.above(price);
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
      lots += this.#levels.lots[this.#levels.find(price)];
      price = side === BUY ? this.#levels.above(price) : this.#levels.below(price);
    }
    return Math.min(lots, atMost);
  }

  /** Handles resting at a price, oldest first. For tests, snapshots and people. */
  handlesAt(priceTicks: number): number[] {
    const column = this.#levels.find(priceTicks);
    const handles: number[] = [];
    if (column < 0) return handles;
    for (let row = this.#levels.head[column]; row !== 0; row = this.#pool.next[row]) {
      handles.push(this.#pool.handle[row]);
    }
    return handles;
  }

  /** Byte-stable; keeps time priority, the handles in use and those to come. */
  snapshot(): Uint8Array<ArrayBuffer> {
    return this.#pool.snapshot();
  }

  /** @throws when the bytes are not those of `snapshot`. */
  static restore(bytes: Uint8Array): Book {
    const book = new Book();
    book.#pool = OrderPool.restore(bytes);
    book.#indexQueues();
    return book;
  }

  #crosses(side: BookSide, priceTicks: number): boolean {
    const best = side === BUY ? this.bestAsk : this.bestBid;
    return best !== 0 && isWithin(side, priceTicks, best);
  }

  #isOn(side: BookSide, priceTicks: number): boolean {
    if (this.#levels.find(priceTicks) < 0) return false;
    return side === BUY ? priceTicks <= this.bestBid : priceTicks > this.bestBid;
  }

  /** @returns  Lots left of the taker. */
  #match(owner: number, side: BookSide, limitTicks: number, lots: number): number {
    const levels = this.#levels;
    const pool = this.#pool;
    let price = side === BUY ? this.bestAsk : this.bestBid;
    while (lots > 0 && price !== 0 && isWithin(side, limitTicks, price)) {
      const column = levels.find(price);
      while (lots > 0 && levels.orders[column] > 0) {
        const row = levels.head[column];
        if (owner !== NO_TRADER && pool.owner[row] === owner) {
          this.selfTrade = true;
          return lots;
        }
        const makerLots = pool.lots[row];
        const traded = Math.min(makerLots, lots);
        lots -= traded;
        this.fills.add(pool.handle[row], pool.owner[row], price, traded, makerLots - traded);
        if (traded === makerLots) {
          this.#remove(row);
        } else {
          pool.lots[row] = makerLots - traded;
          levels.lots[column] -= traded;
        }
      }
      price = side === BUY ? this.bestAsk : this.bestBid;
    }
    return lots;
  }

  #rest(owner: number, side: BookSide, priceTicks: number, lots: number): number {
    const levels = this.#levels;
    const row = this.#pool.take(owner, side, priceTicks, lots);
    const column = levels.open(priceTicks, this.#touch(side, priceTicks));
    const last = levels.orders[column] > 0 ? levels.tail[column] : 0;
    this.#pool.previous[row] = last;
    this.#pool.next[row] = 0;
    if (last === 0) {
      levels.head[column] = row;
      levels.lots[column] = 0;
    } else {
      this.#pool.next[last] = row;
    }
    levels.tail[column] = row;
    levels.orders[column]++;
    levels.lots[column] += lots;
    this.orderCount++;
    if (side === BUY) {
      if (priceTicks > this.bestBid) this.bestBid = priceTicks;
    } else if (this.bestAsk === 0 || priceTicks < this.bestAsk) {
      this.bestAsk = priceTicks;
    }
    return this.#pool.handle[row];
  }

  /** Takes an order out of its queue, and its price out of the book when it was the last there. */
  #remove(row: number): void {
    const levels = this.#levels;
    const pool = this.#pool;
    const price = pool.priceTicks[row];
    const column = levels.find(price);
    const older = pool.previous[row];
    const younger = pool.next[row];
    if (older === 0) levels.head[column] = younger;
    else pool.next[older] = younger;
    if (younger === 0) levels.tail[column] = older;
    else pool.previous[younger] = older;
    levels.lots[column] -= pool.lots[row];
    this.orderCount--;
    pool.free(row);
    levels.orders[column]--;
    if (levels.orders[column] > 0) return;
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
  #indexQueues(): void {
    const pool = this.#pool;
    for (let first = 1; first < pool.usedRows; first++) {
      if (pool.lots[first] === 0 || pool.previous[first] !== 0) continue;
      const price = pool.priceTicks[first];
      const column = this.#levels.open(price, this.#touch(pool.side[first] as BookSide, price));
      this.#levels.head[column] = first;
      this.#levels.lots[column] = 0;
      for (let row = first; row !== 0; row = pool.next[row]) {
        this.#levels.tail[column] = row;
        this.#levels.orders[column]++;
        this.#levels.lots[column] += pool.lots[row];
        this.orderCount++;
      }
      if (pool.side[first] === BUY) this.bestBid = Math.max(this.bestBid, price);
      else if (this.bestAsk === 0 || price < this.bestAsk) this.bestAsk = price;
    }
  }
}

/** Whether a taker of `side` with this limit (0 = none) may trade at `priceTicks`. */
function isWithin(side: BookSide, limitTicks: number, priceTicks: number): boolean {
  if (limitTicks === 0) return true;
  return side === BUY ? priceTicks <= limitTicks : priceTicks >= limitTicks;
}
