/** One instrument as traded here: its book, and what the trader has in it. */
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { MarginRates } from '@sandpit/schemas/margin.ts';
import type { Order } from '@sandpit/schemas/order.ts';
import type { PriceBands as BandTerms } from '@sandpit/schemas/price-bands.ts';
import {
  type Reopening,
  type TradingPhase,
  type TradingSession,
  USUAL_REOPENING,
} from '@sandpit/schemas/session.ts';
import type { PenKind } from './auction.ts';
import { Book } from './book.ts';
import { type Accrual, noAccrual } from './carry.ts';
import { ContingentRules } from './contingent-rules.ts';
import { FeeRule } from './fees.ts';
import { type FifoState, noLots } from './fifo-lots.ts';
import type { Halt } from './halts.ts';
import { reservedWith } from './open-lots.ts';
import { flat, type PositionState } from './position.ts';
import { PriceBands } from './price-bands.ts';
import { type BookSide, BUY, SELL } from './sides.ts';
import type { Uncross } from './uncross.ts';
import { WorkingOrders } from './working-orders.ts';

const PPM = 1_000_000;
const MAX_PRICE_TICKS = 1_000_000_000;

export class Listing {
  readonly index: number;
  readonly instrument: Instrument;
  /** Price to judge by before there is a trade or a quote. */
  readonly openingTicks: number;
  book: Book;
  /** 0 before the first trade. */
  lastTradeTicks = 0;
  /** Set by every change of the book; whoever publishes the book clears it. */
  bookChanged = false;
  position: PositionState = flat();
  /** The same position under first in, first out. */
  fifo: FifoState = noLots();
  /** The trader's resting orders by handle, in the order in which they came to rest. */
  resting = new WorkingOrders();
  /** The trader's orders that wait for their trigger, by id, oldest first. */
  waiting = new Map<string, Order>();
  /** Children of lists that wait for their parent to trade, by id. */
  held = new Map<string, Order>();
  /** The orders of a list by its id; the exchange's. */
  membersOf: (listId: string) => readonly Order[] = () => [];
  readonly #rules = new ContingentRules(this);
  readonly session: TradingSession | null;
  readonly reopening: Reopening;
  phase: TradingPhase = 'continuous';
  /** When the phase ends by itself, in simulated ns. */
  phaseEndsNs: number = Number.MAX_SAFE_INTEGER;
  /** Null unless halted or in the auction that ends a halt. */
  halt: Halt | null = null;
  /** Null where nothing but the collar bounds the price. */
  readonly bands: PriceBands | null;
  /** False in continuous trading without bands: then an order may go to the book as it is. */
  isGuarded = false;
  /** Orders are collected for an auction. */
  isCollecting = false;
  /** Orders held outside the queues for an auction, by handle, in the order of their entry. */
  pen = new Map<number, PenKind>();
  /** Best price to rest in the pen, by side: 0 = none, undefined = to be looked for. */
  readonly penTouch: (number | undefined)[] = [0, 0];
  /** What the auction would do now; undefined = to be worked out. */
  indicative: Uncross | null | undefined;
  /** Whether some of the trader's orders here may be pegged. */
  hasPegs = false;
  /** Held for open orders, and collateral of a short. */
  reservedMicros = 0;
  /** Whether the trader may sell more than he has. */
  isShortable: boolean;
  fees: FeeRule;
  /** Null: not an account on margin. */
  marginRates: MarginRates | null = null;
  /** Received less paid. */
  dividendsMicros = 0;
  /** Fee for what is borrowed to be short. */
  borrowing: Accrual = noAccrual();

  constructor(
    index: number,
    instrument: Instrument,
    openingTicks: number,
    session: TradingSession | null = null,
    reopening: Reopening = USUAL_REOPENING,
    bands: BandTerms | null = null,
  ) {
    this.session = session;
    this.reopening = reopening;
    this.index = index;
    this.instrument = instrument;
    this.openingTicks = openingTicks;
    this.isShortable = instrument.shortable;
    this.bands = bands && new PriceBands(bands, instrument, openingTicks);
    this.fees = new FeeRule(instrument);
    this.book = new Book({ capacity: 1_024 });
  }

  setPhase(phase: TradingPhase, endsNs: number): void {
    this.phase = phase;
    this.phaseEndsNs = endsNs;
    if (phase !== 'continuous') this.bands?.close();
    this.isGuarded = phase !== 'continuous' || this.bands?.isActive === true;
    this.isCollecting = isCollecting(phase);
    this.indicative = undefined;
  }

  /** A limit no further than the band of its side; 0, any price, becomes the band. */
  withinBands(side: BookSide, limitTicks: number): number {
    if (this.bands === null || !this.bands.isActive) return limitTicks;
    const { lowTicks, highTicks } = this.bands;
    if (side === SELL) return Math.max(limitTicks, lowTicks);
    return limitTicks === 0 ? highTicks : Math.min(limitTicks, highTicks);
  }

  /** Last trade, else the mid of the quote, else the price of the scenario. */
  get referenceTicks(): number {
    if (this.lastTradeTicks > 0) return this.lastTradeTicks;
    const { bestBid, bestAsk } = this.book;
    return bestBid > 0 && bestAsk > 0 ? (bestBid + bestAsk) >> 1 : this.openingTicks;
  }

  /** Prices within the collar, both ends included. */
  get collar(): { lowTicks: number; highTicks: number } {
    return this.collarAround(this.referenceTicks);
  }

  collarAround(
    reference: number,
    collarPpm = this.instrument.collarPpm,
  ): { lowTicks: number; highTicks: number } {
    return {
      lowTicks: lowTicksAround(reference, collarPpm),
      highTicks: highTicksAround(reference, collarPpm),
    };
  }

  /** A market order is a limit order at the far end of the collar that never rests. */
  protectionTicks(side: BookSide): number {
    const { collarPpm } = this.instrument;
    const reference = this.referenceTicks;
    return side === BUY
      ? highTicksAround(reference, collarPpm)
      : lowTicksAround(reference, collarPpm);
  }

  /** Brings up to date what follows from the open orders and the position. */
  updateReserved(): void {
    this.book.rules = this.resting.bound === 0 ? null : this.#rules;
    this.reservedMicros = reservedWith(this, this.position, null, null);
  }
}

const lowTicksAround = (reference: number, collarPpm: number): number =>
  Math.max(1, Math.ceil((reference * (PPM - collarPpm)) / PPM));

const highTicksAround = (reference: number, collarPpm: number): number =>
  Math.min(MAX_PRICE_TICKS, Math.floor((reference * (PPM + collarPpm)) / PPM));

/** Whether orders are collected for an auction, in it or before it. */
export function isCollecting(phase: TradingPhase): boolean {
  return phase === 'preOpen' || phase === 'halted' || phase.endsWith('Auction');
}

export const sideCode = (side: Order['side']): BookSide => (side === 'buy' ? BUY : SELL);
