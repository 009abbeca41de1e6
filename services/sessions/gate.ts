/**
 * Connection quality as a state machine: healthy -> degraded -> reduceOnly -> closed. Pure.
 *
 *   quality = observe(quality, heartbeat, nowMs)   a heartbeat arrived
 *   quality = advance(quality, nowMs)              time passed
 *   gateOf(quality)                                what the client and the order path are told
 *
 * Getting worse counts at once. Getting better counts after two and a half seconds of measurements that lie
 * well below the limit (70 %), so that a connection at the limit does not flicker, and so that what was
 * sent before an interruption and arrives after it is not let in by the first heartbeat. How the
 * limits were chosen: docs/sessions.md, and `scripts/quality`.
 *
 * A client that has never sent a heartbeat is healthy with the reason `noHeartbeat`: programs that
 * trade over REST or NATS need not send any, and are not protected by them either.
 */
import type { Gate, GateState, HeartbeatRequest } from '@sandpit/schemas/http.ts';

/** How often a client is expected to send a heartbeat. */
export const HEARTBEAT_INTERVAL_MS = 5_000;
export const RECOVERY_MS = 2_500;
const RECOVERY_SHARE = 0.7;
/**
 * The round trip is the quickest of so many: after an interruption the one that waited for its end says
 * nothing of the connection that is there again, and a mean would carry it on for half a minute.
 */
const ROUND_TRIPS_KEPT = 2;
/** Weight of a new deviation in the average (RFC 6298). */
const JITTER_WEIGHT = 1 / 4;

export type GateReason =
  | 'noHeartbeat'
  | 'heartbeatLate'
  | 'roundTripSlow'
  | 'roundTripUnsteady'
  | 'feedStale'
  | 'recovering'
  | 'sessionExpired'
  | 'sessionClosed';

const LEVELS = ['healthy', 'degraded', 'reduceOnly', 'closed'] as const satisfies GateState[];

/** Limits in ms at which degraded, reduceOnly and closed begin. Published in docs/sessions.md. */
export const LIMITS: Readonly<Record<Measure, readonly [number, number, number]>> = {
  /** Since the last heartbeat: one missed, two, and five. */
  heartbeatLate: [8_000, 12_000, 30_000],
  /** Worth a word; longer than a market order waits; longer than the app waits for an answer. */
  roundTripSlow: [1_000, 5_000, 10_000],
  /** Jitter makes prices stale now and then; on its own it never stops an order. */
  roundTripUnsteady: [500, Infinity, Infinity],
  /** Age of the newest frame the client has seen. */
  feedStale: [6_000, 12_000, 30_000],
};
type Measure = 'heartbeatLate' | 'roundTripSlow' | 'roundTripUnsteady' | 'feedStale';
const MEASURES: readonly Measure[] = [
  'heartbeatLate',
  'roundTripSlow',
  'roundTripUnsteady',
  'feedStale',
];

/** Everything the machine remembers of one session; plain JSON. */
export interface Quality {
  state: GateState;
  reasons: GateReason[];
  /** ms since the epoch; null = never. */
  lastHeartbeatAtMs: number | null;
  lastHeartbeatSequence: number;
  /** The newest, oldest first. */
  roundTripsMs: number[];
  /** The quickest of them; null until measured. */
  roundTripMs: number | null;
  /** Smoothed deviation from it. */
  jitterMs: number | null;
  /** As the client measured it at its last heartbeat. */
  feedAgeMs: number | null;
  /** Since when all measurements are good enough for a better state. */
  betterSinceMs: number | null;
}

/** A new session. Never changed; every step answers a new value. */
export const UNSEEN: Quality = {
  state: 'healthy',
  reasons: ['noHeartbeat'],
  lastHeartbeatAtMs: null,
  lastHeartbeatSequence: -1,
  roundTripsMs: [],
  roundTripMs: null,
  jitterMs: null,
  feedAgeMs: null,
  betterSinceMs: null,
};

/** Takes a heartbeat in. One that is older than the last (a retry, a slow tab) changes nothing. */
export function observe(quality: Quality, beat: HeartbeatRequest, nowMs: number): Quality {
  const late = advance(quality, nowMs);
  // Each reloaded tab counts from the start again; within an interval it is only out of order.
  const recent = nowMs - (quality.lastHeartbeatAtMs ?? -Infinity) < HEARTBEAT_INTERVAL_MS;
  if (recent && beat.sequence <= quality.lastHeartbeatSequence) return late;
  const seen: Quality = {
    ...late,
    lastHeartbeatAtMs: nowMs,
    lastHeartbeatSequence: beat.sequence,
    ...smoothed(quality, beat.roundTripMs),
    feedAgeMs: beat.feedAgeMs ?? null,
  };
  return advance(seen, nowMs);
}

/** The state at `nowMs`, given the measurements so far. */
export function advance(quality: Quality, nowMs: number): Quality {
  if (quality.lastHeartbeatAtMs === null) return quality;
  const measured = measurements(quality, nowMs);
  const current = LEVELS.indexOf(quality.state);
  const worst = assess(measured, 1);
  if (worst.level >= current && worst.level > 0) return settled(quality, worst);
  const held = assess(measured, RECOVERY_SHARE);
  if (held.level >= current) {
    // Between the two limits: neither worse nor clearly better.
    const reasons: GateReason[] = current === 0 ? [] : held.reasons;
    return { ...quality, reasons, betterSinceMs: null };
  }
  const betterSinceMs = quality.betterSinceMs ?? nowMs;
  if (nowMs - betterSinceMs < RECOVERY_MS) {
    return { ...quality, reasons: ['recovering'], betterSinceMs };
  }
  return settled(quality, held);
}

export function gateOf({ state, reasons }: Quality): Gate {
  return { state, reasons };
}

interface Assessment {
  level: number;
  reasons: GateReason[];
}

/** The worst level among the measurements against `share` of the limits, and what caused it. */
function assess(measured: Record<Measure, number>, share: number): Assessment {
  const levels = MEASURES.map((measure) => {
    const limits = LIMITS[measure];
    return limits.filter((limit) => measured[measure] >= limit * share).length;
  });
  const level = Math.max(...levels);
  const reasons = level === 0 ? [] : MEASURES.filter((_, i) => levels[i] === level);
  return { level, reasons };
}

function settled(quality: Quality, { level, reasons }: Assessment): Quality {
  return { ...quality, state: LEVELS[level], reasons, betterSinceMs: null };
}

function measurements(quality: Quality, nowMs: number): Record<Measure, number> {
  return {
    heartbeatLate: nowMs - quality.lastHeartbeatAtMs!,
    roundTripSlow: quality.roundTripMs ?? 0,
    roundTripUnsteady: quality.jitterMs ?? 0,
    feedStale: quality.feedAgeMs ?? 0,
  };
}

function smoothed(
  { roundTripsMs = [], roundTripMs, jitterMs }: Quality,
  sampleMs: number | undefined,
): Pick<Quality, 'roundTripsMs' | 'roundTripMs' | 'jitterMs'> {
  if (sampleMs === undefined) return { roundTripsMs, roundTripMs, jitterMs };
  const kept = [...roundTripsMs, sampleMs].slice(-ROUND_TRIPS_KEPT);
  if (roundTripMs === null) return { roundTripsMs: kept, roundTripMs: sampleMs, jitterMs: 0 };
  const deviationMs = Math.abs(sampleMs - roundTripMs);
  return {
    roundTripsMs: kept,
    roundTripMs: Math.min(...kept),
    jitterMs: (jitterMs ?? 0) + JITTER_WEIGHT * (deviationMs - (jitterMs ?? 0)),
  };
}
