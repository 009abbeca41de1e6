/**
 * The receipts of the orders that are kept, by the slot of each.
 *
 * In columns, as `KeptOrders`: nearly every order has one, most have one leg or none, and as objects
 * they were a tenth of what an order costs. The newest leg stands in the row; an array is only made
 * for an order that has had others before.
 */
import type { Leg, Receipt } from './receipts.ts';

/** Legs kept of one order: the newest. An order that is replaced all day has more. */
export const MAX_LEGS = 16;

const CELLS_PER_ROW = 12;
/** A row: what has been filled, and when. Times in simulated ns; NaN = not yet. */
const MAKER_LOTS = 0;
const TAKER_LOTS = 1;
const FIRST_FILL = 2;
const LAST_FILL = 3;
const LEG_COUNT = 4;
/** And its newest leg, when it has one. */
const IS_RESTING = 5;
const FROM = 6;
const TO = 7;
const PRICE = 8;
const AHEAD = 9;
const TRADED_AHEAD = 10;
const CANCELED_AHEAD = 11;

const NOT_YET = Number.NaN;
const FIRST_SLOTS = 64;

export class KeptReceipts {
  #cells = new Float64Array(CELLS_PER_ROW * FIRST_SLOTS);
  /** In the order in which they were begun, from 1; 0 = none yet. */
  #numbers = new Float64Array(FIRST_SLOTS);
  #lastNumber = 0;
  /** The legs before the newest, oldest first, of the few that have any. */
  readonly #before = new Map<number, Leg[]>();

