/**
 * What a venue is made of and the questions it answers. Answers are copies: nobody changes a venue
 * through them.
 */
import type { Account, ClockState, Execution, Position } from '@sandpit/schemas/event.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { CandleInterval } from '@sandpit/schemas/market-data.ts';
import type { Order, OrderTicket } from '@sandpit/schemas/order.ts';
import type { RiskState } from '@sandpit/schemas/risk.ts';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { NS_PER_SECOND, type SimNs } from '@sandpit/schemas/units.ts';
import { Exchange } from '../engine/exchange.ts';
import type { NewList } from '../engine/order-lists.ts';
import {
  type ListPreview,
  previewList,
  previewTicket,
  type TicketPreview,
} from '../engine/preview.ts';
import { type OrderReceipt, receiptOf } from '../engine/receipts.ts';
import { openCount } from '../engine/risk.ts';
import { Calendar } from './calendar.ts';
import { Feed } from './feed.ts';
import { cellNs } from './frame-grid.ts';
import { Outcomes } from './outcomes.ts';
import { Script } from './script.ts';
import { epochMs } from './timestamps.ts';
import type { CommandOutcome } from './venue.ts';

export interface VenueIdentity {
  simulatorId: string;
  /** SHA-256 of the scenario; a start command for another one is refused. */
  scenarioHash: string;
}

export abstract class VenueView {
  readonly simulatorId: string;
  readonly scenario: Scenario;
  readonly scenarioHash: string;
  readonly instruments: readonly Instrument[];
  readonly opensAtMs: number;
  protected readonly calendar: Calendar;
  readonly exchange: Exchange;
  readonly feeds: readonly Feed[];
  outcomes = new Outcomes();
  protected readonly script: Script;
  readonly #feedBySymbol: ReadonlyMap<string, Feed>;

  constructor(scenario: Scenario, { simulatorId, scenarioHash }: VenueIdentity) {
    this.simulatorId = simulatorId;
    this.scenario = scenario;
    this.scenarioHash = scenarioHash;
    this.instruments = scenario.instruments.map(({ instrument }) => instrument);
    this.opensAtMs = epochMs(scenario.opensAt);
    this.calendar = new Calendar(this.opensAtMs, scenario.holidays);
    this.script = new Script(scenario);
    const setups = scenario.instruments.map(
      ({ instrument, model, session, reopening, priceBands }) => ({
        instrument,
        openingTicks: model.referenceTicks,
        session: session ?? null,
        ...(reopening && { reopening }),
        priceBands: priceBands ?? null,
      }),
    );
    this.exchange = new Exchange(setups, scenario.currency);
    this.feeds = this.exchange.listings.map(
      (listing) => new Feed(listing, this.opensAtMs, splitsOf(scenario, listing.instrument.symbol)),
    );
    this.#feedBySymbol = new Map(this.feeds.map((feed) => [feed.symbol, feed]));
  }

  abstract get nowNs(): SimNs;
  abstract get halted(): boolean;
  abstract clock: ClockState | null;

  preview(ticket: OrderTicket): TicketPreview {
    return previewTicket(this.#judging(), ticket, this.halted ? 'simulatorHalted' : null);
  }

  previewList(command: NewList): ListPreview {
    return previewList(this.#judging(), command, this.halted ? 'simulatorHalted' : null);
  }

  #judging() {
    const { state } = this.exchange;
    state.timeStands = this.clock?.state === 'paused';
    return state;
  }

  headlines() {
    return this.script.headlines(this.nowNs);
  }

  splits(symbol: string | null) {
    return this.script
      .splits(0, this.nowNs)
      .filter((split) => symbol === null || split.symbol === symbol)
      .map(({ atSeconds, newUnits, oldUnits, symbol }) => {
        return { atNs: atSeconds * NS_PER_SECOND, symbol, newUnits, oldUnits };
      });
  }

  /** For a crowd that begins after them. */
  protected pastSplits() {
    return this.splits(null).map(({ symbol, newUnits, oldUnits }) => {
      const instrument = this.exchange.state.listing(symbol)!.index;
      return { instrument, newUnits, oldUnits };
    });
  }

  account(): Account {
    return this.exchange.state.account();
  }

  risk(): RiskState {
    return this.exchange.state.risk;
  }

  owed() {
    const { interest, listings } = this.exchange.state;
    const fees = listings.map(
      ({ instrument, borrowing }) => [instrument.symbol, borrowing.accruedMicros] as const,
    );
    return { interestMicros: interest.accruedMicros, borrowFeesMicros: new Map(fees) };
  }

  positions(): Position[] {
    const { state } = this.exchange;
    return state.listings
      .map((listing) => state.position(listing))
      .filter(({ quantityLots, realisedMicros, feesMicros }) =>
        [quantityLots, realisedMicros, feesMicros].some((amount) => amount !== 0),
      );
  }

  order(orderId: string): Order | null {
    return copyOf(this.exchange.state.blotter.get(orderId));
  }

  receipt(orderId: string): OrderReceipt | null {
    return receiptOf(this.exchange.state, orderId);
  }

  orderByClientId(clientOrderId: string): Order | null {
    const { blotter } = this.exchange.state;
    const orderId = blotter.idOfClient(clientOrderId);
    return orderId === undefined ? null : copyOf(blotter.get(orderId));
  }

  get hasOpenOrders(): boolean {
    return openCount(this.exchange.state) > 0;
  }

  get frameNs(): number {
    return cellNs(this.clock?.speed ?? 1);
  }

  openOrders(): Order[] {
    return this.exchange.state.blotter.open().map((order) => ({ ...order }));
  }

  orders(limit: number): Order[] {
    return this.exchange.state.blotter.newest(limit).map((order) => ({ ...order }));
  }

  executions(limit: number): Execution[] {
    return this.exchange.state.executions.slice(-limit).reverse();
  }

  outcome(commandId: string): CommandOutcome | null {
    return this.outcomes.get(commandId);
  }

  book(symbol: string, depth: number) {
    const feed = this.#feed(symbol);
    return feed ? { ...feed.header('book', this.nowNs), ...feed.book(depth) } : null;
  }

  quote(symbol: string) {
    const feed = this.#feed(symbol);
    return feed ? { ...feed.header('quote', this.nowNs), ...feed.quote(this.nowNs) } : null;
  }

  trades(symbol: string, limit: number) {
    return this.#feed(symbol)?.trades(limit) ?? null;
  }

  candles(symbol: string, interval: CandleInterval, limit: number) {
    const feed = this.#feed(symbol);
    if (!feed) return null;
    const candles = feed.candles.list(interval, limit, this.nowNs);
    return candles.map((candle) => feed.candleText(candle));
  }

  #feed(symbol: string): Feed | undefined {
    return this.#feedBySymbol.get(symbol);
  }
}

/** Of one instrument, oldest first. */
function splitsOf({ script = [] }: Scenario, symbol: string) {
  return script
    .filter((event) => event.type === 'split')
    .filter((event) => event.symbol === symbol)
    .map(({ atSeconds: atSecond, newUnits, oldUnits }) => ({ atSecond, newUnits, oldUnits }))
    .sort((a, b) => a.atSecond - b.atSecond);
}

const copyOf = (order: Order | undefined): Order | null => (order ? { ...order } : null);
