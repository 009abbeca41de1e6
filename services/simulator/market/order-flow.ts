/**
 * What the market remembers of trades: signed flow on six horizons, which moves the price that
 * makers quote around, and stress, which widens their quotes.
 *
 * Every lot moves the price at once and is forgotten like time^−DECAY, so an order worked at a fixed
 * share of the volume moves it by its size to the power 1 − DECAY: the square-root law. Flow beyond
 * what is usual on its horizon counts by its square root, so one huge order is not worth many.
 *
 * Source: the propagator of Bouchaud et al., Quantitative Finance 4 (2004), as a sum of exponentials;
 * the square-root law, Tóth et al., Phys. Rev. X 1, 021006 (2011).
 */
import { exp, pow } from './math.ts';
import type { Parameters } from './parameters.ts';

/** Each six times the one before. */
const HORIZON_SECONDS = [2.5, 15, 90, 540, 3_240, 19_440] as const;
const DECAY = 0.42;
/** Scale of the impact: about 2/3 of a day's volatility × √(share of its volume). */
const IMPACT = 0.75;
/** The longest horizon counts this much more: part of the impact is news, and stays. */
const LASTING = 4.5;
/** Usual flow on a horizon: this share of the volume that is traded in it, or a few orders. */
const USUAL_IMBALANCE = 0.5;
const USUAL_ORDERS = 6;
/** Flow never moves the price by more than this share. */
const MAX_PRESSURE = 0.2;

const STRESS_SECONDS = 7;
const STRESS_PER_DEPTH = 0.15;
const MAX_STRESS = 5;
/** Stress of ordinary trading, which makers do not mind. */
const CALM_STRESS = 0.7;

export interface OrderFlowSnapshot {
  flowLots: number[];
  stress: number;
  pendingTrades: number;
  /** When the trader last took something; −1 = never. */
  outsideAtNs: number;
}

export class OrderFlow {
  #depthLots = 1;
  readonly #flowLots = new Float64Array(HORIZON_SECONDS.length);
  /** What is kept of each flow, and of the stress, from one step to the next. */
  readonly #keep: Float64Array;
  readonly #keepStress: number;
  readonly #usualLots = new Float64Array(HORIZON_SECONDS.length);
  /** Share of the price by which the usual flow of a horizon moves it. */
  readonly #usualMove = new Float64Array(HORIZON_SECONDS.length);
  #stress = 0;
  #pendingTrades = 0;
  #outsideAtNs = -1;
  #pressure = 0;
  #isStale = false;

  /** @param stepSeconds  Time between two calls of `step`. */
  constructor(parameters: Parameters, stepSeconds: number) {
    this.#keep = Float64Array.from(HORIZON_SECONDS, (seconds) => exp(-stepSeconds / seconds));
    this.#keepStress = exp(-stepSeconds / STRESS_SECONDS);
    this.#gauge(parameters);
  }

  /** What is usual; worked out again when the instrument is counted in other units. */
  #gauge(parameters: Parameters): void {
    const { depthLots, lotsPerDay, orderLots, secondsPerDay, volatilityPerDay } = parameters;
    this.#depthLots = depthLots;
    const scale = (IMPACT * volatilityPerDay * pow(secondsPerDay, DECAY)) / lotsPerDay;
    HORIZON_SECONDS.forEach((seconds, h) => {
      const lots =
        USUAL_ORDERS * orderLots + (USUAL_IMBALANCE * seconds * lotsPerDay) / secondsPerDay;
      this.#usualLots[h] = lots;
      this.#usualMove[h] = scale * lots * pow(seconds, -DECAY);
    });
    this.#usualMove[HORIZON_SECONDS.length - 1]! *= LASTING;
    this.#isStale = true;
  }

  /** After a split: the same flow in lots of now. @param parameters  On the new scale. */
  rescale(parameters: Parameters, sizeFactor: number): void {
    for (let h = 0; h < this.#flowLots.length; h++) this.#flowLots[h]! *= sizeFactor;
    this.#gauge(parameters);
  }

  /** Forgets a little: one step of time is over. */
  step(): void {
    for (let h = 0; h < this.#flowLots.length; h++) this.#flowLots[h]! *= this.#keep[h]!;
    this.#stress *= this.#keepStress;
    this.#isStale = true;
  }

  /** Net flow that moves the price; `signedLots` > 0 when the taker bought. */
  addFlow(signedLots: number): void {
    for (let h = 0; h < this.#flowLots.length; h++) this.#flowLots[h]! += signedLots;
    this.#isStale = true;
  }

  /** Lots taken out of the book on whatever side. */
  addStress(lots: number): void {
    const shock = (STRESS_PER_DEPTH * lots) / this.#depthLots;
    this.#stress = Math.min(MAX_STRESS, this.#stress + shock);
  }

  /**
   * A fill of the trader's order: the crowd's arrivals are excited when they next look, once by an
   * order however many it met, as by an order of their own.
   */
  noteOutsideTrade(nowNs: number): void {
    if (nowNs === this.#outsideAtNs) return;
    this.#outsideAtNs = nowNs;
    if (this.#pendingTrades < 16) this.#pendingTrades++;
  }

  takeOutsideTrades(): number {
    const count = this.#pendingTrades;
    this.#pendingTrades = 0;
    return count;
  }

  /** Share by which flow has moved the price; 0.001 = a thousandth up. */
  get pressure(): number {
    if (this.#isStale) this.#weigh();
    return this.#pressure;
  }

  /** 0 in ordinary trading; about 1 after an order ten times the usual depth. */
  get stress(): number {
    return Math.max(0, this.#stress - CALM_STRESS);
  }

  #weigh(): void {
    let pressure = 0;
    for (let h = 0; h < this.#flowLots.length; h++) {
      const flow = this.#flowLots[h]! / this.#usualLots[h]!;
      // Proportional to small flow, to the square root of large flow.
      const size = Math.sqrt(1 + 2 * Math.abs(flow)) - 1;
      pressure += this.#usualMove[h]! * (flow < 0 ? -size : size);
    }
    this.#pressure = Math.max(-MAX_PRESSURE, Math.min(MAX_PRESSURE, pressure));
    this.#isStale = false;
  }

  snapshot(): OrderFlowSnapshot {
    return {
      flowLots: [...this.#flowLots],
      stress: this.#stress,
      pendingTrades: this.#pendingTrades,
      outsideAtNs: this.#outsideAtNs,
    };
  }

  restore(snapshot: OrderFlowSnapshot): void {
    this.#flowLots.set(snapshot.flowLots);
    this.#stress = snapshot.stress;
    this.#pendingTrades = snapshot.pendingTrades;
    // Snapshots of before it was kept do not have it.
    this.#outsideAtNs = snapshot.outsideAtNs ?? -1;
    this.#isStale = true;
  }
}
