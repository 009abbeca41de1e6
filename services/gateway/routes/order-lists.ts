import {
  ClosePositionSubmission,
  OrderListPreview,
  type OrderListRequest,
  OrderListSubmission,
  OrderListView,
  type OrderPreview,
  type OrderView,
} from '@sandpit/schemas/http.ts';
import { Id } from '@sandpit/schemas/units.ts';
import Type from 'typebox';
import { type Answer, ask, type Call, json, type Route } from '../route.ts';
import { orderExample } from './order-examples.ts';
import { control, ORDER_PROBLEMS, OrderList, oneOrder, previewExample } from './orders.ts';
import { API, byId, bySymbol, IdempotencyKey } from './shared.ts';

const tag = 'orders';
const base = `${API}/simulators/:id`;
const byList = Type.Object({ id: Id, listId: Id }, { additionalProperties: false });

const leg = { symbol: 'ACME', side: 'sell', quantity: '10', timeInForce: 'gtc' } as const;
const bracketExample: OrderListRequest = {
  clientListId: 'bracket-1',
  contingency: 'bracket',
  orders: [
    { ...leg, side: 'buy', clientOrderId: 'entry-1', type: 'limit', limitPrice: '180.05' },
    { ...leg, clientOrderId: 'target-1', type: 'limit', limitPrice: '190.00' },
    { ...leg, clientOrderId: 'loss-1', type: 'stop', stopPrice: '174.50' },
  ],
};
const listExamples = {
  oneCancelsTheOther: {
    clientListId: 'oco-1',
    contingency: 'oco',
    orders: [
      { ...leg, clientOrderId: 'target-2', type: 'limit', limitPrice: '190.00' },
      { ...leg, clientOrderId: 'loss-2', type: 'stop', stopPrice: '174.50' },
    ],
  },
} satisfies Record<string, OrderListRequest>;
const listExample: OrderListView = {
  listId: orderExample.orderId,
  clientListId: 'bracket-1',
  contingency: 'bracket',
  orders: [
    { ...orderExample, listId: orderExample.orderId, contingency: 'bracket', listRole: 'parent' },
  ],
};
const waiting: OrderPreview = {
  ...previewExample,
  fills: [],
  filledQuantity: '0',
  restingQuantity: '0',
  averagePrice: null,
  notional: '0.00',
  fees: '0.00',
};
const listPreviewExample: OrderListPreview = {
  accepted: true,
  rejectReason: null,
  warnings: [],
  orders: [previewExample, waiting, { ...waiting, waitsForTrigger: true }],
  sequence: previewExample.sequence,
};
const oneList = { description: 'The list.', schema: OrderListView, example: listExample };
const closeExample = { clientOrderId: 'close-1' };

export const orderListRoutes: Route[] = [
  {
    method: 'POST',
    path: `${base}/order-lists`,
    operationId: 'submitOrderList',
    tag,
    summary: 'Submit orders that depend on each other',
    description:
      'All of them are accepted, or each is `rejected` for the same reason. `oco`: the first fill ' +
      'cancels the others. `ouo`: what one fills, the others lose. `oto`: the others come alive with ' +
      'what the first one fills; exits that together exceed it are taken, and the preview warns of them. ' +
      'The first one may be pegged. `bracket`: entry, take-profit and stop-loss; the legs follow the fills ' +
      'of the entry and update each other. A leg’s size is the list’s to set; its prices may be ' +
      'replaced. The same clientListId with the same orders is the same list, however often it is sent.',
    auth: 'trader',
    limit: 'order',
    pathSchema: byId,
    body: OrderListSubmission,
    bodyExample: bracketExample,
    bodyExamples: listExamples,
    answers: {
      201: { ...oneList, description: 'The list as its command left it.' },
      200: { ...oneList, description: 'A repeat: what this clientListId got the first time.' },
    },
    problems: [...ORDER_PROBLEMS, 'clientOrderIdReused', 'orderGateClosed', 'staleOrder'],
    run: submitList,
  },
  {
    method: 'POST',
    path: `${base}/order-lists/preview`,
    operationId: 'previewOrderList',
    tag,
    summary: 'What would happen to a list of orders now',
    description:
      'Takes what `submitOrderList` takes. `rejectReason` is that of the whole list; `orders` shows ' +
      'each one by itself, as `previewOrder` would. Those that come alive with the fills of another ' +
      'one are empty. Nothing is recorded, and no id is used up.',
    auth: 'trader',
    limit: 'read',
    pathSchema: byId,
    body: OrderListSubmission,
    bodyExample: bracketExample,
    bodyExamples: listExamples,
    answers: {
      200: { description: 'The dry run.', schema: OrderListPreview, example: listPreviewExample },
    },
    problems: ['simulatorStopped', 'simulatorHalted', 'unavailable'],
    run: async (call) => {
      const params = { simulatorId: call.path.id, ...(call.body as object) };
      return json(200, await ask(call, 'orders.previewList', params));
    },
  },
  {
    method: 'DELETE',
    path: `${base}/order-lists/:listId`,
    operationId: 'cancelOrderList',
    tag,
    summary: 'Cancel what is open of a list',
    auth: 'trader',
    limit: 'cancel',
    pathSchema: byList,
    headers: IdempotencyKey,
    answers: { 200: { description: 'What was canceled.', schema: OrderList } },
    problems: ORDER_PROBLEMS,
    run: control('orders.cancelList'),
  },
  {
    method: 'POST',
    path: `${base}/positions/:symbol/close`,
    operationId: 'closePosition',
    tag,
    summary: 'Close a position',
    description: 'Cancels the open orders of the symbol, then trades the position away at market.',
    auth: 'trader',
    limit: 'order',
    pathSchema: bySymbol,
    body: ClosePositionSubmission,
    bodyExample: closeExample,
    answers: { 201: oneOrder, 200: { ...oneOrder, description: 'A repeat.' } },
    problems: [...ORDER_PROBLEMS, 'clientOrderIdReused', 'staleOrder'],
    run: positionOrder('orders.closePosition'),
  },
  {
    method: 'POST',
    path: `${base}/positions/:symbol/reverse`,
    operationId: 'reversePosition',
    tag,
    summary: 'Turn a position into one of the same size on the other side',
    description: 'Cancels the open orders of the symbol, then trades twice the position at market.',
    auth: 'trader',
    limit: 'order',
    pathSchema: bySymbol,
    body: ClosePositionSubmission,
    bodyExample: closeExample,
    answers: { 201: oneOrder, 200: { ...oneOrder, description: 'A repeat.' } },
    problems: [...ORDER_PROBLEMS, 'clientOrderIdReused', 'orderGateClosed', 'staleOrder'],
    run: positionOrder('orders.reversePosition'),
  },
];

async function submitList(call: Call<never>): Promise<Answer> {
  const params = { simulatorId: call.path.id, ...(call.body as object) };
  const { list, repeated } = await ask<{ list: OrderListView; repeated: boolean }>(
    call,
    'orders.submitList',
    params,
  );
  return json(repeated ? 200 : 201, list);
}

function positionOrder(action: string): Route['run'] {
  return async (call) => {
    const { id, symbol } = call.path;
    const params = { simulatorId: id, symbol, ...(call.body as object | undefined) };
    const { order, repeated } = await ask<{ order: OrderView; repeated: boolean }>(
      call,
      action,
      params,
    );
    return json(repeated ? 200 : 201, order);
  };
}
