/** The columns of tables that are saved. */
import type { ExecutionView, OrderView } from '@sandpit/schemas/http.ts';

export const EXECUTION_COLUMNS: (keyof ExecutionView)[] = [
  'executionId',
  'orderId',
  'at',
  'symbol',
  'side',
  'quantity',
  'price',
  'fee',
  'realised',
  'liquidity',
];

export const ORDER_COLUMNS: (keyof OrderView)[] = [
  'orderId',
  'clientOrderId',
  'createdAt',
  'symbol',
  'side',
  'type',
  'timeInForce',
  'quantity',
  'limitPrice',
  'filledQuantity',
  'averagePrice',
  'fees',
  'status',
  'rejectReason',
];
