/**
 * What one instrument shows the public: tape, candles, and the numbered frames cut from book and
 * tape. A frame is cut only when its content has changed, and numbers move whether or not anybody
 * wants the frame built: so they are the same on whichever worker derives them.
 */
import type { Candle, MarketDataChannel, Trade } from '@sandpit/schemas/market-data.ts';
import { NS_PER_SECOND } from '@sandpit/schemas/units.ts';
import { indicativeOf } from '../engine/auction.ts';
import { BUY, type DepthBuffer, depthBuffer, SELL } from '../engine/book.ts';
import type { Listing } from '../engine/listing.ts';
import { NEVER_NS } from '../engine/phases.ts';
import type { SideCode } from '../market/access.ts';
import { type CandleSplit, Candles, type CandleTicks } from './candles.ts';
import { GridText } from './grid-text.ts';
import { Tape, type TapeSnapshot } from './tape.ts';
import { simText } from './timestamps.ts';
import type { PendingFrame } from './venue.ts';

export const FRAME_LEVELS = 20;
/** One-second candles in one frame: at 100 × a cell of the grid spans ten. */
const FRAME_CANDLES = 12;

export type FrameNumbers = Record<MarketDataChannel, number>;

export interface FeedSnapshot {
  numbers: FrameNumbers;
  quote: (number | string)[];
  lastFramedTradeId: number;
  tape: TapeSnapshot;
}

export class Feed {
  readonly listing: Listing;
  readonly symbol: string;
  tape = new Tape();
  candles: Candles;
  readonly #splits: readonly CandleSplit[];
  readonly #opensAtMs: number;
  readonly #price: GridText;
  readonly #quantity: GridText;
  #numbers: FrameNumbers = { book: 0, quote: 0, trade: 0, candle: 0, status: 0 };
  /** What the last quote frame was made of; empty before the first. */
  #quote: (number | string)[] = [];
  #lastFramedTradeId = 0;
  readonly #depth: DepthBuffer = depthBuffer(FRAME_LEVELS);

  /** @param splits  All that the instrument will ever have, oldest first. */
  constructor(listing: Listing, opensAtMs: number, splits: readonly CandleSplit[] = []) {
    this.listing = listing;
    this.#splits = splits;
    this.candles = new Candles(splits);
    this.symbol = listing.instrument.symbol;
    this.#opensAtMs = opensAtMs;
    this.#price = new GridText(listing.instrument.tickSize);
    this.#quantity = new GridText(listing.instrument.lotSize);
  }

  addTrade(atNs: number, priceTicks: number, lots: number, takerSide: SideCode): void {
    this.tape.add(atNs, priceTicks, lots, takerSide);
    this.candles.add(atNs, priceTicks, lots);
  }

  /** Treats all that happened so far as already shown; for the past before the trader came. */
  skipPast(): void {
    this.#lastFramedTradeId = this.tape.count;
    this.listing.bookChanged = true;
  }

