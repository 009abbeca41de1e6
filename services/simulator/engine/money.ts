/** Whole-number money. Every amount is in micros (millionths of the account's currency). */
import { stepsOf } from '@sandpit/schemas/decimal.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import { invariant } from './invariant.ts';

const PPM = 1_000_000;

/** Exact as long as the result is a safe integer; larger results are only good for comparing. */
export function notionalMicros(
  priceTicks: number,
  lots: number,
  { tickValueMicros }: Pick<Instrument, 'tickValueMicros'>,
): number {
  return priceTicks * lots * tickValueMicros;
}

/**
 * `ppm` millionths of a notional, rounded half up (towards plus infinity, rebates too).
 *
 * @param notional  ≥ 0.
 * @param ppm       May be negative: a rebate.
 */
export function feeMicros(notional: number, ppm: number): number {
  const millions = Math.floor(notional / PPM);
  const rest = notional - millions * PPM;
  return millions * ppm + Math.floor((rest * ppm + PPM / 2) / PPM);
}

/** The share `part / whole` of an amount, exact, rounded half away from zero. 0 ≤ part ≤ whole. */
export function shareOf(amount: number, part: number, whole: number): number {
  if (part === whole) return amount;
  const product = BigInt(Math.abs(amount)) * BigInt(part);
  const rounded = Number((2n * product + BigInt(whole)) / (2n * BigInt(whole)));
  return amount < 0 ? -rounded : rounded;
}

/** @throws when an amount has left the range in which whole numbers are exact. */
export function safe(amount: number): number {
  invariant(Number.isSafeInteger(amount), 'money stays a safe integer');
  return amount;
}

const NANOS = '0.000000001';

/** Hundredths of the currency in whole ticks, rounded down. */
export function ticksOfCents(cents: number, { tickSize }: Pick<Instrument, 'tickSize'>): number {
  return Math.floor((cents * 10_000_000) / stepsOf(tickSize, NANOS)!);
}
