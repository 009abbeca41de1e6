/**
 * What the instruments of a scenario have in common: one standard normal per step and a volatility
 * of its own. An instrument whose correlation with the sector is c moves by c × this and √(1 − c²) ×
 * its own news, so two instruments correlate by the product of their c.
 *
 * Source: the one-factor (market) model, Sharpe, Management Science 9 (1963); volatility that moves
 * together, Engle, Ng & Rothschild, Journal of Econometrics 45 (1990).
 */
import { exp } from './math.ts';
import { Random, type RandomState } from './random.ts';

const VOLATILITY = { seconds: 2_700, sigma: 0.43 };

export interface SectorSnapshot {
  random: RandomState;
  atNs: number;
  move: number;
  logVolatility: number;
}

export class Sector {
  #random: Random;
  #atNs = -1;
  #move = 0;
  #logVolatility: number;

  constructor(random: Random) {
    this.#random = random;
    this.#logVolatility = VOLATILITY.sigma * random.normal();
  }

  /** Draws the news of a step, once however many instruments ask. Times never decrease. */
  stepTo(nowNs: number): void {
    if (nowNs === this.#atNs) return;
    const seconds = Math.max(0, nowNs - Math.max(0, this.#atNs)) / 1e9;
    const keep = exp(-seconds / VOLATILITY.seconds);
    this.#atNs = nowNs;
    this.#move = this.#random.normal();
    const news = VOLATILITY.sigma * Math.sqrt(1 - keep * keep) * this.#random.normal();
    this.#logVolatility = this.#logVolatility * keep + news;
  }

  /** Standard normal of the step. */
  get move(): number {
    return this.#move;
  }

  /** Normal with deviation `VOLATILITY.sigma`. */
  get logVolatility(): number {
    return this.#logVolatility;
  }

  snapshot(): SectorSnapshot {
    return {
      random: this.#random.state(),
      atNs: this.#atNs,
      move: this.#move,
      logVolatility: this.#logVolatility,
    };
  }

  restore(snapshot: SectorSnapshot): void {
    this.#random = Random.restore(snapshot.random);
    this.#atNs = snapshot.atNs;
    this.#move = snapshot.move;
    this.#logVolatility = snapshot.logVolatility;
  }
}
