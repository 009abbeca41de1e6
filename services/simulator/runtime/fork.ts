/**
 * A second simulator with the past of a first one: its log is copied up to a place, record by record,
 * executed again on the way, and goes on from there by itself. The first one knows nothing of it.
 *
 * Until the last record of the fork stands, each one says that it is not complete, and nobody runs it:
 * a copy that breaks off is never more than a log.
 */
import { appendRecord } from '@sandpit/bus/append.ts';
import { HEADERS } from '@sandpit/bus/headers.ts';
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import type { SimNs } from '@sandpit/schemas/units.ts';
import { type CommitDependencies, commit } from './committer.ts';
import { GENESIS, type SealedRecord, sealRecord } from './record.ts';
import type { RecoveryDependencies } from './recovery.ts';
import { replayRecord } from './replay.ts';
import { createMemory, type Replica } from './replica.ts';
import { advanceInSlices } from './slices.ts';

const PUBLISH_TIMEOUT_MS = 2_000;
const GIVE_UP_AFTER_MS = 6_000;
const RECORDS_MAX = 20_000;
/** Slow enough to stand: a nanosecond a millisecond, until the command to pause comes. */
const STANDING_SPEED = 1e-6;
/** See `isForking`. */
const NOT_COMPLETE = { [HEADERS.forking]: 'yes' };

/** Where to part; the end of the log when neither is given. */
export interface ForkPlace {
  /** Stream sequence of the last record that both share. */
  atSequence: number | null;
  /** The order that is not to come any more: up to the moment before it. */
  beforeOrder: string | null;
  /** Exactly where a simulator once stood, whatever its sequences are by now; instead of both. */
  upTo?: { n: number; simNs: number };
}

/** There is no such place, or nothing can go on from it. */
export class ForkError extends Error {
  override readonly name = 'ForkError';
}

export type ForkDependencies = Pick<RecoveryDependencies, 'venues'> & CommitDependencies;

/**
 * Writes the child's log. It must be empty, and this worker must own its shard.
 *
 * @returns how many records both share.
 * @throws ForkError, DefectError, BusError
 */
export async function forkLog(
  dependencies: ForkDependencies,
  parent: SimulatorAddress,
  child: SimulatorAddress,
  scenarioHash: string,
  place: ForkPlace,
  mayContinue: () => void,
): Promise<number> {
  const { records, untilNs } = await shared(dependencies, parent, place);
  const venue = await dependencies.venues.open(scenarioHash, child.simulatorId);
  const memory = createMemory();
  const replica: Replica = { address: child, scenarioHash, venue, memory, head: GENESIS };
  const { host } = dependencies;
  for (const record of records) {
    mayContinue();
    const copy = copyFor(replica, record);
    const sequence = await append(dependencies, child, replica.head.sequence, copy);
    await replayRecord(replica, copy.record, sequence, host, mayContinue);
  }
  await stand(dependencies, replica, untilNs ?? venue.nowNs, mayContinue);
  return records.length;
}

interface Shared {
  records: EventRecord[];
  /** Where the market has to go after them; null = it stands there. */
  untilNs: number | null;
}

async function shared(
  { bus }: ForkDependencies,
  parent: SimulatorAddress,
  { atSequence, beforeOrder, upTo }: ForkPlace,
): Promise<Shared> {
  const records: EventRecord[] = [];
  const read = { filter: subjects.event(parent), from: 1 };
  for await (const { sequence, body } of bus.read('EVENTS', read)) {
    const record = body as EventRecord;
    if (records.length === 0 && record.n > 1)
      throw new ForkError('Its log is in the archive only.');
    if (beforeOrder !== null && record.events.some((event) => brings(event, beforeOrder))) {
      return { records: startedOf(records), untilNs: record.simNs };
    }
    if (atSequence !== null && sequence > atSequence) break;
    if (upTo && record.n > upTo.n) break;
    if (record.events.some(stops)) break;
    records.push(record);
    if (records.length > RECORDS_MAX) {
      throw new ForkError(`It has more than ${RECORDS_MAX} records; fork an earlier place.`);
    }
  }
  if (beforeOrder !== null) throw new ForkError(`There is no order ${beforeOrder} in its log.`);
  return { records: startedOf(records), untilNs: upTo?.simNs ?? null };
}

function startedOf(records: EventRecord[]): EventRecord[] {
  if (records.some(({ events }) => events.some(({ type }) => type === 'started'))) return records;
  throw new ForkError('It had not started then.');
}

const brings = (event: VenueEvent, orderId: string): boolean =>
  (event.type === 'orderAccepted' || event.type === 'orderRejected') &&
  event.order.orderId === orderId;

const stops = (event: VenueEvent): boolean =>
  event.type === 'clockChanged' && event.clock.state === 'stopped';

function copyFor({ address, head }: Replica, record: EventRecord): SealedRecord {
  const { accountId, simulatorId } = address;
  const commands = record.commands.map(({ sequence, command }) => {
    return { sequence, command: { ...command, accountId, simulatorId } };
  });
  const { hash: _, ...content } = record;
  return sealRecord({
    ...content,
    accountId,
    simulatorId,
    commands,
    previousSequence: head.sequence,
    previousHash: head.hash,
  });
}

async function append(
  { bus, host }: ForkDependencies,
  child: SimulatorAddress,
  after: number,
  { record, bytes }: SealedRecord,
): Promise<number> {
  const result = await appendRecord(bus, 'EVENTS', subjects.event(child), bytes, {
    id: `${child.simulatorId}/${record.epoch}/${record.n}`,
    after,
    headers: NOT_COMPLETE,
    timeoutMs: PUBLISH_TIMEOUT_MS,
    giveUpAtMs: host.monotonicMs() + GIVE_UP_AFTER_MS,
    nowMs: () => host.monotonicMs(),
    sleep: (ms) => host.sleep(ms),
    isMine: ({ body }) => (body as EventRecord).hash === record.hash,
  });
  if (result.outcome === 'fenced') throw new ForkError('Somebody else writes the log of the fork.');
  return result.sequence;
}

/** The clock of the past would run on to today: it is anchored at this moment, and as good as stands. */
async function stand(
  dependencies: ForkDependencies,
  replica: Replica,
  untilNs: number,
  mayContinue: () => void,
): Promise<void> {
  mayContinue();
  const { venue } = replica;
  const wallMs = dependencies.host.wallMs();
  const now = () => ({ commands: [], simNs: venue.nowNs, wallMs });
  const claim = { type: 'owner' as const, events: [], ...now(), headers: NOT_COMPLETE };
  const owned = await commit(dependencies, replica, claim);
  mayContinue();
  const events = await advanceInSlices(venue, untilNs as SimNs, dependencies.host, mayContinue);
  events.push(...venue.pace(STANDING_SPEED, wallMs));
  const draft = { type: 'turn' as const, events, ...now(), pacedTo: STANDING_SPEED };
  if (!owned || !(await commit(dependencies, replica, draft))) {
    throw new ForkError('Somebody else writes the log of the fork.');
  }
}
