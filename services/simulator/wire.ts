/** A simulator's committed state -> the shapes of the wire. Pure. */

import type { CommandBody } from '@sandpit/schemas/command.ts';
import { moneyText, priceText } from '@sandpit/schemas/decimal.ts';
import type { ClockState } from '@sandpit/schemas/event.ts';
import { INSTRUMENT_FEES } from '@sandpit/schemas/fees.ts';
import type {
  AccountView,
  ClockView,
  ExecutionView,
  FillReceipt,
  OrderListPreview,
  OrderPreview,
  OrderView,
  PositionView,
  Simulator,
  SimulatorState,
} from '@sandpit/schemas/http.ts';
import type {
  Instrument,
  InstrumentSummary,
  SimulatorInstrument,
  StockSplit,
} from '@sandpit/schemas/instrument.ts';
import type { BookFrame, QuoteFrame } from '@sandpit/schemas/market-data.ts';
import type { Headline } from '@sandpit/schemas/news.ts';
import type { OrderTicket } from '@sandpit/schemas/order.ts';
import type { RiskView } from '@sandpit/schemas/risk.ts';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import type { SnapshotFrame } from '@sandpit/schemas/stream.ts';
import { NS_PER_MS } from '@sandpit/schemas/units.ts';
import { accountView, type MarkedPosition, previewView } from '../platform/account-views.ts';
import { riskView } from '../platform/risk-view.ts';
import {
  executionView,
  markHalfTicks,
  orderView,
  positionView,
  simulatedIso,
  stockSplit,
} from '../platform/views.ts';
import { receiptView } from './receipt-view.ts';
import { executionKey, type Replica } from './runtime/replica.ts';
import { realSpeed } from './venue/clock.ts';
import type { Venue } from './venue/venue.ts';

/** Orders and executions looked through for a list; as many as the runtime remembers changes of. */
const LISTED_MAX = 2_048;
const DEFAULT_LIMIT = 100;
const RECENT = 100;
export const BOOK_DEPTH = 20;

type NewOrderList = Extract<CommandBody, { type: 'newOrderList' }>;

export interface ListRange {
  limit?: number | undefined;
  /** Exclusive. */
  since?: number | undefined;
}

export interface List<Item> {
  items: Item[];
  nextSince: number;
}

function instrumentOf({ venue }: Replica, symbol: string): Instrument {
  const instrument = venue.instruments.find((each) => each.symbol === symbol);
  if (!instrument) throw new RangeError(`The venue has no instrument ${symbol}.`);
  return instrument;
}

const changedAt = ({ memory }: Replica, id: string) => memory.changedAt.get(id) ?? 0;

/** Oldest change first. */
export function listOrders(replica: Replica, range: ListRange): List<OrderView> {
  const views = replica.venue.orders(LISTED_MAX).map((order) => viewOfOrder(replica, order));
  return cut(views, range, replica.head.sequence);
}

/** Oldest first. */
export function listExecutions(replica: Replica, range: ListRange): List<ExecutionView> {
  const { venue, head } = replica;
  return cut(
    venue.executions(LISTED_MAX).map((each) => viewOfExecution(replica, each)),
    range,
    head.sequence,
  );
}

/**
 * The part after `since`, at most `limit` long. What one record changed stays together, so that the
 * cursor never stands in the middle of a record.
 *
 * @param newestFirst  As the venue lists them.
 */
function cut<Item extends { sequence: number }>(
  newestFirst: Item[],
  { limit = DEFAULT_LIMIT, since }: ListRange,
  head: number,
): List<Item> {
  const after = newestFirst.toReversed().filter(({ sequence }) => sequence > (since ?? -1));
  after.sort((a, b) => a.sequence - b.sequence);
  if (after.length <= limit) return { items: after, nextSince: head };
  const last = (after[limit - 1] as Item).sequence;
  return { items: after.filter(({ sequence }) => sequence <= last), nextSince: last };
}

type Order = Parameters<typeof orderView>[0];
type Execution = Parameters<typeof executionView>[0];

