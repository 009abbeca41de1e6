/**
 * One session boiled down, while it happens, to what the statistics need. Prices in ticks, sizes in
 * lots, times in simulated nanoseconds; nothing is kept per quote.
 *
 * Source of the order-flow imbalance: Cont, Kukanov & Stoikov, Journal of Financial Econometrics 12
 * (2014), eq. 4.
 */
import { Column } from './column.ts';

const NS_PER_SECOND = 1e9;
export const FLOW_SECONDS = 10;
export const MINUTE_SECONDS = 60;
export const IMBALANCE_BINS = 5;
/** Distances from the own best at which the mean depth is kept. */
export const DEPTH_TICKS = 40;

export interface Quote {
  bidTicks: number;
  askTicks: number;
  bidLots: number;
  askLots: number;
}

export interface DayRecord {
  startNs: number;
  seconds: number;
  /** Mid at every whole second, the first included and the last not; the nearest known one. */
  midTicks: Float64Array;
  /** Seconds for which each spread stood. */
  spreadSeconds: ReadonlyMap<number, number>;
  /** Per minute: mean spread over time, market volume, and the same bought less sold. */
  minuteSpreadTicks: Float64Array;
  minuteLots: Float64Array;
  minuteSignedLots: Float64Array;
  /** Market orders: fills of one time and side are one. */
  orderNs: Float64Array;
  orderSign: Float64Array;
  orderLots: Float64Array;
  /** Mid when the order came. */
  orderMidTicks: Float64Array;
  /** Single trades within the window, and sizes of all of them. */
  tradeTicks: Float64Array;
  tradeLots: Float64Array;
  /** Per `FLOW_SECONDS`: order-flow imbalance and mean depth of the touch, lots a side. */
  flowLots: Float64Array;
  flowDepthLots: Float64Array;
  /** Next mid moves up and down after a quote whose queue imbalance lies in each fifth. */
  movesUp: Float64Array;
  movesDown: Float64Array;
  /** Limit orders that rested: how each ended, and how long those lived that were cancelled. */
  filledOrders: number;
  cancelSeconds: Float64Array;
  /** Ticks behind the own best at which limit orders were placed; negative = inside the spread. */
  placedTicks: Float64Array;
  /** Sum over samples of the lots resting at 0, 1, 2 … ticks behind the own best. */
  depthLots: Float64Array;
}

export class DayRecorder {
  readonly #startNs: number;
  #endNs: number;
  readonly #quote: Quote = { bidTicks: 0, askTicks: 0, bidLots: 0, askLots: 0 };
  #quoteNs: number;
  #lastTradeTicks = 0;
  #lastSign = 0;
  #lastOrderNs = -1;
  readonly #mid: Float64Array;
  #midCount = 0;
  readonly #spreadSeconds = new Map<number, number>();
  readonly #minuteSpread: Float64Array;
  readonly #minuteQuoted: Float64Array;
  readonly #minuteLots: Float64Array;
  readonly #minuteSigned: Float64Array;
  readonly #flow: Float64Array;
  readonly #flowDepth: Float64Array;
  readonly #flowQuoted: Float64Array;
  readonly #orderNs = new Column();
  readonly #orderSign = new Column();
  readonly #orderLots = new Column();
  readonly #orderMid = new Column();
  readonly #tradeTicks = new Column();
  readonly #tradeLots = new Column();
  readonly #up = new Float64Array(IMBALANCE_BINS);
  readonly #down = new Float64Array(IMBALANCE_BINS);
  /** Quotes per fifth since the mid moved last. */
  readonly #waiting = new Float64Array(IMBALANCE_BINS);
  #filledOrders = 0;
  readonly #cancelSeconds = new Column();
  readonly #placedTicks = new Column();
  readonly #depthLots = new Float64Array(DEPTH_TICKS);

