/**
 * The same seeded stream of order book operations for every implementation.
 *
 * After a preload of resting orders: about 50 % limit orders near the touch, 40 % cancels, 10 %
 * marketable. The book keeps the size it was loaded with: a cancel always names an order that still
 * rests, and adding and cancelling lean against whatever has grown or shrunk.
 */
import { RestingModel } from './resting-model.ts';

export const ADD = 0;
export const CANCEL = 1;
export const TAKE = 2;

/**
 * Columns of length `count`. For a cancel, `target` is the number of the operation that added.
 *
 * `place` is for whoever keeps a table of his open orders: where an order that is added stands in it,
 * or the one that is canceled. Places are used again, so the table is as long as the book is large; one
 * of every operation ever would be all over memory, and the bench would measure that.
 */
export interface Operations {
  count: number;
  /** How many come first, to fill the book. */
  preload: number;
  kind: Uint8Array;
  /** 0 = buy, 1 = sell. */
  side: Uint8Array;
  priceTicks: Int32Array;
  lots: Int32Array;
  target: Int32Array;
  place: Int32Array;
  /** Places that there are. */
  places: number;
  /** Orders that rest after the last operation, by the generator's own count. */
  restingAtEnd: number;
}

export const MID_TICKS = 10_000;
/** Orders rest within this distance of the middle, as in a liquid instrument. */
const BAND_TICKS = 100;
const LOTS_MAX = 100;
const ADD_SHARE = 0.5;
const TAKE_SHARE = 0.1;
/** What adding gives way to cancelling, or the other way round, while the book is off its size. */
const LEAN = 0.05;

/**
 * @param count    Operations after the preload.
 * @param preload  Resting orders to begin with, and about as many to the end.
 */
export function makeOperations(count: number, preload: number, seed: number): Operations {
  const total = preload + count;
  const operations: Operations = {
    count: total,
    preload,
    kind: new Uint8Array(total),
    side: new Uint8Array(total),
    priceTicks: new Int32Array(total),
    lots: new Int32Array(total),
    target: new Int32Array(total),
    place: new Int32Array(total),
    places: 0,
    restingAtEnd: 0,
  };
  const random = mulberry32(seed);
  const model = new RestingModel(MID_TICKS, BAND_TICKS, total);
  for (let i = 0; i < total; i++) {
    operations.side[i] = random() < 0.5 ? 0 : 1;
    operations.lots[i] = 1 + Math.floor(random() * LOTS_MAX);
    const kind = i < preload ? ADD : kindFor(random(), model.count - preload);
    operations.kind[i] = kind;
    if (kind === ADD) add(operations, i, random, model);
    else if (kind === CANCEL) cancel(operations, i, random, model);
    else model.take(operations.side[i] as 0 | 1, operations.lots[i]!);
  }
  operations.restingAtEnd = model.count;
  operations.places = model.places;
  return operations;
}

/** @param excess  Resting orders beyond the size that the book shall have. */
function kindFor(draw: number, excess: number): number {
  if (draw < TAKE_SHARE) return TAKE;
  const addShare = excess > 0 ? ADD_SHARE - LEAN : ADD_SHARE + LEAN;
  return draw < TAKE_SHARE + addShare ? ADD : CANCEL;
}

function add(
  { side, priceTicks, lots, place }: Operations,
  i: number,
  random: () => number,
  model: RestingModel,
): void {
  // Denser near the touch: the square of a uniform number.
  const distance = 1 + Math.floor(random() ** 2 * BAND_TICKS);
  priceTicks[i] = side[i] === 0 ? MID_TICKS - distance : MID_TICKS + distance;
  place[i] = model.add(i, side[i] as 0 | 1, priceTicks[i]!, lots[i]!);
}

function cancel(
  { target, place }: Operations,
  i: number,
  random: () => number,
  model: RestingModel,
): void {
  target[i] = model.cancel(random());
  place[i] = place[target[i]!]!;
}

/** Tommy Ettinger's 32-bit generator; quality is ample for choosing operations. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x = (x + Math.imul(x ^ (x >>> 7), x | 61)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 4_294_967_296;
  };
}
