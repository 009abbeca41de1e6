/** The trading day in the plainest words: what begins when, what stops, and what an auction does. */
import type { HaltReason, TradingPhase, TradingSession } from '@sandpit/schemas/session.ts';
import { type BookSide, BUY, SELL, TRADER } from '../sides.ts';
import {
  type AuctionTrade,
  auctionOf,
  isCollecting,
  leftByItsList,
  type TakesPart,
  takingPart,
} from './reference-auction.ts';
import { ReferenceDividends } from './reference-dividends.ts';
import { notionalOf, roundedShare } from './reference-money.ts';
import {
  isOpen,
  priceToJudgeBy,
  quoteOf,
  type ReferenceListing,
  reducibleOf,
} from './reference-order.ts';

const SECOND = 1_000_000_000;
const NEVER = Number.MAX_SAFE_INTEGER;

/** Of an instrument whose tick is a unit of the currency. */
const collarWidth = (ticks: number) => Math.max(1, ticks <= 3 ? 0 : Math.floor(ticks * 0.05));

export interface ReferenceHalt {
  reason: HaltReason;
  endsNs: number;
  low: number;
  high: number;
  width: number;
  extensions: number;
}

/** Day after day, phase after phase, until the one that has not ended. */
export function prescribed(session: TradingSession | null, ns: number) {
  let endsNs = 0;
  const names = ['preOpen', 'openingAuction', 'continuous', 'closingAuction', 'closed'] as const;
  while (session !== null) {
    for (const phase of names) {
      endsNs += session[`${phase}Seconds`] * SECOND;
      if (ns < endsNs) return { phase: phase as TradingPhase, endsNs };
    }
  }
  return { phase: 'continuous' as TradingPhase, endsNs: NEVER };
}

export class ReferenceDay extends ReferenceDividends {
  /** At the beginning, without a word. */
  begin(): void {
    for (const listing of this.listings) {
      const { phase, endsNs } = prescribed(listing.session, this.nowNs);
      this.setPhase(listing, phase, endsNs);
      if (phase === 'continuous') this.openBands(listing, 0);
    }
  }

  changePhases(): void {
    for (const listing of this.listings) {
      if (listing.phaseEndsNs <= this.nowNs) this.changePhase(listing);
      this.changeBands(listing);
    }
    this.react();
  }

  /** @returns  Whether there was something to halt. */
  haltInstrument(symbol: string, reason: HaltReason, seconds: number | null): void {
    const listing = this.listings.find(({ instrument }) => instrument.symbol === symbol)!;
    if (listing.phase === 'halted' && listing.halt!.reason !== 'volatility') {
      this.said.push('refused instrumentHalted #null');
      return;
    }
    const endsNs = seconds === null ? NEVER : this.nowNs + seconds * SECOND;
    this.halt(listing, reason, endsNs, priceToJudgeBy(listing));
  }

  reopenInstrument(symbol: string): void {
    const listing = this.listings.find(({ instrument }) => instrument.symbol === symbol)!;
    if (listing.phase !== 'halted') {
      this.said.push('refused instrumentNotHalted #null');
      return;
    }
    listing.halt!.endsNs = this.nowNs;
    this.endPhaseOfHalt(listing);
  }

  private halt(listing: ReferenceListing, reason: HaltReason, endsNs: number, ticks: number) {
    const width = collarWidth(ticks);
    const [low, high] = [Math.max(1, ticks - width), ticks + width];
    listing.halt = { reason, endsNs, low, high, width, extensions: 0 };
    this.setPhase(listing, 'halted', this.endOfHalt(listing));
    this.tell(listing);
    return listing.halt;
  }

  private endOfHalt({ halt, session }: ReferenceListing): number {
    return Math.min(halt!.endsNs, prescribed(session, this.nowNs).endsNs);
  }

  private changePhase(listing: ReferenceListing): void {
    if (listing.halt !== null) {
      this.endPhaseOfHalt(listing);
      return;
    }
    const { phase, endsNs } = prescribed(listing.session, this.nowNs);
    this.enterPhase(listing, phase, endsNs);
  }

