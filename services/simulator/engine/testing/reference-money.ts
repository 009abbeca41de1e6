/** The account's arithmetic in the plainest words: unlimited whole numbers, every rule spelled out. */
import type { Instrument } from '@sandpit/schemas/instrument.ts';

const PPM = 1_000_000n;

export interface ReferencePosition {
  lots: number;
  costMicros: bigint;
  realisedMicros: bigint;
  feesMicros: bigint;
}

export const emptyPosition = (): ReferencePosition => ({
  lots: 0,
  costMicros: 0n,
  realisedMicros: 0n,
  feesMicros: 0n,
});

export const notionalOf = (ticks: number, lots: number, { tickValueMicros }: Instrument): bigint =>
  BigInt(ticks) * BigInt(lots) * BigInt(tickValueMicros);

/** Rounded half up. */
export const feeOf = (notional: bigint, ppm: number): bigint =>
  floorDivide(notional * BigInt(ppm) + PPM / 2n, PPM);

export function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

export const ceilDivide = (a: bigint, b: bigint): bigint => -floorDivide(-a, b);

/**
 * Average cost: first what closes the position, then what opens the other side.
 *
 * @returns  Profit or loss of what was closed, before fees.
 */
export function bookFill(
  position: ReferencePosition,
  side: 'buy' | 'sell',
  ticks: number,
  lots: number,
  fee: bigint,
  instrument: Instrument,
): bigint {
  const held = Math.abs(position.lots);
  const closes = side === 'buy' ? position.lots < 0 : position.lots > 0;
  const closed = closes ? Math.min(lots, held) : 0;
  const opened = lots - closed;
  let realised = 0n;
  if (closed > 0) {
    const cost = roundedShare(position.costMicros, closed, held);
    const proceeds = notionalOf(ticks, closed, instrument);
    realised = side === 'sell' ? proceeds - cost : -proceeds - cost;
    position.costMicros -= cost;
  }
  const spent = notionalOf(ticks, opened, instrument);
  position.costMicros += side === 'buy' ? spent : -spent;
  position.lots += side === 'buy' ? lots : -lots;
  position.realisedMicros += realised;
  position.feesMicros += fee;
  return realised;
}

/** Half away from zero. */
export function roundedShare(amount: bigint, part: number, whole: number): bigint {
  const [p, w] = [BigInt(part), BigInt(whole)];
  const magnitude = amount < 0n ? -amount : amount;
  const rounded = (2n * magnitude * p + w) / (2n * w);
  return amount < 0n ? -rounded : rounded;
}

export interface HeldOrder {
  isReduceOnly?: boolean;
  side: 'buy' | 'sell';
  ticks: number;
  lots: number;
}

/**
 * Money tied up by one instrument: twice what a short was sold for, and every open order at its
 * limit with the maker's fee, less the cheapest lots of a side that would only reduce the position.
 *
 * @param orders  In the order in which they came to rest: of two at one price the older one reduces.
 */
export function heldMicros(
  orders: readonly HeldOrder[],
  position: ReferencePosition,
  instrument: Instrument,
  costsOf: (lots: number, notional: bigint) => bigint,
  askedOf: (notional: bigint) => bigint = (notional) => notional,
): bigint {
  let held = position.lots < 0 ? -2n * position.costMicros : 0n;
  for (const side of ['buy', 'sell'] as const) {
    let reducing = side === 'buy' ? Math.max(0, -position.lots) : Math.max(0, position.lots);
    const cheapestFirst = orders
      .filter((order) => order.side === side)
      .sort((a, b) => a.ticks - b.ticks);
    for (const { ticks, lots } of cheapestFirst) {
      const free = Math.min(lots, reducing);
      reducing -= free;
      const notional = notionalOf(ticks, lots - free, instrument);
      if (lots > free) held += askedOf(notional) + costsOf(lots - free, notional);
    }
  }
  return held;
}
