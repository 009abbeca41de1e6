/** Simulators as their owners know them. What happens inside one is in EVENTS, not here. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('simulators')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('session_id', 'text', (c) => c.notNull())
    .addColumn('scenario_id', 'text', (c) => c.notNull())
    .addColumn('scenario_hash', 'text', (c) => c.notNull())
    .addColumn('seed', 'int8', (c) => c.notNull())
    .addColumn('speed', 'float8', (c) => c.notNull())
    .addColumn('starting_cash_micros', 'int8', (c) =>
      c.notNull().check(sql`starting_cash_micros > 0`),
    )
    .addColumn('currency', 'text', (c) => c.notNull())
    .addColumn('symbols', 'jsonb', (c) => c.notNull())
    .addColumn('state', 'text', (c) =>
      c.notNull().check(sql`state in ('starting', 'running', 'paused', 'halted', 'stopped')`),
    )
    .addColumn('started_at', 'timestamptz', (c) => c.notNull())
    .addColumn('stopped_at', 'timestamptz')
    .execute();
  await db.schema
    .createIndex('simulators_account')
    .on('simulators')
    .columns(['account_id', 'started_at desc'])
    .execute();
  // The quota counts these on every start.
  await sql`create index simulators_active on simulators (account_id) where state <> 'stopped'`.execute(
    db,
  );
  await db.schema.createIndex('simulators_session').on('simulators').column('session_id').execute();
}
