/**
 * The occupied prices of one book, both sides together (a book that is not crossed never has a bid
 * and an ask at one price), each with its queue and totals.
 *
 * Prices near the touch live in a window: column = price − base, with a bitmap to find the next
 * one. Prices outside live in a sorted list that points at spare columns. Which of the two holds a
 * price is never visible outside: it decides speed alone.
 */
import { grown } from './fills.ts';
import { Occupancy } from './occupancy.ts';

const MIN_WINDOW = 2_048;
const MAX_WINDOW = 65_536;
const NONE = -1;

export class PriceLevels {
  /** Oldest and youngest order of each column, as rows of the order pool. */
  head = new Int32Array(MIN_WINDOW);
  tail = new Int32Array(MIN_WINDOW);
  /** 0 = nothing rests there. */
  orders = new Int32Array(MIN_WINDOW);
  lots = new Float64Array(MIN_WINDOW);
  #window = MIN_WINDOW;
  #base = 1;
  #occupied = new Occupancy(MIN_WINDOW);
  /** Prices outside the window, ascending, and the column of each. */
  #farPrices = new Int32Array(64);
  #farColumns = new Int32Array(64);
  #farCount = 0;
  /** Columns at and after `#window` that hold no price now. */
  #spareColumns: number[] = [];
  #columns = MIN_WINDOW;

  /** Column of an occupied price; −1 when nothing rests there. */
  find(priceTicks: number): number {
    const i = priceTicks - this.#base;
    if (i >= 0 && i < this.#window) return this.orders[i] > 0 ? i : NONE;
    const at = this.#farSearch(priceTicks);
    return this.#farAt(at) === priceTicks ? this.#farColumns[at] : NONE;
  }

  /** Column of a price at which something is known to rest: asks no more than where it is. */
  columnOf(priceTicks: number): number {
    const i = priceTicks - this.#base;
    return i >= 0 && i < this.#window ? i : this.#farColumns[this.#farSearch(priceTicks)];
  }

  /** Whether a price has its column in the window: there it is made by `occupy`, else by `open`. */
  isNear(priceTicks: number): boolean {
    const i = priceTicks - this.#base;
    return i >= 0 && i < this.#window;
  }

  /** Column of a price in the window. The caller adds an order to it at once. */
  occupy(priceTicks: number): number {
    const i = priceTicks - this.#base;
    if (this.orders[i] === 0) this.#occupied.add(i);
    return i;
  }

  /**
   * Column of a price, made if need be. The caller adds an order to it at once.
   *
   * @param touchTicks  Where the market is: the window follows it.
   */
  open(priceTicks: number, touchTicks: number): number {
    let i = priceTicks - this.#base;
    if (i < 0 || i >= this.#window) {
      if (Math.abs(priceTicks - touchTicks) >= this.#window >> 2) {
        return this.#openFar(priceTicks, touchTicks);
      }
      this.#recentre(touchTicks, this.#window);
      i = priceTicks - this.#base;
    }
    if (this.orders[i] === 0) this.#occupied.add(i);
    return i;
  }

  /** Forgets a price whose last order has gone. */
  close(priceTicks: number): void {
    const i = priceTicks - this.#base;
    if (i >= 0 && i < this.#window) this.#occupied.remove(i);
    else this.#closeFar(priceTicks);
  }

  /** Next occupied price above; 0 when there is none. */
  above(priceTicks: number): number {
    let from = priceTicks - this.#base + 1;
    if (from < 0) {
      const far = this.#farAt(this.#farSearch(priceTicks + 1));
      if (far !== 0 && far < this.#base) return far;
      from = 0;
    }
    if (from < this.#window) {
      const i = this.#occupied.next(from);
      if (i !== NONE) return this.#base + i;
    }
    return this.#farAt(this.#farSearch(Math.max(priceTicks + 1, this.#base + this.#window)));
  }

  /** Next occupied price below; 0 when there is none. */
  below(priceTicks: number): number {
    let from = priceTicks - this.#base - 1;
    if (from >= this.#window) {
      const far = this.#farAt(this.#farSearch(priceTicks) - 1);
      if (far >= this.#base + this.#window) return far;
      from = this.#window - 1;
    }
    if (from >= 0) {
      const i = this.#occupied.previous(from);
      if (i !== NONE) return this.#base + i;
    }
    return this.#farAt(this.#farSearch(Math.min(priceTicks, this.#base)) - 1);
  }

  /** Every occupied price, ascending. */
  prices(): number[] {
    const prices: number[] = [];
    for (let price = this.above(0); price !== 0; price = this.above(price)) prices.push(price);
    return prices;
  }

  /** Index of the first far price ≥ `priceTicks`. */
  #farSearch(priceTicks: number): number {
    let low = 0;
    let high = this.#farCount;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#farPrices[middle] < priceTicks) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #farAt(index: number): number {
    return index >= 0 && index < this.#farCount ? this.#farPrices[index] : 0;
  }

  #openFar(priceTicks: number, touchTicks: number): number {
    const at = this.#farSearch(priceTicks);
    if (this.#farAt(at) === priceTicks) return this.#farColumns[at];
    // A crowd outside means that the window is too narrow for this market.
    if (this.#farCount >= this.#window >> 3 && this.#window < MAX_WINDOW) {
      this.#recentre(touchTicks, this.#window * 2);
      return this.open(priceTicks, touchTicks);
    }
    const column = this.#takeColumn();
    this.#insertFar(at, priceTicks, column);
    return column;
  }

  #insertFar(at: number, priceTicks: number, column: number): void {
    if (this.#farCount === this.#farPrices.length) {
      this.#farPrices = grown(this.#farPrices, this.#farCount * 2);
      this.#farColumns = grown(this.#farColumns, this.#farCount * 2);
    }
    this.#farPrices.copyWithin(at + 1, at, this.#farCount);
    this.#farColumns.copyWithin(at + 1, at, this.#farCount);
    this.#farPrices[at] = priceTicks;
    this.#farColumns[at] = column;
    this.#farCount++;
  }

  #closeFar(priceTicks: number): void {
    const at = this.#farSearch(priceTicks);
    this.#spareColumns.push(this.#farColumns[at]);
    this.#farPrices.copyWithin(at, at + 1, this.#farCount);
    this.#farColumns.copyWithin(at, at + 1, this.#farCount);
    this.#farCount--;
  }

  #takeColumn(): number {
    const spare = this.#spareColumns.pop();
    if (spare !== undefined) return spare;
    const column = this.#columns++;
    if (column === this.head.length) this.#resize(column + (column >> 2));
    return column;
  }

