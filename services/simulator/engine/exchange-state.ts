/** Everything the trader's side of a venue consists of, and the one place where events are noted. */
import type { AccountTerms } from '@sandpit/schemas/account.ts';
import type { Account, Execution, Position, VenueEvent } from '@sandpit/schemas/event.ts';
import { INSTRUMENT_FEES } from '@sandpit/schemas/fees.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import {
  DEFAULT_MARGIN_TERMS,
  type MarginCall,
  type MarginTerms,
} from '@sandpit/schemas/margin.ts';
import type { Order } from '@sandpit/schemas/order.ts';
import type { PriceBands } from '@sandpit/schemas/price-bands.ts';
import { type RiskLimits, type RiskState, riskAtStart } from '@sandpit/schemas/risk.ts';
import type { Reopening, TradingSession } from '@sandpit/schemas/session.ts';
import type { Micros, SimNs } from '@sandpit/schemas/units.ts';
import { DEFAULT_TERMS } from './account-terms.ts';
import { Blotter } from './blotter.ts';
import { type Accrual, noAccrual } from './carry.ts';
import { CashSettlement } from './cash-settlement.ts';
import { Ledger } from './ledger.ts';
import { Listing } from './listing.ts';
import { NumberTexts } from './number-texts.ts';
import { isOpen } from './order-status.ts';
import { boundsOrders, limitsInForce, textOfRisk } from './risk-in-force.ts';
import { StateHash } from './state-hash.ts';
import { ToldEvents } from './told-events.ts';

/** Fills kept for questions; all of them are in the event log. */
export const MAX_KEPT_EXECUTIONS = 1_000;

/** Hears of every trade of every book at the moment of the match. It must not trade from there. */
export interface TradeListener {
  onTrade(
    instrument: number,
    makerOwner: number,
    makerLeavesLots: number,
    takerOwner: number,
    takerSide: 0 | 1,
    priceTicks: number,
    lots: number,
  ): void;
  /**
   * One order's part in an auction; the trader's are not told. 0 leaves = it is done. 0 lots = the
   * exchange has taken it out, because the price bands have moved past it.
   */
  onAuctionFill(instrument: number, owner: number, leavesLots: number, lots: number): void;
  /** The whole trade of an auction, after its parts. `side` is the one that wanted more. */
  onUncross(instrument: number, side: 0 | 1, priceTicks: number, lots: number): void;
}

export interface ListingSetup {
  instrument: Instrument;
  openingTicks: number;
  /** Absent or null: day and night. */
  session?: TradingSession | null;
  reopening?: Reopening;
  /** Absent or null: none. */
  priceBands?: PriceBands | null;
}

/** An event less what every event carries. */
type EventBody = VenueEvent extends infer E
  ? E extends VenueEvent
    ? Omit<E, 'atNs' | 'causeId'>
    : never
  : never;

type OrderEvent = Extract<
  VenueEvent,
  {
    type: 'orderAccepted' | 'orderReplaced' | 'orderTriggered' | 'orderCanceled' | 'orderExpired';
  }
>;

export class ExchangeState {
  readonly listings: readonly Listing[];
  readonly currency: string;
  blotter = new Blotter();
  /** Set by `setTerms`, before the first deposit. */
  terms: AccountTerms = DEFAULT_TERMS;
  readonly settlement = new CashSettlement();
  marginTerms: MarginTerms = DEFAULT_MARGIN_TERMS;
  marginCall: MarginCall | null = null;
  /** Interest on borrowed money. */
  interest: Accrual = noAccrual();
  /** Orders that the venue has entered to close positions under a call. */
  liquidations = 0;
  /** When a margin account is looked at next; never for another one. */
  nextWatchNs: number = Number.MAX_SAFE_INTEGER;
  startingCashMicros = 0;
  cashMicros = 0;
  readonly ledger: Ledger;
  /** Equity at the last midnight of simulated time, or at the start. */
  dayOpenEquityMicros = 0;
  /** Replaced whole by `setRisk`. */
  risk: RiskState = riskAtStart();
  /** In force: the tier's limits, tightened by the trader's own. */
  limits: RiskLimits = limitsInForce(this.risk);
  /** See `boundsOrders`. */
  hasLimits = boundsOrders(this.limits);
  /** What the state hash knows of `risk`. */
  riskText = textOfRisk(this.risk);
  /** Orders and amendments of the last simulated second; kept only under a limit of their rate. */
  sentNs: number[] = [];
  /** The clock is held: simulated time stands while commands come. The venue's to say. */
  timeStands = false;
  /** Oldest first. */
  executions: Execution[] = [];
  executionCount = 0;
  readonly executionIds = new NumberTexts();
  nowNs = 0;
  /** The command being executed; null while the market moves by itself. */
  causeId: string | null = null;
  readonly told = new ToldEvents();
  hash = new StateHash();
  listener: TradeListener | null = null;
  /** Orders whose trigger has fired and that are not worked yet; empty between commands. */
  fired = new Set<Order>();
  /** Open orders with a time at which they end; done ones are dropped when it is looked at. */
  timed = new Set<Order>();
  /** The orders of each list that has an open one, as they were entered. */
  lists = new Map<string, Order[]>();
  /** Lists that a fill or an end has touched, to be brought in line. */
  touchedLists = new Set<string>();
  /** Whether anything of the trader's waits for a price. */
  isWatching = false;
  readonly #bySymbol: ReadonlyMap<string, Listing>;
  #lastListing: Listing | null = null;
  /** Listings whose position has changed since the last `flush`, in that order; the first so many. */
  readonly #moved: Listing[] = [];
  #movedCount = 0;
  #published: Account;

