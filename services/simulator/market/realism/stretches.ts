/**
 * A session as the statistics want it: stretches of continuous trading, one record each. A halt, an
 * auction, a night and the end of a day part two of them; nothing is compared across.
 */
import { type DayRecord, DayRecorder, MINUTE_SECONDS } from './day-record.ts';
import type { Days } from './days.ts';

const NS_PER_SECOND = 1e9;
const MINUTE_NS = MINUTE_SECONDS * NS_PER_SECOND;
/** Means over stretches weigh all alike, so what is much shorter than the longest is left out. */
const SHORTEST_SHARE = 1 / 3;

export class Stretches {
  readonly #endNs: number;
  readonly #dayNs: number;
  readonly #partsNs: readonly number[];
  readonly #records: DayRecord[] = [];
  #recorder: DayRecorder | null = null;
  #startNs = 0;
  #plannedEndNs = 0;

  /**
   * @param endNs  End of the session.
   * @param dayNs    Length of a day whose end parts two stretches; Infinity where there are no days.
   * @param partsNs  Where else two are parted: at splits, which change what prices and sizes mean.
   */
  constructor(endNs: number, dayNs: number, partsNs: readonly number[] = []) {
    [this.#endNs, this.#dayNs, this.#partsNs] = [endNs, dayNs, partsNs];
  }

  /**
   * The recorder for what happens now; null while it is not to be recorded. Times never decrease.
   *
   * @param isTrading  Whether the instrument is in continuous trading.
   */
  at(nowNs: number, isTrading: boolean): DayRecorder | null {
    if (this.#recorder && (!isTrading || nowNs >= this.#plannedEndNs)) this.#close(nowNs);
    if (!this.#recorder && isTrading) this.#open(nowNs);
    return this.#recorder;
  }

  /** The stretches long enough to stand beside each other, oldest first. */
  finish(nowNs: number): Days {
    this.#close(nowNs);
    const longest = Math.max(0, ...this.#records.map(({ seconds }) => seconds));
    return this.#records.filter(({ seconds }) => seconds >= longest * SHORTEST_SHARE);
  }

  #open(nowNs: number): void {
    const startNs = Math.ceil(nowNs / NS_PER_SECOND) * NS_PER_SECOND;
    const dayEndNs = (Math.floor(startNs / this.#dayNs) + 1) * this.#dayNs;
    const nextParts = this.#partsNs.filter((ns) => ns > startNs);
    const lengthNs = Math.min(this.#endNs, dayEndNs || this.#endNs, ...nextParts) - startNs;
    const endNs = startNs + Math.floor(lengthNs / MINUTE_NS) * MINUTE_NS;
    if (endNs <= startNs) return;
    [this.#startNs, this.#plannedEndNs] = [startNs, endNs];
    this.#recorder = new DayRecorder(startNs, endNs);
  }

  #close(nowNs: number): void {
    const recorder = this.#recorder;
    this.#recorder = null;
    if (!recorder) return;
    const untilNs = Math.min(nowNs, this.#plannedEndNs);
    const minutes = Math.floor((untilNs - this.#startNs) / MINUTE_NS);
    if (minutes > 0) this.#records.push(recorder.finish(this.#startNs + minutes * MINUTE_NS));
  }
}
