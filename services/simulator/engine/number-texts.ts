/**
 * Numbers that count up, as text.
 *
 * The runtime keeps every text that it has made of a number, thousands of them, and looks there first:
 * for ids, each of which is made once, that is all cost. Here the thousands are made once in a while,
 * and the rest is a table.
 */
const STEP = 1_000;
const PLAIN = Array.from({ length: STEP }, (_, n) => String(n));
const PADDED = PLAIN.map((text) => text.padStart(3, '0'));

export class NumberTexts {
  #thousands = 0;
  #head = '';

  /** @param number  Whole, ≥ 0. */
  of(number: number): string {
    if (number < STEP) return PLAIN[number];
    const thousands = Math.floor(number / STEP);
    if (thousands !== this.#thousands) {
      this.#thousands = thousands;
      this.#head = String(thousands);
    }
    return this.#head + PADDED[number - thousands * STEP];
  }
}
