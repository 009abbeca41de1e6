/** Saved states in Postgres. The account is part of every statement: a foreign id is an unknown one. */
import type { SavedState } from '@sandpit/schemas/saved-state.ts';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database } from '../platform/database.ts';
import { problem } from '../platform/errors.ts';
import { newId } from '../platform/ids.ts';
import type { SavedStatesTable } from './tables.ts';

export const STATES_PER_ACCOUNT_MAX = 50;
const UNIQUE_VIOLATION = '23505';

type Db = Kysely<Database>;
export type SavedStateRow = Selectable<SavedStatesTable>;

/** Where a simulator stands. */
export interface Place {
  n: number;
  simNs: number;
  simulatedAtMs: number;
}

/** @throws problem `validationFailed` for a name that is taken, `quotaExceeded` */
export async function saveState(
  db: Db,
  { id, account_id, scenario_id }: { id: string; account_id: string; scenario_id: string },
  name: string,
  { n, simNs, simulatedAtMs }: Place,
): Promise<SavedState> {
  try {
    return await db.transaction().execute(async (tx) => {
      await sql`select pg_advisory_xact_lock(hashtextextended(${account_id}, 3))`.execute(tx);
      await refuseTooMany(tx, account_id);
      const row = await tx
        .insertInto('saved_states')
        .values({
          id: newId(),
          account_id,
          name: name.trim(),
          simulator_id: id,
          n,
          sim_ns: simNs,
          simulated_at: new Date(simulatedAtMs),
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return viewOf({ ...row, scenario_id });
    });
  } catch (error) {
    if ((error as { code?: string }).code !== UNIQUE_VIOLATION) throw error;
    const message = 'names one of your saved states already; choose another';
    throw problem('validationFailed', { errors: [{ path: 'name', message }] });
  }
}

/** Newest first. */
export async function listStates(db: Db, accountId: string): Promise<SavedState[]> {
  const rows = await ofAccount(db, accountId)
    .orderBy('saved_at', 'desc')
    .limit(STATES_PER_ACCOUNT_MAX)
    .execute();
  return rows.map(viewOf);
}

/** @throws problem `notFound` */
export async function getState(db: Db, accountId: string, id: string): Promise<SavedStateRow> {
  const row = await ofAccount(db, accountId).where('saved_states.id', '=', id).executeTakeFirst();
  if (!row) throw problem('notFound');
  return row;
}

/** Deleting what is not there is no error: the wish is fulfilled. */
export async function deleteState(db: Db, accountId: string, id: string): Promise<void> {
  await db
    .deleteFrom('saved_states')
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .execute();
}

const ofAccount = (db: Db, accountId: string) =>
  db
    .selectFrom('saved_states')
    .innerJoin('simulators', 'simulators.id', 'saved_states.simulator_id')
    .selectAll('saved_states')
    .select('simulators.scenario_id')
    .where('saved_states.account_id', '=', accountId);

async function refuseTooMany(tx: Db, accountId: string): Promise<void> {
  const { count } = await tx
    .selectFrom('saved_states')
    .select((e) => e.fn.countAll<string>().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  if (Number(count) < STATES_PER_ACCOUNT_MAX) return;
  const detail = `You have ${STATES_PER_ACCOUNT_MAX} saved states, which is the most. Delete one first.`;
  throw problem('quotaExceeded', { detail });
}

const viewOf = (row: SavedStateRow & { scenario_id: string }): SavedState => ({
  id: row.id,
  name: row.name,
  simulatorId: row.simulator_id,
  scenario: row.scenario_id,
  n: Number(row.n),
  simulatedAt: row.simulated_at.toISOString(),
  savedAt: row.saved_at.toISOString(),
});
