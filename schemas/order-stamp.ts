/**
 * When an order was sent, what its trader saw then, and for how long it is meant: so that none trades
 * late and none blind. Goes with whatever may trade; it is no part of the order and is not recorded.
 */
import Type, { type Static } from 'typebox';
import {
  ClosePositionRequest,
  OrderListRequest,
  OrderRequest,
  ReplaceRequest,
} from './order-request.ts';
import { Timestamp } from './units.ts';

/** For orders that name no window of their own. */
export const RECEIVE_WINDOW_MS = 5_000;
/** An order may be this much ahead of the server's clock before its clock is taken to be wrong. */
export const SENT_AHEAD_MAX_MS = 1_000;
/** Prices this much older than the order: it passes only where it reduces a position, or not at all. */
export const SEEN_LIMITS_MS = { reduceOnly: 12_000, closed: 30_000 } as const;

const stampFields = {
  sentAt: Type.Optional(
    Type.String({
      ...Timestamp,
      description:
        'When the order was sent, in server time (FIX SendingTime 52): your clock, corrected by the ' +
        '`serverTime` of heartbeat answers. A repeat keeps the first one’s (FIX OrigSendingTime 122).',
    }),
  ),
  seenAt: Type.Optional(
    Type.String({
      ...Timestamp,
      description:
        'Server time at which the newest prices that the trader had before him were sent. With `sentAt`.',
    }),
  ),
  receiveWindowMs: Type.Optional(
    Type.Integer({
      minimum: 50,
      maximum: 60_000,
      description: `With \`sentAt\`: older than this it is refused (\`staleOrder\`) rather than carried out late. ${RECEIVE_WINDOW_MS} unless given.`,
    }),
  ),
};

export const OrderStamp = Type.Object(stampFields, {
  $id: 'OrderStamp',
  additionalProperties: false,
});
export type OrderStamp = Static<typeof OrderStamp>;

export const OrderSubmission = Type.Object(
  { ...OrderRequest.properties, ...stampFields },
  { $id: 'OrderSubmission', additionalProperties: false },
);
export type OrderSubmission = Static<typeof OrderSubmission>;
/** One stamp for all of the list. */
export const OrderListSubmission = Type.Object(
  { ...OrderListRequest.properties, ...stampFields },
  { $id: 'OrderListSubmission', additionalProperties: false },
);
export type OrderListSubmission = Static<typeof OrderListSubmission>;
export const ClosePositionSubmission = Type.Object(
  { ...ClosePositionRequest.properties, ...stampFields },
  { $id: 'ClosePositionSubmission', additionalProperties: false },
);
export const ReplaceSubmission = Type.Object(
  { ...ReplaceRequest.properties, ...stampFields },
  { $id: 'ReplaceSubmission', additionalProperties: false, minProperties: 1 },
);

/** The request without its stamp, and the stamp. */
export function unstamped<Request extends OrderStamp>(
  request: Request,
): { request: Omit<Request, keyof OrderStamp>; stamp: OrderStamp } {
  const { sentAt, seenAt, receiveWindowMs, ...rest } = request;
  const stamp = {
    ...(sentAt !== undefined && { sentAt }),
    ...(seenAt !== undefined && { seenAt }),
    ...(receiveWindowMs !== undefined && { receiveWindowMs }),
  };
  return { request: rest, stamp };
}
