/** Whose past a simulator has begun with. Its id, not a reference: either may be gone before the other. */
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('simulators').addColumn('forked_from', 'text').execute();
}
