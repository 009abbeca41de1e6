/**
 * What becomes of an order whose answer has not arrived. Pure: says the next step, does nothing.
 *
 * Repeating a request under its own clientOrderId is harmless to the books, but a market order that is
 * carried out late trades at a price nobody saw; the venue refuses it five seconds after it was asked,
 * so the desk repeats it only inside that time and afterwards just looks.
 */
import type { OrderRequest, OrderView } from '@sandpit/schemas/http.ts';
import type { LinkState } from './link.ts';

export interface InFlightOrder {
  request: OrderRequest;
  submittedAtMs: number;
  /** When the last attempt began. */
  lastSentAtMs: number;
  /** Sent so far, the first time included. */
  sends: number;
  /** A repeat has been refused because of when it came. */
  isTooLate: boolean;
  /** A request is on its way right now. */
  isSending: boolean;
  /** When the stream became live again after the last loss; null while it is not. */
  liveSinceMs: number | null;
}

export type NextStep =
  | { kind: 'settled'; order: OrderView }
  | { kind: 'repeat' }
  | { kind: 'wait'; ms: number }
  /** The venue has been live and complete long enough to know it never got the order. */
  | { kind: 'notPlaced' };

export const MARKET_REPEAT_WITHIN_MS = 4_000;
/** Its price protects it, so it may take twice as long; what is older was meant for another market. */
export const LIMIT_REPEAT_WITHIN_MS = 9_000;
export const LIMIT_WINDOW_MS = 10_000;
export const MAX_SENDS = 6;
/** Live for this long after the last attempt with everything caught up and no sign of it: it is not there. */
export const CERTAIN_AFTER_LIVE_MS = 10_000;
const REPEAT_EVERY_MS = 1_000;

export function nextStep(
  order: InFlightOrder,
  known: OrderView | undefined,
  link: LinkState,
  nowMs: number,
): NextStep {
  if (known) return { kind: 'settled', order: known };
  if (order.isSending) return { kind: 'wait', ms: REPEAT_EVERY_MS };
  const withinMs = isMarket(order.request) ? MARKET_REPEAT_WITHIN_MS : LIMIT_REPEAT_WITHIN_MS;
  const mayRepeat =
    !order.isTooLate && order.sends < MAX_SENDS && nowMs - order.submittedAtMs < withinMs;
  if (mayRepeat)
    return link === 'offline' ? { kind: 'wait', ms: REPEAT_EVERY_MS } : { kind: 'repeat' };
  const isQuiet =
    link === 'live' &&
    order.liveSinceMs !== null &&
    nowMs - Math.max(order.liveSinceMs, order.lastSentAtMs) >= CERTAIN_AFTER_LIVE_MS;
  return isQuiet ? { kind: 'notPlaced' } : { kind: 'wait', ms: REPEAT_EVERY_MS };
}

const isMarket = ({ type }: Pick<OrderRequest, 'type'>) => type === 'market';

/** For how long an order is meant, as its stamp says it: a little longer than it is repeated. */
export function receiveWindowOf(order: Pick<OrderRequest, 'type'>): {
  receiveWindowMs?: number;
} {
  return isMarket(order) ? {} : { receiveWindowMs: LIMIT_WINDOW_MS };
}

/**
 * Whether `next` may replace `current`: newer by the one cursor. An answer to a request and a frame of
 * the stream race each other, and the later record has to win whichever arrives last.
 */
export function isNewer(next: OrderView, current: OrderView | undefined): boolean {
  return current === undefined || next.sequence >= current.sequence;
}
