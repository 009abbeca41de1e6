/** Which record a simulator was last allowed to wake from: until its next one is projected, it counts as awake. */
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('simulators')
    .addColumn('woken_n', 'int8')
    .addColumn('woken_at', 'timestamptz')
    .execute();
}
