/**
 * Resting orders as rows of typed columns, chained into queues by row number. Row 0 is "none".
 *
 * A handle is the row plus a generation in the higher digits. It is stored whole, so a handle of an
 * order that is gone never equals that of the order which reuses its row.
 */
import { grown } from './fills.ts';
import { invariant } from './invariant.ts';

const ROW_BITS = 20;
const ROW_MASK = 2 ** ROW_BITS - 1;
/** Rows that a handle can name; more resting orders than this is a runaway market. */
export const MAX_RESTING_ORDERS = ROW_MASK;
/** Bytes of one row in a snapshot: handle 8, then six columns of 4. */
const ROW_BYTES = 32;

export class OrderPool {
  handle: Float64Array;
  priceTicks: Int32Array;
  /** 0 when the row is free. */
  lots: Int32Array;
  owner: Int32Array;
  side: Int32Array;
  /** Older neighbour in the queue; 0 = first. */
  previous: Int32Array;
  /** Younger neighbour in the queue, or the next free row. */
  next: Int32Array;
  #firstFree = 0;
  /** Rows ever used, row 0 included. */
  #used = 1;

  constructor(capacity: number) {
    const rows = Math.max(2, Math.min(capacity, MAX_RESTING_ORDERS) + 1);
    this.handle = new Float64Array(rows);
    this.priceTicks = new Int32Array(rows);
    this.lots = new Int32Array(rows);
    this.owner = new Int32Array(rows);
    this.side = new Int32Array(rows);
    this.previous = new Int32Array(rows);
    this.next = new Int32Array(rows);
  }

  /** Row of a live order; 0 when the handle is unknown or its order is gone. */
  rowOf(handle: number): number {
    const row = handle & ROW_MASK;
    return row < this.#used && this.handle[row] === handle && this.lots[row] > 0 ? row : 0;
  }

  /** @throws when more than MAX_RESTING_ORDERS orders rest. */
  take(owner: number, side: number, priceTicks: number, lots: number): number {
    let row = this.#firstFree;
    if (row !== 0) {
      this.#firstFree = this.next[row];
      this.handle[row] += ROW_MASK + 1;
    } else {
      row = this.#used;
      if (row === this.lots.length) this.#grow();
      this.#used = row + 1;
      this.handle[row] = row + ROW_MASK + 1;
    }
    this.owner[row] = owner;
    this.side[row] = side;
    this.priceTicks[row] = priceTicks;
    this.lots[row] = lots;
    return row;
  }

  free(row: number): void {
    this.lots[row] = 0;
    this.next[row] = this.#firstFree;
    this.#firstFree = row;
  }

  get usedRows(): number {
    return this.#used;
  }

  /** All rows as they are, the free ones too, so that later handles come out the same. */
  snapshot(): Uint8Array<ArrayBuffer> {
    const rows = this.#used;
    const bytes = new Uint8Array(8 + rows * ROW_BYTES);
    new Int32Array(bytes.buffer, 0, 2).set([rows, this.#firstFree]);
    new Float64Array(bytes.buffer, 8, rows).set(this.handle.subarray(0, rows));
    this.#columns().forEach((column, i) => {
      new Int32Array(bytes.buffer, 8 + rows * (8 + 4 * i), rows).set(column.subarray(0, rows));
    });
    return bytes;
  }

  /** @throws when the bytes are not those of `snapshot`. */
  static restore(bytes: Uint8Array): OrderPool {
    const copy = bytes.slice();
    const [rows, firstFree] = new Int32Array(copy.buffer, 0, 2);
    invariant(copy.length === 8 + rows * ROW_BYTES, 'a book snapshot is as long as its row count');
    const pool = new OrderPool(Math.max(256, rows));
    pool.#used = rows;
    pool.#firstFree = firstFree;
    pool.handle.set(new Float64Array(copy.buffer, 8, rows));
    pool.#columns().forEach((column, i) => {
      column.set(new Int32Array(copy.buffer, 8 + rows * (8 + 4 * i), rows));
    });
    return pool;
  }

  #columns(): Int32Array[] {
    return [this.priceTicks, this.lots, this.owner, this.side, this.previous, this.next];
  }

  #grow(): void {
    const length = Math.min(this.lots.length * 2, MAX_RESTING_ORDERS + 1);
    invariant(length > this.lots.length, 'a book holds at most a million resting orders');
    const handles = new Float64Array(length);
    handles.set(this.handle);
    this.handle = handles;
    this.priceTicks = grown(this.priceTicks, length);
    this.lots = grown(this.lots, length);
    this.owner = grown(this.owner, length);
    this.side = grown(this.side, length);
    this.previous = grown(this.previous, length);
    this.next = grown(this.next, length);
  }
}
