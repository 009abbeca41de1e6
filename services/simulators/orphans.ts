/** Rows of simulators that never came to be: their doors died between the row and its command. */
import { type Kysely, sql } from 'kysely';
import type { Database } from '../platform/database.ts';

/** Far longer than any start or fork takes. */
const ORPHAN_AFTER_MS = 600_000;

/**
 * Ends rows that are still `starting` after ten minutes and have no log in the archive.
 *
 * @returns their ids.
 */
export async function endOrphans(db: Kysely<Database>, nowMs: number): Promise<string[]> {
  const before = new Date(nowMs - ORPHAN_AFTER_MS);
  const { rows } = await sql<{ id: string }>`
    update simulators set state = 'stopped', stopped_at = ${new Date(nowMs)}
    where state = 'starting' and started_at < ${before}
      and not exists (select from simulator_heads where simulator_id = simulators.id)
    returning id`.execute(db);
  return rows.map(({ id }) => id);
}
