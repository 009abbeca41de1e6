/**
 * The exchange of one simulator: books shared by the crowd and the trader, and the trader's account.
 *
 * Two doors. Agents come through `submit` and `cancel`: a book, nothing else; the account is looked
 * at only when a fill names the trader as maker. The trader comes through `execute`: risk, match,
 * settle, and every order ends known.
 *
 * No clock: the caller sets `now` before each call. Total: a refusal is an event, and what throws is
 * a broken invariant, after which this exchange must be thrown away.
 */
import type { AccountTerms } from '@sandpit/schemas/account.ts';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { FeeSchedule } from '@sandpit/schemas/fees.ts';
import type { RejectReason } from '@sandpit/schemas/order.ts';
import type { ExchangeEvent } from '@sandpit/schemas/script.ts';
import { changeFees, DEFAULT_TERMS, setTerms } from './account-terms.ts';
import { adopt, reopenBooks } from './adopt.ts';
import { leavePen, submitOutside } from './auction.ts';
import { chargeCarry } from './carry.ts';
import { executeCommand, type OrderCommand } from './commands.ts';
import { payDividend } from './dividends.ts';
import { digestInto } from './exchange-digest.ts';
import { isWatched, watchAgain } from './exchange-snapshot.ts';
import { ExchangeState, type ListingSetup, type TradeListener } from './exchange-state.ts';
import { endEveryOrder, expireDayOrders, expireTimedOrders } from './expiry.ts';
import { haltInstrument, reopenInstrument } from './halts.ts';
import { invariant } from './invariant.ts';
import { watchBands } from './limit-state.ts';
import type { Listing } from './listing.ts';
import { type ListTools, reconcileLists } from './lists.ts';
import { nextWatchNs, watchMargin } from './margin-call.ts';
import { isOpen } from './order-status.ts';
import { intentOfOpen, release } from './orders.ts';
import { movePegs } from './pegs.ts';
import { changePhases } from './phase-changes.ts';
import { nextPhaseNs, openSessions } from './phases.ts';
import { checkBalance } from './settlement.ts';
import { type BookSide, IOC, TRADER } from './sides.ts';
import { splitStock } from './splits.ts';
import type { StateHash } from './state-hash.ts';
import { reportTrades } from './trade-report.ts';
import { noteQuote } from './triggers.ts';
import { equityMicros } from './valuation.ts';
import { endIdleReducers, workAwakened } from './work.ts';

export { isOrderCommand, type OrderCommand } from './commands.ts';
export type { ListingSetup, TradeListener } from './exchange-state.ts';
export type { Listing } from './listing.ts';

export class Exchange {
  readonly state: ExchangeState;

  constructor(setups: readonly ListingSetup[], currency: string) {
    const state = new ExchangeState(setups, currency);
    this.state = state;
    for (const listing of state.listings) {
      listing.membersOf = (listId) => state.lists.get(listId) ?? [];
    }
    openSessions(state);
    watchAgain(state);
  }

  get listings(): readonly Listing[] {
    return this.state.listings;
  }

  /** Hears of every trade, synchronously. One listener. */
  listen(listener: TradeListener): void {
    this.state.listener = listener;
  }

  setNow(nowNs: number): void {
    this.state.nowNs = nowNs;
  }

  /** Opens the account. */
  deposit(startingCashMicros: number, terms: AccountTerms = DEFAULT_TERMS): void {
    setTerms(this.state, terms);
    this.state.startingCashMicros = startingCashMicros;
    this.state.cashMicros = startingCashMicros;
    this.state.dayOpenEquityMicros = startingCashMicros;
    this.state.ledger.postDeposit(startingCashMicros);
    this.state.accountTold();
  }

  /** An agent's order; see `Book.submit`. */
  submit(
    instrument: number,
    owner: number,
    side: BookSide,
    priceTicks: number,
    lots: number,
    flags: number,
  ): number {
    invariant(owner !== TRADER, 'agents do not trade in the name of the trader');
    return this.#submit(this.state.listings[instrument], owner, side, priceTicks, lots, flags);
  }

