/** Snapshots of simulators that are too large for a message; SNAPSHOTS then holds a pointer. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('snapshots')
    .addColumn('simulator_id', 'text', (c) => c.notNull())
    .addColumn('n', 'int8', (c) => c.notNull())
    .addColumn('state', 'bytea', (c) => c.notNull())
    .addColumn('stored_at', 'timestamptz', (c) => c.notNull().defaultTo(sql`now()`))
    .addPrimaryKeyConstraint('snapshots_pkey', ['simulator_id', 'n'])
    .execute();
}
