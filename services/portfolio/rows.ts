/** Between rows and the shapes of the log. int8 comes back as text; all of it fits a safe integer. */
import type { Account, Execution, Position } from '@sandpit/schemas/event.ts';
import type { Order } from '@sandpit/schemas/order.ts';
import type { Insertable, Selectable } from 'kysely';
import type { AccountRow, ExecutionRow, OrderRow, PositionRow } from './projector.ts';
import type {
  SimulatorAccountsTable,
  SimulatorExecutionsTable,
  SimulatorOrdersTable,
  SimulatorPositionsTable,
} from './tables.ts';

interface Placed {
  simulatorId: string;
  accountId: string;
  sequence: number;
}
const placed = ({ simulatorId, accountId, sequence }: Placed) => ({
  simulator_id: simulatorId,
  account_id: accountId,
  sequence,
});

/** Fields without a column of their own, and not in every order, fill, position or account. */
const ORDER_EXTRAS = ['commissionMicros', 'liquidation'] as const;
const EXECUTION_EXTRAS = ['commissionMicros', 'liquidation'] as const;
const POSITION_EXTRAS = [
  'fifoCostMicros',
  'fifoRealisedMicros',
  'borrowFeesMicros',
  'dividendsMicros',
] as const;
const ACCOUNT_EXTRAS = [
  'type',
  'feeSchedule',
  'unsettledMicros',
  'dayOpenEquityMicros',
  'borrowFeesMicros',
  'interestMicros',
  'marginCall',
  'dividendsMicros',
] as const;

/** Null when there are none. */
function extrasOf<T extends object>(shape: T, keys: readonly (keyof T)[]): Partial<T> | null {
  const present = keys.filter((key) => shape[key] !== undefined);
  if (present.length === 0) return null;
  return Object.fromEntries(present.map((key) => [key, shape[key]])) as Partial<T>;
}

export const orderToRow = (row: OrderRow): Insertable<SimulatorOrdersTable> => ({
  ...placed(row),
  order_id: row.order.orderId,
  client_order_id: row.order.clientOrderId,
  symbol: row.order.symbol,
  side: row.order.side,
  type: row.order.type,
  time_in_force: row.order.timeInForce,
  post_only: row.order.postOnly,
  quantity_lots: row.order.quantityLots,
  limit_ticks: row.order.limitTicks,
  filled_lots: row.order.filledLots,
  leaves_lots: row.order.leavesLots,
  notional_micros: row.order.notionalMicros,
  fees_micros: row.order.feesMicros,
  status: row.order.status,
  reject_reason: row.order.rejectReason,
  created_ns: row.order.createdNs,
  updated_ns: row.order.updatedNs,
  instructions: row.order.instructions ?? null,
  progress: row.order.progress ?? null,
  list: row.order.list ?? null,
  extras: extrasOf(row.order, ORDER_EXTRAS),
});

export const orderFromRow = (row: Selectable<SimulatorOrdersTable>): Order =>
  ({
    orderId: row.order_id,
    clientOrderId: row.client_order_id,
    symbol: row.symbol,
    side: row.side,
    type: row.type,
    timeInForce: row.time_in_force,
    postOnly: row.post_only,
    quantityLots: Number(row.quantity_lots),
    limitTicks: row.limit_ticks === null ? null : Number(row.limit_ticks),
    filledLots: Number(row.filled_lots),
    leavesLots: Number(row.leaves_lots),
    notionalMicros: Number(row.notional_micros),
    feesMicros: Number(row.fees_micros),
    ...row.extras,
    status: row.status,
    rejectReason: row.reject_reason,
    createdNs: Number(row.created_ns),
    updatedNs: Number(row.updated_ns),
    ...(row.instructions && { instructions: row.instructions }),
    ...(row.list && { list: row.list }),
    ...(row.progress && { progress: row.progress }),
  }) as Order;

export const executionToRow = (row: ExecutionRow): Insertable<SimulatorExecutionsTable> => ({
  ...placed(row),
  execution_id: row.execution.executionId,
  order_id: row.execution.orderId,
  client_order_id: row.execution.clientOrderId,
  symbol: row.execution.symbol,
  side: row.execution.side,
  price_ticks: row.execution.priceTicks,
  quantity_lots: row.execution.quantityLots,
  notional_micros: row.execution.notionalMicros,
  fee_micros: row.execution.feeMicros,
  extras: extrasOf(row.execution, EXECUTION_EXTRAS),
  realised_micros: row.execution.realisedMicros,
  liquidity: row.execution.liquidity,
  at_ns: row.execution.atNs,
});

export const executionFromRow = (row: Selectable<SimulatorExecutionsTable>): Execution =>
  ({
    executionId: row.execution_id,
    orderId: row.order_id,
    clientOrderId: row.client_order_id,
    symbol: row.symbol,
    side: row.side,
    priceTicks: Number(row.price_ticks),
    quantityLots: Number(row.quantity_lots),
    notionalMicros: Number(row.notional_micros),
    feeMicros: Number(row.fee_micros),
    ...row.extras,
    realisedMicros: Number(row.realised_micros),
    liquidity: row.liquidity,
    atNs: Number(row.at_ns),
  }) as Execution;

export const positionToRow = (row: PositionRow): Insertable<SimulatorPositionsTable> => ({
  ...placed(row),
  symbol: row.position.symbol,
  quantity_lots: row.position.quantityLots,
  cost_micros: row.position.costMicros,
  realised_micros: row.position.realisedMicros,
  fees_micros: row.position.feesMicros,
  extras: extrasOf(row.position, POSITION_EXTRAS),
});

export const positionFromRow = (row: Selectable<SimulatorPositionsTable>): Position =>
  ({
    symbol: row.symbol,
    quantityLots: Number(row.quantity_lots),
    costMicros: Number(row.cost_micros),
    realisedMicros: Number(row.realised_micros),
    feesMicros: Number(row.fees_micros),
    ...row.extras,
  }) as Position;

export const accountToRow = (row: AccountRow): Insertable<SimulatorAccountsTable> => ({
  ...placed(row),
  currency: row.account.currency,
  starting_cash_micros: row.account.startingCashMicros,
  cash_micros: row.account.cashMicros,
  reserved_micros: row.account.reservedMicros,
  realised_micros: row.account.realisedMicros,
  fees_micros: row.account.feesMicros,
  extras: extrasOf(row.account, ACCOUNT_EXTRAS),
});

export const accountFromRow = (row: Selectable<SimulatorAccountsTable>): Account =>
  ({
    currency: row.currency,
    startingCashMicros: Number(row.starting_cash_micros),
    cashMicros: Number(row.cash_micros),
    reservedMicros: Number(row.reserved_micros),
    realisedMicros: Number(row.realised_micros),
    feesMicros: Number(row.fees_micros),
    ...row.extras,
  }) as Account;