  private endPhaseOfHalt(listing: ReferenceListing): void {
    const { phase, endsNs } = prescribed(listing.session, this.nowNs);
    const halt = listing.halt!;
    const isOver = halt.endsNs <= this.nowNs;
    const isWeak = listing.phase === 'reopeningAuction' || halt.reason === 'volatility';
    if (phase !== 'continuous' && (isOver || isWeak)) {
      listing.halt = null;
      this.enterPhase(listing, phase, endsNs);
      return;
    }
    if (!isOver) {
      if (phase === 'closed') this.expireAtClose(listing);
      listing.phaseEndsNs = this.endOfHalt(listing);
      return;
    }
    if (listing.phase === 'halted') {
      halt.endsNs = this.nowNs + listing.reopening.auctionSeconds * SECOND;
      this.setPhase(listing, 'reopeningAuction', this.endOfHalt(listing));
      this.tell(listing);
      return;
    }
    const trade = this.indication(listing);
    const isHigh = trade !== null && trade.priceTicks > halt.high;
    const isLow = trade !== null && trade.priceTicks < halt.low;
    if (!isHigh && !isLow) {
      listing.halt = null;
      this.enterPhase(listing, phase, endsNs);
      return;
    }
    if (isHigh) halt.high += halt.width;
    else halt.low = Math.max(1, halt.low - halt.width);
    halt.extensions++;
    halt.endsNs = this.nowNs + listing.reopening.extensionSeconds * SECOND;
    listing.phaseEndsNs = this.endOfHalt(listing);
    this.tell(listing);
  }

  private setPhase(listing: ReferenceListing, phase: TradingPhase, endsNs: number): void {
    listing.phase = phase;
    listing.phaseEndsNs = endsNs;
    if (phase !== 'continuous') listing.bands?.shut();
  }

  private tell({ instrument, phase, phaseEndsNs, halt }: ReferenceListing): void {
    const ns = halt?.endsNs ?? phaseEndsNs;
    const ends = ns === NEVER ? null : ns;
    const why = halt ? `${halt.reason} ${halt.extensions}` : 'undefined undefined';
    this.said.push(`phase ${instrument.symbol} ${phase} ${ends} ${why}`);
  }

  private enterPhase(listing: ReferenceListing, phase: TradingPhase, endsNs: number): void {
    const before = listing.phase;
    const ends = isCollecting(before) && before !== 'halted' && !isCollecting(phase);
    this.setPhase(listing, phase, endsNs);
    if (before !== phase) this.tell(listing);
    const ticks = ends ? this.uncross(listing, before) : 0;
    if (phase === 'continuous' && before !== phase) this.openBands(listing, ticks);
    if (phase === 'closed' && listing.bands) listing.bands.close = priceToJudgeBy(listing);
    if (before === 'closingAuction' || (phase === 'closed' && before !== 'closed')) {
      this.expireAtClose(listing);
    }
  }

  private expireAtClose({ instrument }: ReferenceListing): void {
    for (const order of this.open()) {
      if (order.ticket.symbol !== instrument.symbol) continue;
      if (['day', 'opg', 'cls'].includes(order.ticket.timeInForce)) {
        this.end(order, 'expired', null);
      }
    }
  }

