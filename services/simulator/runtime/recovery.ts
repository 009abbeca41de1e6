/**
 * Recovery: newest good snapshot, then the records after it, executed again and compared. Cold start
 * and crash recovery are the same path.
 */
import { type Bus, BusError, type StoredMessage } from '@sandpit/bus/bus.ts';
import { HEADERS } from '@sandpit/bus/headers.ts';
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import type { Venue } from '../venue/venue.ts';
import { DefectError, type Host, type Log } from './host.ts';
import { GENESIS } from './record.ts';
import { replayRecord } from './replay.ts';
import { createMemory, type Replica } from './replica.ts';
import type { SnapshotContent, SnapshotStore } from './snapshots.ts';

/** Makes venues; knows where scenarios come from and waits for them while they cannot be had. */
export interface VenueFactory {
  readonly engineVersion: string;
  open(scenarioHash: string, simulatorId: string): Promise<Venue>;
  restore(scenarioHash: string, state: Uint8Array): Promise<Venue>;
  /** The venue behind a past that was run beforehand; null = there is none, it runs its own. */
  withPast?(scenarioHash: string, seed: number, venue: Venue): Promise<Venue | null>;
}

export interface RecoveryDependencies {
  bus: Bus;
  host: Host;
  log: Log;
  venues: VenueFactory;
  snapshots: SnapshotStore;
}

/**
 * The simulator as the log has it, without an owner yet.
 *
 * @param scenarioHash  Of its start command.
 * @param mayContinue   Throws when the simulator is no longer ours.
 * @param isNew         It has no record yet, so there is nothing to read.
 * @throws DefectError  The log cannot be executed again; the simulator must stop.
 */
export async function recover(
  dependencies: RecoveryDependencies,
  address: SimulatorAddress,
  scenarioHash: string,
  mayContinue: () => void,
  isNew = false,
): Promise<Replica> {
  const { venues, snapshots, log } = dependencies;
  const open = async (): Promise<Replica> => {
    const venue = await venues.open(scenarioHash, address.simulatorId);
    return { address, scenarioHash, venue, memory: createMemory(), head: GENESIS };
  };
  if (isNew) return open();
  for (const snapshot of await snapshots.load(address)) {
    // Another engine's state has another shape; its records are applied from the start instead.
    if (snapshot.engineVersion !== venues.engineVersion) continue;
    const base = await restore(dependencies, address, snapshot);
    const replica =
      base instanceof DefectError
        ? base
        : await replay(dependencies, base, mayContinue).catch(asDefect);
    if (!(replica instanceof DefectError)) return replica;
    const fields = { simulatorId: address.simulatorId, n: snapshot.head.n };
    log.error({ ...fields, err: replica }, 'snapshot passed over');
  }
  return replay(dependencies, await open(), mayContinue);
}

function asDefect(error: unknown): DefectError {
  if (error instanceof DefectError) return error;
  throw error;
}

async function restore(
  { venues }: RecoveryDependencies,
  address: SimulatorAddress,
  { scenarioHash, state, stateHash, memory, head }: SnapshotContent,
): Promise<Replica | DefectError> {
  let venue: Venue;
  try {
    venue = await venues.restore(scenarioHash, state);
  } catch (error) {
    if (isOutage(error)) throw error;
    return new DefectError('The snapshot cannot be restored.', { cause: error });
  }
  if (venue.stateHash() !== stateHash) {
    return new DefectError('The restored venue has another hash than the one in its snapshot.');
  }
  return { address, scenarioHash, venue, memory: createMemory(memory), head };
}

async function replay(
  { bus, host }: RecoveryDependencies,
  replica: Replica,
  mayContinue: () => void,
): Promise<Replica> {
  replica.venue.setFramesWanted(false);
  const { sequence: base, hash } = replica.head;
  const filter = subjects.event(replica.address);
  let found = base === 0;
  for await (const message of bus.read('EVENTS', { filter, from: Math.max(1, base) })) {
    mayContinue();
    const record = recordOf(message);
    if (message.sequence === base && record.hash === hash) found = true;
    else if (found) {
      const restoredFrom = restoredFromOf(message);
      await replayRecord(replica, record, message.sequence, host, mayContinue, restoredFrom);
    } else break;
  }
  if (!found) throw new DefectError('The snapshot stands on a record that the log does not hold.');
  replica.venue.takeFrames();
  return replica;
}

function restoredFromOf({ headers }: StoredMessage): number | undefined {
  const text = headers[HEADERS.restored];
  return text === undefined ? undefined : Number(text);
}

export function recordOf(message: StoredMessage): EventRecord {
  const { sequence } = message;
  let record: EventRecord | undefined;
  try {
    record = message.body as EventRecord;
  } catch (error) {
    throw new DefectError(`EVENTS ${sequence} is not JSON.`, { cause: error });
  }
  if (record?.version !== 1 || !Array.isArray(record.events) || !Array.isArray(record.commands))
    throw new DefectError(`EVENTS ${sequence} is no record of version 1.`);
  return record;
}

/** Will it get better by itself? Then wait and try again; a defect stays one. */
export function isOutage(error: unknown): boolean {
  const { type } = error as { type?: string };
  return (error instanceof BusError && error.failure !== 'refused') || type === 'unavailable';
}