function viewOfOrder(replica: Replica, order: Order): OrderView {
  const instrument = instrumentOf(replica, order.symbol);
  return orderView(order, instrument, replica.venue.opensAtMs, changedAt(replica, order.orderId));
}

function viewOfExecution(replica: Replica, execution: Execution): ExecutionView {
  const instrument = instrumentOf(replica, execution.symbol);
  const sequence = changedAt(replica, executionKey(execution.executionId));
  return executionView(execution, instrument, replica.venue.opensAtMs, sequence);
}

export function oneOrder(replica: Replica, orderId: string): OrderView | null {
  const order = replica.venue.order(orderId);
  return order && viewOfOrder(replica, order);
}

function marked(replica: Replica): MarkedPosition[] {
  return replica.venue.positions().map((position) => {
    const instrument = instrumentOf(replica, position.symbol);
    const mark = markHalfTicks(replica.venue.quote(position.symbol), instrument);
    return { position, instrument, mark };
  });
}

export function positions(replica: Replica): PositionView[] {
  const { borrowFeesMicros } = replica.venue.owed();
  return marked(replica).map(({ position, instrument, mark }) => ({
    ...positionView(position, instrument, mark),
    ...(position.borrowFeesMicros !== undefined && {
      borrowAccrued: moneyText(borrowFeesMicros.get(position.symbol) ?? 0),
    }),
  }));
}

export function account(replica: Replica): AccountView {
  const { venue, head } = replica;
  const view = accountView(venue.account(), marked(replica), head.sequence, venue.opensAtMs);
  if (view.type !== 'margin') return view;
  const { interestMicros, borrowFeesMicros } = venue.owed();
  const accrued = [...borrowFeesMicros.values()].reduce((a, b) => a + b, interestMicros);
  return { ...view, accrued: moneyText(accrued) };
}

export const risk = ({ venue }: Replica): RiskView => riskView(venue.risk());

/** Null when the order is unknown or no longer kept. */
export function receipt(replica: Replica, orderId: string): FillReceipt | null {
  const { venue } = replica;
  const found = venue.receipt(orderId);
  if (!found) return null;
  const instrument = instrumentOf(replica, found.order.symbol);
  const own = venue.executions(LISTED_MAX).filter((each) => each.orderId === orderId);
  return {
    ...receiptView(found, instrument, { opensAtMs: venue.opensAtMs, nowNs: venue.nowNs }),
    fills: own.toReversed().map((each) => viewOfExecution(replica, each)),
    sequence: replica.head.sequence,
  };
}

/** What the venue would do with the order now. */
export function preview(replica: Replica, ticket: OrderTicket): OrderPreview {
  const instrument = instrumentOf(replica, ticket.symbol);
  return previewView(replica.venue.preview(ticket), instrument, replica.head.sequence);
}

/** What the venue would do with the list now. */
export function previewList(
  replica: Replica,
  list: Pick<NewOrderList, 'contingency' | 'tickets'>,
): OrderListPreview {
  const command = { type: 'newOrderList', clientListId: 'preview', ...list } as const;
  const { reason, warnings, orders } = replica.venue.previewList(command);
  const { sequence } = replica.head;
  return {
    accepted: reason === null,
    rejectReason: reason,
    warnings,
    orders: orders.map((each, i) =>
      previewView(each, instrumentOf(replica, list.tickets[i]!.symbol), sequence),
    ),
    sequence,
  };
}

export function book(replica: Replica, symbol: string, depth = BOOK_DEPTH): BookFrame | null {
  const frame = replica.venue.book(symbol, depth);
  return frame && { ...frame, epoch: replica.head.epoch };
}

export function quote(replica: Replica, symbol: string): QuoteFrame | null {
  const frame = replica.venue.quote(symbol);
  return frame && { ...frame, epoch: replica.head.epoch };
}

