/** One instrument's book as its agents see it. */
import { BUY, IOC, type MarketAccess, POST_ONLY, type SideCode } from './access.ts';

export class BookView {
  readonly #access: MarketAccess;
  readonly #instrument: number;

  constructor(access: MarketAccess, instrument: number) {
    this.#access = access;
    this.#instrument = instrument;
  }

  /** 0 when the side is empty. */
  get bestBid(): number {
    return this.#access.bestBid(this.#instrument);
  }
  get bestAsk(): number {
    return this.#access.bestAsk(this.#instrument);
  }

  lotsAt(side: SideCode, priceTicks: number): number {
    return this.#access.lotsAt(this.#instrument, side, priceTicks);
  }

  /** Rests an order or does nothing: it never trades on arrival. Returns its handle or 0. */
  rest(owner: number, side: SideCode, priceTicks: number, lots: number): number {
    return this.#access.submit(this.#instrument, owner, side, priceTicks, lots, POST_ONLY);
  }

  /** Trades what it can at the limit or better; nothing rests. */
  take(owner: number, side: SideCode, limitTicks: number, lots: number): void {
    if (limitTicks < 1) return;
    this.#access.submit(this.#instrument, owner, side, limitTicks, lots, IOC);
  }

  cancel(handle: number): void {
    this.#access.cancel(this.#instrument, handle);
  }

  /** Mid in ticks, or `otherwise` when a side is empty. */
  midTicks(otherwise: number): number {
    const bid = this.bestBid;
    const ask = this.bestAsk;
    return bid > 0 && ask > 0 ? (bid + ask) / 2 : otherwise;
  }

  /** (bid lots − ask lots) / both at the touch, −1 … 1; 0 when a side is empty. */
  imbalance(): number {
    const bid = this.bestBid;
    const ask = this.bestAsk;
    if (bid === 0 || ask === 0) return 0;
    const bidLots = this.lotsAt(BUY, bid);
    const askLots = this.lotsAt(1, ask);
    const total = bidLots + askLots;
    return total === 0 ? 0 : (bidLots - askLots) / total;
  }
}
