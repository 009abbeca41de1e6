/**
 * The same position under first in, first out: what was opened first is closed first. Reported
 * beside average cost; both lead to the same profit once the position is flat.
 */
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import { notionalMicros, safe, shareOf } from './money.ts';
import { type BookSide, BUY } from './sides.ts';

/** More open lots than this are not kept apart: the two oldest become one. */
export const MAX_TAX_LOTS = 1_000;

/** Opened together at one price; `lots` and `costMicros` carry the position's sign. */
export interface TaxLot {
  lots: number;
  costMicros: number;
}

export interface FifoSnapshot {
  /** Oldest first. */
  open: TaxLot[];
  realisedMicros: number;
}

/** With the sums of what is open, kept along: they are asked for after every command. */
export interface FifoState extends FifoSnapshot {
  lots: number;
  costMicros: number;
}

export const noLots = (): FifoState => ({ open: [], realisedMicros: 0, lots: 0, costMicros: 0 });

/** From what was open; the lots are copied. */
export function fifoOf({ open, realisedMicros }: FifoSnapshot): FifoState {
  const fifo: FifoState = { open: [], realisedMicros, lots: 0, costMicros: 0 };
  for (const { lots, costMicros } of open) {
    fifo.open.push({ lots, costMicros });
    fifo.lots += lots;
    fifo.costMicros += costMicros;
  }
  return fifo;
}

export const fifoSnapshot = ({ open, realisedMicros }: FifoState): FifoSnapshot => ({
  open: open.map((each) => ({ ...each })),
  realisedMicros,
});

/** Changes `fifo` by one fill, before fees. */
export function applyFifo(
  fifo: FifoState,
  side: BookSide,
  priceTicks: number,
  lots: number,
  instrument: Instrument,
): void {
  const sign = side === BUY ? 1 : -1;
  const { open } = fifo;
  let left = lots;
  fifo.lots += sign * lots;
  while (left > 0 && open.length > 0 && open[0].lots * sign < 0) {
    const oldest = open[0];
    const closed = Math.min(left, Math.abs(oldest.lots));
    const cost = shareOf(oldest.costMicros, closed, Math.abs(oldest.lots));
    fifo.realisedMicros += -sign * notionalMicros(priceTicks, closed, instrument) - cost;
    oldest.costMicros -= cost;
    fifo.costMicros -= cost;
    oldest.lots += sign * closed;
    left -= closed;
    if (oldest.lots === 0) dropOldest(open);
  }
  if (left === 0) return;
  const costMicros = sign * notionalMicros(priceTicks, left, instrument);
  fifo.costMicros += costMicros;
  const youngest = open.at(-1);
  // Lots of one price are one lot, whichever of them is closed first.
  if (youngest && youngest.costMicros * left === costMicros * Math.abs(youngest.lots)) {
    youngest.lots += sign * left;
    youngest.costMicros += costMicros;
    return;
  }
  open.push({ lots: sign * left, costMicros });
  if (open.length > MAX_TAX_LOTS) mergeOldest(open);
}

/** `shift` is slow, and most positions are of one lot. */
function dropOldest(open: TaxLot[]): void {
  if (open.length === 1) open.pop();
  else open.shift();
}

function mergeOldest(open: TaxLot[]): void {
  const oldest = open.shift()!;
  open[0].lots += oldest.lots;
  open[0].costMicros += oldest.costMicros;
}

/**
 * First step of a split: the open lots are counted in parts, `newUnits` of a lot, and the oldest
 * `restParts` of them are paid out. `regroup` makes lots of them again.
 *
 * @param cashMicros  Paid for them; carries the position's sign.
 */
export function payOutOldest(
  fifo: FifoState,
  restParts: number,
  newUnits: number,
  cashMicros: number,
): void {
  for (const each of fifo.open) each.lots = safe(each.lots * newUnits);
  fifo.realisedMicros += cashMicros;
  let left = restParts;
  while (left > 0) {
    const oldest = fifo.open[0];
    const sign = Math.sign(oldest.lots);
    const paid = Math.min(left, Math.abs(oldest.lots));
    const cost = shareOf(oldest.costMicros, paid, Math.abs(oldest.lots));
    fifo.realisedMicros -= cost;
    fifo.costMicros -= cost;
    oldest.costMicros -= cost;
    oldest.lots -= sign * paid;
    left -= paid;
    if (oldest.lots === 0) fifo.open.shift();
  }
}

/**
 * Second step of a split: `oldUnits` parts are a lot. What an opening leaves of a lot is completed by
 * the one after it; one that makes none by itself joins it, with its cost.
 */
export function regroup(fifo: FifoState, oldUnits: number): void {
  const open: TaxLot[] = [];
  let parts = 0;
  let lots = 0;
  let costMicros = 0;
  for (const each of fifo.open) {
    parts += each.lots;
    costMicros += each.costMicros;
    const whole = Math.trunc(parts / oldUnits) - lots;
    if (whole === 0) continue;
    open.push({ lots: whole, costMicros });
    lots += whole;
    costMicros = 0;
  }
  fifo.open = open;
  fifo.lots = lots;
}
