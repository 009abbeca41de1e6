/**
 * The trader's orders that rest in one book, by handle, in the order in which they came to rest.
 *
 * In columns: a Map would find one sooner among many, but there are never many
 * (`MAX_OPEN_ORDERS`), every command walks all of them, and a Map in which orders come and go makes
 * itself anew every few of them.
 *
 * With each stands what it holds money for. That follows from the order, which others change: whoever
 * tells of a change says so here, too (`noteChange`), and what may move without being told is counted.
 */
import type { MarginRates } from '@sandpit/schemas/margin.ts';
import type { Order } from '@sandpit/schemas/order.ts';
import type { FeeRule } from './fees.ts';
import { grown } from './fills.ts';
import { type Held, HeldLots } from './held-lots.ts';
import { isLinked } from './list-lots.ts';

/** With more changes than this it is quicker to look at all of them. */
const CHANGES_MAX = 16;

const BOUND = 1;
const LINKED = 2;
const MOVING = 4;

/** What of an order says how it is dealt with while it rests; none of it changes there. */
function marksOf(order: Order): number {
  const { list, instructions, type, limitTicks } = order;
  const isBound = list !== undefined || instructions?.reduceOnly === true;
  const isMoving = type === 'pegged' || limitTicks === null;
  return (isBound ? BOUND : 0) | (isLinked(order) ? LINKED : 0) | (isMoving ? MOVING : 0);
}

export class WorkingOrders {
  #count = 0;
  /** How many of them belong to a list or may only reduce: they are asked before each fill. */
  bound = 0;
  /** How many are linked: what they hold is worked out together. */
  linked = 0;
  /** How many are held for at a price that moves without being told: pegs, and those without a limit. */
  moving = 0;
  /** Those whose note may be out of date, the first `changes` here; all of them when `isUnsure`. */
  readonly changed: (Order | null)[] = new Array(CHANGES_MAX).fill(null);
  changes = 0;
  isUnsure = false;
  /** What each of them holds money for, as far as it is noted. */
  readonly #held: (Held | null)[] = new Array(8).fill(null);
  readonly #places: number[] = new Array(8).fill(0);
  #lastPlace = 0;
  #sums = new HeldLots();
  #fees: FeeRule | null = null;
  #rates: MarginRates | null = null;
  #handles = new Float64Array(8);
  /** Limits as noted; `limitAt` says when they are good for something. */
  #limitTicks = new Int32Array(8);
  #marks = new Int32Array(8);
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
    this.noteChange(order);
    if (known >= 0) {
      this.#mark(known, marksOf(order));
      this.#orders[known] = order;
      return;
    }
    const at = this.#count++;
    if (at === this.#handles.length) this.#grow();
    this.#handles[at] = handle;
    this.#orders[at] = order;
    this.#held[at] = null;
    this.#marks[at] = 0;
    this.#mark(at, marksOf(order));
    this.#places[at] = ++this.#lastPlace;
  }

  /** @returns  Whether it was there. */
  delete(handle: number): boolean {
    const at = this.#find(handle);
    if (at < 0) return false;
    const last = --this.#count;
    this.#mark(at, 0);
    const held = this.#held[at];
    if (held !== null) this.#sums.remove(held);
    for (let i = at; i < last; i++) {
      this.#handles[i] = this.#handles[i + 1];
      this.#limitTicks[i] = this.#limitTicks[i + 1];
      this.#marks[i] = this.#marks[i + 1];
      this.#orders[i] = this.#orders[i + 1];
      this.#held[i] = this.#held[i + 1];
      this.#places[i] = this.#places[i + 1];
    }
    this.#orders[last] = null;
    this.#held[last] = null;
    return true;
  }

  /** 0 when it does not rest. */
  handleOf(order: Order): number {
    const at = this.indexOf(order);
    return at < 0 ? 0 : this.#handles[at];
  }

  /** 0 when none rests under that id. */
  handleOfId(orderId: string): number {
    for (let i = 0; i < this.#count; i++) {
      if (this.#orders[i]!.orderId === orderId) return this.#handles[i];
    }
    return 0;
  }

  /** −1 when it does not rest. */
  indexOf(order: Order): number {
    let at = this.#count - 1;
    while (at >= 0 && this.#orders[at] !== order) at--;
    return at;
  }

  /** An order may hold another sum than before, if it is one of these. */
  noteChange(order: Order): void {
    if (this.changes < CHANGES_MAX) this.changed[this.changes++] = order;
    else this.isUnsure = true;
  }

  /** All that have changed were noted anew. @param isSure  And nothing moves without being told. */
  noteLook(isSure: boolean): void {
    this.changes = 0;
    this.isUnsure = !isSure;
  }

  /** Whether the limits of all of them are noted. */
  get hasLimits(): boolean {
    return !this.isUnsure && this.changes === 0 && this.moving === 0;
  }

  /** @param index  While `hasLimits`. */
  limitAt(index: number): number {
    return this.#limitTicks[index];
  }

  /** What is noted of them under these terms; under others all of it is forgotten first. */
  heldUnder(fees: FeeRule, rates: MarginRates | null): HeldLots {
    if (fees !== this.#fees || rates !== this.#rates) {
      this.#fees = fees;
      this.#rates = rates;
      this.#sums = new HeldLots();
      this.#held.fill(null);
      this.isUnsure = true;
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
    this.#limitTicks[index] = held.limitTicks;
    this.#held[index] = held;
    this.#sums.add(held);
  }

  /** What is noted of one, or null. */
  heldOf(order: Order): Held | null {
    const at = this.indexOf(order);
    return at < 0 ? null : this.#held[at];
  }

  values(): Order[] {
    return this.#orders.slice(0, this.#count) as Order[];
  }

  /** As they are now: whoever goes through them may take them out. */
  entries(): [handle: number, order: Order][] {
    return this.values().map((order, i) => [this.#handles[i], order]);
  }

  /** Counts one by its new marks instead of those it had. */
  #mark(index: number, marks: number): void {
    const before = this.#marks[index];
    this.#marks[index] = marks;
    if (marks === before) return;
    this.bound += (marks & BOUND) - (before & BOUND);
    this.linked += ((marks & LINKED) - (before & LINKED)) / LINKED;
    this.moving += ((marks & MOVING) - (before & MOVING)) / MOVING;
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
    this.#limitTicks = grown(this.#limitTicks, handles.length);
    this.#marks = grown(this.#marks, handles.length);
  }
}
