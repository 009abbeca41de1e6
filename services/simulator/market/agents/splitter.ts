/**
 * Large orders in small pieces: a handful of metaorders at work at a time, each one side, each a
 * Pareto-distributed number of child orders long. That is what gives the tape its long memory of signs.
 *
 * Source: Lillo, Mike & Farmer, Phys. Rev. E 71, 066122 (2005): lengths with tail index a make the
 * autocorrelation of signs decay with exponent a − 1.
 */
import { BUY, SELL, type SideCode } from '../access.ts';
import type { MarketState } from '../market-state.ts';
import { Random, type RandomState } from '../random.ts';
import { drawOrderLots } from '../sizes.ts';
import { TAKER_OWNER, type Taker, type TakerOrder } from './taker.ts';

const METAORDERS = 2;
const LENGTH_TAIL = 1.5;
const MAX_LENGTH = 400;
/** The order last served is served again with this probability: children come in runs. */
const STAY_CHANCE = 0.6;

export interface SplitterSnapshot {
  random: RandomState;
  current: number;
  /** `[side, children left]` per metaorder. */
  metaorders: [number, number][];
}

export class Splitter implements Taker<SplitterSnapshot> {
  readonly owner = TAKER_OWNER.splitter;
  readonly #state: MarketState;
  #random: Random;
  readonly #side = new Uint8Array(METAORDERS);
  readonly #childrenLeft = new Float64Array(METAORDERS);
  #current = 0;

  constructor(state: MarketState, random: Random) {
    this.#state = state;
    this.#random = random;
  }

  decide(order: TakerOrder): boolean {
    const random = this.#random;
    const pick = random.below(METAORDERS);
    if (!random.chance(STAY_CHANCE)) this.#current = pick;
    const m = this.#current;
    if (this.#childrenLeft[m] === 0) {
      this.#side[m] = random.chance(0.5) ? BUY : SELL;
      this.#childrenLeft[m] = Math.min(MAX_LENGTH, Math.ceil(2 * random.pareto(LENGTH_TAIL)));
    }
    this.#childrenLeft[m]!--;
    order.side = this.#side[m]! as SideCode;
    order.lots = drawOrderLots(random, this.#state.parameters, this.#state.value.sizeScale);
    return true;
  }

  snapshot(): SplitterSnapshot {
    const metaorders: [number, number][] = [];
    for (let m = 0; m < METAORDERS; m++) {
      metaorders.push([this.#side[m]!, this.#childrenLeft[m]!]);
    }
    return { random: this.#random.state(), current: this.#current, metaorders };
  }

  restore(snapshot: SplitterSnapshot): void {
    this.#random = Random.restore(snapshot.random);
    this.#current = snapshot.current;
    snapshot.metaorders.forEach(([side, childrenLeft], m) => {
      this.#side[m] = side;
      this.#childrenLeft[m] = childrenLeft;
    });
  }
}
