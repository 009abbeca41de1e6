/**
 * A value that follows others: an index its members, or one of a pair the other. Its log value is the
 * weighted sum of theirs plus a gap that comes back to zero, so the prices cointegrate.
 *
 * Source: error correction, Engle & Granger, Econometrica 55 (1987); the gap as an Ornstein–Uhlenbeck
 * process as in Gatev, Goetzmann & Rouwenhorst, Review of Financial Studies 19 (2006).
 */
import type { Basket as BasketModel } from '@sandpit/schemas/scenario.ts';
import { exp, log } from './math.ts';
import type { Random } from './random.ts';

/** Another instrument's value, in ticks; what it stood at when the scenario began. */
export interface Member {
  weight: number;
  referenceTicks(): number;
  valueTicks(): number;
}

export class Basket {
  readonly #members: readonly Member[];
  readonly #keep: number;
  readonly #gapStep: number;
  /** Log distance from what the members are worth. */
  gap = 0;

  /**
   * @param model        Whose gap it has; deviation in the long run, as a share of the price.
   * @param stepSeconds  Time between two calls of `logMove`.
   */
  constructor(model: BasketModel, members: readonly Member[], stepSeconds: number) {
    this.#members = members;
    this.#keep = exp((-Math.LN2 * stepSeconds) / model.gapHalfLifeSeconds);
    this.#gapStep = model.gapDeviation * Math.sqrt(1 - this.#keep * this.#keep);
  }

  /** Takes the gap that this log move since the beginning of the scenario leaves. */
  settle(logMove: number): void {
    this.gap = logMove - this.#memberMove();
  }

  /** Log move of the basket since the scenario began, after one more step of the gap. */
  logMove(random: Random): number {
    this.gap = this.gap * this.#keep + this.#gapStep * random.normal();
    return this.gap + this.#memberMove();
  }

  #memberMove(): number {
    let move = 0;
    for (const member of this.#members) {
      move += member.weight * log(member.valueTicks() / member.referenceTicks());
    }
    return move;
  }
}
