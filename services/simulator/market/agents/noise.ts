/**
 * Trades for reasons of its own, a little more often into the thinner queue: who sees few lots left
 * at a price hurries.
 *
 * Source: the pull of the queue imbalance, Gould & Bonart, Market Microstructure and Liquidity 2 (2016).
 */
import { BUY, SELL } from '../access.ts';
import type { MarketState } from '../market-state.ts';
import { Random, type RandomState } from '../random.ts';
import { drawOrderLots } from '../sizes.ts';
import { TAKER_OWNER, type Taker, type TakerOrder } from './taker.ts';

const IMBALANCE_PULL = 0.45;

export class Noise implements Taker<RandomState> {
  readonly owner = TAKER_OWNER.noise;
  readonly #state: MarketState;
  #random: Random;

  constructor(state: MarketState, random: Random) {
    this.#state = state;
    this.#random = random;
  }

  decide(order: TakerOrder): boolean {
    const { book, parameters, value } = this.#state;
    const buyChance = 0.5 + IMBALANCE_PULL * book.imbalance();
    order.side = this.#random.chance(buyChance) ? BUY : SELL;
    order.lots = drawOrderLots(this.#random, parameters, value.sizeScale);
    return true;
  }

  snapshot(): RandomState {
    return this.#random.state();
  }

  restore(state: RandomState): void {
    this.#random = Random.restore(state);
  }
}
