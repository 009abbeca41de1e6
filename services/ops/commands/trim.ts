/** `trim`: takes the logs of long stopped simulators out of the stream, once the archive has them whole. */
import type { Bus } from '@sandpit/bus/bus.ts';
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { type Kysely, sql } from 'kysely';
import { asArchivist } from '../archive/archivist.ts';
import type { OperatorCommand } from '../command.ts';
import { wholeNumber } from './simulators.ts';

const DAYS_DEFAULT = 30;
const DAYS_MAX = 3_650;
const AT_ONCE_MAX = 5_000;

interface Candidate {
  id: string;
  account_id: string;
  /** Of the newest record in the archive. */
  n: string;
  hash: string;
}

export const trim: OperatorCommand = {
  usage: 'trim',
  description: 'Takes archived logs of long stopped simulators out of the stream EVENTS.',
  options: [
    { flag: '--days <count>', description: `Stopped at least so long ago; ${DAYS_DEFAULT}.` },
  ],
  async run(broker, { options }) {
    const days = wholeNumber('--days', options.days ?? String(DAYS_DEFAULT), DAYS_MAX);
    const candidates = await longStopped(broker.database, days);
    let trimmed = 0;
    await asArchivist(broker, async (bus) => {
      for (const candidate of candidates) if (await trimOne(bus, candidate)) trimmed += 1;
    });
    const kept = candidates.length - trimmed;
    const notes = kept > 0 ? [`${kept} stay: no snapshot stands on the end of their logs.`] : [];
    return { rows: [{ looked: candidates.length, trimmed }], notes };
  },
};

/** Whole in the archive: it holds every record from the first to the one its head names. */
export async function longStopped<Database>(
  db: Kysely<Database>,
  days: number,
): Promise<Candidate[]> {
  const { rows } = await sql<Candidate>`
    select s.id, s.account_id, h.n, h.hash
    from simulators s join simulator_heads h on h.simulator_id = s.id
    where s.state = 'stopped' and s.stopped_at < now() - make_interval(days => ${days})
      and h.fault is null
      and not exists (select from saved_states k where k.simulator_id = s.id)
      and (select count(distinct n) from event_records e
           where e.simulator_id = s.id and e.n between 1 and h.n) = h.n
    order by s.stopped_at limit ${AT_ONCE_MAX}`.execute(db);
  return rows;
}

/** @returns false when something would be missing afterwards. */
export async function trimOne(
  bus: Pick<Bus, 'last' | 'purge'>,
  { id, account_id, n, hash }: Candidate,
): Promise<boolean> {
  const address: SimulatorAddress = { simulatorId: id, accountId: account_id };
  const subject = subjects.event(address);
  const [last, snapshot] = await Promise.all([
    bus.last('EVENTS', subject),
    bus.last('SNAPSHOTS', subjects.snapshot(address)),
  ]);
  const record = last?.body as EventRecord | undefined;
  // The archive's head is the log's, and the simulator can be shown from its snapshot alone.
  if (!last || record?.hash !== hash || record.n !== Number(n)) return false;
  const { previousHash } = (snapshot?.body ?? {}) as { previousHash?: string };
  if (previousHash !== hash) return false;
  await bus.purge('EVENTS', subject, last.sequence);
  return true;
}
