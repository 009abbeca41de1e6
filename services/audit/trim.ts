/** Takes old entries out of the trail, so that what is left can still be proven whole. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../platform/database.ts';
import { type Place, TRIMMED } from './places.ts';
import { type Verdict, type VerifyParts, verify } from './verify.ts';

/** Until the entry that says so has come round by AUDIT. */
const NOTED_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 100;

export interface TrimParts extends VerifyParts {
  /** To AUDIT, as an entry `trailTrimmed`. */
  note(place: Place & { incarnation: string; sequence: number }): void;
  readUpTo: number;
  now?: () => number;
}

export interface Trimmed {
  /** Entries that were taken out. */
  trimmed: number;
  /** As it was before; with a fault in it nothing is taken out. */
  verdict: Verdict;
}

/**
 * Takes out what is older than `keepDays`. The place up to which it is gone is an entry of the trail first,
 * so the chain has a beginning that it names itself.
 *
 * @throws Error when that entry did not come round in time; nothing is taken out then.
 */
export async function trim(parts: TrimParts, keepDays: number): Promise<Trimmed> {
  const { database, note, now } = parts;
  const verdict = await verify(parts, parts.readUpTo);
  if (verdict.fault) return { trimmed: 0, verdict };
  const before = new Date((now ?? Date.now)() - keepDays * 86_400_000);
  const last = await lastBefore(database, before);
  if (!last) return { trimmed: 0, verdict };
  note(last);
  await untilNoted(database, last);
  const trimmed = await database.transaction().execute(async (tx) => {
    await sql`select set_config('sandpit.audit_trim', 'yes', true)`.execute(tx);
    const { numDeletedRows } = await tx
      .deleteFrom('audit_entries')
      .where('n', '<=', `${last.n}`)
      .executeTakeFirstOrThrow();
    return Number(numDeletedRows);
  });
  return { trimmed, verdict };
}

/** Before the first entry that is to stay, in the order of the chain; null = nothing is old enough. */
async function lastBefore(db: Kysely<Database>, before: Date) {
  const { rows } = await sql<{ n: string; hash: string; incarnation: string; sequence: string }>`
    select n, hash, incarnation, sequence from audit_entries
    where n < coalesce(
      (select min(n) from audit_entries where at >= ${before}),
      (select max(n) from audit_entries))
    order by n desc limit 1`.execute(db);
  const [row] = rows;
  if (!row) return null;
  const { hash, incarnation } = row;
  return { n: Number(row.n), hash, incarnation, sequence: Number(row.sequence) };
}

async function untilNoted(db: Kysely<Database>, { n }: Place): Promise<void> {
  const deadline = performance.now() + NOTED_WITHIN_MS;
  while (performance.now() < deadline) {
    const { rows } = await sql`
      select 1 from audit_entries
      where n > ${n} and entry::jsonb ->> 'action' = ${TRIMMED}
        and (entry::jsonb -> 'detail' ->> 'n')::bigint = ${n}
      limit 1`.execute(db);
    if (rows.length > 0) return;
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error('The entry that says so did not reach the trail, so nothing was taken out.');
}
