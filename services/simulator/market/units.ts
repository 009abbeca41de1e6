/** What splits have made of one unit of an instrument since the scenario began. */
export interface Units {
  /** `[now, then]`: so many units now for so many then, in lowest terms. */
  readonly ratio: readonly [now: number, then: number];
  /** Prices of the scenario times this are prices of now. */
  readonly priceFactor: number;
  readonly sizeFactor: number;
}

export function unitsOf(now: number, then: number): Units {
  const divisor = greatestDivisor(now, then);
  const ratio = [now / divisor, then / divisor] as const;
  return { ratio, priceFactor: then / now, sizeFactor: now / then };
}

export const UNSPLIT: Units = unitsOf(1, 1);

/** After one more split. */
export const splitUnits = ({ ratio }: Units, newUnits: number, oldUnits: number): Units =>
  unitsOf(ratio[0] * newUnits, ratio[1] * oldUnits);

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
