/**
 * When market orders arrive, and whose: a self-exciting point process with three memories, each
 * arrival handed to one of the takers.
 *
 * Source: Hawkes (1971); sums of exponentials for market orders as in Bacry, Mastromatteo & Muzy,
 * Market Microstructure and Liquidity 1 (2015). Simulated by thinning, Ogata (1981).
 */
import { BUY } from '../access.ts';
import type { MarketState } from '../market-state.ts';
import { exp } from '../math.ts';
import { Random, type RandomState } from '../random.ts';
import { type Agent, waitNs } from './agent.ts';
import type { Taker, TakerOrder } from './taker.ts';

/** Mean number of arrivals that one arrival brings about, and over how long. */
const MEMORIES = [
  { seconds: 0.03, children: 0.24 },
  { seconds: 0.9, children: 0.26 },
  { seconds: 35, children: 0.27 },
] as const;
const CHILDREN = MEMORIES[0].children + MEMORIES[1].children + MEMORIES[2].children;
/** A recording's counts are clustered already; arrivals then excite each other only this much. */
const REPLAY_EXCITATION = 0.5;
/** Intensity never exceeds this many times the mean rate of the instrument. */
const MAX_INTENSITY = 60;
/** The intensity is looked at again after this long, for the climate changes without an arrival. */
const LOOK_NS = 200_000_000;
/** A taker pays at most this many usual spreads (and three grains) beyond the touch. */
const MAX_WALK_SPREADS = 2;

export interface ArrivalsSnapshot {
  random: RandomState;
  excitation: number[];
  atNs: number;
  isCandidate: boolean;
}

export class Arrivals implements Agent<ArrivalsSnapshot> {
  readonly #state: MarketState;
  readonly #takers: readonly Taker[];
  /** Cumulative probabilities, one per taker. */
  readonly #chances: readonly number[];
  #random: Random;
  /** Extra arrivals per second, one number per memory. */
  readonly #excitation = new Float64Array(MEMORIES.length);
  #atNs = 0;
  /** Whether the timer stands for a possible arrival or only for another look. */
  #isCandidate = false;
  /** Reused for every arrival. */
  readonly #order: TakerOrder = { side: BUY, lots: 1 };

  constructor(
    state: MarketState,
    takers: readonly { taker: Taker; share: number }[],
    random: Random,
  ) {
    this.#state = state;
    this.#takers = takers.map(({ taker }) => taker);
    let sum = 0;
    this.#chances = takers.map(({ share }) => {
      sum += share;
      return sum;
    });
    this.#random = random;
  }

  wake(nowNs: number): number {
    // Excitation only decays between two looks, so its level at the last one bounds it since then.
    const bound = this.#intensity();
    this.#decayTo(nowNs);
    const outside = this.#state.flow.takeOutsideTrades();
    for (let i = 0; i < outside; i++) this.#excite();
    if (this.#isCandidate && this.#random.uniform() * bound < this.#intensity()) {
      this.#excite();
      this.#arrive();
    }
    const waitingNs = waitNs(this.#random.exponential(), this.#intensity());
    // Waiting has no memory: what is cut off here is drawn anew at the next look.
    this.#isCandidate = waitingNs <= LOOK_NS;
    return nowNs + Math.min(waitingNs, LOOK_NS);
  }

  /** Arrivals per second with the excitation as it stands. */
  #intensity(): number {
    const { parameters, value } = this.#state;
    const children = CHILDREN * (value.isReplay ? REPLAY_EXCITATION : 1);
    let perSecond = parameters.marketOrdersPerSecond * value.activity * (1 - children);
    for (const extra of this.#excitation) perSecond += extra;
    const most = MAX_INTENSITY * parameters.marketOrdersPerSecond;
    return Math.max(1e-3, Math.min(most, perSecond));
  }

  #decayTo(nowNs: number): void {
    const seconds = (nowNs - this.#atNs) / 1e9;
    this.#atNs = nowNs;
    if (seconds <= 0) return;
    for (let m = 0; m < MEMORIES.length; m++) {
      this.#excitation[m]! *= exp(-seconds / MEMORIES[m]!.seconds);
    }
  }

  #excite(): void {
    const strength = this.#state.value.isReplay ? REPLAY_EXCITATION : 1;
    for (let m = 0; m < MEMORIES.length; m++) {
      const { seconds, children } = MEMORIES[m]!;
      this.#excitation[m]! += (strength * children) / seconds;
    }
  }

  #arrive(): void {
    const u = this.#random.uniform();
    let who = 0;
    while (who < this.#takers.length - 1 && u >= this.#chances[who]!) who++;
    // Who has no view just now leaves the arrival to the first taker, who always trades.
    let taker = this.#takers[who]!;
    if (!taker.decide(this.#order)) {
      taker = this.#takers[0]!;
      if (!taker.decide(this.#order)) return;
    }
    const { book, parameters, value } = this.#state;
    const { side, lots } = this.#order;
    const walk = Math.ceil(MAX_WALK_SPREADS * value.spreadTicks + 3 * parameters.grainTicks);
    const touch = side === BUY ? book.bestAsk : book.bestBid;
    if (touch === 0) return;
    book.take(taker.owner, side, side === BUY ? touch + walk : Math.max(1, touch - walk), lots);
  }

  snapshot(): ArrivalsSnapshot {
    return {
      random: this.#random.state(),
      excitation: [...this.#excitation],
      atNs: this.#atNs,
      isCandidate: this.#isCandidate,
    };
  }

  restore(snapshot: ArrivalsSnapshot): void {
    this.#random = Random.restore(snapshot.random);
    this.#excitation.set(snapshot.excitation);
    this.#atNs = snapshot.atNs;
    this.#isCandidate = snapshot.isCandidate;
  }
}
