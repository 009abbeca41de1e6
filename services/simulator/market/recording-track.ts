/** A recording as a function of simulated time. */
import type { Recording } from '@sandpit/schemas/scenario.ts';
import { DepthTrack } from './depth-track.ts';

const NS_PER_MS = 1_000_000;
/** Trades of the single step and of the minute around it count half each. */
const STEP_WEIGHT = 0.5;
const SMOOTH_SECONDS = 60;
/** A step's sizes follow the recorded mean size within these factors of the day's. */
const MIN_SIZE_SCALE = 0.4;
const MAX_SIZE_SCALE = 4;

export class RecordingTrack {
  readonly stepNs: number;
  /** Null where only best prices were recorded. */
  readonly depth: DepthTrack | null;
  readonly #recording: Recording;
  /** Trades per step, averaged over `SMOOTH_SECONDS` around it. */
  readonly #smoothTrades: Float64Array;
  readonly #smoothLots: Float64Array;
  readonly #meanTrades: number;
  readonly #meanLotsPerTrade: number;

  constructor(recording: Recording) {
    this.#recording = recording;
    this.stepNs = recording.stepMs * NS_PER_MS;
    this.depth = recording.depth ? new DepthTrack(recording.depth) : null;
    const radius = Math.max(1, Math.round((SMOOTH_SECONDS * 500) / recording.stepMs));
    this.#smoothTrades = movingMean(recording.trades, radius);
    this.#smoothLots = movingMean(recording.volumeLots, radius);
    const trades = total(recording.trades);
    this.#meanTrades = trades / recording.trades.length;
    this.#meanLotsPerTrade = trades === 0 ? 1 : total(recording.volumeLots) / trades;
  }

  /** First simulated time that the recording does not cover. */
  get endNs(): number {
    return (this.#recording.midHalfTicks.length - 1) * this.stepNs;
  }

  covers(simNs: number): boolean {
    return simNs < this.endNs;
  }

  /** Recorded mid in ticks, straight between two steps; the last one after the end. */
  midTicks(simNs: number): number {
    const { midHalfTicks } = this.#recording;
    const step = this.#stepAt(simNs);
    const from = midHalfTicks[step]!;
    if (step + 1 >= midHalfTicks.length) return from / 2;
    const share = (simNs - step * this.stepNs) / this.stepNs;
    return (from + (midHalfTicks[step + 1]! - from) * share) / 2;
  }

  spreadTicks(simNs: number): number {
    return this.#recording.spreadTicks[this.#stepAt(simNs)]!;
  }

  /** Market orders around now relative to the recording's mean rate; ≥ 0. */
  activity(simNs: number): number {
    if (this.#meanTrades === 0) return 1;
    const step = this.#stepAt(simNs);
    const trades =
      STEP_WEIGHT * this.#recording.trades[step]! + (1 - STEP_WEIGHT) * this.#smoothTrades[step]!;
    return trades / this.#meanTrades;
  }

  /** Mean size of a trade around now relative to the recording's. */
  sizeScale(simNs: number): number {
    const step = this.#stepAt(simNs);
    const trades = this.#smoothTrades[step]!;
    if (trades === 0) return 1;
    const scale = this.#smoothLots[step]! / trades / this.#meanLotsPerTrade;
    return Math.max(MIN_SIZE_SCALE, Math.min(MAX_SIZE_SCALE, scale));
  }

  #stepAt(simNs: number): number {
    const step = Math.floor(simNs / this.stepNs);
    return Math.min(step, this.#recording.midHalfTicks.length - 1);
  }
}

function total(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/** Mean over the values at most `radius` away, fewer at the ends. Whole numbers in, so exact sums. */
function movingMean(values: readonly number[], radius: number): Float64Array {
  const means = new Float64Array(values.length);
  let sum = 0;
  let from = 0;
  let to = 0;
  for (let i = 0; i < values.length; i++) {
    while (to < values.length && to <= i + radius) sum += values[to++]!;
    while (from < i - radius) sum -= values[from++]!;
    means[i] = sum / (to - from);
  }
  return means;
}
