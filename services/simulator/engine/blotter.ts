/**
 * The trader's orders: all that are open, the newest that are done, and every client id ever used.
 *
 * Order ids count from 1, so an id that was once given out is recognised even when its order is no
 * longer kept.
 */
import type { Order } from '@sandpit/schemas/order.ts';
import { ClientIds } from './client-ids.ts';
import { invariant } from './invariant.ts';
import { KeptOrders, NONE } from './kept-orders.ts';
import type { KeptReceipts } from './kept-receipts.ts';
import { NumberTexts } from './number-texts.ts';
import { isOpen } from './order-status.ts';
import type { Receipt } from './receipts.ts';

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
  readonly #texts = new NumberTexts();
  readonly #kept = new KeptOrders();
  /** Slot of the one found last: a command asks for the same order several times. */
  #recent = NONE;
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
    const known = this.#kept.find(number);
    if (known === NONE) this.#recent = this.#kept.add(order, number, !isOpen(order.status));
    else this.#replace(known, order);
    this.#clientIds.set(order.clientOrderId, number);
    if (this.#kept.count > MAX_KEPT_ORDERS) this.#dropOldestDone();
  }

  /** An order that is kept has come to its end. */
  noteDone({ orderId }: Order): void {
    const slot = this.#find(orderId);
    if (slot !== NONE) this.#kept.setDone(slot, true);
  }

  get(orderId: string): Order | undefined {
    const slot = this.#find(orderId);
    return slot === NONE ? undefined : this.#kept.orderIn(slot);
  }

  /** The receipts of kept orders, by slot. */
  get receipts(): KeptReceipts {
    return this.#kept.receipts;
  }

  /** Where the receipt of a kept order stands. */
  slotOf(orderId: string): number {
    const slot = this.#find(orderId);
    if (slot === NONE) invariant(false, 'only orders that are kept have receipts');
    return slot;
  }

  /** A copy, for questions; null = none was begun. */
  findReceipt(orderId: string): Receipt | null {
    const slot = this.#find(orderId);
    return slot === NONE ? null : this.receipts.receiptIn(slot);
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

  /** The newest that `fits`, as long as those that are looked at are `recent`; or undefined. */
  findNewest(
    recent: (order: Order) => boolean,
    fits: (order: Order) => boolean,
  ): Order | undefined {
    const kept = this.#kept;
    for (let slot = kept.youngest; slot !== NONE; slot = kept.olderThan(slot)) {
      const order = kept.orderIn(slot);
      if (!recent(order)) return undefined;
      if (fits(order)) return order;
    }
    return undefined;
  }

  newest(limit: number): Order[] {
    const kept = this.#kept;
    const newest: Order[] = [];
    for (let slot = kept.youngest; slot !== NONE; slot = kept.olderThan(slot)) {
      if (newest.length >= limit) break;
      newest.push(kept.orderIn(slot));
    }
    return newest;
  }

  open(): Order[] {
    const kept = this.#kept;
    const open: Order[] = [];
    for (let slot = kept.oldest; slot !== NONE; slot = kept.youngerThan(slot)) {
      if (!kept.isDone(slot)) open.push(kept.orderIn(slot));
    }
    return open;
  }

  snapshot(): BlotterSnapshot {
    const kept = this.#kept;
    const slots = kept.slots();
    const { receipts } = this;
    const begun = slots.filter((slot) => receipts.number(slot) !== 0);
    begun.sort((a, b) => receipts.number(a) - receipts.number(b));
    return {
      lastOrderNumber: this.#lastNumber,
      orders: slots.map((slot) => kept.orderIn(slot)),
      clientIds: this.#clientIds.entries().map(([name, number]) => [name, String(number)]),
      receipts: begun.map((slot) => [kept.orderIn(slot).orderId, receipts.receiptIn(slot)!]),
    };
  }

  static restore({ lastOrderNumber, orders, clientIds, receipts }: BlotterSnapshot): Blotter {
    const blotter = new Blotter();
    blotter.#countTo(lastOrderNumber);
    for (const order of orders) {
      blotter.#kept.add(order, Number(order.orderId), !isOpen(order.status));
    }
    for (const [name, orderId] of clientIds) blotter.#clientIds.set(name, Number(orderId));
    for (const [orderId, receipt] of receipts) {
      blotter.receipts.put(blotter.#find(orderId), receipt);
    }
    return blotter;
  }

  /** Slot of a kept order, or NONE. */
  #find(orderId: string): number {
    const kept = this.#kept;
    if (this.#recent !== NONE && kept.orderIn(this.#recent).orderId === orderId) {
      return this.#recent;
    }
    const slot = kept.find(Number(orderId));
    // “007” is a number, but nobody’s id.
    if (slot === NONE || kept.orderIn(slot).orderId !== orderId) return NONE;
    this.#recent = slot;
    return slot;
  }

  #countTo(number: number): void {
    this.#lastNumber = number;
    this.#nextId = this.#texts.of(number + 1);
  }

  #replace(slot: number, order: Order): void {
    this.#kept.replace(slot, order);
    this.#kept.setDone(slot, !isOpen(order.status));
  }

  #dropOldestDone(): void {
    const slot = this.#kept.dropOldestDone();
    if (this.#recent === slot) this.#recent = NONE;
  }
}
