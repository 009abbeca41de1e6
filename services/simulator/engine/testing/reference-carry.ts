/** What borrowing costs in the plainest words: exact fractions of a micro, added up by the second. */

/** Parts of a micro: millionths of a year of 360 days. */
const PARTS = 1_000_000n * 360n * 86_400n;

export class ReferenceCarry {
  /** All that was ever owed, in parts of a micro. */
  parts = 0n;
  chargedMicros = 0n;

  addSecond(amountMicros: bigint, ratePpm: number): void {
    if (amountMicros > 0n) this.parts += amountMicros * BigInt(ratePpm);
  }

  /** Whole micros that are owed and not charged yet. */
  get accruedMicros(): bigint {
    return this.parts / PARTS - this.chargedMicros;
  }

  /** @returns  What is taken from cash. */
  charge(): bigint {
    const owed = this.accruedMicros;
    this.chargedMicros += owed;
    return owed;
  }
}