  #resize(columns: number): void {
    this.head = grown(this.head, columns);
    this.tail = grown(this.tail, columns);
    this.orders = grown(this.orders, columns);
    const lots = new Float64Array(columns);
    lots.set(this.lots);
    this.lots = lots;
  }

  /** Moves the window to `touchTicks` and every price to where it belongs then. */
  #recentre(touchTicks: number, window: number): void {
    const prices = this.prices();
    const old = { head: this.head, tail: this.tail, orders: this.orders, lots: this.lots };
    const columns = prices.map((price) => this.find(price));
    const length = Math.max(this.head.length, window);
    this.head = new Int32Array(length);
    this.tail = new Int32Array(length);
    this.orders = new Int32Array(length);
    this.lots = new Float64Array(length);
    this.#occupied = new Occupancy(window);
    this.#window = window;
    this.#base = Math.max(1, touchTicks - (window >> 1));
    this.#columns = window;
    this.#spareColumns = [];
    this.#farCount = 0;
    prices.forEach((price, n) => {
      const to = this.#place(price);
      this.head[to] = old.head[columns[n]];
      this.tail[to] = old.tail[columns[n]];
      this.orders[to] = old.orders[columns[n]];
      this.lots[to] = old.lots[columns[n]];
    });
  }

  /** Column for a price while the window is being moved; prices come in ascending order. */
  #place(priceTicks: number): number {
    const i = priceTicks - this.#base;
    if (i >= 0 && i < this.#window) {
      this.#occupied.add(i);
      return i;
    }
    const column = this.#takeColumn();
    this.#insertFar(this.#farCount, priceTicks, column);
    return column;
  }
}
