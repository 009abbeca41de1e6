/**
 * The book of a Binance stream, kept from its REST snapshot and the updates around it, and looked at
 * once a second.
 *
 * Updates that come before the snapshot wait for it; those it holds already are left out. One that
 * does not follow the one before ends the book until the next snapshot.
 *
 * Source: Binance Spot API, "How to manage a local order book correctly".
 */
import type { RecordedDepth } from '@sandpit/schemas/scenario.ts';
import type { RowTally } from '../row-tally.ts';

/** In ticks from the best price; 0 = at it. */
export const WITHIN_TICKS = [0, 8, 32, 128, 512, 2_048, 8_192] as const;
const MIN_STEP_MS = 1_000;
const MAX_ROWS = 20_000;
/** Looks kept; more than a day of them. */
const MAX_LOOKS = 100_000;
/** Updates that may wait for a snapshot: at ten a second, over a quarter of an hour. */
const MAX_WAITING = 10_000;
/** Prices kept on a side; the furthest go first. */
const MAX_LEVELS = 20_000;

/** Ticks and lots; 0 lots = the price is empty. */
export type Level = readonly [ticks: number, lots: number];

export interface DepthUpdate {
  firstId: number;
  lastId: number;
  bids: readonly Level[];
  asks: readonly Level[];
}

export interface DepthSnapshot {
  lastId: number;
  bids: readonly Level[];
  asks: readonly Level[];
}

interface Look {
  timeMs: number;
  bidLots: number[];
  askLots: number[];
}

export class DepthBook {
  readonly #tally: RowTally;
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();
  #waiting: DepthUpdate[] = [];
  /** Of the last update; null while there is no book. */
  #lastId: number | null = null;
  #hadGap = false;
  readonly #looks: Look[] = [];

  constructor(tally: RowTally) {
    this.#tally = tally;
  }

  /** The whole book as it stood. */
  takeSnapshot({ lastId, bids, asks }: DepthSnapshot, timeMs: number): void {
    this.#tally.use();
    this.#bids.clear();
    this.#asks.clear();
    put(this.#bids, bids);
    put(this.#asks, asks);
    [this.#lastId, this.#hadGap] = [lastId, false];
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const update of waiting) this.#follow(update);
    this.#look(timeMs);
  }

  /** One change of the book. Returns what is wrong with it, or null. */
  takeUpdate(update: DepthUpdate, timeMs: number): string | null {
    if (this.#hadGap) this.#tally.leaveOut('depth after a gap');
    else if (this.#lastId === null) this.#wait(update);
    else return this.#followed(update, timeMs);
    return null;
  }

  #wait(update: DepthUpdate): void {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(update);
    else this.#tally.leaveOut('depth without a snapshot');
  }

  #followed(update: DepthUpdate, timeMs: number): string | null {
    const lastId = this.#lastId!;
    if (update.firstId > lastId + 1) {
      [this.#lastId, this.#hadGap] = [null, true];
      return `depth update ${update.firstId} does not follow ${lastId}`;
    }
    this.#look(timeMs);
    this.#follow(update);
    return null;
  }

  #follow({ lastId, bids, asks }: DepthUpdate): void {
    if (lastId <= this.#lastId!) {
      this.#tally.leaveOut('depth older than the book');
      return;
    }
    this.#tally.use();
    this.#lastId = lastId;
    put(this.#bids, bids);
    put(this.#asks, asks);
    prune(this.#bids, (a, b) => b - a);
    prune(this.#asks, (a, b) => a - b);
  }

  /** What stands before the update that comes now, at most once a second. */
  #look(timeMs: number): void {
    const last = this.#looks.at(-1);
    if (last && timeMs < last.timeMs + MIN_STEP_MS) return;
    if (this.#looks.length >= MAX_LOOKS) return;
    const [bid, ask] = [Math.max(...this.#bids.keys()), Math.min(...this.#asks.keys())];
    if (!(bid < ask) || !Number.isFinite(ask - bid)) return;
    this.#looks.push({
      timeMs,
      bidLots: sums(this.#bids, bid),
      askLots: sums(this.#asks, ask),
    });
  }

  /** Rows from `startMs` to `endMs`; null when the book was never known. */
  finish(startMs: number, endMs: number): RecordedDepth | null {
    for (const _ of this.#waiting) this.#tally.leaveOut('depth without a snapshot');
    this.#waiting = [];
    if (this.#looks.length === 0) return null;
    const stepMs = Math.max(MIN_STEP_MS, Math.ceil((endMs - startMs) / MAX_ROWS));
    const rows = Math.max(1, Math.min(MAX_ROWS, Math.ceil((endMs - startMs) / stepMs)));
    const looks = rowsOf(this.#looks, startMs, stepMs, rows);
    const columns = (of: (look: Look) => readonly number[]) =>
      WITHIN_TICKS.map((_, k) => looks.map((look) => Math.round(of(look)[k]!)));
    return {
      stepMs,
      withinTicks: [...WITHIN_TICKS],
      bidLots: columns(({ bidLots }) => bidLots),
      askLots: columns(({ askLots }) => askLots),
    };
  }
}

/** The last look up to the middle of each row; the first one before it. */
function rowsOf(looks: readonly Look[], startMs: number, stepMs: number, rows: number): Look[] {
  let at = 0;
  return Array.from({ length: rows }, (_, row) => {
    const middleMs = startMs + (row + 0.5) * stepMs;
    while (at + 1 < looks.length && looks[at + 1]!.timeMs <= middleMs) at++;
    return looks[at]!;
  });
}

function put(side: Map<number, number>, levels: readonly Level[]): void {
  for (const [ticks, lots] of levels) {
    if (lots > 0) side.set(ticks, lots);
    else side.delete(ticks);
  }
}

/** @param order  Nearest first. */
function prune(side: Map<number, number>, order: (a: number, b: number) => number): void {
  if (side.size <= MAX_LEVELS) return;
  const furthest = [...side.keys()].sort(order).slice(MAX_LEVELS / 2);
  for (const ticks of furthest) side.delete(ticks);
}

/** Lots within each of `WITHIN_TICKS`. */
function sums(side: ReadonlyMap<number, number>, best: number): number[] {
  const within = WITHIN_TICKS.map(() => 0);
  for (const [ticks, lots] of side) {
    const distance = Math.abs(ticks - best);
    for (let k = 0; k < within.length; k++) if (distance <= WITHIN_TICKS[k]!) within[k]! += lots;
  }
  return within;
}
