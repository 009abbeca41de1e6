/**
 * When the proceeds of a sale can be spent: of equities in a cash account with the n-th business day
 * that begins after it, n as its terms say; at once everywhere else. Until then they are part of cash, but not of buying
 * power. What is bought is paid with settled cash at once.
 */
import type { AccountTerms } from '@sandpit/schemas/account.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import { safe } from './money.ts';

export class CashSettlement {
  #days = 0;
  /** What settles with the next business day, with the one after it, and so on. */
  #pending: number[] = [];

  setTerms({ type, settlementDays }: AccountTerms): void {
    this.#days = type === 'cash' ? settlementDays : 0;
    this.#pending = new Array<number>(this.#days).fill(0);
  }

  get unsettledMicros(): number {
    let sum = 0;
    for (const micros of this.#pending) sum += micros;
    return sum;
  }

  /** @param cashMicros  What a fill has changed cash by; only what came in has to settle. */
  noteFill({ kind }: Instrument, cashMicros: number): void {
    if (this.#days === 0 || kind !== 'equity' || cashMicros <= 0) return;
    const last = this.#days - 1;
    this.#pending[last] = safe(this.#pending[last] + cashMicros);
  }

  /** A business day begins. */
  midnight(): void {
    if (this.#days === 0) return;
    this.#pending.shift();
    this.#pending.push(0);
  }

  /** Everything as if sold since the last business day began: which day each part is of, no event tells. */
  restate(unsettledMicros: number): void {
    if (this.#days === 0) return;
    this.#pending.fill(0);
    this.#pending[this.#days - 1] = unsettledMicros;
  }

  snapshot(): number[] {
    return [...this.#pending];
  }

  /** The terms are set before. */
  restore(pending: readonly number[]): void {
    this.#pending = [...pending];
  }
}
