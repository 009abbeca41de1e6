/**
 * The newest orders and what is noted with them, found by number and walked by age.
 *
 * In columns of slots that are used again: every new order drops an old one, and the links and the
 * state of a thousand of them stay near, while the objects have long gone from the processor's caches.
 * A Map would rehash its thousand entries every thousand orders, and look for the oldest one among the
 * holes of all that it has dropped.
 */
import type { Order } from '@sandpit/schemas/order.ts';
import { grown } from './fills.ts';
import { KeptReceipts } from './kept-receipts.ts';

/** No slot: slots count from 1. */
export const NONE = 0;

export class KeptOrders {
  oldest = NONE;
  youngest = NONE;
  count = 0;
  #used = 1;
  #firstFree = NONE;
  readonly #orders: (Order | null)[] = [null];
  readonly receipts = new KeptReceipts();
  #numbers = new Int32Array(64);
  #isDone = new Int32Array(64);
  /** Neighbours by age. A free slot's younger one is the next that is free. */
  #older = new Int32Array(64);
  #younger = new Int32Array(64);
  /** Grows with each that is added. */
  #ages = new Float64Array(64);
  #lastAge = 0;
  /** None that is older than this one is done; NONE = none at all is. */
  #oldestDone = NONE;
  /** By the number of the order. */
  #slots = new Int32Array(64);

  /** Slot of the order of that number, or NONE. */
  find(number: number): number {
    // Whole, because “1.5” is a number, too.
    return number > 0 && number < this.#slots.length ? this.#slots[number | 0] : NONE;
  }

  /** As the youngest, whatever its number. @returns  Its slot. */
  add(order: Order, number: number, isDone: boolean): number {
    const slot = this.#take();
    this.#orders[slot] = order;
    this.receipts.clear(slot);
    this.#ages[slot] = ++this.#lastAge;
    this.#numbers[slot] = number;
    this.setDone(slot, isDone);
    this.#older[slot] = this.youngest;
    this.#younger[slot] = NONE;
    if (this.youngest === NONE) this.oldest = slot;
    else this.#younger[this.youngest] = slot;
    this.youngest = slot;
    this.count++;
    while (number >= this.#slots.length) this.#slots = grown(this.#slots, 2 * this.#slots.length);
    this.#slots[number] = slot;
    return slot;
  }

  /** Drops the one of those that are done that was added first. @returns  Its slot, or NONE. */
  dropOldestDone(): number {
    let slot = this.#oldestDone;
    while (slot !== NONE && this.#isDone[slot] === 0) slot = this.#younger[slot];
    this.#oldestDone = slot === NONE ? NONE : this.#younger[slot];
    if (slot !== NONE) this.#drop(slot);
    return slot;
  }

  #drop(slot: number): void {
    const older = this.#older[slot];
    const younger = this.#younger[slot];
    if (older === NONE) this.oldest = younger;
    else this.#younger[older] = younger;
    if (younger === NONE) this.youngest = older;
    else this.#older[younger] = older;
    this.#slots[this.#numbers[slot]] = NONE;
    this.#orders[slot] = null;
    this.#younger[slot] = this.#firstFree;
    this.#firstFree = slot;
    this.count--;
  }

  orderIn(slot: number): Order {
    return this.#orders[slot]!;
  }

  /** Puts another state of the same order in its place. */
  replace(slot: number, order: Order): void {
    this.#orders[slot] = order;
  }

  isDone(slot: number): boolean {
    return this.#isDone[slot] === 1;
  }

  setDone(slot: number, isDone: boolean): void {
    this.#isDone[slot] = isDone ? 1 : 0;
    if (!isDone) return;
    const oldest = this.#oldestDone;
    if (oldest === NONE || this.#ages[slot] < this.#ages[oldest]) this.#oldestDone = slot;
  }

  olderThan(slot: number): number {
    return this.#older[slot];
  }

  youngerThan(slot: number): number {
    return this.#younger[slot];
  }

  /** Slots in use, oldest first. */
  slots(): number[] {
    const slots: number[] = [];
    for (let slot = this.oldest; slot !== NONE; slot = this.#younger[slot]) slots.push(slot);
    return slots;
  }

  #take(): number {
    const slot = this.#firstFree;
    if (slot !== NONE) {
      this.#firstFree = this.#younger[slot];
      return slot;
    }
    if (this.#used === this.#numbers.length) this.#grow();
    return this.#used++;
  }

  #grow(): void {
    const length = 2 * this.#numbers.length;
    this.#numbers = grown(this.#numbers, length);
    this.#isDone = grown(this.#isDone, length);
    this.#older = grown(this.#older, length);
    this.#younger = grown(this.#younger, length);
    const ages = new Float64Array(length);
    ages.set(this.#ages);
    this.#ages = ages;
  }
}
