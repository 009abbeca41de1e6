/**
 * What a program may ask of one simulator over a channel that is not HTTP: operations of REST by their
 * `operationId`, with the same bodies, checks, limits and answers. The WebSocket and NATS take the same.
 */
import Type from 'typebox';

/** Where REST has them, below /api/v1. */
export const OPERATIONS = {
  submitOrder: ['POST', '/simulators/:id/orders'],
  previewOrder: ['POST', '/simulators/:id/orders/preview'],
  cancelOrder: ['DELETE', '/simulators/:id/orders/:orderId'],
  replaceOrder: ['PATCH', '/simulators/:id/orders/:orderId'],
  cancelAllOrders: ['DELETE', '/simulators/:id/orders'],
  submitOrderList: ['POST', '/simulators/:id/order-lists'],
  previewOrderList: ['POST', '/simulators/:id/order-lists/preview'],
  cancelOrderList: ['DELETE', '/simulators/:id/order-lists/:listId'],
  closePosition: ['POST', '/simulators/:id/positions/:symbol/close'],
  reversePosition: ['POST', '/simulators/:id/positions/:symbol/reverse'],
  pauseSimulator: ['POST', '/simulators/:id/pause'],
  resumeSimulator: ['POST', '/simulators/:id/resume'],
  stepSimulator: ['POST', '/simulators/:id/step'],
  jumpSimulator: ['POST', '/simulators/:id/jump'],
  speedSimulator: ['POST', '/simulators/:id/speed'],
  setRiskLimits: ['PUT', '/simulators/:id/risk-limits'],
  setKillSwitch: ['PUT', '/simulators/:id/kill-switch'],
  setDeadMan: ['PUT', '/simulators/:id/dead-man'],
  heartbeat: ['POST', '/sessions/:id/heartbeat'],
} as const satisfies Record<string, readonly [string, string]>;
export type OperationName = keyof typeof OPERATIONS;

/** The caller's own name of a request; comes back with the answer. */
export const RequestId = Type.String({
  pattern: '^[A-Za-z0-9_-]{1,64}$',
  description: 'Comes back with the answer. Yours to choose.',
});

/** What stands in a REST request beside its method and its headers. */
export const operationParts = {
  path: Type.Optional(
    Type.Record(Type.String(), Type.String({ maxLength: 64 }), {
      description: 'What stands in the path of the REST address, without the simulator’s `id`.',
    }),
  ),
  query: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  body: Type.Optional(Type.Unknown({ description: 'As the body of the REST request.' })),
  idempotencyKey: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
};
export interface OperationParts {
  path?: Record<string, string>;
  query?: Record<string, unknown>;
  body?: unknown;
  idempotencyKey?: string;
}
