/**
 * Which orders rest, as the generator of a workload needs to know it: a queue per price, and one
 * list to draw from. No order here ever crosses, so only `take` trades. Independent of every book
 * under comparison.
 */
export class RestingModel {
  count = 0;
  /** Places ever given out; those of orders that are gone are given out again, the last one first. */
  places = 0;
  readonly #freePlaces: number[] = [];
  /** Of an order that rests. */
  readonly #placeOf: Int32Array;
  readonly #midTicks: number;
  /** A queue of orders per price and side, oldest first; those that are gone are skipped. */
  readonly #queues: number[][];
  /** Index of the first entry of each queue that may still rest. */
  readonly #heads: Int32Array;
  readonly #bandTicks: number;
  /** Lots left of an order; 0 = gone. */
  readonly #leaves: Int32Array;
  /** All that rest, in no order, and where each is in there. */
  readonly #resting: Int32Array;
  readonly #indexes: Int32Array;

  /** @param orders  Numbers of orders are below this. */
  constructor(midTicks: number, bandTicks: number, orders: number) {
    this.#midTicks = midTicks;
    this.#bandTicks = bandTicks;
    this.#queues = Array.from({ length: 2 * (bandTicks + 1) }, () => []);
    this.#heads = new Int32Array(this.#queues.length);
    this.#leaves = new Int32Array(orders);
    this.#resting = new Int32Array(orders);
    this.#indexes = new Int32Array(orders);
    this.#placeOf = new Int32Array(orders);
  }

  /** @returns  Its place, until it is gone. */
  add(order: number, side: 0 | 1, priceTicks: number, lots: number): number {
    this.#queues[this.#queueOf(side, Math.abs(priceTicks - this.#midTicks))]!.push(order);
    this.#leaves[order] = lots;
    this.#indexes[order] = this.count;
    this.#resting[this.count++] = order;
    const place = this.#freePlaces.pop() ?? this.places++;
    this.#placeOf[order] = place;
    return place;
  }

  /** Takes out one that rests. @param draw  0 ≤ draw < 1 chooses which. @returns  Its number. */
  cancel(draw: number): number {
    if (this.count === 0) throw new Error('There is no order left to cancel.');
    const order = this.#resting[Math.floor(draw * this.count)]!;
    this.#remove(order);
    return order;
  }

  /** A marketable order of `side`: eats the other side from the touch on. */
  take(side: 0 | 1, lots: number): void {
    const makers = side === 0 ? 1 : 0;
    for (let distance = 1; distance <= this.#bandTicks && lots > 0; distance++) {
      lots = this.#eat(this.#queueOf(makers, distance), lots);
    }
  }

  #eat(queue: number, lots: number): number {
    const orders = this.#queues[queue]!;
    while (lots > 0 && this.#heads[queue]! < orders.length) {
      const order = orders[this.#heads[queue]!]!;
      const traded = Math.min(lots, this.#leaves[order]!);
      lots -= traded;
      this.#leaves[order]! -= traded;
      if (this.#leaves[order] !== 0) break;
      if (traded > 0) this.#remove(order);
      this.#heads[queue]!++;
    }
    return lots;
  }

  #remove(order: number): void {
    const index = this.#indexes[order]!;
    const last = this.#resting[--this.count]!;
    this.#resting[index] = last;
    this.#indexes[last] = index;
    this.#freePlaces.push(this.#placeOf[order]!);
    this.#leaves[order] = 0;
  }

  #queueOf(side: 0 | 1, distance: number): number {
    return side * (this.#bandTicks + 1) + distance;
  }
}
