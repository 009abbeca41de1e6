/** Preferences and saved starting portfolios in Postgres. */
import { moneyMicros, moneyText } from '@sandpit/schemas/decimal.ts';
import type { Profile } from '@sandpit/schemas/http.ts';
import { type Kysely, sql } from 'kysely';
import { type Database, isUniqueViolation } from '../platform/database.ts';
import { problem } from '../platform/errors.ts';
import { newId } from '../platform/ids.ts';
import { preferencesOf } from './preferences.ts';
import type { SavedPortfoliosTable } from './tables.ts';

export const PORTFOLIOS_MAX = 20;
/** What a venue starts with: 1,000 to 100,000,000, in micros. */
const CASH_MICROS = { min: 1_000 * 1e6, max: 100_000_000 * 1e6 };

type Db = Kysely<Database>;

export interface SavedPortfolio {
  id: string;
  name: string;
  startingCash: string;
  currency: string;
  createdAt: string;
}

export async function readProfile(db: Db, accountId: string): Promise<Profile> {
  const row = await db
    .selectFrom('profiles')
    .select('preferences')
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return preferencesOf((row?.preferences as unknown as Record<string, unknown>) ?? null);
}

/** Changes what the patch names, in one statement: two tabs do not undo each other. */
export async function patchProfile(
  db: Db,
  accountId: string,
  patch: Partial<Profile>,
): Promise<Profile> {
  const text = JSON.stringify(patch);
  const row = await db
    .insertInto('profiles')
    .values({ account_id: accountId, preferences: text as never })
    .onConflict((conflict) =>
      conflict.column('account_id').doUpdateSet({
        preferences: sql`profiles.preferences || ${text}::jsonb`,
        updated_at: new Date(),
      }),
    )
    .returning('preferences')
    .executeTakeFirstOrThrow();
  return preferencesOf(row.preferences as unknown as Record<string, unknown>);
}

export async function listPortfolios(db: Db, accountId: string): Promise<SavedPortfolio[]> {
  const rows = await db
    .selectFrom('saved_portfolios')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('created_at')
    .limit(PORTFOLIOS_MAX)
    .execute();
  return rows.map(fromRow);
}

/** @throws problem `notFound`, also for somebody else's. */
export async function getPortfolio(db: Db, accountId: string, id: string): Promise<SavedPortfolio> {
  const row = await db
    .selectFrom('saved_portfolios')
    .selectAll()
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  if (!row) throw problem('notFound');
  return fromRow(row);
}

/** @throws problem `validationFailed` for an amount out of range or a taken name, `quotaExceeded`. */
export async function savePortfolio(
  db: Db,
  accountId: string,
  given: { name: string; startingCash: string; currency?: string | undefined },
): Promise<SavedPortfolio> {
  const micros = cashMicros(given.startingCash);
  try {
    return await db.transaction().execute(async (tx) => {
      await sql`select pg_advisory_xact_lock(hashtextextended(${accountId}, 2))`.execute(tx);
      await refuseTooMany(tx, accountId);
      const row = await tx
        .insertInto('saved_portfolios')
        .values({
          id: newId(),
          account_id: accountId,
          name: given.name.trim(),
          starting_cash_micros: String(micros),
          currency: given.currency ?? 'USD',
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return fromRow(row);
    });
  } catch (error) {
    if (!isUniqueViolation(error, 'saved_portfolios_name')) throw error;
    throw fieldProblem('name', 'names one of your portfolios already; choose another');
  }
}

/** Deleting what is not there is no error: the wish is fulfilled. */
export async function deletePortfolio(db: Db, accountId: string, id: string): Promise<void> {
  await db
    .deleteFrom('saved_portfolios')
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .execute();
}

function cashMicros(text: string): number {
  const micros = moneyMicros(text);
  if (micros === null || micros < CASH_MICROS.min || micros > CASH_MICROS.max) {
    throw fieldProblem('startingCash', 'takes 1000 to 100000000, with at most six decimals');
  }
  return micros;
}

async function refuseTooMany(tx: Db, accountId: string): Promise<void> {
  const { count } = await tx
    .selectFrom('saved_portfolios')
    .select((e) => e.fn.countAll<string>().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  if (Number(count) < PORTFOLIOS_MAX) return;
  throw problem('quotaExceeded', {
    detail: `You have ${PORTFOLIOS_MAX} saved portfolios, which is the most. Delete one first.`,
  });
}

const fieldProblem = (path: string, message: string) =>
  problem('validationFailed', { errors: [{ path, message }] });

function fromRow(row: Omit<SavedPortfoliosTable, 'created_at'> & { created_at: Date }) {
  return {
    id: row.id,
    name: row.name,
    startingCash: moneyText(Number(row.starting_cash_micros)),
    currency: row.currency,
    createdAt: row.created_at.toISOString(),
  };
}
