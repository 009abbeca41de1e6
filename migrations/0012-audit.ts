/** The audit trail, chained by hash, and refusing to be changed. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('audit_entries')
    // Counts without a gap, and so does the chain.
    .addColumn('n', 'int8', (c) => c.primaryKey())
    .addColumn('id', 'text', (c) => c.notNull().unique())
    // Where it stands in AUDIT.
    .addColumn('incarnation', 'text', (c) => c.notNull())
    .addColumn('sequence', 'int8', (c) => c.notNull())
    .addColumn('at', 'timestamptz', (c) => c.notNull())
    .addColumn('account_id', 'text')
    // What was hashed, to the letter.
    .addColumn('entry', 'text', (c) => c.notNull())
    .addColumn('previous_hash', 'text', (c) => c.notNull())
    .addColumn('hash', 'text', (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex('audit_entries_account')
    .on('audit_entries')
    .columns(['account_id', 'n'])
    .execute();
  await sql`
    create function audit_entries_stay() returns trigger language plpgsql as $$
    begin
      raise exception 'The audit trail is only ever added to.';
    end $$`.execute(db);
  await sql`create trigger audit_entries_stay before update or delete or truncate on audit_entries
    for each statement execute function audit_entries_stay()`.execute(db);
}
