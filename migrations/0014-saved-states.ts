/** Places in the logs of simulators from which their traders want to start again. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('saved_states')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('simulator_id', 'text', (c) => c.notNull().references('simulators.id'))
    // The last record that belongs to it, and where the market stood: sequences may change, these not.
    .addColumn('n', 'int8', (c) => c.notNull().check(sql`n > 0`))
    .addColumn('sim_ns', 'int8', (c) => c.notNull().check(sql`sim_ns >= 0`))
    .addColumn('simulated_at', 'timestamptz', (c) => c.notNull())
    .addColumn('saved_at', 'timestamptz', (c) => c.notNull().defaultTo(sql`now()`))
    .addUniqueConstraint('saved_states_name', ['account_id', 'name'])
    .execute();
  // A log that somebody wants to go back to is not trimmed.
  await db.schema
    .createIndex('saved_states_simulator')
    .on('saved_states')
    .column('simulator_id')
    .execute();
}
