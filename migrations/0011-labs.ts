/** Network labs: faults put on a session for a while, and what became of its client. */
import { type Kysely, sql } from 'kysely';

const COUNTERS = [
  'requests',
  'requests_lost',
  'answers_lost',
  'refused',
  'repeats_sent',
  'duplicates_sent',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  const labs = db.schema
    .createTable('labs')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('session_id', 'text', (c) =>
      c.notNull().references('sessions.id').onDelete('cascade'),
    )
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('seed', 'int8', (c) => c.notNull())
    .addColumn('faults', 'jsonb', (c) => c.notNull())
    .addColumn('started_at', 'timestamptz', (c) => c.notNull())
    .addColumn('ends_at', 'timestamptz', (c) => c.notNull())
    .addColumn('ended_at', 'timestamptz')
    .addColumn('ended_by', 'text', (c) =>
      c.check(sql`ended_by in ('timer', 'trader', 'replaced', 'sessionEnded')`),
    );
  await COUNTERS.reduce(
    (table, name) => table.addColumn(name, 'int8', (c) => c.notNull().defaultTo(0)),
    labs,
  ).execute();
  await sql`create index labs_of_session on labs (session_id, started_at desc)`.execute(db);
  // One at a time, and quickly found by the timer.
  await sql`create unique index labs_running on labs (session_id) where ended_at is null`.execute(
    db,
  );
  await db.schema
    .createTable('lab_outages')
    .addColumn('lab_id', 'text', (c) => c.notNull().references('labs.id').onDelete('cascade'))
    .addColumn('simulator_id', 'text', (c) => c.notNull())
    .addColumn('began_at', 'timestamptz', (c) => c.notNull())
    // The last record that had reached the client.
    .addColumn('after_sequence', 'int8', (c) => c.notNull())
    .addColumn('synced_at', 'timestamptz')
    .addColumn('resync_ms', 'int8')
    .addColumn('fills_missed', 'int8', (c) => c.notNull().defaultTo(0))
    .addColumn('exposure_worst_micros', 'int8', (c) => c.notNull().defaultTo(0))
    .addColumn('exposure_seconds_micros', 'int8', (c) => c.notNull().defaultTo(0))
    .addPrimaryKeyConstraint('lab_outages_key', ['lab_id', 'simulator_id', 'began_at'])
    .execute();
  await sql`create unique index lab_outages_open on lab_outages (lab_id, simulator_id)
    where synced_at is null`.execute(db);
}
