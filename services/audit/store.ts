/** The trail in Postgres: adding to it, reading it. */
import { type Kysely, sql } from 'kysely';
import type { Database } from '../platform/database.ts';
import { FIRST_HASH, hashOf, type Link } from './chain.ts';
import type { AuditEntriesTable } from './tables.ts';

type Db = Kysely<Database>;

/** Chains fork when two add at once, so one holds this. */
const LOCK = 0x5a_4d_17;

export interface Head {
  n: number;
  hash: string;
  incarnation: string | null;
  sequence: number;
}

/** An entry as it came from AUDIT. */
export interface Arrived {
  sequence: number;
  id: string;
  at: string;
  accountId: string | null;
  /** Canonical JSON. */
  entry: string;
}

export async function readHead(db: Db): Promise<Head> {
  const row = await db
    .selectFrom('audit_entries')
    .select(['n', 'hash', 'incarnation', 'sequence'])
    .orderBy('n', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!row) return { n: 0, hash: FIRST_HASH, incarnation: null, sequence: 0 };
  const { hash, incarnation } = row;
  return { n: Number(row.n), hash, incarnation, sequence: Number(row.sequence) };
}

/**
 * Adds what is not there yet, in order. @returns the new head, or null when somebody else has added
 * meanwhile: read again from there.
 */
export function append(
  db: Db,
  expected: Head,
  incarnation: string,
  arrived: readonly Arrived[],
): Promise<Head | null> {
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${LOCK})`.execute(tx);
    const head = await readHead(tx);
    if (head.n !== expected.n) return null;
    const known = new Set(await knownIds(tx, arrived));
    const rows: AuditEntriesTable[] = [];
    for (const each of arrived) {
      if (known.has(each.id)) continue;
      known.add(each.id);
      head.n += 1;
      const hash = hashOf(head.n, each.entry, head.hash);
      rows.push(rowOf(each, head, incarnation, hash));
      Object.assign(head, { hash, incarnation, sequence: each.sequence });
    }
    if (rows.length > 0) await tx.insertInto('audit_entries').values(rows).execute();
    return head;
  });
}

async function knownIds(tx: Db, arrived: readonly Arrived[]): Promise<string[]> {
  const ids = arrived.map(({ id }) => id);
  if (ids.length === 0) return [];
  const rows = await tx.selectFrom('audit_entries').select('id').where('id', 'in', ids).execute();
  return rows.map(({ id }) => id);
}

const rowOf = (
  { id, at, accountId, entry, sequence }: Arrived,
  head: Head,
  incarnation: string,
  hash: string,
): AuditEntriesTable => ({
  n: `${head.n}`,
  id,
  incarnation,
  sequence: `${sequence}`,
  at: new Date(at),
  account_id: accountId,
  entry,
  previous_hash: head.hash,
  hash,
});

/** With its place in AUDIT. */
export interface StoredLink extends Link {
  incarnation: string;
  sequence: number;
}

/** Links after number `after`, in order. */
export async function linksAfter(db: Db, after: number, limit: number): Promise<StoredLink[]> {
  const rows = await db
    .selectFrom('audit_entries')
    .selectAll()
    .where('n', '>', `${after}`)
    .orderBy('n')
    .limit(limit)
    .execute();
  return rows.map(linkOf);
}

/** Newest first without `since`; else those after it, oldest first. */
export async function entriesOf(
  db: Db,
  accountId: string,
  { limit, since }: { limit: number; since: number | null },
): Promise<Link[]> {
  const rows = await db
    .selectFrom('audit_entries')
    .selectAll()
    .where('account_id', '=', accountId)
    .$if(since !== null, (query) => query.where('n', '>', `${since}`))
    .orderBy('n', since === null ? 'desc' : 'asc')
    .limit(limit)
    .execute();
  return rows.map(linkOf);
}

const linkOf = (row: AuditEntriesTable): StoredLink => ({
  n: Number(row.n),
  id: row.id,
  at: row.at,
  accountId: row.account_id,
  entry: row.entry,
  previousHash: row.previous_hash,
  hash: row.hash,
  incarnation: row.incarnation,
  sequence: Number(row.sequence),
});
