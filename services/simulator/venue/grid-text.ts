/** Prices and sizes of one instrument as decimal text, fast: a book frame has eighty of them. */
import { textOfSteps } from '@sandpit/schemas/decimal.ts';

/** Writes multiples of one step, always with the step's decimals. */
export class GridText {
  readonly #step: string;
  readonly #decimals: number;
  readonly #digits: number;
  readonly #scale: number;

  /** @param step  A positive decimal number: "0.01", "0.25", "1". */
  constructor(step: string) {
    this.#step = step;
    const [whole, fraction = ''] = step.split('.');
    this.#decimals = fraction.length;
    this.#digits = Number(`${whole}${fraction}`);
    this.#scale = Number(`1${'0'.repeat(fraction.length)}`);
  }

  /** @param steps  Whole number ≥ 0. */
  text(steps: number): string {
    const value = steps * this.#digits;
    if (!Number.isSafeInteger(value)) return textOfSteps(steps, this.#step);
    if (this.#decimals === 0) return String(value);
    const whole = Math.floor(value / this.#scale);
    const fraction = String(value - whole * this.#scale);
    return `${whole}.${fraction.padStart(this.#decimals, '0')}`;
  }
}
