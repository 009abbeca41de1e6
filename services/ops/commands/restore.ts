/** `restore`: a damaged log, written anew from the archive. */
import type { Bus } from '@sandpit/bus/bus.ts';
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { type Kysely, sql } from 'kysely';
import { newId } from '../../platform/ids.ts';
import { askWorker } from '../../platform/owners.ts';
import { asArchivist } from '../archive/archivist.ts';
import { type Chain, type Kept, soundChain } from '../archive/chain.ts';
import { RestoreError, restoreLog } from '../archive/restore-log.ts';
import { type OperatorCommand, OperatorError } from '../command.ts';
import { accountOf, askWorkers } from '../workers.ts';

const PAGE = 1_000;
const RECORDS_MAX = 200_000;
const RESUME_TIMEOUT_MS = 10_000;
const time = {
  nowMs: () => performance.now(),
  sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
};

export const restore: OperatorCommand = {
  usage: 'restore <simulator>',
  description: 'Writes a damaged log anew from the archive, and lets the simulator trade again.',
  options: [
    { flag: '--force', description: 'Also when it runs, or when its newest records are lost.' },
  ],
  async run(broker, { args, options }) {
    const { simulator: simulatorId } = args;
    const address = { simulatorId, accountId: await accountOf(broker, simulatorId) };
    const force = options.force === true;
    if (!force) await refuseLive(await askWorkers(broker), simulatorId);
    const chain = await asArchivist(broker, async (bus) => {
      const { kept, newest } = await stored(bus, address);
      const found = soundChain(simulatorId, await archived(broker.database, simulatorId), kept);
      refuseLoss(found, force);
      const attempt = `restore-${newId()}`;
      await restoreLog(bus, address, found.records, newest, attempt, time).catch(explain);
      return found;
    });
    const resumed = await askWorker<{ state: string } | null>(
      broker,
      simulatorId,
      'simulator.resume',
      { accountId: address.accountId },
      { timeoutMs: RESUME_TIMEOUT_MS },
    ).catch((error: Error) => ({ state: error.message }));
    const { records, fromStream, lostUntil } = chain;
    const lost = lostUntil === null ? 0 : lostUntil - records.length;
    const row = { simulator: simulatorId, records: records.length, 'from stream': fromStream };
    return { rows: [{ ...row, lost, state: resumed?.state ?? null }] };
  },
};

function refuseLive(workers: Awaited<ReturnType<typeof askWorkers>>, simulatorId: string): void {
  const running = workers
    .flatMap(({ status }) => status?.simulators ?? [])
    .find((each) => each.simulatorId === simulatorId && each.state === 'live');
  if (!running) return;
  throw new OperatorError(
    'It runs from its log: there is nothing to restore.',
    'Repeat with --force to write the log anew all the same.',
  );
}

function refuseLoss({ records, lostUntil }: Chain, force: boolean): void {
  if (records.length === 0) {
    throw new OperatorError(
      'The archive holds no sound record of it.',
      'Look at "order", "status".',
    );
  }
  if (lostUntil === null || force) return;
  throw new OperatorError(
    `Records ${records.length + 1} to ${lostUntil} can be found nowhere whole.`,
    'Let the archive catch up, or repeat with --force to go on without them.',
  );
}

export async function archived<Database>(
  db: Kysely<Database>,
  simulatorId: string,
): Promise<Kept[]> {
  const kept: Kept[] = [];
  for (let from = 1; ; ) {
    const { rows } = await sql<{ n: string; data: Buffer }>`
      select distinct on (n, hash) n, data from event_records
      where simulator_id = ${simulatorId} and n >= ${from} and n < ${from + PAGE}
      order by n, hash, stored_at`.execute(db);
    for (const { data } of rows) kept.push(...understood(data));
    if (rows.length === 0) return kept;
    from += PAGE;
    if (kept.length > RECORDS_MAX) {
      throw new OperatorError(`It has more than ${RECORDS_MAX} records.`, 'Ask for help.');
    }
  }
}

/** What the stream holds, and the sequence of the newest of it, good or bad. */
async function stored(bus: Bus, address: SimulatorAddress) {
  const kept: Kept[] = [];
  let newest = 0;
  const read = { filter: subjects.event(address), from: 1 };
  for await (const { data, sequence } of bus.read('EVENTS', read)) {
    kept.push(...understood(data));
    newest = sequence;
  }
  return { kept, newest };
}

function explain(error: unknown): never {
  if (!(error instanceof RestoreError)) throw error;
  throw new OperatorError(error.message, 'Somebody wrote the log meanwhile. Repeat it.');
}

function understood(data: Uint8Array): Kept[] {
  try {
    const record = JSON.parse(Buffer.from(data).toString()) as EventRecord;
    return record?.version === 1 ? [{ data, record }] : [];
  } catch {
    return [];
  }
}
