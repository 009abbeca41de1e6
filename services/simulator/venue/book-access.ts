/** The crowd's hands: its orders enter the exchange at the time of the crowd's own clock. */
import { touchInAuction } from '../engine/auction.ts';
import type { Exchange } from '../engine/exchange.ts';
import type { MarketAccess, SideCode } from '../market/access.ts';

export class BookAccess implements MarketAccess {
  readonly #exchange: Exchange;
  /** The crowd's clock: simulated time of the event it is in. */
  readonly #nowNs: () => number;

  constructor(exchange: Exchange, nowNs: () => number) {
    this.#exchange = exchange;
    this.#nowNs = nowNs;
  }

  submit(
    instrument: number,
    owner: number,
    side: SideCode,
    priceTicks: number,
    lots: number,
    flags: number,
  ): number {
    this.#exchange.setNow(this.#nowNs());
    return this.#exchange.submit(instrument, owner, side, priceTicks, lots, flags);
  }

  cancel(instrument: number, handle: number): number {
    return this.#exchange.cancel(instrument, handle);
  }

  afterEvent(): void {
    if (!this.#exchange.state.isWatching) return;
    this.#exchange.setNow(this.#nowNs());
    this.#exchange.react();
  }

  bestBid(instrument: number): number {
    const listing = this.#exchange.listings[instrument];
    return listing.isCollecting ? touchInAuction(listing, 0) : listing.book.bestBid;
  }

  bestAsk(instrument: number): number {
    const listing = this.#exchange.listings[instrument];
    return listing.isCollecting ? touchInAuction(listing, 1) : listing.book.bestAsk;
  }

  lotsAt(instrument: number, side: SideCode, priceTicks: number): number {
    return this.#exchange.listings[instrument].book.lotsAt(side, priceTicks);
  }

  lastTradeTicks(instrument: number): number {
    return this.#exchange.listings[instrument].lastTradeTicks;
  }
}
