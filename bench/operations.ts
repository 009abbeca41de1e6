/**
 * The same seeded stream of order book operations for every implementation.
 *
 * After a preload of resting orders: about 50 % limit orders near the touch, 40 % cancels, 10 %
 * marketable. A cancel names an operation of the past; whoever finds it gone does nothing.
 */
export const ADD = 0;
export const CANCEL = 1;
export const TAKE = 2;

/** Columns of length `count`. For a cancel, `target` is the number of the operation that added. */
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
}

export const MID_TICKS = 10_000;
/** Orders rest within this distance of the middle, as in a liquid instrument. */
const BAND_TICKS = 100;
const LOTS_MAX = 100;
const ADD_SHARE = 0.5;
const CANCEL_SHARE = 0.4;

/**
 * @param count    Operations after the preload.
 * @param preload  Resting orders to begin with.
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
  };
  const random = mulberry32(seed);
  const spread = BAND_TICKS;
  const adds: number[] = [];
  for (let i = 0; i < total; i++) {
    const draw = i < preload ? 0 : random();
    operations.side[i] = random() < 0.5 ? 0 : 1;
    operations.lots[i] = 1 + Math.floor(random() * LOTS_MAX);
    if (draw < ADD_SHARE) add(operations, i, random, spread, adds);
    else if (draw < ADD_SHARE + CANCEL_SHARE) cancel(operations, i, random, adds);
    else operations.kind[i] = TAKE;
  }
  return operations;
}

function add(
  { kind, side, priceTicks }: Operations,
  i: number,
  random: () => number,
  spread: number,
  adds: number[],
): void {
  kind[i] = ADD;
  // Denser near the touch: the square of a uniform number.
  const distance = 1 + Math.floor(random() ** 2 * spread);
  priceTicks[i] = side[i] === 0 ? MID_TICKS - distance : MID_TICKS + distance;
  adds.push(i);
}

function cancel(
  { kind, target }: Operations,
  i: number,
  random: () => number,
  adds: number[],
): void {
  kind[i] = CANCEL;
  const at = Math.floor(random() * adds.length);
  target[i] = adds[at]!;
  adds[at] = adds[adds.length - 1]!;
  adds.pop();
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
