/**
 * I13: whoever leaves has his orders canceled as he asked for: once, not before his time is over and not
 * long after it, all of them but for those that are to stay. Nobody is canceled who is there.
 */
import type { CancelCause, Command } from '@sandpit/schemas/command.ts';
import { type Order, TERMINAL_STATUSES } from '@sandpit/schemas/order.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { emptyTraderState, foldRecord } from '../../../services/simulator/simulation/fold.ts';
import type { Finding, GuardWatch, SimulatorHistory } from './history.ts';

const REASON_OF_CAUSE = { disconnect: 'sessionDisconnected', deadMan: 'deadManExpired' } as const;
const LASTING: ReadonlySet<string> = new Set(['gtc', 'gtd']);
/** Doors tell PostgreSQL whom they hear twice a second; one that is killed takes its last word along. */
const EARLY_MAX_MS = 2_000;

/** A cancel in the trader's place, as the log has it. */
interface Fired {
  record: EventRecord;
  cause: CancelCause;
  keepGtc: boolean;
  /** Open when it came. */
  before: readonly Order[];
  after: ReadonlyMap<string, Order>;
}

export function checkGuards({ guard, records }: SimulatorHistory): Finding {
  const finding: Finding = { law: 'I13', checked: 0, what: 'guards', breaches: [] };
  const fired = firedIn(records.map(({ body }) => body));
  finding.checked = Math.max(fired.length, guard ? 1 : 0);
  finding.breaches.push(...timeFaults(guard, fired), ...fired.flatMap(orderFaults));
  return finding;
}

function timeFaults(guard: GuardWatch | null, fired: readonly Fired[]): string[] {
  if (!guard || guard.leftAtMs === null) {
    return fired.map(
      ({ record, cause }) => `record ${record.n}: ${cause} of somebody who was there`,
    );
  }
  const { cause, keepGtc, leftAtMs, graceMs, latestMs } = guard;
  const [first] = fired;
  if (!first) return [`nothing was canceled ${cause} after the trader had left`];
  const faults = fired.length > 1 ? [`canceled ${fired.length} times for one absence`] : [];
  const atMs = Date.parse(first.record.wallAt);
  if (atMs < leftAtMs + graceMs - EARLY_MAX_MS) {
    faults.push(`canceled ${atMs - leftAtMs} ms after the trader had left, before ${graceMs} ms`);
  }
  if (atMs > latestMs) faults.push(`canceled ${atMs - latestMs} ms too late`);
  if (first.cause !== cause) faults.push(`canceled because of ${first.cause}, not ${cause}`);
  if (first.keepGtc !== keepGtc) faults.push(`canceled with keepGtc ${first.keepGtc}`);
  return faults;
}

function orderFaults({ record, cause, keepGtc, before, after }: Fired): string[] {
  return before.flatMap(({ orderId, timeInForce }) => {
    const { status, rejectReason } = after.get(orderId)!;
    const name = `record ${record.n}: order ${orderId} (${timeInForce})`;
    const stays = keepGtc && LASTING.has(timeInForce);
    if (stays) return TERMINAL_STATUSES.has(status) ? [`${name} was to stay and is ${status}`] : [];
    if (status !== 'canceled') return [`${name} was to be canceled and is ${status}`];
    return rejectReason === REASON_OF_CAUSE[cause] ? [] : [`${name} ended as ${rejectReason}`];
  });
}

function firedIn(records: readonly EventRecord[]): Fired[] {
  const fired: Fired[] = [];
  const state = emptyTraderState();
  for (const record of records) {
    const stoodIn = record.commands.map(({ command }) => standInOf(command)).find(Boolean);
    const open = stoodIn ? [...state.orders.values()].filter(isOpen) : [];
    // Those that a market step of the same turn has filled were not there any more.
    const moved = new Set(
      record.events.flatMap((event) => (event.causeId === null ? movedBy(event) : [])),
    );
    foldRecord(state, record);
    if (!stoodIn) continue;
    const before = open.filter(({ orderId }) => !moved.has(orderId));
    fired.push({ record, ...stoodIn, before, after: new Map(state.orders) });
  }
  return fired;
}

const isOpen = ({ status }: Order): boolean => !TERMINAL_STATUSES.has(status);

const movedBy = (event: EventRecord['events'][number]): string[] =>
  'order' in event && event.order ? [event.order.orderId] : [];

function standInOf({ body }: Command): Pick<Fired, 'cause' | 'keepGtc'> | null {
  if (body.type !== 'cancelAll' || body.cause === undefined) return null;
  return { cause: body.cause, keepGtc: body.keepGtc ?? false };
}
