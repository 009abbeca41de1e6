/** Simulators that are put away while nobody needs them, and what an account may run and keep. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table simulators
      drop constraint if exists simulators_state_check,
      add constraint simulators_state_check check (state in
        ('starting', 'running', 'paused', 'hibernated', 'halted', 'stopped'))`.execute(db);
  // Only accounts that an operator has given another quota than the usual one.
  await db.schema
    .createTable('account_quotas')
    .addColumn('account_id', 'text', (c) => c.primaryKey())
    .addColumn('running_max', 'integer', (c) => c.notNull().check(sql`running_max >= 0`))
    .addColumn('kept_max', 'integer', (c) => c.notNull().check(sql`kept_max >= running_max`))
    .addColumn('changed_at', 'timestamptz', (c) => c.notNull().defaultTo(sql`now()`))
    .execute();
}
