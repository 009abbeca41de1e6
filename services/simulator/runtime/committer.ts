/**
 * The commit: a turn has happened if and only if its record stands in EVENTS. The fence is the
 * expected last sequence of the simulator's subject.
 */
import { appendRecord, type FenceCause } from '@sandpit/bus/append.ts';
import type { Bus } from '@sandpit/bus/bus.ts';
import { HEADERS } from '@sandpit/bus/headers.ts';
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { RecordedCommand } from '@sandpit/schemas/command.ts';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import type { StandingSwitch } from '@sandpit/schemas/risk.ts';
import type { SimNs } from '@sandpit/schemas/units.ts';
import type { Hibernation } from '../venue/venue.ts';
import type { CrashPoint, Reach } from './crash-points.ts';
import type { Host } from './host.ts';
import { type SealedRecord, sealRecord } from './record.ts';
import { absorb, type Replica } from './replica.ts';

const PUBLISH_TIMEOUT_MS = 2_000;
/** Without a definite answer by then the worker counts as dead to this simulator. */
const GIVE_UP_AFTER_MS = 6_000;

/** What a turn did, before it is numbered and sealed. */
export interface Draft {
  type: EventRecord['type'];
  commands: RecordedCommand[];
  events: VenueEvent[];
  /** When the commands were executed; the venue's own clock may have moved since (warm-up). */
  simNs: SimNs;
  wallMs: number;
  /** See EventRecord; absent = the pace stays. */
  pacedTo?: number | null;
  hibernation?: Hibernation;
  /** At least one; see EventRecord. */
  switches?: StandingSwitch[];
  /** Goes with the record without being part of it. */
  headers?: Record<string, string>;
}

export interface CommitDependencies {
  bus: Bus;
  host: Host;
  workerId: string;
  reach: Reach;
  /** The log did not take a record of ours, or did not say. */
  onFenced?(cause: FenceCause, address: SimulatorAddress): void;
}

export function recordFor(replica: Replica, draft: Draft, workerId: string): SealedRecord {
  const { address, head, venue } = replica;
  return sealRecord({
    version: 1,
    type: draft.type,
    simulatorId: address.simulatorId,
    accountId: address.accountId,
    n: head.n + 1,
    epoch: draft.type === 'owner' ? head.epoch + 1 : head.epoch,
    worker: workerId,
    engineVersion: venue.engineVersion,
    simNs: draft.simNs,
    wallAt: new Date(draft.wallMs).toISOString(),
    commands: draft.commands,
    ...(draft.pacedTo !== undefined && { pacedTo: draft.pacedTo }),
    ...(draft.hibernation && { hibernation: draft.hibernation }),
    ...(draft.switches && { switches: draft.switches }),
    lastCommandSequence: draft.commands.at(-1)?.sequence ?? head.commandSequence,
    events: draft.events,
    previousSequence: head.sequence,
    previousHash: head.hash,
    stateHash: venue.stateHash(),
  });
}

/**
 * Stores the turn that the venue has just made, and takes note of it.
 *
 * @returns false when another owner's record stands there or no definite answer came: the replica
 *          is worthless then and must be thrown away.
 */
export async function commit(
  { bus, host, workerId, reach, onFenced }: CommitDependencies,
  replica: Replica,
  draft: Draft,
): Promise<boolean> {
  const { record, bytes } = recordFor(replica, draft, workerId);
  const { simulatorId } = replica.address;
  const result = await appendRecord(bus, 'EVENTS', subjects.event(replica.address), bytes, {
    id: `${simulatorId}/${record.epoch}/${record.n}`,
    after: replica.head.sequence,
    headers: headersOf(draft),
    timeoutMs: PUBLISH_TIMEOUT_MS,
    giveUpAtMs: host.monotonicMs() + GIVE_UP_AFTER_MS,
    nowMs: () => host.monotonicMs(),
    sleep: (ms) => host.sleep(ms),
    isMine: ({ body }) => (body as EventRecord).hash === record.hash,
  });
  if (result.outcome === 'fenced') {
    onFenced?.(result.cause, replica.address);
    return false;
  }
  reach((draft.type === 'owner' ? 'ownerAppended' : 'appended') satisfies CrashPoint);
  absorb(replica, record, result.sequence);
  return true;
}

function headersOf({ commands, headers }: Draft): Record<string, string> {
  const last = commands.at(-1);
  return { ...headers, ...(last && { [HEADERS.correlationId]: last.command.correlationId }) };
}
