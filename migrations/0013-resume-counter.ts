/** How far a session's resumes have been counted, so that none is taken twice. */
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('sessions')
    .addColumn('resume_counter', 'int8', (c) => c.notNull().defaultTo(0))
    .execute();
}
