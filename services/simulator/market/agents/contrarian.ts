/**
 * Buys what has fallen and sells what has risen: trades against the distance of the mid from its
 * average over minutes, once that is unusually large.
 *
 * Source: short-horizon reversal, Lehmann, Quarterly Journal of Economics 105 (1990); the mean
 * reverting agents of Chiarella, Iori & Perelló, Journal of Economic Dynamics and Control 33 (2009).
 */
import { BUY, SELL } from '../access.ts';
import { fairTicks, type MarketState } from '../market-state.ts';
import { exp } from '../math.ts';
import { Random, type RandomState } from '../random.ts';
import { drawOrderLots } from '../sizes.ts';
import { TAKER_OWNER, type Taker, type TakerOrder } from './taker.ts';

const AVERAGE_SECONDS = 240;
/** In deviations of the mid over `AVERAGE_SECONDS`: less than this is left alone. */
const MIN_DISTANCE = 0.8;

export interface ContrarianSnapshot {
  random: RandomState;
  averageTicks: number;
}

export class Contrarian implements Taker<ContrarianSnapshot> {
  readonly owner = TAKER_OWNER.contrarian;
  readonly #state: MarketState;
  readonly #learned: number;
  #random: Random;
  #averageTicks = 0;

  constructor(state: MarketState, random: Random) {
    this.#state = state;
    this.#random = random;
    this.#learned = 1 - exp(-state.value.stepNs / 1e9 / AVERAGE_SECONDS);
  }

  /** Feeds the average; called whenever the value steps. */
  observe(): void {
    const mid = this.#state.book.midTicks(fairTicks(this.#state));
    if (this.#averageTicks === 0) this.#averageTicks = mid;
    this.#averageTicks += (mid - this.#averageTicks) * this.#learned;
  }

  rescale(priceFactor: number): void {
    this.#averageTicks *= priceFactor;
  }

  decide(order: TakerOrder): boolean {
    const { book, parameters, value } = this.#state;
    const lots = drawOrderLots(this.#random, parameters, value.sizeScale);
    const usual =
      parameters.volatilityPerRootSecond * this.#averageTicks * Math.sqrt(AVERAGE_SECONDS / 2);
    const distance = book.midTicks(this.#averageTicks) - this.#averageTicks;
    if (!(Math.abs(distance) > MIN_DISTANCE * usual)) return false;
    order.side = distance < 0 ? BUY : SELL;
    order.lots = lots;
    return true;
  }

  snapshot(): ContrarianSnapshot {
    return { random: this.#random.state(), averageTicks: this.#averageTicks };
  }

  restore(snapshot: ContrarianSnapshot): void {
    this.#random = Random.restore(snapshot.random);
    this.#averageTicks = snapshot.averageTicks;
  }
}
