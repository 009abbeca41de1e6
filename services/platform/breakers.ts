/** Circuit breakers (opossum) around calls that leave the mesh: one per dependency, seen as metrics. */
import CircuitBreaker from 'opossum';
import { problem } from './errors.ts';

export interface GuardOptions {
  /** The caller's patience; false when the call has its own limit. */
  timeoutMs: number | false;
  /** Opens at this share of failures in the last 10 s. */
  errorThresholdPercentage?: number;
  /** … and not before this many calls; at least 10, or the first failure would open it. */
  volumeThreshold?: number;
  /** Tries one call again after this long. */
  resetTimeoutMs?: number;
  /** Calls at once; more are refused. */
  capacity: number;
  /** Which errors count against the dependency; all unless given. */
  isFailure?: (error: unknown) => boolean;
}

const VOLUME_THRESHOLD_MIN = 10;
/** By name, for the metrics. Opossum's timers do not keep a process alive. */
const breakers = new Map<string, CircuitBreaker<never[], unknown>>();

/**
 * `fn` behind a breaker of its own.
 *
 * @param name  Label of its metrics; one per dependency.
 * @throws problem `unavailable` when it is open, full, or `fn` took too long (it may still run, so
 *         a write that timed out is not known to have failed); else what `fn` throws.
 */
export function guarded<Args extends unknown[], Result>(
  name: string,
  fn: (...args: Args) => Promise<Result>,
  options: GuardOptions,
): (...args: Args) => Promise<Result> {
  const { isFailure = () => true } = options;
  const breaker = new CircuitBreaker<Args, Result>(fn, {
    name,
    timeout: options.timeoutMs,
    errorThresholdPercentage: options.errorThresholdPercentage ?? 50,
    volumeThreshold: Math.max(VOLUME_THRESHOLD_MIN, options.volumeThreshold ?? 0),
    resetTimeout: options.resetTimeoutMs ?? 2_000,
    capacity: options.capacity,
    errorFilter: (error) => !isFailure(error),
    enableSnapshots: false,
  });
  breakers.set(name, breaker as unknown as CircuitBreaker<never[], unknown>);
  return async (...args) => {
    try {
      return await breaker.fire(...args);
    } catch (error) {
      throw translated(name, error);
    }
  };
}

function translated(name: string, error: unknown): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  const ours = CircuitBreaker.isOurError(error as Error);
  if (!ours) return error;
  const what = code === 'ESEMLOCKED' ? 'busy' : code === 'ETIMEDOUT' ? 'slow' : 'away';
  return problem('unavailable', {
    detail: `A part of the system (${name}) is ${what}. Retry after a moment.`,
    retryAfterSeconds: 2,
    cause: error,
  });
}

export type BreakerState = 'closed' | 'halfOpen' | 'open';

export interface BreakerReading {
  name: string;
  state: BreakerState;
  /** In the last 10 s. */
  failures: number;
  successes: number;
  timeouts: number;
  rejected: number;
}

export function breakerReadings(): BreakerReading[] {
  return [...breakers.values()].map((breaker) => ({
    name: breaker.name,
    state: breaker.opened ? 'open' : breaker.halfOpen ? 'halfOpen' : 'closed',
    failures: breaker.stats.failures,
    successes: breaker.stats.successes,
    timeouts: breaker.stats.timeouts,
    rejected: breaker.stats.rejects + breaker.stats.semaphoreRejections,
  }));
}
