/** A recorded book as a function of simulated time and of the distance from its best price. */
import type { RecordedDepth } from '@sandpit/schemas/scenario.ts';
import { BUY, type SideCode } from './access.ts';

const NS_PER_MS = 1_000_000;

export class DepthTrack {
  readonly #depth: RecordedDepth;
  readonly #rows: number;

  constructor(depth: RecordedDepth) {
    this.#depth = depth;
    this.#rows = depth.bidLots[0]!.length;
  }

  /**
   * Lots that rested further than `fromTicks` from the best price of the side and no further than
   * `toTicks`, evenly spread between two recorded distances; none beyond the last. What is at the
   * best price itself lies further than any distance below 0.
   */
  lots(simNs: number, side: SideCode, fromTicks: number, toTicks: number): number {
    const { stepMs, bidLots, askLots } = this.#depth;
    const row = Math.min(Math.floor(simNs / (stepMs * NS_PER_MS)), this.#rows - 1);
    const columns = side === BUY ? bidLots : askLots;
    return this.#within(columns, row, toTicks) - this.#within(columns, row, fromTicks);
  }

  #within(columns: readonly (readonly number[])[], row: number, ticks: number): number {
    const { withinTicks } = this.#depth;
    if (ticks < withinTicks[0]!) return 0;
    let last = 0;
    while (last + 1 < withinTicks.length && withinTicks[last + 1]! <= ticks) last++;
    const inner = columns[last]![row]!;
    if (last + 1 === withinTicks.length) return inner;
    const share = (ticks - withinTicks[last]!) / (withinTicks[last + 1]! - withinTicks[last]!);
    return inner + (columns[last + 1]![row]! - inner) * share;
  }
}
