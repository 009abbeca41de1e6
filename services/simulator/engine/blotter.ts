/**
 * The trader's orders: all that are open, the newest that are done, and every client id ever used.
 *
 * Order ids count from 1, so an id that was once given out is recognised even when its order is no
 * longer kept.
 */
import type { Order } from '@sandpit/schemas/order.ts';
import { ClientIds } from './client-ids.ts';
import { invariant } from './invariant.ts';
import { type Kept, KeptOrders } from './kept-orders.ts';
import { isOpen } from './order-status.ts';
import { newReceipt, type Receipt } from './receipts.ts';

/** Orders of one simulator, rejected ones included. */
export const MAX_ORDERS = 50_000;
/** Orders kept in full, open ones included; older ones live in the event log. */
export const MAX_KEPT_ORDERS = 1_000;

export interface BlotterSnapshot {
  lastOrderNumber: number;
  orders: Order[];
  clientIds: [clientOrderId: string, orderId: string][];
  /** Of kept orders only. */
  receipts: [orderId: string, receipt: Receipt][];
}

export class Blotter {
  #lastNumber = 0;
  #nextId = '1';
  readonly #kept = new KeptOrders();
  /** The one found last: a command asks for the same order several times. */
  #recent: Kept | null = null;
  #receiptCount = 0;
  readonly #clientIds = new ClientIds();

  get count(): number {
    return this.#lastNumber;
  }

  /** The next order's id, not yet given out. */
  get nextId(): string {
    return this.#nextId;
  }

  add(order: Order): void {
    const number = order.orderId === this.#nextId ? this.#lastNumber + 1 : Number(order.orderId);
    if (number > this.#lastNumber) this.#countTo(number);
    const known = this.#kept.get(number);
    if (known) known.order = order;
    else this.#recent = this.#kept.add(order, number);
    this.#clientIds.set(order.clientOrderId, number);
    if (this.#kept.count > MAX_KEPT_ORDERS) this.#dropOldestDone();
  }

  get(orderId: string): Order | undefined {
    return this.#find(orderId)?.order;
  }

  /** A kept order's receipt, begun when it is first asked for. */
  receiptOf(orderId: string): Receipt {
    const kept = this.#find(orderId);
    invariant(kept !== undefined, 'only orders that are kept have receipts');
    return kept.receipt ?? this.#begin(kept, newReceipt());
  }

  /** For questions: begins nothing. */
  findReceipt(orderId: string): Receipt | null {
    const receipt = this.#find(orderId)?.receipt;
    return receipt ? copyOf(receipt) : null;
  }

  /** Id of the order that used this client id first. */
  idOfClient(clientOrderId: string): string | undefined {
    const number = this.#clientIds.get(clientOrderId);
    return number === 0 ? undefined : String(number);
  }

  /** Whether this id was ever given out. */
  wasGivenOut(orderId: string): boolean {
    const number = Number(orderId);
    return String(number) === orderId && number >= 1 && number <= this.#lastNumber;
  }

  /** Of those kept; the others follow by `older`. */
  get youngest(): Kept | null {
    return this.#kept.youngest;
  }

  newest(limit: number): Order[] {
    const newest: Order[] = [];
    for (let kept = this.youngest; kept !== null && newest.length < limit; kept = kept.older) {
      newest.push(kept.order);
    }
    return newest;
  }

  open(): Order[] {
    const open: Order[] = [];
    for (let kept = this.#kept.oldest; kept !== null; kept = kept.younger) {
      if (isOpen(kept.order.status)) open.push(kept.order);
    }
    return open;
  }

  snapshot(): BlotterSnapshot {
    const kept = [...this.#kept];
    const begun = kept.filter(({ receipt }) => receipt !== null);
    begun.sort((a, b) => a.receiptNumber - b.receiptNumber);
    return {
      lastOrderNumber: this.#lastNumber,
      orders: kept.map(({ order }) => order),
      clientIds: this.#clientIds.entries().map(([name, number]) => [name, String(number)]),
      receipts: begun.map(({ order, receipt }) => [order.orderId, copyOf(receipt!)]),
    };
  }

  static restore({ lastOrderNumber, orders, clientIds, receipts }: BlotterSnapshot): Blotter {
    const blotter = new Blotter();
    blotter.#countTo(lastOrderNumber);
    for (const order of orders) blotter.#kept.add(order, Number(order.orderId));
    for (const [name, orderId] of clientIds) blotter.#clientIds.set(name, Number(orderId));
    for (const [orderId, receipt] of receipts) {
      blotter.#begin(blotter.#find(orderId)!, copyOf(receipt));
    }
    return blotter;
  }

  #find(orderId: string): Kept | undefined {
    const recent = this.#recent;
    if (recent !== null && recent.order.orderId === orderId) return recent;
    const kept = this.#kept.get(Number(orderId));
    // “007” is a number, but nobody’s id.
    if (kept?.order.orderId !== orderId) return undefined;
    this.#recent = kept;
    return kept;
  }

  #countTo(number: number): void {
    this.#lastNumber = number;
    this.#nextId = String(number + 1);
  }

  #begin(kept: Kept, receipt: Receipt): Receipt {
    kept.receipt = receipt;
    kept.receiptNumber = ++this.#receiptCount;
    return receipt;
  }

  #dropOldestDone(): void {
    for (let kept = this.#kept.oldest; kept !== null; kept = kept.younger) {
      if (isOpen(kept.order.status)) continue;
      this.#kept.drop(kept);
      if (this.#recent === kept) this.#recent = null;
      return;
    }
  }
}

function copyOf(receipt: Receipt): Receipt {
  return { ...receipt, legs: receipt.legs.map((leg) => ({ ...leg })) };
}