  /** An order that has no receipt yet takes the slot. */
  clear(slot: number): void {
    while (slot >= this.#numbers.length) this.#grow();
    this.#numbers[slot] = 0;
    if (this.#before.size !== 0) this.#before.delete(slot);
  }

  /** When it was begun, compared with others; 0 = it was not. */
  number(slot: number): number {
    return this.#numbers[slot];
  }

  /** Begins it, if it is none yet. */
  begin(slot: number): void {
    if (this.#numbers[slot] !== 0) return;
    this.#numbers[slot] = ++this.#lastNumber;
    const cells = this.#cells;
    const at = CELLS_PER_ROW * slot;
    cells[at + MAKER_LOTS] = 0;
    cells[at + TAKER_LOTS] = 0;
    cells[at + FIRST_FILL] = NOT_YET;
    cells[at + LAST_FILL] = NOT_YET;
    cells[at + LEG_COUNT] = 0;
    // No leg lasts, and none has a price.
    cells[at + TO] = 0;
    cells[at + PRICE] = 0;
    cells[at + TRADED_AHEAD] = 0;
  }

  noteFill(slot: number, isMaker: boolean, lots: number, nowNs: number): void {
    this.begin(slot);
    const cells = this.#cells;
    const at = CELLS_PER_ROW * slot;
    cells[at + (isMaker ? MAKER_LOTS : TAKER_LOTS)] += lots;
    if (Number.isNaN(cells[at + FIRST_FILL])) cells[at + FIRST_FILL] = nowNs;
    cells[at + LAST_FILL] = nowNs;
  }

  beginLeg(
    slot: number,
    kind: Leg['kind'],
    nowNs: number,
    priceTicks: number,
    aheadLots: number,
  ): void {
    this.begin(slot);
    const cells = this.#cells;
    const at = CELLS_PER_ROW * slot;
    if (cells[at + LEG_COUNT] > 0) this.#putAside(slot);
    cells[at + LEG_COUNT] += 1;
    cells[at + IS_RESTING] = kind === 'resting' ? 1 : 0;
    cells[at + FROM] = nowNs;
    cells[at + TO] = NOT_YET;
    cells[at + PRICE] = priceTicks;
    cells[at + AHEAD] = aheadLots;
    cells[at + TRADED_AHEAD] = 0;
    cells[at + CANCELED_AHEAD] = 0;
  }

  /** Whether a leg lasts. */
  isInLeg(slot: number): boolean {
    return this.#numbers[slot] !== 0 && Number.isNaN(this.#cells[CELLS_PER_ROW * slot + TO]);
  }

  /** Ends the leg that lasts. @param aheadLots  What stands before the order now. */
  endLeg(slot: number, nowNs: number, aheadLots: number): void {
    const at = CELLS_PER_ROW * slot;
    this.#cells[at + TO] = nowNs;
    this.#cells[at + CANCELED_AHEAD] = this.#canceledAhead(at, aheadLots);
  }

  /** Ends the leg that lasts at the head of its queue, and begins one like it. */
  renewLeg(slot: number, nowNs: number, aheadLots: number): void {
    const cells = this.#cells;
    const at = CELLS_PER_ROW * slot;
    const kind = cells[at + IS_RESTING] === 1 ? 'resting' : 'waiting';
    this.endLeg(slot, nowNs, 0);
    this.beginLeg(slot, kind, nowNs, cells[at + PRICE], aheadLots);
  }

  /** A trade at a price: ahead of the order, if it queues there. */
  noteTradeAhead(slot: number, priceTicks: number, lots: number): void {
    const at = CELLS_PER_ROW * slot;
    if (this.#cells[at + PRICE] === priceTicks && this.isInLeg(slot)) {
      this.#cells[at + TRADED_AHEAD] += lots;
    }
  }

  /** Of its newest leg; 0 when it has none. */
  tradedAhead(slot: number): number {
    return this.#numbers[slot] === 0 ? 0 : this.#cells[CELLS_PER_ROW * slot + TRADED_AHEAD];
  }

  /** Of its newest leg, once that has ended. */
  canceledAhead(slot: number): number {
    return this.#cells[CELLS_PER_ROW * slot + CANCELED_AHEAD];
  }

  /** A copy; null = not begun. */
  receiptIn(slot: number): Receipt | null {
    if (this.#numbers[slot] === 0) return null;
    const cells = this.#cells;
    const at = CELLS_PER_ROW * slot;
    const legCount = cells[at + LEG_COUNT];
    const legs = (this.#before.get(slot) ?? []).map((leg) => ({ ...leg }));
    if (legCount > 0) legs.push(this.#newestLeg(at));
    return {
      makerLots: cells[at + MAKER_LOTS],
      takerLots: cells[at + TAKER_LOTS],
      firstFillNs: orNull(cells[at + FIRST_FILL]),
      lastFillNs: orNull(cells[at + LAST_FILL]),
      legs,
      legCount,
    };
  }

  /** Begins it as `receiptIn` has told it. */
  put(slot: number, receipt: Receipt): void {
    this.begin(slot);
    const cells = this.#cells;
    const at = CELLS_PER_ROW * slot;
    cells[at + MAKER_LOTS] = receipt.makerLots;
    cells[at + TAKER_LOTS] = receipt.takerLots;
    cells[at + FIRST_FILL] = receipt.firstFillNs ?? NOT_YET;
    cells[at + LAST_FILL] = receipt.lastFillNs ?? NOT_YET;
    for (const leg of receipt.legs) {
      this.beginLeg(slot, leg.kind, leg.fromNs, leg.priceTicks, leg.aheadLots);
      cells[at + TO] = leg.toNs ?? NOT_YET;
      cells[at + TRADED_AHEAD] = leg.tradedAheadLots;
      cells[at + CANCELED_AHEAD] = leg.canceledAheadLots;
    }
    cells[at + LEG_COUNT] = receipt.legCount;
  }

  #newestLeg(at: number): Leg {
    const cells = this.#cells;
    return {
      kind: cells[at + IS_RESTING] === 1 ? 'resting' : 'waiting',
      fromNs: cells[at + FROM],
      toNs: orNull(cells[at + TO]),
      priceTicks: cells[at + PRICE],
      aheadLots: cells[at + AHEAD],
      tradedAheadLots: cells[at + TRADED_AHEAD],
      canceledAheadLots: cells[at + CANCELED_AHEAD],
    };
  }

  /** Another leg begins. */
  #putAside(slot: number): void {
    const legs = this.#before.get(slot) ?? [];
    legs.push(this.#newestLeg(CELLS_PER_ROW * slot));
    if (legs.length === MAX_LEGS) legs.shift();
    this.#before.set(slot, legs);
  }

  #canceledAhead(at: number, aheadLots: number): number {
    return canceledAhead(this.#cells[at + AHEAD], this.#cells[at + TRADED_AHEAD], aheadLots);
  }

  #grow(): void {
    const numbers = new Float64Array(2 * this.#numbers.length);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
    const cells = new Float64Array(CELLS_PER_ROW * numbers.length);
    cells.set(this.#cells);
    this.#cells = cells;
  }
}

/** What is missing of what stood before an order, and has not traded. @param nowLots  What stands there now. */
export const canceledAhead = (aheadLots: number, tradedLots: number, nowLots: number): number =>
  Math.max(0, aheadLots - tradedLots - nowLots);

const orNull = (cell: number): number | null => (Number.isNaN(cell) ? null : cell);