  /**
   * Shows only so much of an agent's order that has just come to rest; see `Book.conceal`. One that
   * waits for an auction is left as it is.
   */
  conceal(instrument: number, handle: number, displayLots: number): void {
    const { book, pen } = this.state.listings[instrument];
    if (pen.has(handle)) return;
    invariant(book.ownerOf(handle) !== TRADER, 'agents do not hide the trader’s orders');
    book.conceal(handle, displayLots);
    this.state.hash.add(displayLots);
  }

  /** An agent's cancel. @returns  Lots taken out; 0 when the order is unknown or done. */
  cancel(instrument: number, handle: number): number {
    const listing = this.state.listings[instrument];
    invariant(listing.book.ownerOf(handle) !== TRADER, 'agents do not cancel the trader’s orders');
    if (listing.pen.size !== 0) leavePen(listing, handle);
    const lots = listing.book.cancel(handle);
    listing.bookChanged = true;
    this.state.hash.add(lots ^ (instrument << 24));
    return lots;
  }

  /**
   * Executes a command at `now`.
   *
   * @param causeId  The command's id, for the events; null = of nobody's command.
   * @param refusal  A reason that the venue has already found, or null.
   */
  execute(
    command: OrderCommand,
    causeId: string | null,
    refusal: RejectReason | null,
  ): VenueEvent[] {
    const { state } = this;
    state.causeId = causeId;
    executeCommand(state, command, refusal, this.#tools);
    this.#settleMarket();
    state.causeId = null;
    return this.takeEvents();
  }

  /**
   * Works what the crowd's last event has triggered. Whoever drives the crowd calls it after each
   * of its events; an order that is triggered in the middle of one waits for its end.
   */
  react(): void {
    if (!this.state.isWatching) return;
    if (this.#workFired()) this.#settleUp();
    watchBands(this.state);
  }

  /** When the next phase of any instrument begins: whoever drives the exchange stops there. */
  get nextPhaseNs(): number {
    return nextPhaseNs(this.state);
  }

  /** Ends the phases that are over. Events as in a market step. */
  changePhases(): void {
    changePhases(this.state);
    this.#settleMarket();
  }

  /** What the scenario lets happen. Where it does not apply, nothing does. Events as in a market step. */
  runScripted(event: ExchangeEvent): void {
    const { type, symbol } = event;
    if (type === 'halt') haltInstrument(this.state, symbol, event.reason, event.seconds);
    else if (type === 'reopen') reopenInstrument(this.state, symbol);
    else if (type === 'split') splitStock(this.state, this.state.listing(symbol)!, event);
    else payDividend(this.state, this.state.listing(symbol)!, event.amount, this.#submit);
    this.#settleMarket();
  }

  /** The scenario lets everybody pay by another schedule. Events as in a market step. */
  changeFees(fees: FeeSchedule): void {
    changeFees(this.state, fees);
    this.#settleMarket();
  }

  /**
   * Midnight: ends the day orders entered before it, and the day's profit counts from here. Events
   * as in a market step.
   *
   * @param settles  Whether the day that begins is one on which money settles.
   */
  expireDayOrders(midnightNs: number, settles = true): void {
    expireDayOrders(this.state, midnightNs);
    reconcileLists(this.state, this.#tools);
    chargeCarry(this.state);
    if (settles) this.state.settlement.midnight();
    this.state.dayOpenEquityMicros = equityMicros(this.state);
    this.#settleUp();
  }

  /** When the next order ends that has a time of its own; Infinity when there is none. */
  get nextExpiryNs(): number {
    return this.state.timed.size === 0 ? Number.POSITIVE_INFINITY : this.state.nextExpiryNs;
  }

  /** Ends the orders whose time has come. Events as in a market step. */
  expireTimedOrders(): void {
    expireTimedOrders(this.state);
    reconcileLists(this.state, this.#tools);
    this.#settleUp();
  }

  /** When a margin account is to be looked at next; `Number.MAX_SAFE_INTEGER` for another one. */
  get nextWatchNs(): number {
    return this.state.nextWatchNs;
  }

  /** Begins to watch a margin account, from the next whole second on. */
  startWatching(): void {
    const isMargin = this.state.terms.type === 'margin';
    this.state.nextWatchNs = isMargin ? nextWatchNs(this.state.nowNs) : Number.MAX_SAFE_INTEGER;
  }

  /** One second of a margin account: what borrowing costs, calls, liquidation. Events as in a market step. */
  watchMargin(): void {
    this.startWatching();
    watchMargin(this.state, this.#submit);
    this.#settleMarket();
  }

  /** Ends every open order because the venue stops, and charges what is owed. */
  endEveryOrder(): void {
    chargeCarry(this.state);
    endEveryOrder(this.state, 'simulatorHalted');
    reconcileLists(this.state, this.#tools);
    this.#settleUp();
  }

  /**
   * Takes over what another engine version has recorded, without executing anything. The books know
   * nothing of it until `reopenBooks`.
   */
  adopt(event: VenueEvent): void {
    adopt(this.state, event);
  }

  /** Empties the books of the crowd and enters the trader's open orders anew, oldest first. */
  reopenBooks(): void {
    reopenBooks(this.state);
  }

  /** What has happened to the trader since the last call. */
  takeEvents(): VenueEvent[] {
    return this.state.told.take();
  }

  readonly #tools: ListTools = {
    submit: (...terms) => this.#submit(...terms),
    intentOf: intentOfOpen,
  };

  /** Own orders only: a bound function, because the order commands call it without `this`. */
  readonly #submit = (
    listing: Listing,
    owner: number,
    side: BookSide,
    priceTicks: number,
    lots: number,
    flags: number,
  ): number => {
    if (listing.isGuarded) {
      if (listing.phase !== 'continuous') {
        return submitOutside(this.state, listing, owner, side, priceTicks, lots, flags);
      }
      const limitTicks = listing.withinBands(side, priceTicks);
      const andNow = priceTicks === 0 ? IOC : 0;
      return this.#enter(listing, owner, side, limitTicks, lots, flags | andNow);
    }
    return this.#enter(listing, owner, side, priceTicks, lots, flags);
  };

  #enter(
    listing: Listing,
    owner: number,
    side: BookSide,
    priceTicks: number,
    lots: number,
    flags: number,
  ): number {
    const { hash } = this.state;
    hash.add(owner | (side << 20) | (flags << 21) | (listing.index << 25));
    hash.add(priceTicks);
    hash.add(lots);
    const handle = listing.book.submit(owner, side, priceTicks, lots, flags);
    hash.add(handle | 0);
    listing.bookChanged = true;
    const { fills, stopped } = listing.book;
    const hasTraded = fills.count > 0 || stopped.length > 0;
    if (hasTraded && reportTrades(this.state, listing, owner, side)) this.#settleUp();
    return handle;
  }

  /** What fires may make others fire. Each does so once, so it ends. @returns  Whether any did. */
  #workFired(): boolean {
    const { state } = this;
    if (state.isQuiet) return false;
    let worked = false;
    for (;;) {
      // Whoever is judged next is judged by what all instruments hold now.
      if (worked || state.touchedLists.size !== 0 || state.fired.size !== 0) {
        for (const listing of state.listings) listing.updateReserved();
      }
      if (reconcileLists(state, this.#tools)) worked = true;
      for (const listing of state.listings) {
        if (listing.hasPegs && movePegs(state, listing, intentOfOpen)) worked = true;
        if (listing.waiting.size !== 0 && listing.phase === 'continuous') noteQuote(state, listing);
      }
      if (workAwakened(state, this.#submit, intentOfOpen)) {
        worked = true;
        continue;
      }
      if (state.fired.size === 0) return worked;
      const [order] = state.fired;
      if (order === undefined) return worked;
      worked = true;
      state.fired.delete(order);
      if (isOpen(order.status)) release(state, order, this.#submit);
    }
  }

  /** After whatever may have moved prices: triggers, the account, the limit state. */
  #settleMarket(): void {
    this.#workFired();
    this.#settleUp();
    watchBands(this.state);
  }

  /** Brings reserves up to date, tells the account, and checks the money. */
  #settleUp(): void {
    const { state } = this;
    endIdleReducers(state);
    let isWatching = state.touchedLists.size !== 0;
    for (const listing of state.listings) {
      listing.updateReserved();
      if (isWatched(listing)) isWatching = true;
    }
    state.isWatching = isWatching;
    checkBalance(state);
    state.flush();
  }

  /** The account's part of the fingerprint is folded in when asked; the rest runs along. */
  digestInto(hash: StateHash): void {
    digestInto(this.state, hash);
  }
}
