/**
 * A venue: books, account, agents and clock of one simulator as one deterministic machine.
 *
 * No host clock, no I/O, no randomness but the seeded generator in its state. Two laws:
 * - `advanceTo(a)` then `advanceTo(b)` equals `advanceTo(b)`, for any a ≤ b before the end of a seek.
 * - same scenario, seed and commands at the same simulated times = same events, frames and hash.
 *
 * A venue changes in place. Whoever cannot commit what it did throws it away and rebuilds it.
 */
import type { Command } from '@sandpit/schemas/command.ts';
import type {
  Account,
  ClockState,
  Execution,
  Position,
  VenueEvent,
} from '@sandpit/schemas/event.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type {
  BookFrame,
  Candle,
  CandleInterval,
  MarketDataChannel,
  QuoteFrame,
  Trade,
} from '@sandpit/schemas/market-data.ts';
import type { Order, OrderTicket } from '@sandpit/schemas/order.ts';
import type { RiskState, StandingSwitch } from '@sandpit/schemas/risk.ts';
import type { SimNs } from '@sandpit/schemas/units.ts';
import type { NewList } from '../engine/order-lists.ts';
import type { ListPreview, TicketPreview } from '../engine/preview.ts';
import type { OrderReceipt } from '../engine/receipts.ts';

/** What is given to the venue from outside with a command; part of the record. */
export interface CommandInput {
  /** Host time, ms since the epoch: deadlines and clock anchors are judged by it. */
  wallMs: number;
  /** Stream sequence of the command. */
  sequence: number;
}

/** A market data frame without the owner's epoch, which is the publisher's to add. */
export interface PendingFrame {
  symbol: string;
  channel: MarketDataChannel;
  /** One of the frame shapes of schemas/market-data.ts, less `epoch`. */
  frame: Record<string, unknown>;
}

/** The committed answer to a command, kept so that a repeat gets the same one. */
export interface CommandOutcome {
  commandId: string;
  type: Command['body']['type'];
  /** `n` of the record that holds it is the record's to know; here the first events it caused. */
  events: VenueEvent[];
}

export type Hibernation = 'begins' | 'ends';

export interface Venue {
  readonly engineVersion: string;
  readonly simulatorId: string;
  readonly instruments: readonly Instrument[];
  /** Scenario's `opensAt` as ms since the epoch: simulated time 0. */
  readonly opensAtMs: number;
  readonly nowNs: SimNs;
  /** Null before the start command. */
  readonly clock: ClockState | null;
  readonly halted: boolean;
  /** Orders of the trader's that rest or wait. */
  readonly hasOpenOrders: boolean;
  /** Simulated time from one cut of frames to the next, and the moment of the next. */
  readonly frameNs: number;
  readonly nextFrameNs: number;

  /** Where the clock formula puts the market at this host time; never before `nowNs`. */
  targetNs(wallMs: number): SimNs;
  /** Where a step or a jump under way ends at the latest; null when there is none. */
  readonly seekNs: SimNs | null;
  /**
   * Runs the market up to and including `simNs`; returns what touched the trader. Stops before it
   * where a seek ends: the last event says so, and the clock stands.
   */
  advanceTo(simNs: SimNs): VenueEvent[];
  /**
   * Anchors the running clock at `nowNs` and this host time, because the machine cannot keep up (or
   * can again).
   *
   * @param realSpeed  The speed it runs at from here; null = the one that was asked for.
   */
  pace(realSpeed: number | null, wallMs: number): VenueEvent[];
  /**
   * `begins`: the clock stands at `nowNs` because nobody is there. `ends`: it goes on from there, if it
   * ran before. Changes nothing before the start, after the stop or during a seek; where it stands
   * already, `begins` says so again.
   */
  hibernate(hibernation: Hibernation, wallMs: number): VenueEvent[];
  /** Kill switches that were set or lifted while nobody executed anything. At `nowNs`, of no command. */
  setSwitches(switches: readonly StandingSwitch[]): VenueEvent[];
  /** Executes at `nowNs`. Total: a refusal is an event. Throws only on a broken invariant. */
  execute(command: Command, input: CommandInput): VenueEvent[];
  /** Applies stored private events of another engine version without executing anything. */
  applyForeign(events: readonly VenueEvent[], atNs: SimNs): void;

  /** Running hash over everything that happened so far and the account; 16+ hex digits. Cheap. */
  stateHash(): string;
  /** Scripted headlines so far, newest first. */
  headlines(): { atNs: number; symbol: string | null; text: string }[];
  /** Scripted splits so far, oldest first. @param symbol  Null = of every instrument. */
  splits(
    symbol: string | null,
  ): { atNs: number; symbol: string; newUnits: number; oldUnits: number }[];
  /** Fingerprint of every trade of every book so far, whoever watched and at whatever speed. */
  tapeHash(): string;
  /** Byte-stable: the snapshot of a restored venue is identical. */
  snapshot(): Uint8Array;

  /** Frames cut since the last call, in order; clears them. */
  takeFrames(): PendingFrame[];
  /** When false, frames are counted but not built (catch-up over long gaps). */
  setFramesWanted(wanted: boolean): void;

  /** What would happen to the order now, judged by the books as they stand. Changes nothing. */
  preview(ticket: OrderTicket): TicketPreview;
  previewList(command: NewList): ListPreview;
  account(): Account;
  /** Tier, own limits and the switches that are on. */
  risk(): RiskState;
  /** Borrowing of a margin account that has accrued and is not yet charged; fees by symbol. */
  owed(): { interestMicros: number; borrowFeesMicros: ReadonlyMap<string, number> };
  positions(): Position[];
  order(orderId: string): Order | null;
  /** Null when the order is unknown or no longer kept. */
  receipt(orderId: string): OrderReceipt | null;
  orderByClientId(clientOrderId: string): Order | null;
  openOrders(): Order[];
  /** Newest first, terminal ones included, at most `limit`. */
  orders(limit: number): Order[];
  /** Newest first. */
  executions(limit: number): Execution[];
  outcome(commandId: string): CommandOutcome | null;
  book(symbol: string, depth: number): Omit<BookFrame, 'epoch'> | null;
  quote(symbol: string): Omit<QuoteFrame, 'epoch'> | null;
  /** Newest first. */
  trades(symbol: string, limit: number): Trade[] | null;
  /** Oldest first. */
  candles(symbol: string, interval: CandleInterval, limit: number): Candle[] | null;
}
