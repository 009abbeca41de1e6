/**
 * The trader's orders that rest in one book, by handle, in the order in which they came to rest.
 *
 * In columns: a Map would find one sooner among many, but there are never many
 * (`MAX_OPEN_ORDERS`), every command walks all of them, and a Map in which orders come and go makes
 * itself anew every few of them.
 */
import type { MarginRates } from '@sandpit/schemas/margin.ts';
import type { Order } from '@sandpit/schemas/order.ts';
import type { FeeRule } from './fees.ts';
import { type Held, HeldLots } from './held-lots.ts';

export class WorkingOrders {
  #count = 0;
  /** What each of them holds money for, as far as it is noted. */
  readonly #held: (Held | null)[] = new Array(8).fill(null);
  readonly #places: number[] = new Array(8).fill(0);
  #lastPlace = 0;
  #sums = new HeldLots();
  #fees: FeeRule | null = null;
  #rates: MarginRates | null = null;
  #handles = new Float64Array(8);
  /** Cleared beyond the last, so that nothing is kept alive. */
  readonly #orders: (Order | null)[] = new Array(8).fill(null);

  constructor(entries: Iterable<readonly [handle: number, order: Order]> = []) {
    for (const [handle, order] of entries) this.set(handle, order);
  }

  get size(): number {
    return this.#count;
  }

  /** @param index  0 ≤ index < `size`; 0 is the one that came first. */
  handleAt(index: number): number {
    return this.#handles[index];
  }

  orderAt(index: number): Order {
    return this.#orders[index]!;
  }

  get(handle: number): Order | undefined {
    const at = this.#find(handle);
    return at < 0 ? undefined : this.#orders[at]!;
  }

  /** As the last; one that is known keeps its place. */
  set(handle: number, order: Order): void {
    const known = this.#find(handle);
    if (known >= 0) {
      this.#orders[known] = order;
      return;
    }
    const at = this.#count++;
    if (at === this.#handles.length) this.#grow();
    this.#handles[at] = handle;
    this.#orders[at] = order;
    this.#held[at] = null;
    this.#places[at] = ++this.#lastPlace;
  }

  /** @returns  Whether it was there. */
  delete(handle: number): boolean {
    const at = this.#find(handle);
    if (at < 0) return false;
    const last = --this.#count;
    const held = this.#held[at];
    if (held !== null) this.#sums.remove(held);
    for (let i = at; i < last; i++) {
      this.#handles[i] = this.#handles[i + 1];
      this.#orders[i] = this.#orders[i + 1];
      this.#held[i] = this.#held[i + 1];
      this.#places[i] = this.#places[i + 1];
    }
    this.#orders[last] = null;
    this.#held[last] = null;
    return true;
  }

  /** 0 when none rests under that id. */
  handleOf(orderId: string): number {
    for (let i = 0; i < this.#count; i++) {
      if (this.#orders[i]!.orderId === orderId) return this.#handles[i];
    }
    return 0;
  }

  /** What is noted of them under these terms; under others all of it is forgotten first. */
  heldUnder(fees: FeeRule, rates: MarginRates | null): HeldLots {
    if (fees !== this.#fees || rates !== this.#rates) {
      this.#fees = fees;
      this.#rates = rates;
      this.#sums = new HeldLots();
      this.#held.fill(null);
    }
    return this.#sums;
  }

  /** What is noted of one, or null. */
  heldAt(index: number): Held | null {
    return this.#held[index];
  }

  /** Notes one anew; its place is filled in. */
  note(index: number, held: Held): void {
    const before = this.#held[index];
    if (before !== null) this.#sums.remove(before);
    held.place = this.#places[index];
    this.#held[index] = held;
    this.#sums.add(held);
  }

  /** What is noted of the order of that id, or null. */
  heldOf(orderId: string): Held | null {
    for (let i = 0; i < this.#count; i++) {
      if (this.#orders[i]!.orderId === orderId) return this.#held[i];
    }
    return null;
  }

  values(): Order[] {
    return this.#orders.slice(0, this.#count) as Order[];
  }

  /** As they are now: whoever goes through them may take them out. */
  entries(): [handle: number, order: Order][] {
    return this.values().map((order, i) => [this.#handles[i], order]);
  }

  /** The youngest is asked for most. */
  #find(handle: number): number {
    let at = this.#count - 1;
    while (at >= 0 && this.#handles[at] !== handle) at--;
    return at;
  }

  #grow(): void {
    const handles = new Float64Array(2 * this.#handles.length);
    handles.set(this.#handles);
    this.#handles = handles;
  }
}
