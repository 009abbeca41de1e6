/**
 * Best quotes and trades of one session, boiled down to the columns of a `Recording` and to what the
 * market model is calibrated with.
 *
 * Quotes and trades come in order of time, but each kind on its own: all quotes first.
 */
import type { Recording } from '@sandpit/schemas/scenario.ts';

/** What a session was like. Lots are not rounded. */
export interface SessionStatistics {
  seconds: number;
  marketOrders: number;
  quotes: number;
  /** Average over time of the lots at one side of the touch. */
  meanDepthLots: number;
  /** Of market orders: trades at the same time on the same side are one. */
  meanOrderLots: number;
  /** Most frequent size of a single trade, and its share of the trades. */
  modalTradeLots: number;
  modalShare: number;
}

type Columns = Pick<Recording, 'midHalfTicks' | 'spreadTicks' | 'trades' | 'volumeLots'>;
/** A side that could not be told from the quote or from the trade before. */
const UNKNOWN_SIDE = 0;

export class Sampler {
  readonly #startMs: number;
  readonly #endMs: number;
  readonly #stepMs: number;
  readonly #bid: Float64Array;
  readonly #ask: Float64Array;
  /** Integral of the spread over each step, tick × ms, and how many ms of it were quoted. */
  readonly #spreadMs: Float64Array;
  readonly #quotedMs: Float64Array;
  readonly #trades: Float64Array;
  readonly #lots: Float64Array;
  readonly #sizes = new Map<number, number>();
  #bidTicks = 0;
  #askTicks = 0;
  #depthLots = 0;
  #depthMs = 0;
  #quoteMs: number;
  #quotes = 0;
  #lastTradeMs = Number.NEGATIVE_INFINITY;
  #lastTradeTicks = 0;
  #lastSide = UNKNOWN_SIDE;

  /** @param endMs  Of the session; a last, shorter step is kept. */
  constructor(startMs: number, endMs: number, stepMs: number) {
    this.#startMs = startMs;
    this.#endMs = endMs;
    this.#stepMs = stepMs;
    this.#quoteMs = startMs;
    const rows = Math.ceil((endMs - startMs) / stepMs) + 1;
    this.#bid = new Float64Array(rows);
    this.#ask = new Float64Array(rows);
    this.#spreadMs = new Float64Array(rows);
    this.#quotedMs = new Float64Array(rows);
    this.#trades = new Float64Array(rows);
    this.#lots = new Float64Array(rows);
  }

  get rows(): number {
    return this.#bid.length;
  }

  /** A new best quote, in whole ticks and lots; `bidTicks` < `askTicks`. */
  quote(timeMs: number, bidTicks: number, askTicks: number, touchLots: number): void {
    this.#holdUntil(timeMs);
    this.#bidTicks = bidTicks;
    this.#askTicks = askTicks;
    this.#depthLots = touchLots;
    this.#quotes++;
    const sinceStart = timeMs - this.#startMs;
    if (sinceStart % this.#stepMs === 0) this.#stamp(sinceStart / this.#stepMs);
  }

  /** The quote that stands holds from where it began until `timeMs`. */
  #holdUntil(timeMs: number): void {
    const toMs = Math.min(timeMs, this.#endMs);
    let fromMs = this.#quoteMs;
    if (this.#askTicks > 0) {
      this.#depthMs += this.#depthLots * Math.max(0, toMs - fromMs);
      while (fromMs < toMs) {
        const step = Math.floor((fromMs - this.#startMs) / this.#stepMs);
        const nextMs = Math.min(toMs, this.#startMs + (step + 1) * this.#stepMs);
        this.#spreadMs[step]! += (this.#askTicks - this.#bidTicks) * (nextMs - fromMs);
        this.#quotedMs[step]! += nextMs - fromMs;
        // What stands when a step begins is the quote of that step.
        if (nextMs === this.#startMs + (step + 1) * this.#stepMs) this.#stamp(step + 1);
        fromMs = nextMs;
      }
    }
    this.#quoteMs = Math.max(this.#quoteMs, toMs);
  }

  #stamp(step: number): void {
    if (step >= this.rows) return;
    this.#bid[step] = this.#bidTicks;
    this.#ask[step] = this.#askTicks;
  }

  /** Ends the quotes; trades may follow. */
  endQuotes(): void {
    this.#holdUntil(this.#endMs);
    this.#stamp(this.rows - 1);
  }

  /**
   * A trade. Its side is judged by the mid of its step and else by the last price, unless given.
   *
   * @param side  1 = the buyer took, −1 = the seller took, null = not known.
   */
  trade(timeMs: number, priceTicks: number, lots: number, side: 1 | -1 | null): void {
    const step = this.#stepAt(timeMs);
    const takerSide = side ?? this.#judge(step, priceTicks);
    const isSameOrder = timeMs === this.#lastTradeMs && takerSide === this.#lastSide;
    if (!isSameOrder) this.#trades[step]!++;
    this.#lots[step]! += lots;
    this.#sizes.set(lots, (this.#sizes.get(lots) ?? 0) + 1);
    this.#lastTradeMs = timeMs;
    this.#lastTradeTicks = priceTicks;
    this.#lastSide = takerSide;
  }

  /** Source: the quote rule with the tick rule at the mid, Lee & Ready, Journal of Finance 46 (1991). */
  #judge(step: number, priceTicks: number): number {
    const mid = (this.#bid[step]! + this.#ask[step]!) / 2;
    if (mid > 0 && priceTicks !== mid) return priceTicks > mid ? 1 : -1;
    if (this.#lastTradeTicks === 0 || priceTicks === this.#lastTradeTicks) return this.#lastSide;
    return priceTicks > this.#lastTradeTicks ? 1 : -1;
  }

  #stepAt(timeMs: number): number {
    const step = Math.floor((timeMs - this.#startMs) / this.#stepMs);
    return Math.max(0, Math.min(this.rows - 1, step));
  }

  /** Columns of equal length; steps before the first quote take the first one. */
  columns(): Columns {
    const columns: Columns = { midHalfTicks: [], spreadTicks: [], trades: [], volumeLots: [] };
    const first = this.#bid.findIndex((bid) => bid > 0);
    let quoted = Math.max(0, first);
    for (let step = 0; step < this.rows; step++) {
      if (this.#bid[step]! > 0) quoted = step;
      columns.midHalfTicks.push(this.#bid[quoted]! + this.#ask[quoted]!);
      const standing = this.#ask[quoted]! - this.#bid[quoted]!;
      const ms = this.#quotedMs[step]!;
      const mean = ms > 0 ? this.#spreadMs[step]! / ms : standing;
      columns.spreadTicks.push(Math.max(1, Math.round(mean)));
      columns.trades.push(this.#trades[step]!);
      columns.volumeLots.push(Math.round(this.#lots[step]!));
    }
    return columns;
  }

  statistics(): SessionStatistics {
    const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
    const quotedMs = Math.max(1, sum(this.#quotedMs));
    const marketOrders = sum(this.#trades);
    let [modalTradeLots, modalCount, tradeCount] = [1, 0, 0];
    for (const [lots, count] of this.#sizes) {
      tradeCount += count;
      if (count > modalCount) [modalTradeLots, modalCount] = [lots, count];
    }
    return {
      seconds: (this.#endMs - this.#startMs) / 1_000,
      marketOrders,
      quotes: this.#quotes,
      meanDepthLots: this.#depthMs / quotedMs,
      meanOrderLots: marketOrders > 0 ? sum(this.#lots) / marketOrders : 1,
      modalTradeLots,
      modalShare: tradeCount > 0 ? modalCount / tradeCount : 0,
    };
  }
}
