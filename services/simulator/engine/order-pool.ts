/**
 * Resting orders as rows of eight 32-bit cells, chained into queues by row number. Row 0 is "none".
 * A row is half a cache line: touching one order costs one trip to memory, however many rest.
 *
 * A handle is the row plus a generation in the higher digits. It is stored whole (cells 0 and 1, as
 * a double), so a handle of an order that is gone never equals that of the one that reuses its row.
 */
import { invariant } from './invariant.ts';

const ROW_BITS = 20;
const ROW_MASK = 2 ** ROW_BITS - 1;
/** Rows that a handle can name; more resting orders than this is a runaway market. */
const MAX_ROWS = ROW_MASK + 1;
const CELLS_PER_ROW = 8;
const BYTES_PER_ROW = 4 * CELLS_PER_ROW;
const HEADER_BYTES = 8;

/** `cells[(row << ROW_SHIFT) + LOTS]` is the size of an order, and so on. */
export const ROW_SHIFT = 3;
export const PRICE = 2;
/** 0 when the row is free. */
export const LOTS = 3;
export const OWNER = 4;
export const SIDE = 5;
/** Older neighbour in the queue; 0 = first; HELD = in no queue. */
export const OLDER = 6;
/** An order that waits outside the queues for an auction. */
export const HELD = -1;
/** Younger neighbour in the queue, or the next free row. */
export const YOUNGER = 7;

export class OrderPool {
  cells: Int32Array<ArrayBuffer>;
  /** The same memory; the handle of a row is at four times the row. */
  #doubles: Float64Array<ArrayBuffer>;
  #firstFree = 0;
  /** Rows ever used, row 0 included. */
  #used = 1;

  /** @param capacity  Orders to make room for; the pool grows beyond. */
  constructor(capacity: number) {
    const rows = Math.max(2, Math.min(capacity + 1, MAX_ROWS));
    this.cells = new Int32Array(rows * CELLS_PER_ROW);
    this.#doubles = new Float64Array(this.cells.buffer);
  }

  handleOf(row: number): number {
    return this.#doubles[row << 2];
  }

  /** Row of a live order; 0 when the handle is unknown or its order is gone. */
  rowOf(handle: number): number {
    const row = handle & ROW_MASK;
    if (row >= this.#used || this.#doubles[row << 2] !== handle) return 0;
    return this.cells[(row << ROW_SHIFT) + LOTS] > 0 ? row : 0;
  }

  /** @throws when more than a million orders rest. */
  take(owner: number, side: number, priceTicks: number, lots: number): number {
    let row = this.#firstFree;
    if (row !== 0) {
      this.#firstFree = this.cells[(row << ROW_SHIFT) + YOUNGER];
    } else {
      row = this.#used;
      if (row * CELLS_PER_ROW === this.cells.length) this.#grow();
      this.#used = row + 1;
      this.#doubles[row << 2] = row;
    }
    this.#doubles[row << 2] += MAX_ROWS;
    const at = row << ROW_SHIFT;
    this.cells[at + PRICE] = priceTicks;
    this.cells[at + LOTS] = lots;
    this.cells[at + OWNER] = owner;
    this.cells[at + SIDE] = side;
    return row;
  }

  free(row: number): void {
    const at = row << ROW_SHIFT;
    this.cells[at + LOTS] = 0;
    this.cells[at + YOUNGER] = this.#firstFree;
    this.#firstFree = row;
  }

  get usedRows(): number {
    return this.#used;
  }

  /** All rows as they are, the free ones too, so that later handles come out the same. */
  snapshot(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(HEADER_BYTES + this.#used * BYTES_PER_ROW);
    new Int32Array(bytes.buffer, 0, 2).set([this.#used, this.#firstFree]);
    bytes.set(new Uint8Array(this.cells.buffer, 0, this.#used * BYTES_PER_ROW), HEADER_BYTES);
    return bytes;
  }

  /** @throws when the bytes are not those of `snapshot`. */
  static restore(bytes: Uint8Array): OrderPool {
    const [rows, firstFree] = new Int32Array(bytes.slice(0, HEADER_BYTES).buffer);
    const length = HEADER_BYTES + rows * BYTES_PER_ROW;
    invariant(bytes.length === length, 'a book snapshot is as long as its row count');
    const pool = new OrderPool(Math.max(256, rows));
    pool.#used = rows;
    pool.#firstFree = firstFree;
    new Uint8Array(pool.cells.buffer).set(bytes.subarray(HEADER_BYTES));
    return pool;
  }

  #grow(): void {
    const length = Math.min(this.cells.length * 2, MAX_ROWS * CELLS_PER_ROW);
    invariant(length > this.cells.length, 'a book holds at most a million resting orders');
    const cells = new Int32Array(length);
    cells.set(this.cells);
    this.cells = cells;
    this.#doubles = new Float64Array(cells.buffer);
  }
}
