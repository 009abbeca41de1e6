/**
 * The trader's orders: all that are open, the newest that are done, and every client id ever used.
 *
 * Order ids count from 1, so an id that was once given out is recognised even when its order is no
 * longer kept.
 */
import type { Order } from '@sandpit/schemas/order.ts';
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
  /** Oldest first. */
  #orders = new Map<string, Order>();
  #idByClientId = new Map<string, string>();
  #receipts = new Map<string, Receipt>();

  get count(): number {
    return this.#lastNumber;
  }

  /** The next order's id, not yet given out. */
  get nextId(): string {
    return String(this.#lastNumber + 1);
  }

  add(order: Order): void {
    this.#lastNumber = Math.max(this.#lastNumber, Number(order.orderId));
    this.#orders.set(order.orderId, order);
    this.#idByClientId.set(order.clientOrderId, order.orderId);
    if (this.#orders.size > MAX_KEPT_ORDERS) this.#dropOldestDone();
  }

  get(orderId: string): Order | undefined {
    return this.#orders.get(orderId);
  }

  /** A kept order's receipt, begun when it is first asked for. */
  receiptOf(orderId: string): Receipt {
    let receipt = this.#receipts.get(orderId);
    if (!receipt) {
      receipt = newReceipt();
      this.#receipts.set(orderId, receipt);
    }
    return receipt;
  }

  /** For questions: begins nothing. */
  findReceipt(orderId: string): Receipt | null {
    const receipt = this.#receipts.get(orderId);
    return receipt ? copyOf(receipt) : null;
  }

  /** Id of the order that used this client id first. */
  idOfClient(clientOrderId: string): string | undefined {
    return this.#idByClientId.get(clientOrderId);
  }

  /** Whether this id was ever given out. */
  wasGivenOut(orderId: string): boolean {
    const number = Number(orderId);
    return String(number) === orderId && number >= 1 && number <= this.#lastNumber;
  }

  newest(limit: number): Order[] {
    return [...this.#orders.values()].slice(-limit).reverse();
  }

  open(): Order[] {
    return [...this.#orders.values()].filter((order) => isOpen(order.status));
  }

  snapshot(): BlotterSnapshot {
    return {
      lastOrderNumber: this.#lastNumber,
      orders: [...this.#orders.values()],
      clientIds: [...this.#idByClientId],
      receipts: [...this.#receipts].map(([orderId, receipt]) => [orderId, copyOf(receipt)]),
    };
  }

  static restore({ lastOrderNumber, orders, clientIds, receipts }: BlotterSnapshot): Blotter {
    const blotter = new Blotter();
    blotter.#lastNumber = lastOrderNumber;
    blotter.#orders = new Map(orders.map((order) => [order.orderId, order]));
    blotter.#idByClientId = new Map(clientIds);
    blotter.#receipts = new Map(receipts.map(([orderId, each]) => [orderId, copyOf(each)]));
    return blotter;
  }

  #dropOldestDone(): void {
    for (const [orderId, { status }] of this.#orders) {
      if (isOpen(status)) continue;
      this.#orders.delete(orderId);
      this.#receipts.delete(orderId);
      return;
    }
  }
}

function copyOf(receipt: Receipt): Receipt {
  return { ...receipt, legs: receipt.legs.map((leg) => ({ ...leg })) };
}
