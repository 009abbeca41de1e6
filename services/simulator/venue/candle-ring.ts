/**
 * The newest candles of one length, in columns. Only intervals with a trade have one; whoever shows
 * them fills the gaps with the close before.
 */

const FIRST_ROOM = 256;
/** Bytes of a candle in a snapshot: volume 8, then six whole numbers of 4. */
const ROW_BYTES = 32;

export interface CandleRow {
  /** Interval number: simulated time ÷ length. */
  interval: number;
  openTicks: number;
  highTicks: number;
  lowTicks: number;
  closeTicks: number;
  volumeLots: number;
  trades: number;
}

export class CandleRing {
  readonly #capacity: number;
  /** Rows in use; the newest is at `#newest`. */
  #count = 0;
  #newest = -1;
  #intervals: Int32Array;
  /** Open, high, low, close per row. */
  #prices: Int32Array;
  #volumes: Float64Array;
  #trades: Int32Array;

  /** @param capacity  Candles kept; room for them is made as they come. */
  constructor(capacity: number) {
    this.#capacity = capacity;
    const room = Math.min(FIRST_ROOM, capacity);
    this.#intervals = new Int32Array(room);
    this.#prices = new Int32Array(4 * room);
    this.#volumes = new Float64Array(room);
    this.#trades = new Int32Array(room);
  }

  get length(): number {
    return this.#count;
  }

  /** Intervals never go back. */
  add(interval: number, priceTicks: number, lots: number): void {
    if (this.#count === 0 || this.#intervals[this.#newest] !== interval) {
      this.#open(interval, priceTicks);
    }
    const row = this.#newest;
    const prices = this.#prices;
    if (priceTicks > prices[4 * row + 1]) prices[4 * row + 1] = priceTicks;
    if (priceTicks < prices[4 * row + 2]) prices[4 * row + 2] = priceTicks;
    prices[4 * row + 3] = priceTicks;
    this.#volumes[row] += lots;
    this.#trades[row]++;
  }

  /** @param age  0 = newest, `length` − 1 = oldest. */
  row(age: number): CandleRow {
    const room = this.#intervals.length;
    const row = (this.#newest - age + room) % room;
    return {
      interval: this.#intervals[row],
      openTicks: this.#prices[4 * row],
      highTicks: this.#prices[4 * row + 1],
      lowTicks: this.#prices[4 * row + 2],
      closeTicks: this.#prices[4 * row + 3],
      volumeLots: this.#volumes[row],
      trades: this.#trades[row],
    };
  }

  /** Oldest first, without the rows' places: byte-stable whatever the room. */
  snapshot(): Uint8Array<ArrayBuffer> {
    const count = this.#count;
    const bytes = new Uint8Array(ROW_BYTES * count);
    const volumes = new Float64Array(bytes.buffer, 0, count);
    const whole = new Int32Array(bytes.buffer, 8 * count, 6 * count);
    for (let i = 0; i < count; i++) {
      const row = this.row(count - 1 - i);
      volumes[i] = row.volumeLots;
      whole.set([row.interval, row.openTicks, row.highTicks, row.lowTicks], 6 * i);
      whole.set([row.closeTicks, row.trades], 6 * i + 4);
    }
    return bytes;
  }

  /** @throws RangeError when the bytes are not those of `snapshot`. */
  static restore(capacity: number, bytes: Uint8Array): CandleRing {
    const ring = new CandleRing(capacity);
    const count = bytes.length / ROW_BYTES;
    const { buffer } = bytes.slice();
    const volumes = new Float64Array(buffer, 0, count);
    const whole = new Int32Array(buffer, 8 * count, 6 * count);
    for (let i = 0; i < count; i++) {
      ring.#open(whole[6 * i], whole[6 * i + 1]);
      ring.#prices.set(whole.subarray(6 * i + 1, 6 * i + 5), 4 * ring.#newest);
      ring.#volumes[ring.#newest] = volumes[i];
      ring.#trades[ring.#newest] = whole[6 * i + 5];
    }
    return ring;
  }

  #open(interval: number, priceTicks: number): void {
    if (this.#count === this.#intervals.length && this.#count < this.#capacity) this.#grow();
    const row = (this.#newest + 1) % this.#intervals.length;
    this.#newest = row;
    this.#count = Math.min(this.#count + 1, this.#intervals.length);
    this.#intervals[row] = interval;
    this.#prices.fill(priceTicks, 4 * row, 4 * row + 4);
    this.#volumes[row] = 0;
    this.#trades[row] = 0;
  }

  /** Only while the ring has never gone round, so rows are in order from 0. */
  #grow(): void {
    const room = Math.min(this.#intervals.length * 2, this.#capacity);
    const intervals = new Int32Array(room);
    const prices = new Int32Array(4 * room);
    const volumes = new Float64Array(room);
    const trades = new Int32Array(room);
    intervals.set(this.#intervals);
    prices.set(this.#prices);
    volumes.set(this.#volumes);
    trades.set(this.#trades);
    this.#intervals = intervals;
    this.#prices = prices;
    this.#volumes = volumes;
    this.#trades = trades;
  }
}