  /** Every order ends, the crowd's too; what he has is counted anew, to the last whole lot. */
  split(symbol: string, newUnits: number, oldUnits: number): void {
    const listing = this.listings.find(({ instrument }) => instrument.symbol === symbol)!;
    const { position, instrument, book, halt, bands } = listing;
    for (const order of this.open()) {
      if (order.ticket.symbol === symbol) this.end(order, 'canceled', 'corporateAction');
    }
    const shown = [...book.queue(BUY), ...book.queue(SELL)];
    const crowd = [
      ...shown.filter(({ isHidden }) => !isHidden),
      ...shown.filter(({ isHidden }) => isHidden),
      ...listing.waiting,
    ];
    for (const { owner } of crowd) this.traded.push(`auction fill of ${owner}: 0, left 0`);
    book.orders = [];
    listing.waiting = [];
    listing.parked = [];
    const oldTicks = priceToJudgeBy(listing);
    const scaled = (ticks: number) => Math.max(1, Math.round((ticks * oldUnits) / newUnits));
    listing.lastTradeTicks = scaled(oldTicks);
    const [sign, size] = [Math.sign(position.lots), Math.abs(position.lots)];
    const left = Math.floor((size * newUnits) / oldUnits);
    // What is less than a lot, in lots of before: size − left × old / new.
    const rest = BigInt(size * newUnits - left * oldUnits);
    const cash = (BigInt(sign) * notionalOf(oldTicks, 1, instrument) * rest) / BigInt(newUnits);
    const cost =
      rest === 0n ? 0n : roundedShare(position.costMicros, Number(rest), size * newUnits);
    position.lots = sign * left + 0;
    position.costMicros -= cost;
    position.realisedMicros += cash - cost;
    this.cashMicros += cash;
    if (halt) {
      [halt.low, halt.high, halt.width] = [halt.low, halt.high, halt.width].map(scaled);
    }
    if (bands) {
      bands.close = scaled(bands.close);
      if (bands.isActive) this.openBands(listing, listing.lastTradeTicks);
    }
    const now = `now ${position.lots} lots at ${listing.lastTradeTicks}`;
    this.said.push(`split ${symbol} ${now}, cash ${cash}`);
  }

  indication(listing: ReferenceListing, phase = listing.phase): AuctionTrade | null {
    const [buys, sells] = this.sidesOf(listing, phase);
    return auctionOf(buys, sells, priceToJudgeBy(listing));
  }

  private sidesOf(listing: ReferenceListing, phase: TradingPhase) {
    const { orders } = this;
    const of = (side: BookSide) => takingPart(listing, side, phase, orders);
    return [of(BUY), of(SELL)] as const;
  }

  /** @returns  The price of the auction; 0 when nothing met. */
  private uncross(listing: ReferenceListing, phase: TradingPhase): number {
    const [buys, sells] = this.sidesOf(listing, phase);
    const trade = auctionOf(buys, sells, priceToJudgeBy(listing));
    if (trade !== null) {
      this.fill(listing, buys, trade);
      this.fill(listing, sells, trade);
      this.endExhausted(listing, [...buys, ...sells]);
      listing.lastTradeTicks = trade.priceTicks;
      const side = trade.surplus >= 0 ? BUY : SELL;
      this.traded.push(`auction ${trade.lots}@${trade.priceTicks} ${side}`);
    }
    this.letGo(listing, phase);
    if (trade !== null && listing.phase === 'continuous') {
      this.lookAt(listing, (by) => by === 'last');
    }
    return trade?.priceTicks ?? 0;
  }

  private fill(listing: ReferenceListing, side: readonly TakesPart[], trade: AuctionTrade): void {
    let left = trade.lots;
    for (const { order, lots } of side) {
      const traded = Math.min(lots, left);
      if (traded === 0) continue;
      left -= traded;
      const own = this.orders.find(({ bookId }) => bookId === order.id);
      const had = order.lots + ('behind' in order ? order.behind : 0);
      if ('minimum' in order) listing.book.trade(order.id, traded);
      else order.lots -= traded;
      listing.waiting = listing.waiting.filter(({ lots }) => lots > 0);
      if (order.owner === TRADER) this.settle(own!, trade.priceTicks, traded, 'maker');
      else this.traded.push(`auction fill of ${order.owner}: ${traded}, left ${had - traded}`);
    }
  }

  /** Whoever may not trade any more would stand against what is left over. */
  private endExhausted(listing: ReferenceListing, all: readonly TakesPart[]): void {
    for (const { order } of all) {
      const own = this.open().find(({ bookId }) => bookId === order.id);
      if (!own) continue;
      const { reduceOnly } = own.ticket.instructions ?? {};
      const isIdle = reduceOnly === true && reducibleOf(listing, own.ticket.side) === 0;
      const isOver = leftByItsList(this.orders, own, new Map()) === 0;
      if (isIdle) this.end(own, 'canceled', 'reduceOnlyWouldIncrease');
      else if (isOver) this.end(own, 'canceled', 'contingency');
    }
  }

