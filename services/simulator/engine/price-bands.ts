/**
 * Price bands of one instrument: between which prices it may trade now, and whether its quote has
 * run into one of them. Nothing here trades or halts; see limit-state.ts.
 *
 * - The reference is the mean price of the trades of the last five minutes. A new one counts when it
 *   is 1 % away from the one in force and that is 30 s old.
 * - After an auction it is the auction's price, or without one the mid of the quote.
 * - How wide the bands are follows from the price at which the instrument last closed.
 *
 * Source: Plan to Address Extraordinary Market Volatility (LULD), sections V and VI, appendix A.
 */
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { PriceBands as BandTerms, LimitState } from '@sandpit/schemas/price-bands.ts';
import { ticksOfCents } from './money.ts';
import { ReferenceWindow, type WindowSnapshot } from './reference-window.ts';
import type { RestingOrders } from './resting-orders.ts';

const NS_PER_SECOND = 1_000_000_000;
const LOOK_NS = 5 * NS_PER_SECOND;
const REFERENCE_AGE_NS = 30 * NS_PER_SECOND;
const REFERENCE_MOVE_PERCENT = 1;

const TIER_PERCENT = { 1: 5, 2: 10 } as const;
const HIGH_PRICE_CENTS = 300;
const MID_PRICE_CENTS = 75;
const MID_PRICE_PERCENT = 20;
const LOW_PRICE_CENTS = 15;
const LOW_PRICE_PERCENT = 75;

/** The plan's numbers. */
export const USUAL_BANDS = {
  doubledFirstSeconds: 900,
  doubledLastSeconds: 1_500,
  limitStateSeconds: 15,
  pauseSeconds: 300,
} as const;

/** How far into continuous trading it is, and how far from its end; both Infinity without a session. */
export interface TimeOfDay {
  sinceNs: number;
  leftNs: number;
}

export interface BandsSnapshot {
  isActive: boolean;
  referenceTicks: number;
  referenceNs: number;
  closeTicks: number;
  lowTicks: number;
  highTicks: number;
  nextLookNs: number;
  limitState: LimitState;
  limitEndsNs: number;
  window: WindowSnapshot;
}

export class PriceBands {
  readonly terms: Required<BandTerms>;
  readonly #instrument: Instrument;
  readonly #window = new ReferenceWindow();
  /** Continuous trading only. */
  isActive = false;
  referenceTicks: number;
  #referenceNs = 0;
  /** The price at which it last closed; the opening one before that. */
  closeTicks: number;
  /** Both included. */
  lowTicks = 1;
  highTicks = Number.MAX_SAFE_INTEGER;
  #nextLookNs = Number.MAX_SAFE_INTEGER;
  limitState: LimitState = 'none';
  /** When a limit state that lasts becomes a halt. */
  #limitEndsNs = Number.MAX_SAFE_INTEGER;

  constructor(terms: BandTerms, instrument: Instrument, openingTicks: number) {
    this.terms = { ...USUAL_BANDS, ...terms };
    this.#instrument = instrument;
    this.referenceTicks = openingTicks;
    this.closeTicks = openingTicks;
  }

