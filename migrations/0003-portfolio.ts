/** The archive of the event log and what follows from it. Written by the portfolio projector alone. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await archive(db);
  await orders(db);
  await executions(db);
  await positionsAndAccounts(db);
}

/** How far the projection has come, and the second, independent copy of every record. */
async function archive(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('projection_cursors')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('incarnation', 'text', (c) => c.notNull())
    .addColumn('sequence', 'int8', (c) => c.notNull())
    .addColumn('updated_at', 'timestamptz', (c) => c.notNull().defaultTo(sql`now()`))
    .execute();
  // Sequences of two incarnations of the stream have nothing to do with each other.
  await db.schema
    .createTable('event_records')
    .addColumn('incarnation', 'text', (c) => c.notNull())
    .addColumn('sequence', 'int8', (c) => c.notNull())
    .addColumn('simulator_id', 'text', (c) => c.notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('n', 'int8', (c) => c.notNull())
    .addColumn('hash', 'text', (c) => c.notNull())
    .addColumn('stored_at', 'timestamptz', (c) => c.notNull())
    // The bytes as stored, so that hashes can be checked and the log restored.
    .addColumn('data', 'bytea', (c) => c.notNull())
    .addPrimaryKeyConstraint('event_records_pkey', ['incarnation', 'sequence'])
    .execute();
  await db.schema
    .createIndex('event_records_simulator')
    .on('event_records')
    .columns(['simulator_id', 'n'])
    .execute();
  await db.schema
    .createTable('simulator_heads')
    .addColumn('simulator_id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('n', 'int8', (c) => c.notNull())
    .addColumn('hash', 'text', (c) => c.notNull())
    .addColumn('sequence', 'int8', (c) => c.notNull())
    .addColumn('fault', 'text')
    .execute();
}

async function orders(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('simulator_orders')
    .addColumn('simulator_id', 'text', (c) => c.notNull())
    .addColumn('order_id', 'text', (c) => c.notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('client_order_id', 'text', (c) => c.notNull())
    .addColumn('symbol', 'text', (c) => c.notNull())
    .addColumn('side', 'text', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('time_in_force', 'text', (c) => c.notNull())
    .addColumn('post_only', 'boolean', (c) => c.notNull())
    .addColumn('quantity_lots', 'int8', (c) => c.notNull())
    .addColumn('limit_ticks', 'int8')
    .addColumn('filled_lots', 'int8', (c) => c.notNull())
    .addColumn('leaves_lots', 'int8', (c) => c.notNull())
    .addColumn('notional_micros', 'int8', (c) => c.notNull())
    .addColumn('fees_micros', 'int8', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('reject_reason', 'text')
    .addColumn('created_ns', 'int8', (c) => c.notNull())
    .addColumn('updated_ns', 'int8', (c) => c.notNull())
    .addColumn('sequence', 'int8', (c) => c.notNull())
    .addPrimaryKeyConstraint('simulator_orders_pkey', ['simulator_id', 'order_id'])
    .execute();
  await db.schema
    .createIndex('simulator_orders_cursor')
    .on('simulator_orders')
    .columns(['simulator_id', 'sequence'])
    .execute();
}

async function executions(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('simulator_executions')
    .addColumn('simulator_id', 'text', (c) => c.notNull())
    .addColumn('execution_id', 'text', (c) => c.notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('order_id', 'text', (c) => c.notNull())
    .addColumn('client_order_id', 'text', (c) => c.notNull())
    .addColumn('symbol', 'text', (c) => c.notNull())
    .addColumn('side', 'text', (c) => c.notNull())
    .addColumn('price_ticks', 'int8', (c) => c.notNull())
    .addColumn('quantity_lots', 'int8', (c) => c.notNull())
    .addColumn('notional_micros', 'int8', (c) => c.notNull())
    .addColumn('fee_micros', 'int8', (c) => c.notNull())
    .addColumn('realised_micros', 'int8', (c) => c.notNull())
    .addColumn('liquidity', 'text', (c) => c.notNull())
    .addColumn('at_ns', 'int8', (c) => c.notNull())
    .addColumn('sequence', 'int8', (c) => c.notNull())
    .addPrimaryKeyConstraint('simulator_executions_pkey', ['simulator_id', 'execution_id'])
    .execute();
  await db.schema
    .createIndex('simulator_executions_cursor')
    .on('simulator_executions')
    .columns(['simulator_id', 'sequence'])
    .execute();
}

async function positionsAndAccounts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('simulator_positions')
    .addColumn('simulator_id', 'text', (c) => c.notNull())
    .addColumn('symbol', 'text', (c) => c.notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('quantity_lots', 'int8', (c) => c.notNull())
    .addColumn('cost_micros', 'int8', (c) => c.notNull())
    .addColumn('realised_micros', 'int8', (c) => c.notNull())
    .addColumn('fees_micros', 'int8', (c) => c.notNull())
    .addColumn('sequence', 'int8', (c) => c.notNull())
    .addPrimaryKeyConstraint('simulator_positions_pkey', ['simulator_id', 'symbol'])
    .execute();
  await db.schema
    .createTable('simulator_accounts')
    .addColumn('simulator_id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('currency', 'text', (c) => c.notNull())
    .addColumn('starting_cash_micros', 'int8', (c) => c.notNull())
    .addColumn('cash_micros', 'int8', (c) => c.notNull())
    .addColumn('reserved_micros', 'int8', (c) => c.notNull())
    .addColumn('realised_micros', 'int8', (c) => c.notNull())
    .addColumn('fees_micros', 'int8', (c) => c.notNull())
    .addColumn('sequence', 'int8', (c) => c.notNull())
    .execute();
}
