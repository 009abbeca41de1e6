/**
 * Stop-loss orders of the many, kept out of sight until the price reaches them. They crowd just
 * beyond round prices, so one that fires may push the price into the next: a cascade.
 *
 * Source: Osler, Journal of Finance 58 (2003) and Journal of International Money and Finance 24 (2005).
 */
import { BUY, SELL, type SideCode } from '../access.ts';
import type { MarketState } from '../market-state.ts';
import { fairTicks } from '../market-state.ts';
import { Random, type RandomState } from '../random.ts';
import { drawOrderLots } from '../sizes.ts';
import { TAKER_OWNER } from './taker.ts';

const STOPS = 32;
/** A place is given to a new stop about this often; who was there has thought better of it. */
const SECONDS_PER_STOP = 12;
/** Distance from the mid in deviations of ten minutes: a minimum and an exponential part. */
const MIN_DISTANCE = 0.6;
const MEAN_DISTANCE = 0.9;
const DEVIATION_SECONDS = 600;
/** Share of stops put just beyond a round price. */
const ROUND_SHARE = 0.6;
/** Round prices are this many usual spreads apart, at least ten ticks. */
const ROUND_SPREADS = 10;
/** Most that fire in one step; the rest at the next. */
const MOST_AT_ONCE = 3;
/** A fired stop pays at most this many usual spreads beyond the touch. */
const MAX_WALK_SPREADS = 3;

export interface StopHerdSnapshot {
  random: RandomState;
  /** `[side, triggerTicks, lots]` per place; 0 lots = empty. */
  stops: [number, number, number][];
}

export class StopHerd {
  readonly #state: MarketState;
  readonly #newChance: number;
  #random: Random;
  readonly #side = new Uint8Array(STOPS);
  readonly #triggerTicks = new Float64Array(STOPS);
  /** 0 = the place is empty. */
  readonly #lots = new Float64Array(STOPS);

  constructor(state: MarketState, random: Random) {
    this.#state = state;
    this.#random = random;
    this.#newChance = state.value.stepNs / 1e9 / SECONDS_PER_STOP;
  }

  /** Fires what the touch has reached and now and then places a stop; called as the value steps. */
  step(): void {
    this.#fire();
    if (this.#random.chance(this.#newChance)) this.#place();
  }

  #fire(): void {
    const { book } = this.#state;
    let fired = 0;
    for (let place = 0; place < STOPS && fired < MOST_AT_ONCE; place++) {
      const lots = this.#lots[place]!;
      if (lots === 0) continue;
      const { bestBid, bestAsk } = book;
      if (bestBid === 0 || bestAsk === 0) return;
      const side = this.#side[place] as SideCode;
      const trigger = this.#triggerTicks[place]!;
      if (side === BUY ? bestAsk < trigger : bestBid > trigger) continue;
      const walk = Math.ceil(MAX_WALK_SPREADS * this.#state.value.spreadTicks);
      this.#lots[place] = 0;
      fired++;
      book.take(TAKER_OWNER.stopHerd, side, side === BUY ? bestAsk + walk : bestBid - walk, lots);
    }
  }

  #place(): void {
    const random = this.#random;
    const { parameters, book, value } = this.#state;
    const place = random.below(STOPS);
    const side: SideCode = random.chance(0.5) ? BUY : SELL;
    const isRound = random.chance(ROUND_SHARE);
    const deviations = MIN_DISTANCE + MEAN_DISTANCE * random.exponential();
    const lots = drawOrderLots(random, parameters, value.sizeScale);
    const mid = book.midTicks(fairTicks(this.#state));
    const deviation = mid * parameters.volatilityPerRootSecond * Math.sqrt(DEVIATION_SECONDS);
    const sign = side === BUY ? 1 : -1;
    let trigger = mid + sign * Math.max(deviations * deviation, parameters.spreadTicks);
    if (isRound) {
      const step = Math.max(10, ROUND_SPREADS * parameters.spreadTicks);
      trigger =
        (side === BUY ? Math.ceil(trigger / step) : Math.floor(trigger / step)) * step + sign;
    }
    if (trigger < 1) return;
    this.#side[place] = side;
    this.#triggerTicks[place] = Math.round(trigger);
    this.#lots[place] = lots;
  }

  /** Stops on the new scale: whoever has one told his broker so. */
  rescale(priceFactor: number, sizeFactor: number): void {
    for (let place = 0; place < STOPS; place++) {
      if (this.#lots[place] === 0) continue;
      this.#triggerTicks[place] = Math.max(1, Math.round(this.#triggerTicks[place]! * priceFactor));
      this.#lots[place] = Math.max(1, Math.round(this.#lots[place]! * sizeFactor));
    }
  }

  snapshot(): StopHerdSnapshot {
    const stops: [number, number, number][] = [];
    for (let place = 0; place < STOPS; place++) {
      stops.push([this.#side[place]!, this.#triggerTicks[place]!, this.#lots[place]!]);
    }
    return { random: this.#random.state(), stops };
  }

  restore(snapshot: StopHerdSnapshot): void {
    this.#random = Random.restore(snapshot.random);
    snapshot.stops.forEach(([side, triggerTicks, lots], place) => {
      this.#side[place] = side;
      this.#triggerTicks[place] = triggerTicks;
      this.#lots[place] = lots;
    });
  }
}
