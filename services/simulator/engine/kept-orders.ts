/**
 * The newest orders, found by number and walked by age.
 *
 * A Map would do, but it rehashes its thousand entries every thousand orders, and looks for the
 * oldest one among the holes of all that it has dropped: both show in the slowest of commands.
 */
import type { Order, OrderStatus } from '@sandpit/schemas/order.ts';
import type { Receipt } from './receipts.ts';

const PAGE_SHIFT = 8;
const PAGE_SIZE = 1 << PAGE_SHIFT;

/** One order and what is noted with it; a link of the chain from the oldest to the youngest. */
export interface Kept {
  order: Order;
  number: number;
  /** Null until it is asked for. */
  receipt: Receipt | null;
  /** Receipts are numbered in the order in which they were begun; 0 = none yet. */
  receiptNumber: number;
  older: Kept | null;
  younger: Kept | null;
}

interface Page {
  kept: (Kept | undefined)[];
  count: number;
}

export class KeptOrders {
  oldest: Kept | null = null;
  /** The next one to go is looked at beforehand: by then its memory has come near. */
  nextStatus: OrderStatus | null = null;
  youngest: Kept | null = null;
  #count = 0;
  /** A page is made for its first order, and given up with its last. */
  readonly #pages: (Page | undefined)[] = [];

  get count(): number {
    return this.#count;
  }

  get(number: number): Kept | undefined {
    return this.#pages[number >>> PAGE_SHIFT]?.kept[number & (PAGE_SIZE - 1)];
  }

  /** As the youngest, whatever its number. */
  add(order: Order, number: number): Kept {
    const older = this.youngest;
    const kept: Kept = { order, number, receipt: null, receiptNumber: 0, older, younger: null };
    if (older === null) this.oldest = kept;
    else older.younger = kept;
    this.youngest = kept;
    this.#count++;
    const page = this.#pages[number >>> PAGE_SHIFT] ?? newPage();
    this.#pages[number >>> PAGE_SHIFT] = page;
    page.kept[number & (PAGE_SIZE - 1)] = kept;
    page.count++;
    return kept;
  }

  drop(kept: Kept): void {
    const { number, older, younger } = kept;
    if (older === null) this.oldest = younger;
    else older.younger = younger;
    if (younger === null) this.youngest = older;
    else younger.older = older;
    // A dropped link that the collector has aged would keep all that came after it alive.
    kept.older = null;
    kept.younger = null;
    this.#count--;
    const page = this.#pages[number >>> PAGE_SHIFT]!;
    page.kept[number & (PAGE_SIZE - 1)] = undefined;
    page.count--;
    if (page.count === 0) this.#pages[number >>> PAGE_SHIFT] = undefined;
    if (this.oldest !== null) this.nextStatus = this.oldest.order.status;
  }

  /** Oldest first. */
  *[Symbol.iterator](): Generator<Kept> {
    for (let each = this.oldest; each !== null; each = each.younger) yield each;
  }
}

const newPage = (): Page => ({ kept: new Array(PAGE_SIZE).fill(undefined), count: 0 });
