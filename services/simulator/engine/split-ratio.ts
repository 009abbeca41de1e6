/** The ratio of a stock split, and what it does to prices and sizes. */

/** `newUnits` for `oldUnits`: 4 for 1 makes four of one, 1 for 10 one of ten. */
export interface SplitRatio {
  newUnits: number;
  oldUnits: number;
}

/** A price on the new scale, to the nearest tick; at least one. */
export function priceAfter(ticks: number, { newUnits, oldUnits }: SplitRatio): number {
  return Math.max(1, Math.round((ticks * oldUnits) / newUnits));
}

/** A size on the new scale, to the nearest lot. */
export function lotsAfter(lots: number, { newUnits, oldUnits }: SplitRatio): number {
  return Math.round((lots * newUnits) / oldUnits);
}
