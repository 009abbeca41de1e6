/** What an order asks for beyond its limit, and how far that has come; both null for a plain one. */
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('simulator_orders')
    .addColumn('instructions', 'jsonb')
    .addColumn('progress', 'jsonb')
    .execute();
}
