/**
 * What a plan of faults means at a moment. Pure: the same plan and time give the same conditions, in
 * every process.
 */
import type { LabFault } from '@sandpit/schemas/lab.ts';

/** `open`, worse than that `held` (nothing arrives, nothing breaks), worse than that `cut`. */
export type Way = 'open' | 'held' | 'cut';
const WORSE: Record<Way, number> = { open: 0, held: 1, cut: 2 };

export interface Conditions {
  /** In each direction. */
  delayMs: number;
  /** Evenly drawn between 0 and this, on top. */
  jitterMs: number;
  /** Share of requests whose connection breaks. */
  lossRatio: number;
  /** Of each stream; Infinity = as fast as it goes. */
  bytesPerSecond: number;
  toVenue: Way;
  toClient: Way;
  submitsDown: boolean;
  cancelsDown: boolean;
  bookStale: boolean;
  /** Share of new orders that are refused. */
  rejectRatio: number;
}

export const CLEAR: Readonly<Conditions> = {
  delayMs: 0,
  jitterMs: 0,
  lossRatio: 0,
  bytesPerSecond: Infinity,
  toVenue: 'open',
  toClient: 'open',
  submitsDown: false,
  cancelsDown: false,
  bookStale: false,
  rejectRatio: 0,
};

/** Several latencies add up to this at most. */
export const DELAY_MS_MAX = 5_000;

export interface Plan {
  /** Of the whole lab. */
  lengthMs: number;
  faults: readonly LabFault[];
}

/** @param elapsedMs  Since the lab began. */
export function conditionsAt(plan: Plan, elapsedMs: number): Conditions {
  const conditions: Conditions = { ...CLEAR };
  if (elapsedMs < 0 || elapsedMs >= plan.lengthMs) return conditions;
  for (const fault of plan.faults) {
    const { fromMs, toMs } = spanOf(fault, plan);
    if (elapsedMs >= fromMs && elapsedMs < toMs) add(conditions, fault);
  }
  return conditions;
}

/** When the conditions change next, in ms since the beginning; the last change is the end. */
export function nextChangeMs(plan: Plan, elapsedMs: number): number | null {
  const changes = plan.faults.flatMap((fault) => Object.values(spanOf(fault, plan)));
  const later = [...changes, plan.lengthMs].filter((ms) => ms > elapsedMs && ms <= plan.lengthMs);
  return later.length === 0 ? null : Math.min(...later);
}

/** Since when a client could have seen again that does so at `elapsedMs`; 0 = from the beginning. */
export function sightSinceMs(plan: Plan, elapsedMs: number): number {
  let sinceMs = 0;
  for (let atMs: number | null = 0; atMs !== null && atMs <= elapsedMs; ) {
    const nextMs: number | null = nextChangeMs(plan, atMs);
    if (!reaches(conditionsAt(plan, atMs))) sinceMs = nextMs ?? plan.lengthMs;
    atMs = nextMs;
  }
  return Math.min(sinceMs, elapsedMs);
}

/** A stream needs its request to get there and its events to come back. */
const reaches = ({ toVenue, toClient }: Conditions) => toVenue === 'open' && toClient === 'open';

function spanOf(fault: LabFault, { lengthMs }: Plan): { fromMs: number; toMs: number } {
  const fromMs = (fault.fromSeconds ?? 0) * 1_000;
  const toMs = fault.seconds === undefined ? lengthMs : fromMs + fault.seconds * 1_000;
  return { fromMs, toMs: Math.min(toMs, lengthMs) };
}

function add(to: Conditions, fault: LabFault): void {
  switch (fault.type) {
    case 'latency':
      to.delayMs = Math.min(DELAY_MS_MAX, to.delayMs + fault.delayMs);
      to.jitterMs = Math.min(DELAY_MS_MAX, to.jitterMs + (fault.jitterMs ?? 0));
      break;
    case 'loss':
      to.lossRatio = either(to.lossRatio, fault.ratio);
      break;
    case 'disconnect':
      to.toVenue = to.toClient = 'cut';
      break;
    case 'halfOpen':
      if (fault.direction !== 'toClient') to.toVenue = worse(to.toVenue, 'held');
      if (fault.direction !== 'toVenue') to.toClient = worse(to.toClient, 'held');
      break;
    case 'throttle':
      to.bytesPerSecond = Math.min(to.bytesPerSecond, fault.bytesPerSecond);
      break;
    case 'submitsDown':
      to.submitsDown = true;
      break;
    case 'cancelsDown':
      to.cancelsDown = true;
      break;
    case 'staleBook':
      to.bookStale = true;
      break;
    case 'rejects':
      to.rejectRatio = either(to.rejectRatio, fault.ratio);
      break;
  }
}

const worse = (a: Way, b: Way): Way => (WORSE[a] >= WORSE[b] ? a : b);
/** Chance that at least one of two independent things happens. */
const either = (a: number, b: number): number => a + b - a * b;
