/** Sessions in Postgres: the truth about which exist and whose they are. */
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database } from '../platform/database.ts';
import { problem } from '../platform/errors.ts';
import { newId } from '../platform/ids.ts';
import type { SessionsTable } from './tables.ts';

export const IDLE_LIFE_MS = 30 * 60_000;
export const ACTIVE_PER_ACCOUNT_MAX = 10;
/** An expired session can be resumed this long; after that a new one is made. */
export const RESUMABLE_MS = 7 * 86_400_000;
/** Rows run behind memory by as much; see `SEEN_WRITE_INTERVAL_MS`. */
const SWEEP_GRACE_MS = 120_000;
const SWEEP_MAX = 500;
const LISTED_MAX = 50;

export interface SessionRow {
  id: string;
  accountId: string;
  state: SessionsTable['state'];
  createdAtMs: number;
  lastSeenAtMs: number;
  expiresAtMs: number;
  resumeCounter: number;
}

type Db = Kysely<Database>;

/** @returns the new session, and the ids that gave way because there were too many. */
export function createSession(
  db: Db,
  accountId: string,
  nowMs: number,
): Promise<{ session: SessionRow; displaced: string[] }> {
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${accountId}, 1))`.execute(tx);
    const displaced = await displace(tx, accountId, ACTIVE_PER_ACCOUNT_MAX - 1, nowMs);
    const row = await tx
      .insertInto('sessions')
      .values({
        id: newId(),
        account_id: accountId,
        state: 'active',
        created_at: new Date(nowMs),
        last_seen_at: new Date(nowMs),
        expires_at: new Date(nowMs + IDLE_LIFE_MS),
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return { session: fromRow(row), displaced };
  });
}

/**
 * Makes an active or expired session active again; null when there is nothing to resume.
 *
 * @param counter  Greater than in every resume before. @throws problem `resumeReplayed`
 */
export function resumeSession(
  db: Db,
  accountId: string,
  { id, counter }: { id: string; counter: number },
  nowMs: number,
): Promise<{ session: SessionRow; displaced: string[] } | null> {
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${accountId}, 1))`.execute(tx);
    const known = await tx
      .selectFrom('sessions')
      .select('resume_counter')
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .where('state', '!=', 'closed')
      .executeTakeFirst();
    if (known && counter <= Number(known.resume_counter)) throw problem('resumeReplayed');
    const row = await tx
      .updateTable('sessions')
      .set({
        resume_counter: `${counter}`,
        state: 'active',
        last_seen_at: new Date(nowMs),
        expires_at: new Date(nowMs + IDLE_LIFE_MS),
        ended_at: null,
      })
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .where('state', '!=', 'closed')
      .where('expires_at', '>', new Date(nowMs - RESUMABLE_MS))
      .returningAll()
      .executeTakeFirst();
    if (!row) return null;
    const displaced = await displace(tx, accountId, ACTIVE_PER_ACCOUNT_MAX, nowMs);
    return { session: fromRow(row), displaced };
  });
}

export async function findSession(
  db: Db,
  accountId: string,
  id: string,
): Promise<SessionRow | null> {
  const row = await db
    .selectFrom('sessions')
    .selectAll()
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return row ? fromRow(row) : null;
}

/** Active ones, and those that could be resumed, newest sign of life first. */
export async function listSessions(
  db: Db,
  accountId: string,
  nowMs: number,
): Promise<SessionRow[]> {
  const rows = await db
    .selectFrom('sessions')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('state', '!=', 'closed')
    .where('expires_at', '>', new Date(nowMs - RESUMABLE_MS))
    .orderBy('last_seen_at', 'desc')
    .limit(LISTED_MAX)
    .execute();
  return rows.map(fromRow);
}

export async function closeSession(
  db: Db,
  accountId: string,
  id: string,
  nowMs: number,
): Promise<SessionRow | null> {
  const row = await db
    .updateTable('sessions')
    .set({ state: 'closed', ended_at: sql<Date>`coalesce(ended_at, ${new Date(nowMs)})` })
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .returningAll()
    .executeTakeFirst();
  return row ? fromRow(row) : null;
}

/** Never moves a session back to life or its times backwards. */
export async function noteSeen(db: Db, id: string, seenAtMs: number): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ last_seen_at: new Date(seenAtMs), expires_at: new Date(seenAtMs + IDLE_LIFE_MS) })
    .where('id', '=', id)
    .where('state', '=', 'active')
    .where('last_seen_at', '<', new Date(seenAtMs))
    .execute();
}

/** Expires what nobody has used. @returns what has expired. */
export function sweep(db: Db, nowMs: number): Promise<{ id: string; accountId: string }[]> {
  return db
    .updateTable('sessions')
    .set({ state: 'expired', ended_at: new Date(nowMs) })
    .where('id', 'in', (query) =>
      query
        .selectFrom('sessions')
        .select('id')
        .where('state', '=', 'active')
        .where('expires_at', '<', new Date(nowMs - SWEEP_GRACE_MS))
        .limit(SWEEP_MAX),
    )
    .where('state', '=', 'active')
    .returning(['id', 'account_id as accountId'])
    .execute();
}

/** Expires the longest unused beyond `keep`. They can be resumed. */
async function displace(tx: Db, accountId: string, keep: number, nowMs: number): Promise<string[]> {
  const rows = await tx
    .updateTable('sessions')
    .set({ state: 'expired', ended_at: new Date(nowMs) })
    .where('id', 'in', (query) =>
      query
        .selectFrom('sessions')
        .select('id')
        .where('account_id', '=', accountId)
        .where('state', '=', 'active')
        .orderBy('last_seen_at', 'desc')
        .orderBy('id')
        .offset(keep),
    )
    .returning('id')
    .execute();
  return rows.map(({ id }) => id);
}

function fromRow(row: Selectable<SessionsTable>): SessionRow {
  return {
    id: row.id,
    accountId: row.account_id,
    state: row.state,
    createdAtMs: +row.created_at,
    lastSeenAtMs: +row.last_seen_at,
    expiresAtMs: +row.expires_at,
    resumeCounter: Number(row.resume_counter),
  };
}
