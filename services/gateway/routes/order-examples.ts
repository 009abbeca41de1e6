/** Orders as the documentation shows them. */
import type { OrderRequest, OrderView } from '@sandpit/schemas/http.ts';

export const orderExample: OrderView = {
  orderId: '17',
  clientOrderId: '3f1c0a52-2b1f-4a1e-9b1e-0a8d7f5b9c11',
  symbol: 'ACME',
  side: 'buy',
  type: 'limit',
  timeInForce: 'day',
  postOnly: false,
  quantity: '10',
  limitPrice: '180.05',
  status: 'new',
  filledQuantity: '0',
  leavesQuantity: '10',
  averagePrice: null,
  fees: '0.00',
  rejectReason: null,
  createdAt: '2026-01-05T14:30:02.118Z',
  updatedAt: '2026-01-05T14:30:02.118Z',
  sequence: 4711,
};

const sell = { symbol: 'ACME', side: 'sell', quantity: '10', timeInForce: 'gtc' } as const;
/** One of each kind of order. */
export const submitExamples = {
  stopLoss: { ...sell, clientOrderId: 'stop-1', type: 'stop', stopPrice: '174.50' },
  stopLimit: {
    ...sell,
    clientOrderId: 'stop-2',
    type: 'stopLimit',
    stopPrice: '174.50',
    limitPrice: '174.00',
    triggerReference: 'quote',
  },
  takeProfit: { ...sell, clientOrderId: 'touch-1', type: 'marketIfTouched', stopPrice: '190.00' },
  trailingStop: { ...sell, clientOrderId: 'trail-1', type: 'trailingStop', trailPercent: '1.5' },
  atTheOpen: {
    ...sell,
    clientOrderId: 'open-1',
    type: 'limit',
    limitPrice: '42.10',
    symbol: 'BELL',
    timeInForce: 'opg',
  },
  atTheClose: {
    ...sell,
    clientOrderId: 'close-1',
    type: 'market',
    symbol: 'BELL',
    timeInForce: 'cls',
  },
  goodTillDate: {
    ...sell,
    clientOrderId: 'gtd-1',
    type: 'limit',
    limitPrice: '185.00',
    timeInForce: 'gtd',
    expireAt: '2026-01-05T20:00:00.000Z',
    postOnly: true,
    postOnlyMode: 'slide',
    selfTradePrevention: 'expireMaker',
  },
  iceberg: {
    ...sell,
    clientOrderId: 'berg-1',
    type: 'limit',
    limitPrice: '185.00',
    quantity: '40',
    displayQuantity: '5',
  },
  hidden: {
    ...sell,
    clientOrderId: 'hidden-1',
    type: 'limit',
    limitPrice: '183.00',
    displayQuantity: '0',
  },
  pegged: {
    ...sell,
    clientOrderId: 'peg-1',
    type: 'pegged',
    pegPriceType: 'primary',
    pegOffset: '0.01',
    limitPrice: '180.00',
  },
  midPoint: { ...sell, clientOrderId: 'peg-2', type: 'pegged', pegPriceType: 'mid' },
  allOrNone: {
    ...sell,
    clientOrderId: 'all-1',
    type: 'limit',
    limitPrice: '183.00',
    allOrNone: true,
  },
  reduceOnly: { ...sell, clientOrderId: 'flat-1', type: 'marketToLimit', reduceOnly: true },
  trailingStopLimit: {
    ...sell,
    clientOrderId: 'trail-2',
    type: 'trailingStopLimit',
    trailAmount: '2.50',
    limitOffset: '0.25',
  },
} satisfies Record<string, OrderRequest>;

export const plainExample: OrderRequest = {
  clientOrderId: orderExample.clientOrderId,
  symbol: 'ACME',
  side: 'buy',
  type: 'limit',
  quantity: '10',
  limitPrice: '180.05',
  timeInForce: 'day',
};
