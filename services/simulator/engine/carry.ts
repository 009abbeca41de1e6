/**
 * What it costs to hold what is borrowed: a fee on the value of each short, and interest on the debit
 * balance, both of a margin account and by the simulated second.
 *
 *   fee of a second = |value at the mark| × rate / (10⁶ × 360 days)
 *
 * Below a micro nothing is lost: the remainder is carried over exactly. Accrued amounts are owed
 * (a liability in the ledger) until they are charged to cash: at midnight, and when the venue stops.
 */
import type { ExchangeState } from './exchange-state.ts';
import { safe } from './money.ts';
import { valueMicros } from './valuation.ts';

/** Brokers count 360 days to the year for both. */
const SECONDS_PER_YEAR = 360 * 86_400;
const DENOMINATOR = 1_000_000n * BigInt(SECONDS_PER_YEAR);

/** One cost that grows by the second. */
export interface Accrual {
  /** Owed, and not yet charged. */
  accruedMicros: number;
  /** Of a micro, in parts of `DENOMINATOR`. */
  remainder: number;
  /** Taken from cash so far. */
  chargedMicros: number;
}

export const noAccrual = (): Accrual => ({ accruedMicros: 0, remainder: 0, chargedMicros: 0 });

/** One second of `ratePpm` a year on an amount ≥ 0. @returns  Whole micros that it comes to. */
export function accrueSecond(accrual: Accrual, amountMicros: number, ratePpm: number): number {
  if (amountMicros === 0 || ratePpm === 0) return 0;
  const parts = BigInt(amountMicros) * BigInt(ratePpm) + BigInt(accrual.remainder);
  const micros = Number(parts / DENOMINATOR);
  accrual.remainder = Number(parts % DENOMINATOR);
  accrual.accruedMicros = safe(accrual.accruedMicros + micros);
  return micros;
}

/** One second's fees and interest, as positions and cash stand now. */
export function accrueCarry(state: ExchangeState): void {
  let shortsMicros = 0;
  for (const listing of state.listings) {
    const { position, marginRates, borrowing, index } = listing;
    if (position.lots >= 0 || marginRates === null) continue;
    const value = -valueMicros(listing);
    shortsMicros += value;
    const micros = accrueSecond(borrowing, value, marginRates.borrowPpm);
    if (micros !== 0) state.ledger.postBorrowFee(index, micros);
  }
  // The proceeds of shorts lie with the lender as collateral: they finance nothing.
  const debit = Math.max(0, shortsMicros - state.cashMicros);
  const { debitInterestPpm } = state.marginTerms;
  const micros = accrueSecond(state.interest, debit, debitInterestPpm);
  if (micros !== 0) state.ledger.postInterest(micros);
}

/** Takes what is owed from cash. */
export function chargeCarry(state: ExchangeState): void {
  let total = charge(state.interest);
  for (const listing of state.listings) {
    const micros = charge(listing.borrowing);
    if (micros === 0) continue;
    total += micros;
    state.positionMoved(listing);
  }
  if (total === 0) return;
  state.cashMicros = safe(state.cashMicros - total);
  state.ledger.postCharge(total);
}

function charge(accrual: Accrual): number {
  const micros = accrual.accruedMicros;
  accrual.accruedMicros = 0;
  accrual.chargedMicros = safe(accrual.chargedMicros + micros);
  return micros;
}
