/**
 * Resting orders of the liquidity crowd. A slot's number travels with the order as its owner, so a
 * fill finds its order without a search; live slots are kept dense, so one can be picked at random.
 */
import type { SideCode } from './access.ts';

/** `[slot, side, priceTicks, lots, handle]`. */
export type SlotRow = [number, number, number, number, number];

export interface OrderSlotsSnapshot {
  /** Live orders in their dense order. */
  live: SlotRow[];
  /** Free slots; the last one is used next. */
  free: number[];
}

export class OrderSlots {
  readonly side: Uint8Array;
  readonly priceTicks: Float64Array;
  /** What is left; 0 = the slot is free. */
  readonly lots: Float64Array;
  readonly handle: Float64Array;
  readonly #live: Int32Array;
  readonly #place: Int32Array;
  readonly #free: Int32Array;
  #liveCount = 0;
  #freeCount: number;

  constructor(capacity: number) {
    this.side = new Uint8Array(capacity);
    this.priceTicks = new Float64Array(capacity);
    this.lots = new Float64Array(capacity);
    this.handle = new Float64Array(capacity);
    this.#live = new Int32Array(capacity);
    this.#place = new Int32Array(capacity);
    this.#free = new Int32Array(capacity);
    this.#freeCount = capacity;
    for (let i = 0; i < capacity; i++) this.#free[i] = capacity - 1 - i;
  }

  get liveCount(): number {
    return this.#liveCount;
  }

  /** Slot of the n-th live order, 0 ≤ n < `liveCount`; a release renumbers. */
  liveAt(n: number): number {
    return this.#live[n]!;
  }

  /** The slot that `take` will use; −1 when all are in use. */
  get nextFree(): number {
    return this.#freeCount === 0 ? -1 : this.#free[this.#freeCount - 1]!;
  }

  /** Fills the slot `nextFree`. */
  take(side: SideCode, priceTicks: number, lots: number, handle: number): void {
    const slot = this.#free[--this.#freeCount]!;
    this.#fill(slot, side, priceTicks, lots, handle);
  }

  release(slot: number): void {
    this.lots[slot] = 0;
    const place = this.#place[slot]!;
    const last = this.#live[--this.#liveCount]!;
    this.#live[place] = last;
    this.#place[last] = place;
    this.#free[this.#freeCount++] = slot;
  }

  snapshot(): OrderSlotsSnapshot {
    const live: SlotRow[] = [];
    for (let n = 0; n < this.#liveCount; n++) {
      const slot = this.#live[n]!;
      live.push([
        slot,
        this.side[slot]!,
        this.priceTicks[slot]!,
        this.lots[slot]!,
        this.handle[slot]!,
      ]);
    }
    return { live, free: [...this.#free.subarray(0, this.#freeCount)] };
  }

  static restore(snapshot: OrderSlotsSnapshot): OrderSlots {
    const slots = new OrderSlots(snapshot.live.length + snapshot.free.length);
    slots.#free.set(snapshot.free);
    slots.#freeCount = snapshot.free.length;
    for (const [slot, side, priceTicks, lots, handle] of snapshot.live) {
      slots.#fill(slot, side as SideCode, priceTicks, lots, handle);
    }
    return slots;
  }

  #fill(slot: number, side: SideCode, priceTicks: number, lots: number, handle: number): void {
    this.side[slot] = side;
    this.priceTicks[slot] = priceTicks;
    this.lots[slot] = lots;
    this.handle[slot] = handle;
    this.#place[slot] = this.#liveCount;
    this.#live[this.#liveCount++] = slot;
  }
}
