/** Exact conversions between decimal text and the house's whole numbers. Pure; used by every side. */
import type { Instrument } from './instrument.ts';
import { MICROS_PER_UNIT, type Micros, type PriceTicks, type QuantityLots } from './units.ts';

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

interface Scaled {
  digits: bigint;
  decimals: number;
}

/** @throws RangeError when the text is not a plain decimal number. */
function parse(text: string): Scaled {
  const match = DECIMAL.exec(text);
  if (!match) throw new RangeError(`"${text}" is not a decimal number.`);
  const [, sign, whole, fraction = ''] = match;
  return { digits: BigInt(`${sign}${whole}${fraction}`), decimals: fraction.length };
}

/** Text for digits × 10^-decimals, without trailing zeros beyond `minDecimals`. */
function format(digits: bigint, decimals: number, minDecimals: number): string {
  const sign = digits < 0n ? '-' : '';
  const text = (digits < 0n ? -digits : digits).toString().padStart(decimals + 1, '0');
  const whole = text.slice(0, text.length - decimals);
  let fraction = text.slice(text.length - decimals);
  while (fraction.length > minDecimals && fraction.endsWith('0')) fraction = fraction.slice(0, -1);
  return fraction ? `${sign}${whole}.${fraction}` : `${sign}${whole}`;
}

/** How many steps of `step` make `text`; null when it is off the grid or beyond a safe integer. */
export function stepsOf(text: string, step: string): number | null {
  const value = parse(text);
  const unit = parse(step);
  const decimals = Math.max(value.decimals, unit.decimals);
  const numerator = value.digits * 10n ** BigInt(decimals - value.decimals);
  const denominator = unit.digits * 10n ** BigInt(decimals - unit.decimals);
  if (denominator === 0n || numerator % denominator !== 0n) return null;
  const steps = Number(numerator / denominator);
  return Number.isSafeInteger(steps) ? steps : null;
}

/** `steps` × `step` as text with exactly the step's decimals. */
export function textOfSteps(steps: number, step: string): string {
  const unit = parse(step);
  return format(BigInt(steps) * unit.digits, unit.decimals, unit.decimals);
}

type Grid = Pick<Instrument, 'tickSize' | 'lotSize' | 'tickValueMicros'>;

export const priceText = (ticks: number, { tickSize }: Grid) => textOfSteps(ticks, tickSize);
export const quantityText = (lots: number, { lotSize }: Grid) => textOfSteps(lots, lotSize);
export const priceTicks = (text: string, { tickSize }: Grid) =>
  stepsOf(text, tickSize) as PriceTicks | null;
export const quantityLots = (text: string, { lotSize }: Grid) =>
  stepsOf(text, lotSize) as QuantityLots | null;

/** Money as text with two to six decimals: "100000.00", "-0.000125" is rounded by no one. */
export function moneyText(micros: number): string {
  return format(BigInt(micros), 6, 2);
}

/** Micros of a decimal amount; null when it needs more than six decimals or is too large. */
export function moneyMicros(text: string): Micros | null {
  return stepsOf(text, '0.000001') as Micros | null;
}

/**
 * Average price over `lots`, with two decimals more than the tick, half away from zero; null for
 * none.
 *
 * @param notionalMicros  Sum over the fills; the sign does not matter.
 */
export function averagePriceText(notionalMicros: number, lots: number, grid: Grid): string | null {
  if (lots === 0) return null;
  const tick = parse(grid.tickSize);
  const decimals = tick.decimals + 2;
  const numerator =
    BigInt(Math.abs(notionalMicros)) * tick.digits * 10n ** BigInt(decimals - tick.decimals);
  const denominator = BigInt(Math.abs(lots)) * BigInt(grid.tickValueMicros);
  const rounded = (2n * numerator + denominator) / (2n * denominator);
  return format(rounded, decimals, tick.decimals);
}

/** Notional of `lots` at `ticks`, exact. */
export function notionalMicros(ticks: number, lots: number, grid: Grid): Micros {
  return (ticks * lots * grid.tickValueMicros) as Micros;
}

export { MICROS_PER_UNIT };
