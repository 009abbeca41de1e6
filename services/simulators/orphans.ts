/** Simulators that never came to be: their doors died between the row and its command, or in a fork. */
import type { Bus } from '@sandpit/bus/bus.ts';
import { HEADERS } from '@sandpit/bus/headers.ts';
import { subjects } from '@sandpit/bus/subjects.ts';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../platform/database.ts';

/** Far longer than any start or fork takes. */
const ORPHAN_AFTER_MS = 600_000;
/** Of each kind in one sweep; the next one goes on. */
const AT_ONCE = 50;

interface OrphanRow {
  id: string;
  account_id: string;
}

/**
 * Ends rows that are still `starting` after ten minutes and have no log, or one that is not complete: a
 * fork that broke off.
 *
 * @returns their ids.
 * @throws BusError when the log cannot be asked; those without one are ended all the same.
 */
export async function endOrphans(
  db: Kysely<Database>,
  bus: Pick<Bus, 'last'>,
  nowMs: number,
): Promise<string[]> {
  const before = new Date(nowMs - ORPHAN_AFTER_MS);
  const { rows } = await sql<{ id: string }>`
    update simulators set state = 'stopped', stopped_at = ${new Date(nowMs)}
    where state = 'starting' and started_at < ${before}
      and not exists (select from simulator_heads where simulator_id = simulators.id)
    returning id`.execute(db);
  const ended = rows.map(({ id }) => id);
  const begun = await sql<OrphanRow>`
    select id, account_id from simulators
    where state = 'starting' and started_at < ${before}
    order by started_at limit ${AT_ONCE}`.execute(db);
  for (const row of begun.rows) {
    if (!(await isBrokenOff(bus, row))) continue;
    await sql`
      update simulators set state = 'stopped', stopped_at = ${new Date(nowMs)}
      where id = ${row.id} and state = 'starting'`.execute(db);
    ended.push(row.id);
  }
  return ended;
}

/** Does its newest record say that the log is a copy and not complete? */
async function isBrokenOff(
  bus: Pick<Bus, 'last'>,
  { id, account_id: accountId }: OrphanRow,
): Promise<boolean> {
  const newest = await bus.last('EVENTS', subjects.event({ accountId, simulatorId: id }));
  return newest !== null && HEADERS.forking in newest.headers;
}
