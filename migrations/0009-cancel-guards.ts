/** What cancels a trader's orders when his connection is gone or his program stops renewing. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('cancel_guards')
    .addColumn('kind', 'text', (c) => c.notNull().check(sql`kind in ('disconnect', 'deadMan')`))
    // A session, or for a dead-man timer a simulator.
    .addColumn('subject_id', 'text', (c) => c.notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('enabled', 'boolean', (c) => c.notNull())
    .addColumn('keep_gtc', 'boolean', (c) => c.notNull())
    .addColumn('period_seconds', 'int4', (c) => c.notNull().check(sql`period_seconds > 0`))
    .addColumn('state', 'text', (c) =>
      c.notNull().check(sql`state in ('armed', 'firing', 'fired')`),
    )
    .addColumn('round', 'int4', (c) => c.notNull())
    .addColumn('due_at', 'timestamptz', (c) => c.notNull())
    .addColumn('claimed_at', 'timestamptz')
    .addColumn('fired_at', 'timestamptz')
    .addColumn('told', 'int4', (c) => c.notNull())
    .addPrimaryKeyConstraint('cancel_guards_key', ['kind', 'subject_id'])
    .execute();
  await sql`create index cancel_guards_due on cancel_guards (due_at)
    where state in ('armed', 'firing')`.execute(db);
}
