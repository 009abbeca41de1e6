/**
 * Type of account and fee schedule of a simulator (null: started before there was a choice), and in
 * the archive what orders, fills, positions and accounts say beyond their columns.
 */
import type { Kysely } from 'kysely';

const ARCHIVE = [
  'simulator_orders',
  'simulator_executions',
  'simulator_positions',
  'simulator_accounts',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('simulators').addColumn('account_terms', 'jsonb').execute();
  for (const table of ARCHIVE) {
    await db.schema.alterTable(table).addColumn('extras', 'jsonb').execute();
  }
}
