/**
 * Knows the value before makers do and trades towards it when the mid is far enough away.
 *
 * Source: the informed trader of Glosten & Milgrom (1985); value agents of ABIDES (Byrd et al., 2019).
 */
import { BUY, SELL } from '../access.ts';
import type { MarketState } from '../market-state.ts';
import { Random, type RandomState } from '../random.ts';
import { drawOrderLots } from '../sizes.ts';
import { TAKER_OWNER, type Taker, type TakerOrder } from './taker.ts';

/** Of the usual spread: closer than this the trade does not pay its cost. */
const MIN_GAP_SPREADS = 0.3;

export class Fundamentalist implements Taker<RandomState> {
  readonly owner = TAKER_OWNER.fundamentalist;
  readonly #state: MarketState;
  #random: Random;

  constructor(state: MarketState, random: Random) {
    this.#state = state;
    this.#random = random;
  }

  decide(order: TakerOrder): boolean {
    const { book, flow, parameters, value } = this.#state;
    const lots = drawOrderLots(this.#random, parameters, value.sizeScale);
    // What trading has done to the price stays: only what others do not know yet is worth a trade.
    const worth = value.valueTicks * (1 + flow.pressure);
    const gap = worth - book.midTicks(worth);
    if (Math.abs(gap) < MIN_GAP_SPREADS * value.spreadTicks) return false;
    order.side = gap > 0 ? BUY : SELL;
    order.lots = lots;
    return true;
  }

  snapshot(): RandomState {
    return this.#random.state();
  }

  restore(state: RandomState): void {
    this.#random = Random.restore(state);
  }
}
