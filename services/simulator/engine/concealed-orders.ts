/**
 * What rests in a book and is not, or not wholly, on show.
 *
 * - An iceberg shows a tip, which queues like any order of that size; what is behind it is in no
 *   total that others see. When the tip is traded away the next one goes to the back of its price.
 * - A hidden order stands in no queue of the book on show. At its price it comes after everything
 *   that is shown there, later tips included; among hidden ones, the oldest first.
 * - A hidden order with a minimum trades that much or nothing with whoever comes, and is passed over
 *   by those who bring less. What is less than the minimum is left as one piece.
 *
 * A book without any asks one question about all this: whether `concealed` is null.
 */
import { HELD, LOTS, OLDER, PRICE, ROW_SHIFT, YOUNGER } from './order-pool.ts';
import { RestingOrders } from './resting-orders.ts';
import { type BookSide, BUY, SELL } from './sides.ts';

/** What is behind a tip, and how large the next tip is to be. */
export interface Iceberg {
  displayLots: number;
  /** ≥ 1: with nothing behind its tip it is a plain order. */
  reserveLots: number;
}

export interface Hidden {
  handle: number;
  owner: number;
  priceTicks: number;
  /** Least lots of a trade; 0 = any. Never asks for more than is left. */
  minimumLots: number;
}

export interface Concealed {
  /** By handle. */
  icebergs: Map<number, Iceberg>;
  /** By side: best price first, then oldest. */
  hidden: readonly [Hidden[], Hidden[]];
}

export interface ConcealedSnapshot {
  icebergs: [handle: number, displayLots: number, reserveLots: number][];
  /** Both sides, each in the order in which it trades. */
  hidden: [handle: number, minimumLots: number][];
}

/** A tip that took the place of one that was traded away. */
export interface Refresh {
  handle: number;
  /** Number of the fill after which it came. */
  fill: number;
  /** Lots on show before it. */
  aheadLots: number;
}

export class ConcealedOrders extends RestingOrders {
  protected concealed: Concealed | null = null;
  /** New tips of the last `submit`. */
  readonly refreshes: Refresh[] = [];

  /** Whether anything here shows less than it is. */
  get isConcealing(): boolean {
    return this.concealed !== null;
  }

  /**
   * Shows only `displayLots` of an order that has just come to rest as the youngest at its price; 0
   * hides it. As much as it has, or more, changes nothing.
   */
  conceal(handle: number, displayLots: number): void {
    const row = this.pool.rowOf(handle);
    const { cells } = this.pool;
    const at = row << ROW_SHIFT;
    const reserveLots = cells[at + LOTS] - displayLots;
    if (row === 0 || reserveLots <= 0) return;
    if (displayLots === 0) {
      this.park(handle);
      this.hide(handle, 0);
      return;
    }
    this.#open().icebergs.set(handle, { displayLots, reserveLots });
    cells[at + LOTS] = displayLots;
    if (cells[at + OLDER] !== HELD) {
      this.levels.lots[this.levels.find(cells[at + PRICE])] -= reserveLots;
    }
  }

  /** Puts a held order among the hidden ones, as the youngest at its price. */
  hide(handle: number, minimumLots: number): void {
    const side = this.sideOf(handle);
    const priceTicks = this.priceOf(handle);
    const queue = this.#open().hidden[side];
    let at = queue.length;
    while (at > 0 && isBetter(side, priceTicks, queue[at - 1].priceTicks)) at--;
    queue.splice(at, 0, { handle, owner: this.ownerOf(handle), priceTicks, minimumLots });
  }

  /** Takes an order out of where it rests and holds it; its tip, if it has one, stays as it is. */
  park(handle: number): void {
    const row = this.pool.rowOf(handle);
    const at = row << ROW_SHIFT;
    if (row === 0) return;
    if (this.pool.cells[at + OLDER] !== HELD) this.unlink(row);
    else this.#unhide(handle);
    this.pool.cells[at + OLDER] = HELD;
    this.pool.cells[at + YOUNGER] = 0;
  }

  /** Gives a held order another price. */
  reprice(handle: number, priceTicks: number): void {
    this.pool.cells[(this.pool.rowOf(handle) << ROW_SHIFT) + PRICE] = priceTicks;
  }

  override cancel(handle: number): number {
    if (this.concealed === null) return super.cancel(handle);
    const lots = this.lotsOf(handle);
    super.cancel(handle);
    this.#forget(handle);
    return lots;
  }

  /** Of an iceberg, what is behind the tip gets smaller first. */
  override reduce(handle: number, toLots: number): boolean {
    const iceberg = this.concealed?.icebergs.get(handle);
    if (iceberg === undefined) return super.reduce(handle, toLots);
    const tipLots = super.lotsOf(handle);
    if (toLots < 1 || toLots >= tipLots + iceberg.reserveLots) return false;
    if (toLots > tipLots) {
      iceberg.reserveLots = toLots - tipLots;
      return true;
    }
    if (toLots < tipLots) super.reduce(handle, toLots);
    this.#melt(handle);
    return true;
  }