  /** When somebody must look again. */
  get nextNs(): number {
    return Math.min(this.#nextLookNs, this.#limitEndsNs);
  }

  /** Whether a limit state has lasted too long. */
  isLimitOver(nowNs: number): boolean {
    return this.#limitEndsNs <= nowNs;
  }

  /** Continuous trading begins around a price. */
  open(nowNs: number, referenceTicks: number, time: TimeOfDay): void {
    this.isActive = true;
    this.#window.clear();
    this.#window.add(nowNs, referenceTicks);
    this.referenceTicks = referenceTicks;
    this.#referenceNs = nowNs;
    this.#place(nowNs, time);
  }

  /** Continuous trading is over: there are none. */
  close(): void {
    this.isActive = false;
    this.lowTicks = 1;
    this.highTicks = Number.MAX_SAFE_INTEGER;
    this.#nextLookNs = Number.MAX_SAFE_INTEGER;
    this.#leaveLimit('none');
  }

  /** How wide they are goes by the closing price. */
  noteClose(priceTicks: number): void {
    this.closeTicks = priceTicks;
  }

  noteTrade(nowNs: number, priceTicks: number): void {
    this.#window.add(nowNs, priceTicks);
  }

  /** Every five seconds. @returns  Whether the bands have moved. */
  look(nowNs: number, time: TimeOfDay): boolean {
    if (this.#nextLookNs > nowNs) return false;
    const mean = this.#window.mean(nowNs);
    const isOld = nowNs - this.#referenceNs >= REFERENCE_AGE_NS;
    const moved = 100 * Math.abs(mean - this.referenceTicks);
    if (mean > 0 && isOld && moved >= REFERENCE_MOVE_PERCENT * this.referenceTicks) {
      this.referenceTicks = mean;
      this.#referenceNs = nowNs;
    }
    const { lowTicks, highTicks } = this;
    this.#place(nowNs, time);
    return lowTicks !== this.lowTicks || highTicks !== this.highTicks;
  }

  /** Where the quote stands. A limit state begins, goes on or ends. */
  watch(nowNs: number, { bestBid, bestAsk }: RestingOrders): void {
    const state = this.#stateOf(bestBid, bestAsk);
    if (state === this.limitState) return;
    if (state !== 'limitUp' && state !== 'limitDown') {
      this.#leaveLimit(state);
      return;
    }
    this.limitState = state;
    this.#limitEndsNs = nowNs + this.terms.limitStateSeconds * NS_PER_SECOND;
  }

  snapshot(): BandsSnapshot {
    const { isActive, referenceTicks, closeTicks, lowTicks, highTicks, limitState } = this;
    return {
      ...{ isActive, referenceTicks, closeTicks, lowTicks, highTicks, limitState },
      referenceNs: this.#referenceNs,
      nextLookNs: this.#nextLookNs,
      limitEndsNs: this.#limitEndsNs,
      window: this.#window.snapshot(),
    };
  }

  restore({ referenceNs, nextLookNs, limitEndsNs, window, ...saved }: BandsSnapshot): void {
    Object.assign(this, saved);
    this.#referenceNs = referenceNs;
    this.#nextLookNs = nextLookNs;
    this.#limitEndsNs = limitEndsNs;
    this.#window.restore(window);
  }

  #leaveLimit(state: 'none' | 'straddle'): void {
    this.limitState = state;
    this.#limitEndsNs = Number.MAX_SAFE_INTEGER;
  }

  #stateOf(bestBid: number, bestAsk: number): LimitState {
    if (!this.isActive) return 'none';
    if (bestBid === this.highTicks) return 'limitUp';
    if (bestAsk === this.lowTicks) return 'limitDown';
    const isStraddling = (bestBid > 0 && bestBid < this.lowTicks) || bestAsk > this.highTicks;
    return isStraddling ? 'straddle' : 'none';
  }

  #place(nowNs: number, time: TimeOfDay): void {
    this.#nextLookNs = (Math.floor(nowNs / LOOK_NS) + 1) * LOOK_NS;
    const { referenceTicks } = this;
    const width = Math.max(1, this.widthTicks(referenceTicks, time));
    this.lowTicks = Math.max(1, referenceTicks - width);
    this.highTicks = referenceTicks + width;
  }

  widthTicks(referenceTicks: number, { sinceNs, leftNs }: TimeOfDay): number {
    const { tier, doubledFirstSeconds, doubledLastSeconds } = this.terms;
    const isHigh = this.closeTicks > ticksOfCents(HIGH_PRICE_CENTS, this.#instrument);
    const isLow = this.closeTicks < ticksOfCents(MID_PRICE_CENTS, this.#instrument);
    const isFirst = sinceNs < doubledFirstSeconds * NS_PER_SECOND;
    const isLast = leftNs <= doubledLastSeconds * NS_PER_SECOND && (tier === 1 || !isHigh);
    const times = isFirst || isLast ? 2 : 1;
    const share = (percent: number) => Math.round((times * percent * referenceTicks) / 100);
    if (isHigh) return share(TIER_PERCENT[tier]);
    if (!isLow) return share(MID_PRICE_PERCENT);
    const cents = times * ticksOfCents(LOW_PRICE_CENTS, this.#instrument);
    return Math.min(cents, share(LOW_PRICE_PERCENT));
  }
}
