/**
 * Discrete-event kernel: a fixed set of timers on one binary heap in typed arrays.
 *
 * A timer is due at one time or not at all. Timers due at the same nanosecond run in the order in
 * which they were set. Nothing is allocated per event. `advanceTo(a)` then `advanceTo(b)` runs the
 * same events at the same times as `advanceTo(b)`.
 */
export interface KernelSnapshot {
  nowNs: number;
  nextOrder: number;
  /** Per timer; −1 = not set. */
  dueNs: number[];
  order: number[];
}

const NOT_SET = -1;

export class Kernel {
  #nowNs = 0;
  #nextOrder = 0;
  readonly #dueNs: Float64Array;
  /** Insertion number: breaks ties of `dueNs`. */
  readonly #order: Float64Array;
  /** Timers, smallest (dueNs, order) first. */
  readonly #heap: Int32Array;
  /** Timer → place in the heap; −1 = not set. */
  readonly #place: Int32Array;
  #size = 0;

  constructor(timerCount: number) {
    this.#dueNs = new Float64Array(timerCount).fill(NOT_SET);
    this.#order = new Float64Array(timerCount);
    this.#heap = new Int32Array(timerCount);
    this.#place = new Int32Array(timerCount).fill(NOT_SET);
  }

  /** Simulated time of the running event, or the end of the last `advanceTo`. */
  get nowNs(): number {
    return this.#nowNs;
  }

  /** When the next event is due; Infinity when there is none. */
  get nextNs(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#dueNs[this.#heap[0]!]!;
  }

  /** When a timer is due; −1 when it is not set. */
  dueNs(timer: number): number {
    return this.#dueNs[timer]!;
  }

  /** Sets a timer, in place of what it was set to. A time in the past means now. */
  set(timer: number, dueNs: number): void {
    this.#dueNs[timer] = Math.max(dueNs, this.#nowNs);
    this.#order[timer] = this.#nextOrder++;
    let place = this.#place[timer]!;
    if (place === NOT_SET) {
      place = this.#size++;
      this.#heap[place] = timer;
      this.#place[timer] = place;
    }
    this.#siftDown(this.#siftUp(place));
  }

  /**
   * Runs every event due up to and including `simNs`, then stands at `simNs`.
   *
   * @param run  Called with the timer, which is no longer set; may set any timer.
   */
  advanceTo(simNs: number, run: (timer: number) => void): void {
    while (this.#size > 0) {
      const timer = this.#heap[0]!;
      const dueNs = this.#dueNs[timer]!;
      if (dueNs > simNs) break;
      this.#removeFirst();
      this.#nowNs = dueNs;
      run(timer);
    }
    if (simNs > this.#nowNs) this.#nowNs = simNs;
  }

  snapshot(): KernelSnapshot {
    return {
      nowNs: this.#nowNs,
      nextOrder: this.#nextOrder,
      dueNs: [...this.#dueNs],
      order: [...this.#order],
    };
  }

  /**
   * Takes over a snapshot of a kernel with as many timers. The heap is rebuilt: its layout does not
   * decide the order of events, the keys do.
   */
  restore(snapshot: KernelSnapshot): void {
    this.#size = 0;
    snapshot.dueNs.forEach((dueNs, timer) => {
      this.#dueNs[timer] = dueNs;
      this.#order[timer] = snapshot.order[timer]!;
      this.#place[timer] = NOT_SET;
      if (dueNs === NOT_SET) return;
      const place = this.#size++;
      this.#heap[place] = timer;
      this.#place[timer] = place;
      this.#siftUp(place);
    });
    this.#nowNs = snapshot.nowNs;
    this.#nextOrder = snapshot.nextOrder;
  }

  #removeFirst(): void {
    const first = this.#heap[0]!;
    this.#place[first] = NOT_SET;
    this.#dueNs[first] = NOT_SET;
    const last = this.#heap[--this.#size]!;
    if (this.#size === 0) return;
    this.#heap[0] = last;
    this.#place[last] = 0;
    this.#siftDown(0);
  }

  #isBefore(a: number, b: number): boolean {
    const dueA = this.#dueNs[a]!;
    const dueB = this.#dueNs[b]!;
    return dueA < dueB || (dueA === dueB && this.#order[a]! < this.#order[b]!);
  }

  #siftUp(start: number): number {
    let place = start;
    const timer = this.#heap[place]!;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.#heap[parent]!;
      if (!this.#isBefore(timer, above)) break;
      this.#heap[place] = above;
      this.#place[above] = place;
      place = parent;
    }
    this.#heap[place] = timer;
    this.#place[timer] = place;
    return place;
  }

  #siftDown(start: number): void {
    let place = start;
    const timer = this.#heap[place]!;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#isBefore(this.#heap[child + 1]!, this.#heap[child]!)) {
        child++;
      }
      const below = this.#heap[child]!;
      if (!this.#isBefore(below, timer)) break;
      this.#heap[place] = below;
      this.#place[below] = place;
      place = child;
    }
    this.#heap[place] = timer;
    this.#place[timer] = place;
  }
}