  /** All that is left of an order, shown or not. */
  override lotsOf(handle: number): number {
    const reserveLots = this.concealed?.icebergs.get(handle)?.reserveLots ?? 0;
    return super.lotsOf(handle) + reserveLots;
  }

  /** What others see of an order. */
  shownLotsOf(handle: number): number {
    return this.isHeld(handle) ? 0 : super.lotsOf(handle);
  }

  /** Lots that trade before an order at its price: those on show, and of hidden ones the older. */
  override lotsAhead(handle: number): number {
    const hidden = this.concealed?.hidden[this.sideOf(handle)];
    const own = hidden?.find((each) => each.handle === handle);
    if (own === undefined) return super.lotsAhead(handle);
    let lots = this.lotsAt(this.sideOf(handle), own.priceTicks);
    for (const each of hidden!) {
      if (each === own) break;
      if (each.priceTicks === own.priceTicks) lots += super.lotsOf(each.handle);
    }
    return lots;
  }

  /** Best price of a side at which something trades in any size, shown or not; 0 = nothing. */
  bestOf(side: BookSide): number {
    const shown = side === BUY ? this.bestBid : this.bestAsk;
    if (this.concealed === null) return shown;
    const hidden = this.concealed.hidden[side].find(({ minimumLots }) => minimumLots === 0);
    if (hidden === undefined) return shown;
    return shown === 0 || isBetter(side, hidden.priceTicks, shown) ? hidden.priceTicks : shown;
  }

  /** In the order in which they trade. */
  hiddenOf(side: BookSide): readonly Hidden[] {
    return this.concealed?.hidden[side] ?? [];
  }

  concealedSnapshot(): ConcealedSnapshot | null {
    if (this.concealed === null) return null;
    const { icebergs, hidden } = this.concealed;
    // As it is after a restore: what conceals nothing is none.
    if (icebergs.size + hidden[BUY].length + hidden[SELL].length === 0) return null;
    return {
      icebergs: [...icebergs].map(([handle, { displayLots, reserveLots }]) => [
        handle,
        displayLots,
        reserveLots,
      ]),
      hidden: hidden.flat().map(({ handle, minimumLots }) => [handle, minimumLots]),
    };
  }

  protected restoreConcealed({ icebergs, hidden }: ConcealedSnapshot): void {
    for (const [handle, displayLots, reserveLots] of icebergs) {
      this.#open().icebergs.set(handle, { displayLots, reserveLots });
    }
    for (const [handle, minimumLots] of hidden) this.hide(handle, minimumLots);
  }

  /**
   * Takes traded lots off an order: off its tip, if it has one.
   *
   * @param fill  Number of the fill, for `refreshes`.
   */
  take(handle: number, lots: number, fill = 0): void {
    const row = this.pool.rowOf(handle);
    const at = row << ROW_SHIFT;
    const { cells } = this.pool;
    let left = lots;
    while (left >= cells[at + LOTS]) {
      const iceberg = this.concealed?.icebergs.get(handle);
      if (iceberg === undefined) {
        this.cancel(handle);
        return;
      }
      left -= cells[at + LOTS];
      this.#refresh(row, iceberg, fill);
    }
    if (left > 0) super.reduce(handle, cells[at + LOTS] - left);
  }

  /** The next tip goes to the back of its price. */
  #refresh(row: number, iceberg: Iceberg, fill: number): void {
    const { pool, levels } = this;
    const { cells } = pool;
    const at = row << ROW_SHIFT;
    const handle = pool.handleOf(row);
    const isHeld = cells[at + OLDER] === HELD;
    if (!isHeld) this.unlink(row);
    const tipLots = Math.min(iceberg.displayLots, iceberg.reserveLots);
    cells[at + LOTS] = tipLots;
    iceberg.reserveLots -= tipLots;
    if (iceberg.reserveLots === 0) this.#melt(handle);
    if (isHeld) return;
    this.append(row);
    const aheadLots = levels.lots[levels.find(cells[at + PRICE])] - tipLots;
    this.refreshes.push({ handle, fill, aheadLots });
  }

  /** From here on it is a plain order. */
  #melt(handle: number): void {
    this.concealed?.icebergs.delete(handle);
    this.#closeIfEmpty();
  }

  #forget(handle: number): void {
    this.concealed?.icebergs.delete(handle);
    this.#unhide(handle);
    this.#closeIfEmpty();
  }

  #unhide(handle: number): void {
    for (const queue of this.concealed?.hidden ?? []) {
      const at = queue.findIndex((each) => each.handle === handle);
      if (at >= 0) queue.splice(at, 1);
    }
  }

  #open(): Concealed {
    this.concealed ??= { icebergs: new Map(), hidden: [[], []] };
    return this.concealed;
  }

  #closeIfEmpty(): void {
    const { icebergs, hidden } = this.concealed ?? {};
    if (icebergs?.size === 0 && hidden?.[BUY].length === 0 && hidden[SELL].length === 0) {
      this.concealed = null;
    }
  }
}

/** Whether an order of `side` at one price trades before one at another. */
export function isBetter(side: BookSide, priceTicks: number, otherTicks: number): boolean {
  return side === BUY ? priceTicks > otherTicks : priceTicks < otherTicks;
}