/** Everything at once, as of record `n`; deltas follow from the next one. */
export function snapshotFrame(replica: Replica, scenario: Scenario): SnapshotFrame | null {
  const { venue, head } = replica;
  const simulator = simulatorView(replica, scenario);
  if (!simulator || !venue.clock) return null;
  const symbols = venue.instruments.map(({ symbol }) => symbol);
  return {
    n: head.n,
    sequence: head.sequence,
    epoch: head.epoch,
    simulator,
    clock: venue.clock,
    simulatedAt: simulatedIso(venue.nowNs, venue.opensAtMs),
    instruments: instrumentSummaries(scenario, venue),
    account: account(replica),
    risk: risk(replica),
    positions: positions(replica),
    openOrders: venue.openOrders().map((order) => viewOfOrder(replica, order)),
    recentOrders: venue.orders(RECENT).map((order) => viewOfOrder(replica, order)),
    executions: venue.executions(RECENT).map((each) => viewOfExecution(replica, each)),
    quotes: present(symbols.map((symbol) => quote(replica, symbol))),
    books: present(symbols.map((symbol) => book(replica, symbol))),
  };
}

const present = <Item>(items: (Item | null)[]): Item[] =>
  items.filter((item): item is Item & NonNullable<Item> => item !== null);

export function instrumentSummaries({ instruments }: Scenario, venue: Venue): InstrumentSummary[] {
  return instruments.map(({ instrument, model, session }) => {
    const past = splits(venue, instrument.symbol);
    return {
      ...instrument,
      referencePrice: priceText(model.referenceTicks, instrument),
      ...(session && { session }),
      ...(past.length > 0 && { splits: past }),
    };
  });
}

export const listInstruments = ({ venue }: Replica): { items: SimulatorInstrument[] } => ({
  items: venue.instruments.map((instrument) => {
    return { ...instrument, splits: splits(venue, instrument.symbol) };
  }),
});

/** So far, oldest first. */
export function splits(venue: Venue, symbol: string): StockSplit[] {
  return venue
    .splits(symbol)
    .map((split) => stockSplit(split, simulatedIso(split.atNs, venue.opensAtMs)));
}

/** Newest first. */
export function headlines({ venue }: Replica): Headline[] {
  return venue.headlines().map(({ atNs, symbol, text }) => {
    return { at: simulatedIso(atNs, venue.opensAtMs), symbol, text };
  });
}

/** Null before it has started. */
export function clockView({ memory, venue }: Replica, wallMs: number): ClockView | null {
  const { clock, nowNs, opensAtMs, seekNs } = venue;
  if (!clock) return null;
  const speed = realSpeed(clock);
  return {
    state: stateOf(memory.halted, clock),
    simulatedAt: simulatedIso(nowNs, opensAtMs),
    speed: clock.speed,
    realSpeed: speed,
    lagging: clock.lagging !== undefined,
    lateMs: Math.round((venue.targetNs(wallMs) - nowNs) / NS_PER_MS / speed),
    seekingTo: seekNs === null ? null : simulatedIso(seekNs, opensAtMs),
    tapeHash: venue.tapeHash(),
  };
}

/** Null before it has started. */
export function simulatorView(replica: Replica, { id, currency }: Scenario): Simulator | null {
  const { memory, venue, address } = replica;
  if (!memory.life || !venue.clock) return null;
  const { startingCashMicros, type, feeSchedule } = venue.account();
  return {
    id: address.simulatorId,
    sessionId: memory.life.sessionId,
    scenario: id,
    seed: memory.life.seed,
    speed: venue.clock.speed,
    startingCash: moneyText(startingCashMicros),
    currency,
    accountType: type ?? 'collateral',
    feeSchedule: feeSchedule ?? INSTRUMENT_FEES,
    state: stateOf(memory.halted, venue.clock),
    symbols: venue.instruments.map(({ symbol }) => symbol),
    startedAt: memory.life.startedAt,
    stoppedAt: memory.life.stoppedAt,
    riskTier: venue.risk().tier,
  };
}

export function stateOf(halted: boolean, clock: ClockState | null): SimulatorState {
  if (!clock) return halted ? 'halted' : 'starting';
  if (halted && clock.state !== 'stopped') return 'halted';
  return clock.hibernated ? 'hibernated' : clock.state;
}
