/**
 * Event records -> changes of rows. Pure: a fold over the log, so the rows can be thrown away and made
 * again, and are the same however the log was cut into batches.
 */
import type {
  Account,
  ClockState,
  Execution,
  Position,
  VenueEvent,
} from '@sandpit/schemas/event.ts';
import type { Order } from '@sandpit/schemas/order.ts';
import { type EventRecord, GENESIS_HASH } from '@sandpit/schemas/record.ts';

/** Where a simulator's projection stands. */
export interface Head {
  accountId: string;
  n: number;
  hash: string;
  sequence: number;
  /** Why nothing more is projected for it. */
  fault: string | null;
}

/** A record and its place in the log. */
export interface LoggedRecord {
  sequence: number;
  record: EventRecord;
  /** Of a copy that is not complete yet, and perhaps never will be: nothing runs by it. */
  isIncomplete?: boolean;
}

interface Placed {
  simulatorId: string;
  accountId: string;
  /** Stream sequence of the record that last changed it. */
  sequence: number;
}
export type OrderRow = Placed & { order: Order };
export type ExecutionRow = Placed & { execution: Execution };
export type PositionRow = Placed & { position: Position };
export type AccountRow = Placed & { account: Account };

/** What is known of a simulator's clock; null = unchanged. */
export interface SimulatorChange {
  state: 'running' | 'paused' | 'hibernated' | 'stopped' | 'halted' | null;
  speed: number | null;
  stoppedAt: string | null;
}

/** Keys join the simulator's id and its own with a space; the last state of each wins. */
export interface Changes {
  heads: Map<string, Head>;
  orders: Map<string, OrderRow>;
  executions: Map<string, ExecutionRow>;
  positions: Map<string, PositionRow>;
  accounts: Map<string, AccountRow>;
  simulators: Map<string, SimulatorChange>;
  /** What broke a chain in this batch; each simulator at most once in its life. */
  faults: { simulatorId: string; sequence: number; fault: string }[];
}

export interface Known {
  /** Simulators that were projected before. */
  heads: ReadonlyMap<string, Head>;
  /** Hash of an archived record by simulator and `n`, for records that come a second time. */
  archivedHash(simulatorId: string, n: number): string | undefined;
}

/** @param records  In stream order. */
export function project(records: readonly LoggedRecord[], known: Known): Changes {
  const changes: Changes = {
    heads: new Map(),
    orders: new Map(),
    executions: new Map(),
    positions: new Map(),
    accounts: new Map(),
    simulators: new Map(),
    faults: [],
  };
  for (const logged of records) {
    const { simulatorId } = logged.record;
    const head = changes.heads.get(simulatorId) ?? known.heads.get(simulatorId) ?? null;
    projectRecord(logged, head, known, changes);
  }
  return changes;
}

function projectRecord(
  { sequence, record, isIncomplete = false }: LoggedRecord,
  head: Head | null,
  known: Known,
  changes: Changes,
): void {
  const { simulatorId, accountId, n, hash } = record;
  if (head?.fault) return;
  // After a restored stream the old records come again under new sequences.
  if (head && n <= head.n && known.archivedHash(simulatorId, n) === hash) return;
  const fault = chainFault(head, record);
  if (fault) {
    const last = head ?? { accountId, n: 0, hash: GENESIS_HASH, sequence: 0 };
    changes.heads.set(simulatorId, { ...last, fault });
    changes.faults.push({ simulatorId, sequence, fault });
    return;
  }
  changes.heads.set(simulatorId, { accountId, n, hash, sequence, fault: null });
  const placed = { simulatorId, accountId, sequence };
  const clock = changes.simulators.get(simulatorId);
  for (const event of record.events) applyEvent(event, placed, record, changes);
  if (record.type === 'quarantined') changeClock(changes, simulatorId, { state: 'halted' });
  if (!isIncomplete) return;
  if (clock) changes.simulators.set(simulatorId, clock);
  else changes.simulators.delete(simulatorId);
}

/** What is wrong with the link from the head to this record, or null. */
function chainFault(head: Head | null, record: EventRecord): string | null {
  const expected = head ?? { n: 0, hash: GENESIS_HASH, accountId: record.accountId };
  if (record.accountId !== expected.accountId) {
    return `record ${record.n} belongs to account ${record.accountId}, not ${expected.accountId}`;
  }
  if (record.n !== expected.n + 1) return `record ${record.n} follows record ${expected.n}`;
  if (record.previousHash !== expected.hash) return `record ${record.n} names another predecessor`;
  return null;
}

function applyEvent(
  event: VenueEvent,
  placed: Placed,
  record: EventRecord,
  changes: Changes,
): void {
  const key = (own: string) => `${placed.simulatorId} ${own}`;
  switch (event.type) {
    case 'started':
      changes.accounts.set(placed.simulatorId, { ...placed, account: event.account });
      changeClock(changes, placed.simulatorId, clockChange(event.clock, record.wallAt));
      return;
    case 'clockChanged':
      changeClock(changes, placed.simulatorId, clockChange(event.clock, record.wallAt));
      return;
    case 'orderFilled':
      changes.executions.set(key(event.execution.executionId), {
        ...placed,
        execution: event.execution,
      });
      changes.orders.set(key(event.order.orderId), { ...placed, order: event.order });
      return;
    case 'orderAccepted':
    case 'orderRejected':
    case 'orderTriggered':
    case 'orderReplaced':
    case 'orderCanceled':
    case 'orderExpired':
      changes.orders.set(key(event.order.orderId), { ...placed, order: event.order });
      return;
    case 'positionChanged':
      changes.positions.set(key(event.position.symbol), { ...placed, position: event.position });
      return;
    case 'accountChanged':
      changes.accounts.set(placed.simulatorId, { ...placed, account: event.account });
      return;
    case 'phaseChanged':
    case 'dividendPaid':
    case 'feesChanged':
    case 'stockSplit':
    case 'headline':
    case 'riskChanged':
    case 'commandRefused':
      return;
  }
}

const clockChange = ({ state, speed, hibernated }: ClockState, wallAt: string) => ({
  state: hibernated ? ('hibernated' as const) : state,
  speed,
  stoppedAt: state === 'stopped' ? wallAt : null,
});

function changeClock(
  changes: Changes,
  simulatorId: string,
  change: Partial<SimulatorChange>,
): void {
  const before = changes.simulators.get(simulatorId);
  const unchanged = { state: null, speed: null, stoppedAt: null };
  changes.simulators.set(simulatorId, { ...unchanged, ...before, ...change });
}
