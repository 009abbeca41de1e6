/**
 * Picks up whoever still rests at a price the market has left, the trader included: nobody can buy
 * or sell at yesterday's price for long.
 *
 * Source: stale-quote sniping, Budish, Cramton & Shim, Quarterly Journal of Economics 130 (2015).
 */
import { BUY, SELL } from '../access.ts';
import { fairTicks, type MarketState } from '../market-state.ts';
import { Random, type RandomState } from '../random.ts';
import { type Agent, waitNs } from './agent.ts';
import { TAKER_OWNER } from './taker.ts';

const LOOKS_PER_SECOND = 3;
/** Profit asked for: most of a tick, and these shares of the usual spread and of a grain. */
const MIN_PROFIT_TICKS = 0.75;
const MIN_PROFIT_SPREADS = 0.15;
const MIN_PROFIT_GRAINS = 0.4;
/** Most it takes at once, in usual depths. */
const MAX_DEPTHS = 3;

export class Arbitrageur implements Agent<RandomState> {
  readonly #state: MarketState;
  #random: Random;

  constructor(state: MarketState, random: Random) {
    this.#state = state;
    this.#random = random;
  }

  wake(nowNs: number): number {
    const { book, parameters, value } = this.#state;
    const fair = fairTicks(this.#state);
    const profit = Math.max(
      MIN_PROFIT_TICKS,
      MIN_PROFIT_SPREADS * value.spreadTicks,
      MIN_PROFIT_GRAINS * (parameters.grainTicks - 1),
    );
    const lots = Math.min(parameters.maxOrderLots, MAX_DEPTHS * parameters.depthLots);
    const { bestAsk, bestBid } = book;
    if (bestAsk > 0 && bestAsk < fair - profit) {
      book.take(TAKER_OWNER.arbitrageur, BUY, Math.floor(fair - profit), lots);
    } else if (bestBid > fair + profit) {
      book.take(TAKER_OWNER.arbitrageur, SELL, Math.ceil(fair + profit), lots);
    }
    return nowNs + waitNs(this.#random.exponential(), LOOKS_PER_SECOND);
  }

  snapshot(): RandomState {
    return this.#random.state();
  }

  restore(state: RandomState): void {
    this.#random = Random.restore(state);
  }
}