  constructor(setups: readonly ListingSetup[], currency: string) {
    this.listings = setups.map(
      ({ instrument, openingTicks, session, reopening, priceBands }, index) =>
        new Listing(index, instrument, openingTicks, session, reopening, priceBands),
    );
    this.ledger = new Ledger(this.listings.length);
    this.currency = currency;
    this.#bySymbol = new Map(this.listings.map((each) => [each.instrument.symbol, each]));
    this.#published = this.account();
  }

  get isKilled(): boolean {
    return this.risk.killSwitches.length > 0;
  }

  setRisk(risk: RiskState): void {
    this.risk = risk;
    this.limits = limitsInForce(risk);
    this.hasLimits = boundsOrders(this.limits);
    this.riskText = textOfRisk(risk);
  }

  listing(symbol: string): Listing | undefined {
    // A command asks for the same one several times.
    if (this.#lastListing?.instrument.symbol === symbol) return this.#lastListing;
    const listing = this.#bySymbol.get(symbol);
    if (listing !== undefined) this.#lastListing = listing;
    return listing;
  }

  /** When the next timed order ends; Infinity when there is none. */
  get nextExpiryNs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const order of this.timed) {
      if (!isOpen(order.status)) this.timed.delete(order);
      else next = Math.min(next, order.instructions!.expireNs!);
    }
    return next;
  }

  /** Nothing has fired, and nothing of the trader's follows the market or goes with anything else. */
  get isQuiet(): boolean {
    if (this.touchedLists.size !== 0 || this.fired.size !== 0) return false;
    for (const { hasPegs, waiting, book } of this.listings) {
      if (hasPegs || waiting.size !== 0 || book.isConcealing) return false;
    }
    return true;
  }

  touchListOf({ list }: Order): void {
    if (list === undefined) return;
    this.touchedLists.add(list.listId);
    this.isWatching = true;
  }

  /** One that shows an order as it stands. Most events are, so it takes no detour. */
  emitOrder(type: OrderEvent['type'], order: Order): void {
    const { nowNs, causeId } = this;
    if (type !== 'orderAccepted') this.#noteChange(order);
    this.told.add({ type, order: shown(order), atNs: nowNs as SimNs, causeId });
  }

  emitFill(order: Order, execution: Execution): void {
    const atNs = this.nowNs as SimNs;
    const { causeId } = this;
    this.#noteChange(order);
    this.told.add({ type: 'orderFilled', order: shown(order), execution, atNs, causeId });
  }

  /** What holds money has changed, if it rests. One that is done leaves the book by itself. */
  #noteChange(order: Order): void {
    if (isOpen(order.status)) this.listing(order.symbol)!.resting.noteChange(order);
  }

  emit(body: EventBody): void {
    this.told.add({ ...body, atNs: this.nowNs as SimNs, causeId: this.causeId } as VenueEvent);
  }

  addExecution(execution: Execution): void {
    this.executions.push(execution);
    // Trimmed by halves, so that a fill does not move a thousand entries each time.
    if (this.executions.length >= 2 * MAX_KEPT_EXECUTIONS) {
      this.executions = this.executions.slice(-MAX_KEPT_EXECUTIONS);
    }
  }

  positionMoved(listing: Listing): void {
    for (let i = 0; i < this.#movedCount; i++) if (this.#moved[i] === listing) return;
    this.#moved[this.#movedCount++] = listing;
  }

  /** Says what a command or a market step has done to positions and money, once each. */
  flush(): void {
    const { causeId } = this;
    const atNs = this.nowNs as SimNs;
    for (let i = 0; i < this.#movedCount; i++) {
      const position = this.position(this.#moved[i]);
      this.told.add({ type: 'positionChanged', position, atNs, causeId });
    }
    this.#movedCount = 0;
    if (this.#isAsTold()) return;
    this.#published = this.account();
    this.told.add({ type: 'accountChanged', account: this.#published, atNs, causeId });
  }

  /** Takes the account as already told, e.g. in the start event. */
  accountTold(): void {
    this.#movedCount = 0;
    this.#published = this.account();
  }

  position(listing: Listing): Position {
    const { instrument, position, fifo, marginRates, borrowing, dividendsMicros } = listing;
    const shown: Position = {
      symbol: instrument.symbol,
      quantityLots: position.lots,
      costMicros: position.costMicros as Micros,
      realisedMicros: position.realisedMicros as Micros,
      feesMicros: position.feesMicros as Micros,
      fifoCostMicros: fifo.costMicros as Micros,
      fifoRealisedMicros: fifo.realisedMicros as Micros,
    };
    if (marginRates !== null) shown.borrowFeesMicros = borrowing.chargedMicros as Micros;
    if (dividendsMicros !== 0) shown.dividendsMicros = dividendsMicros as Micros;
    return shown;
  }

  account(): Account {
    let reserved = 0;
    let realised = 0;
    let fees = 0;
    for (const { reservedMicros, position } of this.listings) {
      reserved += reservedMicros;
      realised += position.realisedMicros;
      fees += position.feesMicros;
    }
    const account: Account = {
      currency: this.currency,
      startingCashMicros: this.startingCashMicros as Micros,
      cashMicros: this.cashMicros as Micros,
      reservedMicros: (reserved + this.settlement.unsettledMicros) as Micros,
      realisedMicros: realised as Micros,
      feesMicros: fees as Micros,
      dayOpenEquityMicros: this.dayOpenEquityMicros as Micros,
    };
    const dividends = this.dividendsMicros;
    if (dividends !== 0) account.dividendsMicros = dividends as Micros;
    this.#type(account);
    return account;
  }

  /** What cash is tied up in. */
  get reservedMicros(): number {
    let reserved = this.settlement.unsettledMicros;
    for (const listing of this.listings) reserved += listing.reservedMicros;
    return reserved;
  }

  /** Received less paid. */
  get dividendsMicros(): number {
    let dividends = 0;
    for (const listing of this.listings) dividends += listing.dividendsMicros;
    return dividends;
  }

  /** Charged so far. */
  get borrowFeesMicros(): number {
    let charged = 0;
    for (const { borrowing } of this.listings) charged += borrowing.chargedMicros;
    return charged;
  }

  /** Adds what an account on default terms does not say. */
  #type(account: Account): void {
    const { type, fees } = this.terms;
    if (type === 'collateral' && fees.name === INSTRUMENT_FEES) return;
    account.type = type;
    account.feeSchedule = fees.name;
    account.unsettledMicros = this.settlement.unsettledMicros as Micros;
    if (type !== 'margin') return;
    account.borrowFeesMicros = this.borrowFeesMicros as Micros;
    account.interestMicros = this.interest.chargedMicros as Micros;
    account.marginCall = this.marginCall;
  }

  /** Asked after every command, so no account is made for it. */
  #isAsTold(): boolean {
    const told = this.#published;
    const { unsettledMicros } = this.settlement;
    let reserved = unsettledMicros;
    let realised = 0;
    let fees = 0;
    for (const { reservedMicros, position } of this.listings) {
      reserved += reservedMicros;
      realised += position.realisedMicros;
      fees += position.feesMicros;
    }
    return (
      this.cashMicros === told.cashMicros &&
      reserved === told.reservedMicros &&
      realised === told.realisedMicros &&
      fees === told.feesMicros &&
      this.dayOpenEquityMicros === told.dayOpenEquityMicros &&
      this.startingCashMicros === told.startingCashMicros &&
      this.terms.fees.name === (told.feeSchedule ?? INSTRUMENT_FEES) &&
      unsettledMicros === (told.unsettledMicros ?? 0) &&
      // Charges change cash.
      this.marginCall === (told.marginCall ?? null)
    );
  }
}

/** A copy of an order that may still change; one that is done never does. */
const shown = (order: Order): Order => (isOpen(order.status) ? { ...order } : order);
