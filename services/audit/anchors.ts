/** Writes the head of the chain down where the database's master cannot reach it: on AUDIT, and in the log. */
import { type Kysely, sql } from 'kysely';
import type { Database } from '../platform/database.ts';
import { ANCHORED, type Place } from './places.ts';
import { readHead } from './store.ts';

const EVERY_MS = 3_600_000;
/** Looked through for the newest anchor: also the most entries that stand without one. */
const ENTRIES_MAX = 20_000;

export interface AnchorParts {
  database: Kysely<Database>;
  /** To AUDIT. */
  note(place: Place): void;
  /** At least so long after the last one. */
  everyMs?: number;
  now?: () => number;
}

/**
 * Anchors the head when the last anchor is an hour old and something has come since. Every doors process
 * may call it as often as it likes; two at once anchor twice, which is no harm.
 *
 * @returns the place that was anchored, or null.
 */
export async function anchorHead({
  database,
  note,
  everyMs = EVERY_MS,
  now = Date.now,
}: AnchorParts): Promise<Place | null> {
  const head = await readHead(database);
  const newest = await newestAnchor(database, head.n);
  // What has come since is the anchor itself.
  if (head.n === 0 || head.n === newest?.entryN) return null;
  if (newest && now() - newest.at.getTime() < everyMs) return null;
  const place = { n: head.n, hash: head.hash };
  note(place);
  return place;
}

async function newestAnchor(
  db: Kysely<Database>,
  headN: number,
): Promise<{ entryN: number; at: Date } | null> {
  const { rows } = await sql<{ n: string; at: Date }>`
    select n, at from audit_entries
    where n > ${headN - ENTRIES_MAX} and entry::jsonb ->> 'action' = ${ANCHORED}
      and entry::jsonb ->> 'actor' = 'house'
    order by n desc limit 1`.execute(db);
  const [row] = rows;
  return row ? { entryN: Number(row.n), at: row.at } : null;
}
