/** Network labs: orders that reached the venue after a later cancel of all. */
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('labs')
    .addColumn('cancels_missed', 'int8', (c) => c.notNull().defaultTo(0))
    .execute();
}