  /** What was for this auction only ends; the rest goes to the back of the book. */
  private letGo(listing: ReferenceListing, phase: TradingPhase): void {
    const stays = listing.waiting.filter(
      ({ kind }) => kind === 'close' && phase !== 'closingAuction',
    );
    const goes = listing.waiting.filter((each) => !stays.includes(each));
    listing.waiting = stays;
    for (const { id, owner, side, priceTicks, lots, kind } of goes) {
      const own = this.orders.find(({ bookId }) => bookId === id);
      if (kind === 'rest') {
        const plain = { behind: 0, part: 0, isHidden: false, minimum: 0 };
        listing.book.orders.push({ id, owner, side, priceTicks, lots, ...plain });
        if (own) own.heldTicks = null;
        const part = own?.ticket.instructions?.displayLots ?? null;
        if (part !== null) listing.book.show(id, part);
      } else if (own) {
        own.bookId = null;
        own.heldTicks = null;
        const isForIt = ['opg', 'cls'].includes(own.ticket.timeInForce);
        if (isForIt) this.end(own, 'expired', null);
        else this.end(own, 'canceled', 'noLiquidity');
      }
    }
  }

  private changeBands(listing: ReferenceListing): void {
    const { bands } = listing;
    if (!bands?.isActive || bands.nextNs > this.nowNs) return;
    if (bands.limitEndsNs <= this.nowNs) {
      const { state, low, high, terms } = bands;
      const seconds = Math.max(1, terms.pauseSeconds - listing.reopening.auctionSeconds);
      const endsNs = this.nowNs + seconds * SECOND;
      const halt = this.halt(listing, 'volatility', endsNs, state === 'limitUp' ? high : low);
      if (state === 'limitUp') halt.low = low;
      else halt.high = high;
      return;
    }
    const before = [bands.low, bands.high];
    bands.look(this.nowNs, this.isDoubled(listing));
    if (before[0] !== bands.low || before[1] !== bands.high) this.clearOutside(listing);
  }

  private isDoubled({ session, bands }: ReferenceListing): boolean {
    if (session === null) return false;
    const { tier, doubledFirstSeconds, doubledLastSeconds } = bands!.terms;
    const leftNs = prescribed(session, this.nowNs).endsNs - this.nowNs;
    const sinceNs = session.continuousSeconds * SECOND - leftNs;
    const isFirst = sinceNs < doubledFirstSeconds * SECOND;
    return isFirst || (tier === 1 && leftNs <= doubledLastSeconds * SECOND);
  }

  private openBands(listing: ReferenceListing, auctionTicks: number): void {
    if (listing.bands === null) return;
    const { bid, ask } = quoteOf(listing);
    const mid = bid > 0 && ask > 0 ? Math.floor((bid + ask) / 2) : priceToJudgeBy(listing);
    listing.bands.open(this.nowNs, auctionTicks || mid, this.isDoubled(listing));
    this.clearOutside(listing);
  }

  /** Bids above, then asks below; best first, what is hidden last. */
  private clearOutside(listing: ReferenceListing): void {
    const { book, bands } = listing;
    const outside = (side: BookSide, isHidden: boolean) =>
      book
        .queue(side)
        .filter((order) => order.isHidden === isHidden)
        .filter(({ priceTicks }) =>
          side === BUY ? priceTicks > bands!.high : priceTicks < bands!.low,
        );
    const goes = [false, true].flatMap((isHidden) => [
      ...outside(BUY, isHidden),
      ...outside(SELL, isHidden),
    ]);
    for (const { id, owner } of goes) {
      const own = this.orders.find(({ bookId }) => bookId === id);
      if (own && isOpen(own)) this.end(own, 'canceled', 'priceOutsideBands');
      else book.cancel(id);
      if (owner !== TRADER) this.traded.push(`auction fill of ${owner}: 0, left 0`);
    }
  }

  override expireDayOrders(midnightNs: number): void {
    for (const order of this.open()) {
      const isOfToday = order.createdNs >= midnightNs;
      // Where there is a trading day, its close is the end of them.
      const hasSession = this.listingOf(order).session !== null;
      if (order.ticket.timeInForce !== 'day' || isOfToday || hasSession) continue;
      this.end(order, 'expired', null);
    }
    this.settleUp();
  }
}
