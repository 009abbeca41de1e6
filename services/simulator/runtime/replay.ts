/** Re-execution of stored records: the engine must say again what it said then. */
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import { isRuntimeReason, type RejectReason } from '@sandpit/schemas/order.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { canonicalJson } from '../../platform/canonical.ts';
import { DefectError, type Host } from './host.ts';
import { assertLink } from './record.ts';
import { absorb, ownAnswer, type Replica, refusalEvent } from './replica.ts';
import { advanceInSlices } from './slices.ts';

/**
 * Brings the replica from record n − 1 to `record`, which stands at `sequence`.
 *
 * A record of this engine version is executed again at its simulated time and compared; one of
 * another version is taken as it stands.
 *
 * @param restoredFrom  Where it stood before it was restored; undefined = it has never been.
 * @param mayContinue  Throws when the simulator is no longer ours.
 * @throws DefectError when the chain is broken or the engine says something else.
 */
export async function replayRecord(
  replica: Replica,
  record: EventRecord,
  sequence: number,
  host: Host,
  mayContinue: () => void,
  restoredFrom?: number,
): Promise<void> {
  assertLink(replica.head, record);
  const { venue } = replica;
  if (record.engineVersion !== venue.engineVersion) {
    venue.applyForeign(record.events, record.simNs);
  } else {
    if (venue.nowNs > record.simNs) {
      throw new DefectError(`Record ${record.n} is earlier than the state it should follow.`);
    }
    const events = await advanceInSlices(venue, record.simNs, host, mayContinue);
    events.push(...reexecute(replica, record));
    if (record.pacedTo !== undefined) {
      events.push(...venue.pace(record.pacedTo, Date.parse(record.wallAt)));
    }
    if (record.hibernation) {
      events.push(...venue.hibernate(record.hibernation, Date.parse(record.wallAt)));
    }
    if (record.switches) events.push(...venue.setSwitches(record.switches));
    compare(record, events, venue.stateHash());
  }
  absorb(replica, record, sequence, restoredFrom);
}

function reexecute(replica: Replica, record: EventRecord): VenueEvent[] {
  const wallMs = Date.parse(record.wallAt);
  return record.commands.flatMap(({ command, sequence }) => {
    const refusal = runtimeRefusal(record, command.commandId);
    if (refusal) return [refusalEvent(command, refusal, record.simNs)];
    const own = ownAnswer(replica, command, record.simNs);
    return own ?? replica.venue.execute(command, { wallMs, sequence });
  });
}

/**
 * Why the engine was not asked, or its answer thrown away: the command was quarantined, it broke an
 * invariant, or the simulator was not woken for it. Null = the engine answered.
 */
function runtimeRefusal({ events }: EventRecord, commandId: string): RejectReason | null {
  const refused = events.find(
    (event) => event.type === 'commandRefused' && event.causeId === commandId,
  );
  return refused?.type === 'commandRefused' && isRuntimeReason(refused.reason)
    ? refused.reason
    : null;
}

function compare(record: EventRecord, events: VenueEvent[], stateHash: string): void {
  const sameEvents = canonicalJson(events) === canonicalJson(record.events);
  if (sameEvents && stateHash === record.stateHash) return;
  const difference = sameEvents
    ? `state ${stateHash} instead of ${record.stateHash}`
    : 'other events than it holds';
  throw new DefectError(
    `Record ${record.n} of ${record.simulatorId}, executed again, gives ${difference}.`,
  );
}
