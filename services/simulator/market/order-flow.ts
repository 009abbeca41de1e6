/**
 * What the market remembers of trades: signed flow over three horizons, which moves the price that
 * makers quote around, and stress, which widens their quotes.
 *
 * Impact is concave in the *net flow* and not a sum over orders, so cutting an order into pieces does
 * not change it much; waiting does, because flow is forgotten. Small flow moves the price in
 * proportion, large flow by the square root of its share of a day's volume.
 *
 * Source: the square-root law, Tóth et al., Phys. Rev. X 1, 021006 (2011); decay on several
 * horizons, Bouchaud et al., Trades, Quotes and Prices (2018), ch. 12–13.
 */
import { exp } from './math.ts';
import type { Parameters } from './parameters.ts';

const NS_PER_SECOND = 1e9;
const HORIZON_SECONDS = [6, 90, 2_400] as const;
/** Share of the impact that lives on each horizon. */
const HORIZON_WEIGHT = [0.45, 0.3, 0.25] as const;
/** Impact of a whole day's volume in daily volatilities, before decay. */
const IMPACT_OF_A_DAY = 1;
/** Up to about this many typical orders, impact is proportional. */
const LINEAR_ORDERS = 6;
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
  atNs: number;
  pendingTrades: number;
}

export class OrderFlow {
  readonly #parameters: Parameters;
  readonly #flowLots = new Float64Array(HORIZON_SECONDS.length);
  #stress = 0;
  #atNs = 0;
  #pendingTrades = 0;

  constructor(parameters: Parameters) {
    this.#parameters = parameters;
  }

  /** Net flow that moves the price; `signedLots` > 0 when the taker bought. */
  addFlow(nowNs: number, signedLots: number): void {
    this.#decayTo(nowNs);
    for (let h = 0; h < this.#flowLots.length; h++) this.#flowLots[h]! += signedLots;
  }

  /** Lots taken out of the book on whatever side. */
  addStress(nowNs: number, lots: number): void {
    this.#decayTo(nowNs);
    const shock = (STRESS_PER_DEPTH * lots) / this.#parameters.depthLots;
    this.#stress = Math.min(MAX_STRESS, this.#stress + shock);
  }

  /** A trade of the trader's: the crowd's arrivals are excited by it when they next look. */
  noteOutsideTrade(): void {
    if (this.#pendingTrades < 16) this.#pendingTrades++;
  }

  takeOutsideTrades(): number {
    const count = this.#pendingTrades;
    this.#pendingTrades = 0;
    return count;
  }

  /** Share by which flow has moved the price; 0.001 = a thousandth up. */
  pressure(nowNs: number): number {
    this.#decayTo(nowNs);
    const { lotsPerDay, orderLots, volatilityPerDay } = this.#parameters;
    const linear = (LINEAR_ORDERS * orderLots) / lotsPerDay;
    let pressure = 0;
    for (let h = 0; h < this.#flowLots.length; h++) {
      const share = this.#flowLots[h]! / lotsPerDay;
      const size = Math.sqrt(Math.abs(share) + linear) - Math.sqrt(linear);
      pressure += HORIZON_WEIGHT[h]! * (share < 0 ? -size : size);
    }
    pressure *= IMPACT_OF_A_DAY * volatilityPerDay;
    return Math.max(-MAX_PRESSURE, Math.min(MAX_PRESSURE, pressure));
  }

  /** 0 in ordinary trading; about 1 after an order ten times the usual depth. */
  stress(nowNs: number): number {
    this.#decayTo(nowNs);
    return Math.max(0, this.#stress - CALM_STRESS);
  }

  #decayTo(nowNs: number): void {
    const seconds = (nowNs - this.#atNs) / NS_PER_SECOND;
    if (seconds <= 0) return;
    this.#atNs = nowNs;
    for (let h = 0; h < this.#flowLots.length; h++) {
      this.#flowLots[h]! *= exp(-seconds / HORIZON_SECONDS[h]!);
    }
    this.#stress *= exp(-seconds / STRESS_SECONDS);
  }

  snapshot(): OrderFlowSnapshot {
    return {
      flowLots: [...this.#flowLots],
      stress: this.#stress,
      atNs: this.#atNs,
      pendingTrades: this.#pendingTrades,
    };
  }

  restore(snapshot: OrderFlowSnapshot): void {
    this.#flowLots.set(snapshot.flowLots);
    this.#stress = snapshot.stress;
    this.#atNs = snapshot.atNs;
    this.#pendingTrades = snapshot.pendingTrades;
  }
}
