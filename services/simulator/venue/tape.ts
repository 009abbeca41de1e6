/** The last trades of one instrument, with ids that count from 1 without a gap. */
import { StateHash } from '../engine/state-hash.ts';
import type { SideCode } from '../market/access.ts';

export const TAPE_LENGTH = 500;

export interface TapeSnapshot {
  count: number;
  atNs: number[];
  priceTicks: number[];
  lots: number[];
  takerSide: number[];
  hash: [number, number];
}

export class Tape {
  /** Trades ever; the id of the last one. */
  count = 0;
  /** Over all trades ever. */
  #hash = new StateHash();
  /** Rings; see `indexOf`. */
  readonly atNs = new Float64Array(TAPE_LENGTH);
  readonly priceTicks = new Int32Array(TAPE_LENGTH);
  readonly lots = new Int32Array(TAPE_LENGTH);
  readonly takerSide = new Uint8Array(TAPE_LENGTH);

  add(atNs: number, priceTicks: number, lots: number, takerSide: SideCode): void {
    const i = this.count % TAPE_LENGTH;
    this.atNs[i] = atNs;
    this.priceTicks[i] = priceTicks;
    this.lots[i] = lots;
    this.takerSide[i] = takerSide;
    this.count++;
    const hash = this.#hash;
    hash.addLarge(atNs);
    hash.add(priceTicks);
    hash.add(takerSide === 0 ? lots : -lots);
  }

  digestInto(hash: StateHash): void {
    for (const lane of this.#hash.lanes) hash.add(lane);
  }

  /** Ids of the kept trades after `afterId`: first to last, none when first > last. */
  idsAfter(afterId: number): { first: number; last: number } {
    return { first: Math.max(afterId, this.count - TAPE_LENGTH) + 1, last: this.count };
  }

  /** Where a kept trade stands in the rings. */
  indexOf(tradeId: number): number {
    return (tradeId - 1) % TAPE_LENGTH;
  }

  snapshot(): TapeSnapshot {
    const kept = Math.min(this.count, TAPE_LENGTH);
    return {
      count: this.count,
      atNs: [...this.atNs.subarray(0, kept)],
      priceTicks: [...this.priceTicks.subarray(0, kept)],
      lots: [...this.lots.subarray(0, kept)],
      takerSide: [...this.takerSide.subarray(0, kept)],
      hash: this.#hash.lanes,
    };
  }

  static restore(snapshot: TapeSnapshot): Tape {
    const tape = new Tape();
    tape.count = snapshot.count;
    tape.atNs.set(snapshot.atNs);
    tape.priceTicks.set(snapshot.priceTicks);
    tape.lots.set(snapshot.lots);
    tape.takerSide.set(snapshot.takerSide);
    tape.#hash = new StateHash(...snapshot.hash);
    return tape;
  }
}
