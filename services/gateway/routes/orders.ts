import {
  FillReceipt,
  ListQuery,
  listOf,
  OrderPreview,
  OrderSubmission,
  OrderView,
  ReplaceSubmission,
} from '@sandpit/schemas/http.ts';
import { Side } from '@sandpit/schemas/order.ts';
import { InstrumentSymbol } from '@sandpit/schemas/units.ts';
import Type from 'typebox';
import { type Answer, ask, type Call, json, type Route } from '../route.ts';
import { orderExample, plainExample, submitExamples } from './order-examples.ts';
import {
  API,
  byId,
  byOrder,
  fromWorker,
  fromWorkerOrArchive,
  IdempotencyKey,
  idempotencyKeyOf,
  orderFromWorkerOrArchive,
} from './shared.ts';

const tag = 'orders';
const base = `${API}/simulators/:id`;

export const oneOrder = { description: 'The order.', schema: OrderView, example: orderExample };
export const OrderList = listOf('OrderList', OrderView);
export const ORDER_PROBLEMS = [
  'simulatorStopped',
  'simulatorHalted',
  'backlogFull',
  'outcomeUnknown',
] as const;

const receiptExample: FillReceipt = {
  orderId: '17',
  clientOrderId: orderExample.clientOrderId,
  status: 'new',
  rejectReason: null,
  explanation: 'behindOthers',
  enteredAt: orderExample.createdAt,
  timeToFirstFillNs: null,
  timeToLastFillNs: null,
  filledQuantity: '0',
  makerQuantity: '0',
  takerQuantity: '0',
  averagePrice: null,
  fees: '0.00',
  quantityAhead: '120',
  legs: [
    {
      kind: 'resting',
      price: '180.05',
      from: orderExample.createdAt,
      to: null,
      durationNs: 4_250_000_000,
      quantityAheadAtEntry: '400',
      tradedAhead: '180',
      canceledAhead: '100',
    },
  ],
  legCount: 1,
  fills: [],
  sequence: 4711,
};
export const previewExample: OrderPreview = {
  accepted: true,
  rejectReason: null,
  waitsForTrigger: false,
  fills: [
    { price: '180.04', quantity: '6' },
    { price: '180.05', quantity: '1' },
  ],
  filledQuantity: '7',
  restingQuantity: '3',
  averagePrice: '180.041429',
  notional: '1260.29',
  fees: '0.630145',
  after: {
    position: '7',
    cash: '98739.079855',
    reserved: '540.204',
    buyingPower: '98198.875855',
  },
  sequence: 4711,
};

const CancelAllQuery = Type.Object(
  { symbol: Type.Optional(InstrumentSymbol), side: Type.Optional(Side) },
  { additionalProperties: false },
);

