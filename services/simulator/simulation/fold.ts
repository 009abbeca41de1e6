/** EVENTS -> what the trader has: the plainest reading of the log, without an engine. Pure. */
import type {
  Account,
  ClockState,
  Execution,
  Position,
  VenueEvent,
} from '@sandpit/schemas/event.ts';
import type { Order } from '@sandpit/schemas/order.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';

type StockSplit = Extract<VenueEvent, { type: 'stockSplit' }>;

export interface TraderState {
  /** Records folded so far. */
  n: number;
  epoch: number;
  lastCommandSequence: number;
  /** By order id. Refused ones are among them. */
  orders: Map<string, Order>;
  /** Oldest first. */
  executions: Execution[];
  /** Oldest first, each with the number of executions before it. */
  splits: { split: StockSplit; after: number }[];
  /** By symbol. */
  positions: Map<string, Position>;
  account: Account | null;
  clock: ClockState | null;
}

export function emptyTraderState(): TraderState {
  return {
    n: 0,
    epoch: 0,
    lastCommandSequence: 0,
    orders: new Map(),
    executions: [],
    splits: [],
    positions: new Map(),
    account: null,
    clock: null,
  };
}

/** Adds one record; changes `state` in place and returns it. */
export function foldRecord(state: TraderState, record: EventRecord): TraderState {
  state.n = record.n;
  state.epoch = record.epoch;
  state.lastCommandSequence = record.lastCommandSequence;
  for (const event of record.events) foldEvent(state, event);
  return state;
}

/** @param records  Of one simulator, in order. */
export function foldRecords(records: Iterable<EventRecord>): TraderState {
  const state = emptyTraderState();
  for (const record of records) foldRecord(state, record);
  return state;
}

function foldEvent(state: TraderState, event: VenueEvent): void {
  switch (event.type) {
    case 'started':
      state.account = event.account;
      state.clock = event.clock;
      break;
    case 'clockChanged':
      state.clock = event.clock;
      break;
    case 'accountChanged':
      state.account = event.account;
      break;
    case 'positionChanged':
      state.positions.set(event.position.symbol, event.position);
      break;
    case 'orderFilled':
      state.executions.push(event.execution);
      state.orders.set(event.order.orderId, event.order);
      break;
    case 'stockSplit':
      state.splits.push({ split: event, after: state.executions.length });
      break;
    case 'marginCallChanged':
    case 'phaseChanged':
    case 'dividendPaid':
    case 'feesChanged':
    case 'headline':
    case 'riskChanged':
    case 'commandRefused':
      break;
    default:
      state.orders.set(event.order.orderId, event.order);
  }
}
