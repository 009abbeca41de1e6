/** Numbers of which nobody knows beforehand how many will come. */
export class Column {
  #values = new Float64Array(1_024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const longer = new Float64Array(2 * this.#length);
      longer.set(this.#values);
      this.#values = longer;
    }
    this.#values[this.#length++] = value;
  }

  /** Adds to the last value; there must be one. */
  addToLast(value: number): void {
    this.#values[this.#length - 1]! += value;
  }

  /** A view, good until the next `push`. */
  values(): Float64Array {
    return this.#values.subarray(0, this.#length);
  }
}
