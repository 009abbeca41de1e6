/**
 * Follows the trend: compares a fast with a slow moving average of the mid and buys above, sells
 * below, the surer the further they are apart.
 *
 * Source: the chartists of Lux & Marchesi, Nature 397 (1999), with moving averages as in ABIDES.
 */
import { BUY, SELL } from '../access.ts';
import { fairTicks, type MarketState } from '../market-state.ts';
import { exp } from '../math.ts';
import { Random, type RandomState } from '../random.ts';
import { drawOrderLots } from '../sizes.ts';
import { TAKER_OWNER, type Taker, type TakerOrder } from './taker.ts';

const FAST_SECONDS = 12;
const SLOW_SECONDS = 70;
/** Trends weaker than this many deviations of the averages' distance are left alone. */
const MIN_TREND = 0.5;

export interface MomentumSnapshot {
  random: RandomState;
  fastTicks: number;
  slowTicks: number;
  atNs: number;
}

export class Momentum implements Taker<MomentumSnapshot> {
  readonly owner = TAKER_OWNER.momentum;
  readonly #state: MarketState;
  #random: Random;
  #fastTicks = 0;
  #slowTicks = 0;
  #atNs = 0;

  constructor(state: MarketState, random: Random) {
    this.#state = state;
    this.#random = random;
  }

  /** Feeds the averages; called whenever the value steps. */
  observe(nowNs: number): void {
    const mid = this.#state.book.midTicks(fairTicks(this.#state));
    if (this.#slowTicks === 0) {
      this.#fastTicks = mid;
      this.#slowTicks = mid;
    }
    const seconds = (nowNs - this.#atNs) / 1e9;
    this.#atNs = nowNs;
    this.#fastTicks += (mid - this.#fastTicks) * (1 - exp(-seconds / FAST_SECONDS));
    this.#slowTicks += (mid - this.#slowTicks) * (1 - exp(-seconds / SLOW_SECONDS));
  }

  /** Distance of the averages in its own typical deviations; positive = up. */
  get trend(): number {
    const { parameters, value } = this.#state;
    const typical =
      parameters.volatilityPerRootSecond * value.knownTicks * Math.sqrt(SLOW_SECONDS / 3);
    return typical > 0 ? (this.#fastTicks - this.#slowTicks) / typical : 0;
  }

  rescale(priceFactor: number): void {
    this.#fastTicks *= priceFactor;
    this.#slowTicks *= priceFactor;
  }

  decide(order: TakerOrder): boolean {
    const lots = drawOrderLots(this.#random, this.#state.parameters, this.#state.value.sizeScale);
    const trend = this.trend;
    if (Math.abs(trend) < MIN_TREND) return false;
    order.side = trend > 0 ? BUY : SELL;
    order.lots = lots;
    return true;
  }

  snapshot(): MomentumSnapshot {
    return {
      random: this.#random.state(),
      fastTicks: this.#fastTicks,
      slowTicks: this.#slowTicks,
      atNs: this.#atNs,
    };
  }

  restore(snapshot: MomentumSnapshot): void {
    this.#random = Random.restore(snapshot.random);
    this.#fastTicks = snapshot.fastTicks;
    this.#slowTicks = snapshot.slowTicks;
    this.#atNs = snapshot.atNs;
  }
}
