/**
 * Portfolio's tables; see `migrations/0003-portfolio.ts`. int8 is written as a number and read as
 * text.
 */
import type { Account, Execution, Position } from '@sandpit/schemas/event.ts';
import type { OrderInstructions, OrderProgress } from '@sandpit/schemas/instructions.ts';
import type { ListMembership, Order } from '@sandpit/schemas/order.ts';
import type { ColumnType, Generated } from 'kysely';

type Int8 = ColumnType<string, number, number>;
type NullableInt8 = ColumnType<string | null, number | null, number | null>;

export interface ProjectionCursorsTable {
  name: string;
  incarnation: string;
  sequence: Int8;
  updated_at: Generated<Date>;
}

export interface EventRecordsTable {
  incarnation: string;
  sequence: Int8;
  simulator_id: string;
  account_id: string;
  n: Int8;
  hash: string;
  stored_at: Date;
  data: Buffer;
}

export interface SimulatorHeadsTable {
  simulator_id: string;
  account_id: string;
  n: Int8;
  hash: string;
  sequence: Int8;
  /** Why nothing more is projected for it; null = all is well. */
  fault: string | null;
}

export interface SimulatorOrdersTable {
  simulator_id: string;
  order_id: string;
  account_id: string;
  client_order_id: string;
  symbol: string;
  side: string;
  type: string;
  time_in_force: string;
  post_only: boolean;
  quantity_lots: Int8;
  limit_ticks: NullableInt8;
  filled_lots: Int8;
  leaves_lots: Int8;
  notional_micros: Int8;
  fees_micros: Int8;
  status: string;
  reject_reason: string | null;
  created_ns: Int8;
  updated_ns: Int8;
  instructions: OrderInstructions | null;
  progress: OrderProgress | null;
  list: ListMembership | null;
  extras: Partial<Order> | null;
  sequence: Int8;
}

export interface SimulatorExecutionsTable {
  simulator_id: string;
  execution_id: string;
  account_id: string;
  order_id: string;
  client_order_id: string;
  symbol: string;
  side: string;
  price_ticks: Int8;
  quantity_lots: Int8;
  notional_micros: Int8;
  fee_micros: Int8;
  realised_micros: Int8;
  liquidity: string;
  at_ns: Int8;
  extras: Partial<Execution> | null;
  sequence: Int8;
}

export interface SimulatorPositionsTable {
  simulator_id: string;
  symbol: string;
  account_id: string;
  quantity_lots: Int8;
  cost_micros: Int8;
  realised_micros: Int8;
  fees_micros: Int8;
  extras: Partial<Position> | null;
  sequence: Int8;
}

export interface SimulatorAccountsTable {
  simulator_id: string;
  account_id: string;
  currency: string;
  starting_cash_micros: Int8;
  cash_micros: Int8;
  reserved_micros: Int8;
  realised_micros: Int8;
  fees_micros: Int8;
  extras: Partial<Account> | null;
  sequence: Int8;
}

declare module '../platform/database.ts' {
  interface Database {
    projection_cursors: ProjectionCursorsTable;
    event_records: EventRecordsTable;
    simulator_heads: SimulatorHeadsTable;
    simulator_orders: SimulatorOrdersTable;
    simulator_executions: SimulatorExecutionsTable;
    simulator_positions: SimulatorPositionsTable;
    simulator_accounts: SimulatorAccountsTable;
  }
}