  /** Cuts the frames of the cell that ends at `atNs` into `out`; with null only counts them. */
  cut(atNs: number, out: PendingFrame[] | null): void {
    const at = out === null ? '' : simText(this.#opensAtMs, atNs);
    const numbers = this.#numbers;
    // Before the book's flag is cleared: the indication goes by it.
    const quoteChanged = this.#quoteChanged(atNs);
    if (this.listing.bookChanged) {
      this.listing.bookChanged = false;
      numbers.book++;
      if (out)
        this.#push(out, 'book', { ...this.#header(numbers.book, at), ...this.book(FRAME_LEVELS) });
    }
    if (quoteChanged) {
      numbers.quote++;
      if (out)
        this.#push(out, 'quote', { ...this.#header(numbers.quote, at), ...this.quote(atNs) });
    }
    if (this.tape.count === this.#lastFramedTradeId) return;
    numbers.trade++;
    numbers.candle++;
    if (out) {
      const { first, last } = this.tape.idsAfter(this.#lastFramedTradeId);
      const trades = this.#trades(first, last);
      this.#push(out, 'trade', { ...this.#header(numbers.trade, at), trades });
      const candles = this.#candlesSince(this.#tradeNs(first));
      this.#push(out, 'candle', { ...this.#header(numbers.candle, at), interval: '1s', candles });
    }
    this.#lastFramedTradeId = this.tape.count;
  }

  /** Like `cut`, with book and quote even if nothing has changed: earlier frames may not have gone out. */
  cutWhole(atNs: number, out: PendingFrame[] | null): void {
    this.listing.bookChanged = true;
    this.#quote = [];
    this.cut(atNs, out);
  }

  cutStatus(
    atNs: number,
    status: { state: string; speed: number; simulatorId: string },
    out: PendingFrame[] | null,
  ): void {
    this.#numbers.status++;
    if (!out) return;
    const at = simText(this.#opensAtMs, atNs);
    const { phase } = this.listing;
    this.#push(out, 'status', { ...this.#header(this.#numbers.status, at), ...status, phase });
  }

  /** Header of an answer: the number of the last frame of that channel, at least 1. */
  header(channel: MarketDataChannel, atNs: number) {
    return this.#header(Math.max(1, this.#numbers[channel]), simText(this.#opensAtMs, atNs));
  }

  /** Both sides, best first. */
  book(levels: number) {
    return { bids: this.#side(BUY, levels), asks: this.#side(SELL, levels) };
  }

  quote(atNs: number) {
    const { book, lastTradeTicks } = this.listing;
    const { openTicks, highTicks, lowTicks, volumeLots } = this.candles.day(atNs);
    const { bestBid, bestAsk } = book;
    const indicative = indicativeOf(this.listing);
    return {
      bid: this.#priceOrNull(bestBid),
      bidQuantity: bestBid === 0 ? null : this.#quantity.text(book.lotsAt(BUY, bestBid)),
      ask: this.#priceOrNull(bestAsk),
      askQuantity: bestAsk === 0 ? null : this.#quantity.text(book.lotsAt(SELL, bestAsk)),
      last: this.#priceOrNull(lastTradeTicks),
      open: this.#priceOrNull(openTicks),
      high: openTicks === 0 ? null : this.#price.text(highTicks),
      low: openTicks === 0 ? null : this.#price.text(lowTicks),
      volume: this.#quantity.text(volumeLots),
      ...this.#phase(),
      indicativePrice: indicative && this.#price.text(indicative.priceTicks),
      indicativeQuantity: indicative && this.#quantity.text(indicative.lots),
    };
  }

  #phase() {
    const { phase, phaseEndsNs, halt, bands } = this.listing;
    const endsNs = halt?.endsNs ?? phaseEndsNs;
    return {
      phase,
      phaseEndsAt: endsNs === NEVER_NS ? null : simText(this.#opensAtMs, endsNs),
      haltReason: halt?.reason ?? null,
      auctionExtensions: halt?.extensions ?? 0,
      limitDownPrice: bands?.isActive ? this.#price.text(bands.lowTicks) : null,
      limitUpPrice: bands?.isActive ? this.#price.text(bands.highTicks) : null,
      limitState: bands?.limitState ?? 'none',
    } as const;
  }

  /** Newest first. */
  trades(limit: number): Trade[] {
    const { first, last } = this.tape.idsAfter(Math.max(0, this.tape.count - limit));
    return this.#trades(first, last).reverse();
  }

  candleText(candle: CandleTicks): Candle {
    return {
      start: simText(this.#opensAtMs, candle.startSecond * NS_PER_SECOND),
      open: this.#price.text(candle.openTicks),
      high: this.#price.text(candle.highTicks),
      low: this.#price.text(candle.lowTicks),
      close: this.#price.text(candle.closeTicks),
      volume: this.#quantity.text(candle.volumeLots),
      trades: candle.trades,
    };
  }

  snapshot(): { plain: FeedSnapshot; blobs: Uint8Array[] } {
    const plain = {
      numbers: { ...this.#numbers },
      quote: this.#quote,
      lastFramedTradeId: this.#lastFramedTradeId,
      tape: this.tape.snapshot(),
    };
    return { plain, blobs: this.candles.snapshot() };
  }

  restore(plain: FeedSnapshot, [seconds, minutes]: readonly Uint8Array[]): void {
    this.#numbers = { ...plain.numbers };
    this.#quote = [...plain.quote];
    this.#lastFramedTradeId = plain.lastFramedTradeId;
    this.tape = Tape.restore(plain.tape);
    this.candles = Candles.restore(seconds, minutes, this.#splits);
  }

  #header(sequence: number, at: string) {
    return { symbol: this.symbol, sequence, at };
  }

  #push(out: PendingFrame[], channel: MarketDataChannel, frame: Record<string, unknown>): void {
    out.push({ symbol: this.symbol, channel, frame });
  }

  #quoteChanged(atNs: number): boolean {
    const { book, lastTradeTicks } = this.listing;
    const { bestBid, bestAsk } = book;
    const bidLots = book.lotsAt(BUY, bestBid);
    const askLots = book.lotsAt(SELL, bestAsk);
    const indicative = indicativeOf(this.listing);
    const { phase, phaseEndsNs, halt, bands } = this.listing;
    const now: (number | string)[] = [
      bestBid,
      bidLots,
      bestAsk,
      askLots,
      lastTradeTicks,
      this.tape.count,
    ];
    now.push(phaseEndsNs, indicative?.priceTicks ?? 0, indicative?.lots ?? 0);
    now.push(bands?.lowTicks ?? 0, bands?.highTicks ?? 0, bands?.limitState ?? '');
    // Where nothing trades, something must tell the time by which it will again.
    now.push(phase === 'continuous' ? 0 : Math.floor(atNs / NS_PER_SECOND));
    now.push(phase, halt?.reason ?? '', halt?.endsNs ?? 0, halt?.extensions ?? 0);
    if (now.every((value, i) => value === this.#quote[i])) return false;
    this.#quote = now;
    return true;
  }

  #side(side: 0 | 1, levels: number) {
    const depth = levels <= FRAME_LEVELS ? this.#depth : depthBuffer(levels);
    const count = this.listing.book.depth(side, levels, depth);
    return Array.from({ length: count }, (_, i) => ({
      price: this.#price.text(depth.priceTicks[i]),
      quantity: this.#quantity.text(depth.lots[i]),
      orders: depth.orders[i],
    }));
  }

  #trades(firstId: number, lastId: number): Trade[] {
    const { tape } = this;
    const trades: Trade[] = [];
    for (let tradeId = firstId; tradeId <= lastId; tradeId++) {
      const i = tape.indexOf(tradeId);
      trades.push({
        tradeId,
        at: simText(this.#opensAtMs, tape.atNs[i]),
        price: this.#price.text(tape.priceTicks[i]),
        quantity: this.#quantity.text(tape.lots[i]),
        aggressor: tape.takerSide[i] === BUY ? 'buy' : 'sell',
      });
    }
    return trades;
  }

  #tradeNs(tradeId: number): number {
    return this.tape.atNs[this.tape.indexOf(tradeId)];
  }

  #candlesSince(atNs: number): Candle[] {
    const from = Math.floor(atNs / NS_PER_SECOND);
    return this.candles.secondsSince(from, FRAME_CANDLES).map((each) => this.candleText(each));
  }

  #priceOrNull(ticks: number): string | null {
    return ticks === 0 ? null : this.#price.text(ticks);
  }
}
