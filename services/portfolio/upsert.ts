/** Writes many rows with few statements. */
import { sql, type Transaction } from 'kysely';
import type { Database } from '../platform/database.ts';

const ROWS_PER_INSERT = 500;

type Table =
  | 'simulator_heads'
  | 'simulator_orders'
  | 'simulator_executions'
  | 'simulator_positions'
  | 'simulator_accounts';

/** Inserts rows, or replaces all of a row but its key. */
export async function upsert(
  trx: Transaction<Database>,
  table: Table,
  key: string[],
  values: Record<string, unknown>[],
): Promise<void> {
  for (const chunk of chunks(values)) {
    const columns = Object.keys(chunk[0] as object).filter((column) => !key.includes(column));
    const replacement = Object.fromEntries(
      columns.map((column) => [column, sql.ref(`excluded.${column}`)]),
    );
    await trx
      .insertInto(table)
      .values(chunk as never)
      .onConflict((conflict) => conflict.columns(key as never).doUpdateSet(replacement as never))
      .execute();
  }
}

/** Few enough rows that a statement stays below PostgreSQL's 65,535 parameters. */
export function* chunks<T>(all: readonly T[]): Generator<T[]> {
  for (let i = 0; i < all.length; i += ROWS_PER_INSERT) yield all.slice(i, i + ROWS_PER_INSERT);
}
