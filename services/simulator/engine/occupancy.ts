/** A set of small integers that finds the next member in either direction in a few steps. */

const NONE = -1;

const lowest = (bits: number): number => 31 - Math.clz32(bits & -bits);
const highest = (bits: number): number => 31 - Math.clz32(bits);

/** Members are 0 … size − 1; `size` is a multiple of 1,024. One summary word covers 32 words. */
export class Occupancy {
  readonly #words: Int32Array;
  readonly #summary: Int32Array;

  constructor(size: number) {
    this.#words = new Int32Array(size >> 5);
    this.#summary = new Int32Array(size >> 10);
  }

  add(member: number): void {
    const word = member >> 5;
    this.#words[word] |= 1 << (member & 31);
    this.#summary[word >> 5] |= 1 << (word & 31);
  }

  remove(member: number): void {
    const word = member >> 5;
    this.#words[word] &= ~(1 << (member & 31));
    if (this.#words[word] === 0) this.#summary[word >> 5] &= ~(1 << (word & 31));
  }

  /** Smallest member ≥ `from`; −1 when there is none. `from` is inside the range. */
  next(from: number): number {
    let word = from >> 5;
    let bits = this.#words[word] & (-1 << (from & 31));
    if (bits !== 0) return (word << 5) + lowest(bits);
    word++;
    let group = word >> 5;
    if (group >= this.#summary.length) return NONE;
    bits = this.#summary[group] & (-1 << (word & 31));
    while (bits === 0) {
      group++;
      if (group === this.#summary.length) return NONE;
      bits = this.#summary[group];
    }
    word = (group << 5) + lowest(bits);
    return (word << 5) + lowest(this.#words[word]);
  }

  /** Largest member ≤ `from`; −1 when there is none. `from` is inside the range. */
  previous(from: number): number {
    let word = from >> 5;
    let bits = this.#words[word] & (-1 >>> (31 - (from & 31)));
    if (bits !== 0) return (word << 5) + highest(bits);
    word--;
    if (word < 0) return NONE;
    let group = word >> 5;
    bits = this.#summary[group] & (-1 >>> (31 - (word & 31)));
    while (bits === 0) {
      group--;
      if (group < 0) return NONE;
      bits = this.#summary[group];
    }
    word = (group << 5) + highest(bits);
    return (word << 5) + highest(this.#words[word]);
  }
}