export const orderRoutes: Route[] = [
  {
    method: 'POST',
    path: `${base}/orders`,
    operationId: 'submitOrder',
    tag,
    summary: 'Submit an order',
    description:
      'Answers with the committed outcome. A refusal by the venue is an answer: status `rejected` ' +
      'with a `rejectReason`. The same clientOrderId with the same ticket is the same order, ' +
      'however often it is sent: after `outcomeUnknown` or a lost connection, send it again.\n\n' +
      'Besides `market` and `limit`: `stop`, `stopLimit`, `marketIfTouched` and `limitIfTouched` wait ' +
      'for their `stopPrice`; `trailingStop` and `trailingStopLimit` follow the market at ' +
      '`trailAmount` or `trailPercent`, the latter with a limit `limitOffset` beyond the trigger. ' +
      '`triggerReference` says what triggers. A waiting order is `new` with `triggeredAt` null. ' +
      '`marketToLimit` trades at the best price and rests there.\n\n' +
      'Of an order with a `displayQuantity` others see that much at a time: each new part goes to the ' +
      'back of its price. With "0" they see nothing, and it trades after everything that is shown at ' +
      'its price. What is not shown counts all the same: for fill-or-kill, and against post-only. ' +
      '`allOrNone`, or a `minimumQuantity` of an order that rests, hides it too; who brings less passes ' +
      'it over, and it takes what the other side offers as soon as that is enough.\n\n' +
      'A `pegged` order follows a price, `pegPriceType`, at a `pegOffset`: the best price of its own side ' +
      '(`primary`), of the other one (`market`), or halfway between (`mid`, hidden, half a tick rounded ' +
      'away from the other side), as others quote it. It never takes: where it would, it stands one ' +
      'tick behind. It moves without an event; `pegPrice` says where it stands when you ask.\n\n' +
      'With `sentAt` an order says how old it is: after its `receiveWindowMs` it is refused as `staleOrder` ' +
      'here, and as `deadlineExceeded` by a venue that gets to it later. With `seenAt` as well, the order ' +
      'gate judges this order instead of the connection: one that is fresh and was sent in sight of the ' +
      'market passes, one that was sent blind may only reduce. A `staleOrder` that answers a repeat says ' +
      'nothing of the first: look at the orders.',
    auth: 'trader',
    limit: 'order',
    pathSchema: byId,
    body: OrderSubmission,
    bodyExample: plainExample,
    bodyExamples: submitExamples,
    answers: {
      201: { ...oneOrder, description: 'The order as its command left it.' },
      200: { ...oneOrder, description: 'A repeat: what this clientOrderId got the first time.' },
    },
    problems: [...ORDER_PROBLEMS, 'clientOrderIdReused', 'orderGateClosed', 'staleOrder'],
    run: submit,
  },
  {
    method: 'POST',
    path: `${base}/orders/preview`,
    operationId: 'previewOrder',
    tag,
    summary: 'What would happen to an order now',
    description:
      'Takes what `submitOrder` takes and answers what the venue would do with it at this moment: ' +
      'accept or which reason to refuse, the fills that the book as it stands would give, fees, ' +
      'and how position and buying power would stand after. Nothing is recorded and the ' +
      '`clientOrderId` is not used up. Short of money, `after.buyingPower` says by how much.',
    auth: 'trader',
    limit: 'read',
    pathSchema: byId,
    body: OrderSubmission,
    bodyExample: plainExample,
    bodyExamples: submitExamples,
    answers: {
      200: { description: 'The dry run.', schema: OrderPreview, example: previewExample },
    },
    problems: ['simulatorStopped', 'simulatorHalted', 'unavailable'],
    run: preview,
  },
  {
    method: 'GET',
    path: `${base}/orders`,
    operationId: 'listOrders',
    tag,
    summary: 'Orders, oldest change first',
    auth: 'trader',
    limit: 'read',
    pathSchema: byId,
    query: ListQuery,
    answers: { 200: { description: 'Changed after `since`.', schema: OrderList } },
    run: async (call) => json(200, await fromWorkerOrArchive(call, 'orders')),
  },
  {
    method: 'GET',
    path: `${base}/orders/:orderId`,
    operationId: 'getOrder',
    tag,
    summary: 'One order',
    auth: 'trader',
    limit: 'read',
    pathSchema: byOrder,
    description: 'Also of a stopped simulator; its history is up to a second behind.',
    answers: { 200: oneOrder },
    run: async (call) => json(200, await orderFromWorkerOrArchive(call)),
  },
  {
    method: 'GET',
    path: `${base}/orders/:orderId/receipt`,
    operationId: 'getFillReceipt',
    tag,
    summary: 'Why an order was (not) filled',
    description:
      'The queue before it when it came to rest, what of that traded and what was canceled, the ' +
      'time in each leg, fills and fees, and one code that sums it up. The newest 1,000 orders have one.',
    auth: 'trader',
    limit: 'read',
    pathSchema: byOrder,
    answers: {
      200: { description: 'Now.', schema: FillReceipt, example: receiptExample },
    },
    problems: ['simulatorStopped'],
    run: async (call) =>
      json(200, await fromWorker(call, 'simulator.receipt', { orderId: call.path.orderId })),
  },
  {
    method: 'DELETE',
    path: `${base}/orders/:orderId`,
    operationId: 'cancelOrder',
    tag,
    summary: 'Cancel an order',
    description:
      'Passes whatever the order gate says. An order that was done already comes back as it ' +
      'ended, with the `rejectReason` `tooLateToCancel`.',
    auth: 'trader',
    limit: 'cancel',
    pathSchema: byOrder,
    headers: IdempotencyKey,
    answers: { 200: oneOrder },
    problems: ORDER_PROBLEMS,
    run: control('orders.cancel'),
  },
  {
    method: 'PATCH',
    path: `${base}/orders/:orderId`,
    operationId: 'replaceOrder',
    tag,
    summary: 'Change the price or size of an order',
    description:
      'A lower size and nothing else keeps the place in the queue; anything else loses it. When ' +
      'the venue refuses, the order comes back unchanged with a `rejectReason`.',
    auth: 'trader',
    limit: 'order',
    pathSchema: byOrder,
    headers: IdempotencyKey,
    body: ReplaceSubmission,
    bodyExample: { quantity: '5' },
    answers: { 200: oneOrder },
    problems: [...ORDER_PROBLEMS, 'staleOrder'],
    run: control('orders.replace'),
  },
  {
    method: 'DELETE',
    path: `${base}/orders`,
    operationId: 'cancelAllOrders',
    tag,
    summary: 'Cancel all open orders',
    auth: 'trader',
    limit: 'cancel',
    pathSchema: byId,
    query: CancelAllQuery,
    headers: IdempotencyKey,
    answers: { 200: { description: 'What was canceled.', schema: OrderList } },
    problems: ORDER_PROBLEMS,
    run: control('orders.cancelAll'),
  },
];

async function preview(call: Call<never>): Promise<Answer> {
  const params = { simulatorId: call.path.id, ...(call.body as object) };
  return json(200, await ask(call, 'orders.preview', params));
}

async function submit(call: Call<never>): Promise<Answer> {
  const { order, repeated } = await ask<{ order: OrderView; repeated: boolean }>(
    call,
    'orders.submit',
    { simulatorId: call.path.id, ...(call.body as object) },
  );
  const location = `${API}/simulators/${call.path.id}/orders/${order.orderId}`;
  return repeated ? json(200, order) : json(201, order, { Location: location });
}

export function control(action: string): Route['run'] {
  return async (call) => {
    const { id, ...path } = call.path;
    const params = {
      simulatorId: id,
      ...path,
      ...call.query,
      ...(call.body as object | undefined),
    };
    return json(200, await ask(call, action, { ...params, ...idempotencyKeyOf(call) }));
  };
}
