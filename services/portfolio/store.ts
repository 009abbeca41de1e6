/** Applies a batch of records and moves the cursor in one transaction: both happen or neither. */
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../platform/database.ts';
import { type Changes, type Head, type LoggedRecord, project } from './projector.ts';
import { accountToRow, executionToRow, orderToRow, positionToRow } from './rows.ts';
import { chunks, upsert } from './upsert.ts';

/** The log as far as it is in the database. */
export interface Cursor {
  /** Which creation of the stream the sequence belongs to. */
  incarnation: string;
  sequence: number;
}

/** A message of EVENTS; `record` is null when it is no record we understand. */
export interface ArchivedMessage {
  sequence: number;
  storedAtMs: number;
  data: Uint8Array;
  simulatorId: string;
  accountId: string;
  record: EventRecord | null;
  /** See LoggedRecord. */
  isIncomplete: boolean;
}

export type Applied =
  | { outcome: 'applied'; faults: Changes['faults'] }
  /** Somebody else moved the cursor meanwhile: read it again. */
  | { outcome: 'overtaken' };

const CURSOR = 'portfolio';

export async function readCursor(db: Kysely<Database>): Promise<Cursor | null> {
  const row = await db
    .selectFrom('projection_cursors')
    .select(['incarnation', 'sequence'])
    .where('name', '=', CURSOR)
    .executeTakeFirst();
  return row ? { incarnation: row.incarnation, sequence: Number(row.sequence) } : null;
}

/**
 * @param before    Where the cursor stood when the batch was read; null = there was none.
 * @param after     Where it stands once the batch is in.
 * @param messages  In stream order; each is archived, and projected if it continues its chain.
 */
export async function applyBatch(
  db: Kysely<Database>,
  before: Cursor | null,
  after: Cursor,
  messages: readonly ArchivedMessage[],
): Promise<Applied> {
  return db.transaction().execute(async (trx) => {
    if (!(await moveCursor(trx, before, after))) return { outcome: 'overtaken' };
    const simulatorIds = [...new Set(messages.map(({ simulatorId }) => simulatorId))];
    const heads = await readHeads(trx, simulatorIds);
    const records = messages.filter(
      (message): message is ArchivedMessage & LoggedRecord => message.record !== null,
    );
    const archived = await archivedHashes(trx, records, heads);
    const changes = project(records, {
      heads,
      archivedHash: (simulatorId, n) => archived.get(`${simulatorId} ${n}`),
    });
    await archive(trx, after.incarnation, messages);
    await write(trx, changes);
    return { outcome: 'applied', faults: changes.faults };
  });
}

/** The row is locked until the transaction ends, so two projectors take turns. */
async function moveCursor(trx: Transaction<Database>, before: Cursor | null, after: Cursor) {
  if (before === null) {
    const { numInsertedOrUpdatedRows } = await trx
      .insertInto('projection_cursors')
      .values({ name: CURSOR, ...after })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .executeTakeFirstOrThrow();
    return numInsertedOrUpdatedRows === 1n;
  }
  const { numUpdatedRows } = await trx
    .updateTable('projection_cursors')
    .set({ ...after, updated_at: new Date() })
    .where('name', '=', CURSOR)
    .where('incarnation', '=', before.incarnation)
    .where('sequence', '=', `${before.sequence}`)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

async function readHeads(trx: Transaction<Database>, simulatorIds: string[]) {
  if (simulatorIds.length === 0) return new Map<string, Head>();
  const rows = await trx
    .selectFrom('simulator_heads')
    .selectAll()
    .where('simulator_id', 'in', simulatorIds)
    .execute();
  return new Map<string, Head>(
    rows.map((row) => [
      row.simulator_id,
      {
        accountId: row.account_id,
        n: Number(row.n),
        hash: row.hash,
        sequence: Number(row.sequence),
        fault: row.fault,
      },
    ]),
  );
}

/** Only for records that are not newer than what is projected: normally none. */
async function archivedHashes(
  trx: Transaction<Database>,
  records: readonly LoggedRecord[],
  heads: ReadonlyMap<string, Head>,
): Promise<Map<string, string>> {
  const repeated = records.filter(
    ({ record }) => record.n <= (heads.get(record.simulatorId)?.n ?? 0),
  );
  if (repeated.length === 0) return new Map();
  const rows = await trx
    .selectFrom('event_records')
    .select(['simulator_id', 'n', 'hash'])
    .where('simulator_id', 'in', [...new Set(repeated.map(({ record }) => record.simulatorId))])
    .where('n', 'in', [...new Set(repeated.map(({ record }) => `${record.n}`))])
    .execute();
  return new Map(rows.map((row) => [`${row.simulator_id} ${row.n}`, row.hash]));
}

async function archive(
  trx: Transaction<Database>,
  incarnation: string,
  messages: readonly ArchivedMessage[],
): Promise<void> {
  const rows = messages.map(({ sequence, storedAtMs, data, simulatorId, accountId, record }) => ({
    incarnation,
    sequence,
    simulator_id: simulatorId,
    account_id: accountId,
    n: record?.n ?? 0,
    hash: record?.hash ?? '',
    stored_at: new Date(storedAtMs),
    data: Buffer.from(data),
  }));
  for (const chunk of chunks(rows)) await trx.insertInto('event_records').values(chunk).execute();
}

async function write(trx: Transaction<Database>, changes: Changes): Promise<void> {
  const heads = [...changes.heads].map(([simulatorId, { accountId, ...head }]) => ({
    simulator_id: simulatorId,
    account_id: accountId,
    ...head,
  }));
  await upsert(trx, 'simulator_heads', ['simulator_id'], heads);
  await upsert(
    trx,
    'simulator_orders',
    ['simulator_id', 'order_id'],
    rows(changes.orders, orderToRow),
  );
  await upsert(
    trx,
    'simulator_executions',
    ['simulator_id', 'execution_id'],
    rows(changes.executions, executionToRow),
  );
  await upsert(
    trx,
    'simulator_positions',
    ['simulator_id', 'symbol'],
    rows(changes.positions, positionToRow),
  );
  await upsert(trx, 'simulator_accounts', ['simulator_id'], rows(changes.accounts, accountToRow));
  for (const [simulatorId, { state, speed, stoppedAt }] of changes.simulators) {
    await sql`
      update simulators set
        state = case state when 'stopped' then state else coalesce(${state}, state) end,
        speed = coalesce(${speed}, speed),
        stopped_at = coalesce(${stoppedAt}::timestamptz, stopped_at)
      where id = ${simulatorId}`.execute(trx);
  }
}

const rows = <Change, Row>(changes: ReadonlyMap<string, Change>, toRow: (change: Change) => Row) =>
  [...changes.values()].map(toRow);
