/** Which list an order belongs to, and as what; null for one that stands alone. */
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('simulator_orders').addColumn('list', 'jsonb').execute();
}
