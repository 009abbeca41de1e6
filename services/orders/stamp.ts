/**
 * When an order was sent and what its trader saw then, against the gate of his connection. Pure.
 *
 * The gate judges a connection by what was heard of it, so it cannot tell the last order of a tunnel
 * from the first one after it. An order with a stamp says it itself: one that is old is refused as
 * stale, one that was sent blind passes only where it reduces, and one that is fresh and was sent in
 * sight of the market passes whatever the connection was like a moment ago.
 */
import type { Gate } from '@sandpit/schemas/http.ts';
import {
  type OrderStamp,
  RECEIVE_WINDOW_MS,
  SEEN_LIMITS_MS,
  SENT_AHEAD_MAX_MS,
} from '@sandpit/schemas/order-stamp.ts';
import type { FieldError } from '../platform/errors.ts';
import type { Parsed } from './ticket.ts';

/** Server time, ms since the epoch. */
export interface Stamp {
  sentAtMs: number;
  /** null = it does not say what its trader saw. */
  seenAtMs: number | null;
  windowMs: number;
}

/** @returns  Null for an order without one. */
export function stampOf({ sentAt, seenAt, receiveWindowMs }: OrderStamp): Parsed<Stamp | null> {
  const errors: FieldError[] = [];
  const fail = (path: string, message: string) => errors.push({ path, message });
  if (sentAt === undefined) {
    if (seenAt !== undefined) fail('seenAt', 'goes with `sentAt`');
    if (receiveWindowMs !== undefined) fail('receiveWindowMs', 'goes with `sentAt`');
    return errors.length > 0 ? { value: null, errors } : { value: null, errors: null };
  }
  const sentAtMs = Date.parse(sentAt);
  const seenAtMs = seenAt === undefined ? null : Date.parse(seenAt);
  if (Number.isNaN(sentAtMs)) fail('sentAt', 'is no date that exists');
  if (Number.isNaN(seenAtMs)) fail('seenAt', 'is no date that exists');
  else if (seenAtMs !== null && seenAtMs > sentAtMs) fail('seenAt', 'is later than `sentAt`');
  if (errors.length > 0) return { value: null, errors };
  const windowMs = receiveWindowMs ?? RECEIVE_WINDOW_MS;
  return { value: { sentAtMs, seenAtMs, windowMs }, errors: null };
}

/** `late`: older than it was meant to get; `ahead`: its clock is wrong. */
export function timingOf({ sentAtMs, windowMs }: Stamp, nowMs: number): 'late' | 'ahead' | 'good' {
  if (nowMs - sentAtMs > windowMs) return 'late';
  return sentAtMs - nowMs > SENT_AHEAD_MAX_MS ? 'ahead' : 'good';
}

const ENDED: ReadonlySet<string> = new Set(['sessionExpired', 'sessionClosed']);
const LEVELS: readonly Gate['state'][] = ['healthy', 'degraded', 'reduceOnly', 'closed'];

/** The gate that this order meets: the connection's, corrected by what the order says of itself. */
export function gateFor(gate: Gate, stamp: Stamp | null, nowMs: number): Gate {
  if (!stamp || stamp.seenAtMs === null || gate.reasons.some((why) => ENDED.has(why))) return gate;
  const sight = sightOf(stamp.sentAtMs - stamp.seenAtMs);
  if (sight) return LEVELS.indexOf(gate.state) >= LEVELS.indexOf(sight.state) ? gate : sight;
  // A window that was asked for may be longer than what proves a connection.
  return nowMs - stamp.sentAtMs <= RECEIVE_WINDOW_MS ? { state: 'healthy', reasons: [] } : gate;
}

/** @param blindMs  Age of the newest prices that the trader had before him. */
function sightOf(blindMs: number): Gate | null {
  const { reduceOnly, closed } = SEEN_LIMITS_MS;
  if (blindMs < reduceOnly) return null;
  return { state: blindMs < closed ? 'reduceOnly' : 'closed', reasons: ['feedStale'] };
}
