/**
 * The fills of one call as columns, in the order in which they happened. Reused by every call, so
 * read it before the next one. Grows to the longest sweep seen and never shrinks.
 */
export class Fills {
  count = 0;
  makerHandle = new Float64Array(16);
  makerOwner = new Int32Array(16);
  priceTicks = new Int32Array(16);
  lots = new Int32Array(16);
  /** What the maker has left after the fill; 0 = its order is done. */
  makerLeaves = new Int32Array(16);

  add(handle: number, owner: number, priceTicks: number, lots: number, makerLeaves: number): void {
    const i = this.count;
    if (i === this.lots.length) this.#grow();
    this.makerHandle[i] = handle;
    this.makerOwner[i] = owner;
    this.priceTicks[i] = priceTicks;
    this.lots[i] = lots;
    this.makerLeaves[i] = makerLeaves;
    this.count = i + 1;
  }

  #grow(): void {
    const length = this.lots.length * 2;
    const handles = new Float64Array(length);
    handles.set(this.makerHandle);
    this.makerHandle = handles;
    this.makerOwner = grown(this.makerOwner, length);
    this.priceTicks = grown(this.priceTicks, length);
    this.lots = grown(this.lots, length);
    this.makerLeaves = grown(this.makerLeaves, length);
  }
}

/** A longer copy, zeros at the end. */
export function grown(column: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(length);
  longer.set(column);
  return longer;
}
