import type { Gate, GateState, OrderStamp } from '@sandpit/schemas/http.ts';

/** Why the server thinks so; an unknown reason is shown as it is. */
const REASONS: Record<string, string> = {
  noHeartbeat: 'no heartbeat yet',
  heartbeatLate: 'heartbeats arrive late',
  roundTripSlow: 'answers take too long',
  roundTripUnsteady: 'answer times vary widely',
  feedStale: 'prices arrive late',
  recovering: 'better again, watching a moment',
  sessionExpired: 'the session has expired',
  sessionClosed: 'the session was closed',
};

const ENDED: ReadonlySet<string> = new Set(['sessionExpired', 'sessionClosed']);

/**
 * The gate as an order meets it: one that says when it was sent and what was seen is judged by that, so
 * what the connection was like a moment ago only makes it worth a word.
 */
export function gateOfOrder(gate: Gate, isLive: boolean, stamp: OrderStamp | null): Gate {
  const isShut = gate.state === 'reduceOnly' || gate.state === 'closed';
  if (!isShut || !isLive || !stamp?.seenAt || gate.reasons.some((why) => ENDED.has(why))) {
    return gate;
  }
  return { state: 'degraded', reasons: gate.reasons };
}

export const gateReasonText = (reason: string) => REASONS[reason] ?? reason;

/** What the server's judgement of the connection means for trading. */
export const GATE_TEXTS: Record<GateState, { label: string; meaning: string }> = {
  healthy: { label: 'Healthy', meaning: 'All orders pass.' },
  degraded: { label: 'Degraded', meaning: 'Orders pass; the connection is slow or uneven.' },
  reduceOnly: { label: 'Reduce only', meaning: 'Only orders that reduce a position pass.' },
  closed: { label: 'Closed', meaning: 'New orders are refused. Cancels pass.' },
};