  /** @param endNs  First moment that no longer counts; whole minutes after `startNs`. */
  constructor(startNs: number, endNs: number) {
    [this.#startNs, this.#endNs, this.#quoteNs] = [startNs, endNs, startNs];
    const seconds = (endNs - startNs) / NS_PER_SECOND;
    const [minutes, flows] = [seconds / MINUTE_SECONDS, seconds / FLOW_SECONDS].map(Math.ceil);
    this.#mid = new Float64Array(Math.ceil(seconds));
    this.#minuteSpread = new Float64Array(minutes!);
    this.#minuteQuoted = new Float64Array(minutes!);
    this.#minuteLots = new Float64Array(minutes!);
    this.#minuteSigned = new Float64Array(minutes!);
    this.#flow = new Float64Array(flows!);
    this.#flowDepth = new Float64Array(flows!);
    this.#flowQuoted = new Float64Array(flows!);
  }

  /** The best quote changed; a price of 0 = that side is empty. Times never decrease. */
  quote(atNs: number, bidTicks: number, askTicks: number, bidLots: number, askLots: number): void {
    this.#holdUntil(atNs);
    const last = this.#quote;
    const [from, to] = [midOf(last.bidTicks, last.askTicks), midOf(bidTicks, askTicks)];
    const isInside = this.#isInside(atNs);
    if (isInside && from > 0 && to > 0) {
      const flow = Math.floor((atNs - this.#startNs) / (FLOW_SECONDS * NS_PER_SECOND));
      this.#flow[flow]! += imbalanceOf(last, bidTicks, askTicks, bidLots, askLots);
      if (to !== from) this.#settle(to > from ? this.#up : this.#down);
    }
    last.bidTicks = bidTicks;
    last.askTicks = askTicks;
    last.bidLots = bidLots;
    last.askLots = askLots;
    if (isInside && to > 0 && bidLots + askLots > 0) {
      const share = bidLots / (bidLots + askLots);
      const bin = Math.min(IMBALANCE_BINS - 1, Math.floor(share * IMBALANCE_BINS));
      this.#waiting[bin]!++;
    }
  }

  /**
   * One fill. Its taker's side is judged by the mid, at the mid by the last change of price, unless
   * it is known.
   *
   * Source: Lee & Ready, Journal of Finance 46 (1991).
   * @param sign  1 = the buyer took, −1 = the seller took, 0 = not known.
   */
  trade(atNs: number, priceTicks: number, lots: number, sign: number): void {
    this.#tradeLots.push(lots);
    const taker = sign !== 0 ? sign : this.#judge(priceTicks);
    if (this.#isInside(atNs)) {
      this.#holdUntil(atNs);
      this.#tradeTicks.push(priceTicks);
      const minute = Math.floor((atNs - this.#startNs) / (MINUTE_SECONDS * NS_PER_SECOND));
      this.#minuteLots[minute]! += lots;
      this.#minuteSigned[minute]! += taker * lots;
      this.#noteOrder(atNs, lots, taker);
    }
    this.#lastTradeTicks = priceTicks;
    this.#lastSign = taker;
  }

  /** A limit order came to rest so many ticks behind the best of its side; negative = before it. */
  placed(atNs: number, ticksBehind: number): void {
    if (this.#isInside(atNs)) this.#placedTicks.push(ticksBehind);
  }

  /** A resting order is gone. */
  ended(atNs: number, restedNs: number, how: 'filled' | 'cancelled'): void {
    if (!this.#isInside(atNs)) return;
    if (how === 'filled') this.#filledOrders++;
    else this.#cancelSeconds.push(restedNs / NS_PER_SECOND);
  }

  /** A sample of the lots that rest so many ticks behind the best of their side. */
  depth(ticksBehind: number, lots: number): void {
    if (ticksBehind >= 0 && ticksBehind < DEPTH_TICKS) this.#depthLots[ticksBehind]! += lots;
  }

  /**
   * Closes the record; the recorder is of no use afterwards.
   *
   * @param endNs  Sooner than planned; whole minutes after the start.
   */
  finish(endNs = this.#endNs): DayRecord {
    this.#endNs = Math.min(this.#endNs, endNs);
    this.#holdUntil(this.#endNs);
    const seconds = Math.ceil((this.#endNs - this.#startNs) / NS_PER_SECOND);
    const upTo = (column: Float64Array, every: number) =>
      column.slice(0, Math.ceil(seconds / every));
    const orders = countBefore(this.#orderNs.values(), this.#endNs);
    const first = this.#mid.findIndex((mid) => mid > 0);
    if (first > 0) this.#mid.fill(this.#mid[first]!, 0, first);
    const perTime = (sums: Float64Array, seconds: Float64Array) =>
      sums.map((sum, i) => (seconds[i]! > 0 ? sum / seconds[i]! : Number.NaN));
    return {
      startNs: this.#startNs,
      seconds,
      midTicks: upTo(this.#mid, 1),
      spreadSeconds: this.#spreadSeconds,
      minuteSpreadTicks: upTo(perTime(this.#minuteSpread, this.#minuteQuoted), MINUTE_SECONDS),
      minuteLots: upTo(this.#minuteLots, MINUTE_SECONDS),
      minuteSignedLots: upTo(this.#minuteSigned, MINUTE_SECONDS),
      orderNs: this.#orderNs.values().slice(0, orders),
      orderSign: this.#orderSign.values().slice(0, orders),
      orderLots: this.#orderLots.values().slice(0, orders),
      orderMidTicks: this.#orderMid.values().slice(0, orders),
      tradeTicks: this.#tradeTicks.values(),
      tradeLots: this.#tradeLots.values(),
      flowLots: upTo(this.#flow, FLOW_SECONDS),
      flowDepthLots: upTo(perTime(this.#flowDepth, this.#flowQuoted), FLOW_SECONDS),
      movesUp: this.#up,
      movesDown: this.#down,
      filledOrders: this.#filledOrders,
      cancelSeconds: this.#cancelSeconds.values(),
      placedTicks: this.#placedTicks.values(),
      depthLots: this.#depthLots,
    };
  }

  #isInside(atNs: number): boolean {
    return atNs >= this.#startNs && atNs < this.#endNs;
  }

  /** Credits the standing quote with the time since it was last credited. */
  #holdUntil(atNs: number): void {
    const toNs = Math.min(atNs, this.#endNs);
    if (toNs <= this.#quoteNs) return;
    const { bidTicks, askTicks, bidLots, askLots } = this.#quote;
    const mid = midOf(bidTicks, askTicks);
    const relative = toNs - this.#startNs;
    // A quote that changes on the second itself is that second's; the mid before it is not.
    while (this.#midCount < this.#mid.length && this.#midCount * NS_PER_SECOND < relative) {
      this.#mid[this.#midCount] = mid > 0 ? mid : (this.#mid[this.#midCount - 1] ?? 0);
      this.#midCount++;
    }
    if (mid > 0) {
      const seconds = (toNs - this.#quoteNs) / NS_PER_SECOND;
      const spread = askTicks - bidTicks;
      this.#spreadSeconds.set(spread, (this.#spreadSeconds.get(spread) ?? 0) + seconds);
      const depth = (bidLots + askLots) / 2;
      this.#spend(this.#minuteSpread, this.#minuteQuoted, MINUTE_SECONDS, toNs, spread);
      this.#spend(this.#flowDepth, this.#flowQuoted, FLOW_SECONDS, toNs, depth);
    }
    this.#quoteNs = toNs;
  }

  /** Adds value × seconds to every window between the last quote and `toNs`. */
  #spend(
    sums: Float64Array,
    seconds: Float64Array,
    windowSeconds: number,
    toNs: number,
    value: number,
  ) {
    const windowNs = windowSeconds * NS_PER_SECOND;
    for (let fromNs = this.#quoteNs; fromNs < toNs; ) {
      const window = Math.floor((fromNs - this.#startNs) / windowNs);
      const untilNs = Math.min(toNs, this.#startNs + (window + 1) * windowNs);
      const spent = (untilNs - fromNs) / NS_PER_SECOND;
      sums[window]! += value * spent;
      seconds[window]! += spent;
      fromNs = untilNs;
    }
  }

  #noteOrder(atNs: number, lots: number, sign: number): void {
    if (atNs === this.#lastOrderNs && sign === this.#lastSign) {
      this.#orderLots.addToLast(lots);
      return;
    }
    this.#lastOrderNs = atNs;
    this.#orderNs.push(atNs);
    this.#orderSign.push(sign);
    this.#orderLots.push(lots);
    this.#orderMid.push(midOf(this.#quote.bidTicks, this.#quote.askTicks));
  }

  #judge(priceTicks: number): number {
    const mid = midOf(this.#quote.bidTicks, this.#quote.askTicks);
    if (mid > 0 && priceTicks !== mid) return priceTicks > mid ? 1 : -1;
    if (this.#lastTradeTicks > 0 && priceTicks !== this.#lastTradeTicks) {
      return priceTicks > this.#lastTradeTicks ? 1 : -1;
    }
    return this.#lastSign === 0 ? 1 : this.#lastSign;
  }

  #settle(moves: Float64Array): void {
    for (let bin = 0; bin < IMBALANCE_BINS; bin++) {
      moves[bin]! += this.#waiting[bin]!;
      this.#waiting[bin] = 0;
    }
  }
}

/** How many of the sorted times come before one. */
function countBefore(timesNs: Float64Array, endNs: number): number {
  let count = timesNs.length;
  while (count > 0 && timesNs[count - 1]! >= endNs) count--;
  return count;
}

/** Ticks; 0 when a side is empty. */
function midOf(bidTicks: number, askTicks: number): number {
  return bidTicks > 0 && askTicks > 0 ? (bidTicks + askTicks) / 2 : 0;
}

/** What one change of the quote adds to the order-flow imbalance, lots. */
function imbalanceOf(
  last: Quote,
  bidTicks: number,
  askTicks: number,
  bidLots: number,
  askLots: number,
): number {
  let flow = 0;
  if (bidTicks >= last.bidTicks) flow += bidLots;
  if (bidTicks <= last.bidTicks) flow -= last.bidLots;
  if (askTicks <= last.askTicks) flow -= askLots;
  if (askTicks >= last.askTicks) flow += last.askLots;
  return flow;
}
