/** Tier of a simulator, and the kill switches of accounts and of all; a simulator's own is in its log. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('simulators')
    // What was started before there were tiers had no limits.
    .addColumn('risk_tier', 'text', (c) =>
      c
        .notNull()
        .defaultTo('professional')
        .check(sql`risk_tier in ('learner', 'standard', 'professional')`),
    )
    .execute();
  await db.schema
    .createTable('kill_switches')
    .addColumn('scope', 'text', (c) => c.notNull().check(sql`scope in ('account', 'global')`))
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull().check(sql`actor in ('trader', 'operator')`))
    .addColumn('engaged', 'boolean', (c) => c.notNull())
    .addColumn('cancel_open_orders', 'boolean', (c) => c.notNull())
    .addColumn('reason', 'text', (c) => c.notNull())
    .addColumn('version', 'int8', (c) => c.notNull())
    .addColumn('changed_at', 'timestamptz', (c) => c.notNull())
    .addPrimaryKeyConstraint('kill_switches_key', ['scope', 'account_id', 'actor'])
    .execute();
}
