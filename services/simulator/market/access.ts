/**
 * The two-way contract between the crowd (this folder) and the venue that owns the books.
 *
 * The crowd never sees a book object: it submits and cancels through `MarketAccess`, and hears of
 * every fill that touches it through `FillListener`. Instruments are named by their index in
 * `scenario.instruments`.
 */

/** 0 = buy, 1 = sell. */
export type SideCode = 0 | 1;
export const BUY: SideCode = 0;
export const SELL: SideCode = 1;

/** Order flags, the same bits as the book's. */
export const IOC = 1;
export const POST_ONLY = 2;

/** The trader. Whatever the venue submits for the account carries this owner. */
export const TRADER_OWNER = 1;
/** First owner number the crowd uses; the highest is `MAX_CROWD_OWNER`. */
export const FIRST_CROWD_OWNER = 2;
/**
 * Resting crowd orders carry their own slot as owner (64 + slot, unique among live orders of one
 * instrument), so that a fill names the order without a look-up of handles.
 */
export const FIRST_SLOT_OWNER = 64;
export const MAX_CROWD_OWNER = 4_095;

export interface MarketAccess {
  /**
   * Sends an order of the crowd at the venue's current simulated time.
   *
   * While it runs, the venue calls `FillListener.onFill` once per fill, in order.
   *
   * @param owner       `FIRST_CROWD_OWNER` … `MAX_CROWD_OWNER`.
   * @param priceTicks  Limit, ≥ 1. The crowd never sends unpriced market orders.
   * @param lots        Whole lots, ≥ 1.
   * While orders are collected for an auction they all rest, and `IOC` ends with the auction.
   *
   * @param flags       `IOC`, `POST_ONLY` or 0.
   * @returns           Handle of what rests, 0 when nothing does (filled, IOC, would have crossed).
   *                    A handle stays valid through snapshot and restore until the order is gone.
   */
  submit(
    instrument: number,
    owner: number,
    side: SideCode,
    priceTicks: number,
    lots: number,
    flags: number,
  ): number;
  /** Removes a resting order of the crowd; returns the lots removed, 0 when there was none. */
  cancel(instrument: number, handle: number): number;
  /** One event of the crowd is over: what it has triggered may now happen. */
  afterEvent(): void;
  /** Best prices in ticks; 0 when the side is empty. */
  bestBid(instrument: number): number;
  bestAsk(instrument: number): number;
  /** Lots resting at a price, the trader's included. */
  lotsAt(instrument: number, side: SideCode, priceTicks: number): number;
  /** Price of the last trade in ticks; 0 before the first. */
  lastTradeTicks(instrument: number): number;
}

export interface FillListener {
  /**
   * One fill. The venue calls it for every fill of every book, the trader's orders included, at the
   * moment of the match. The crowd only takes note: it never submits or cancels from here.
   *
   * @param makerLeavesLots  What is left of the resting order after this fill; 0 = it is gone.
   */
  onFill(
    instrument: number,
    makerOwner: number,
    makerLeavesLots: number,
    takerOwner: number,
    takerSide: SideCode,
    priceTicks: number,
    lots: number,
  ): void;

  /** One order's part in an auction, in which nobody is taker; 0 lots = the venue has taken it out. */
  onAuctionFill(instrument: number, owner: number, leavesLots: number, lots: number): void;
}
