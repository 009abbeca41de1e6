/**
 * Request limits per caller and class. Redis counts over all gateways, memory insures against its
 * absence. The order path must not wait for Redis: there memory decides, Redis is told afterwards,
 * and a caller whom Redis finds over the common limit is then blocked here too.
 */
import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { problem } from '../../platform/errors.ts';
import type { LimitClass } from '../route.ts';

export interface Limit {
  points: number;
  seconds: number;
  /** Answer at once from memory. */
  fast: boolean;
}

/** @param ordersPerSecond  Per account; cancels have as much again, of their own. */
export const limitsOf = (ordersPerSecond: number): Record<LimitClass | 'denied', Limit> => ({
  login: { points: 30, seconds: 60, fast: false },
  /** Opening and resuming sessions. */
  session: { points: 30, seconds: 60, fast: false },
  write: { points: 120, seconds: 60, fast: false },
  read: { points: 1_000, seconds: 10, fast: true },
  order: { points: ordersPerSecond * 10, seconds: 10, fast: true },
  cancel: { points: ordersPerSecond * 10, seconds: 10, fast: true },
  /** Requests with a token that does not verify, per network. */
  denied: { points: 120, seconds: 60, fast: true },
});

/** Redis hears of the fast classes this often, all that a caller took in one message. */
const TELL_MS = 250;
/** Callers in one round; who comes beyond that is counted here alone. */
const TELL_MAX = 10_000;

interface Bucket extends Limit {
  memory: RateLimiterMemory;
  shared: RateLimiterRedis;
}

export class Limits {
  readonly #buckets: Record<string, Bucket>;
  #untold = new Map<string, { bucket: Bucket; key: string; taken: number }>();

  /** @param namespace  Of the installation: those that share a Redis do not share their limits. */
  constructor(redis: Redis, limits: Record<string, Limit>, namespace: string) {
    this.#buckets = Object.fromEntries(
      Object.entries(limits).map(([name, limit]) => {
        const { points, seconds: duration } = limit;
        const options = { points, duration, keyPrefix: `limit:${namespace}:${name}` };
        const insuranceLimiter = new RateLimiterMemory(options);
        const shared = new RateLimiterRedis({
          ...options,
          storeClient: redis,
          insuranceLimiter,
          rejectIfRedisNotReady: true,
          // Who is over the limit is remembered here and costs Redis nothing more.
          inMemoryBlockOnConsumed: points + 1,
        });
        return [name, { ...limit, memory: new RateLimiterMemory(options), shared }];
      }),
    );
  }

  /**
   * @param key  Account, or network of the caller.
   * @throws problem `rateLimited` with the seconds to wait.
   */
  async take(name: LimitClass | 'denied', key: string): Promise<void> {
    const bucket = this.#buckets[name];
    try {
      if (!bucket.fast) return void (await bucket.shared.consume(key));
      await bucket.memory.consume(key);
    } catch (error) {
      throw refusal(error);
    }
    this.#note(name, bucket, key);
  }

  #note(name: string, bucket: Bucket, key: string): void {
    const entry = this.#untold.get(`${name} ${key}`);
    if (entry) {
      entry.taken += 1;
      return;
    }
    if (this.#untold.size >= TELL_MAX) return;
    if (this.#untold.size === 0) setTimeout(() => this.#tell(), TELL_MS).unref();
    this.#untold.set(`${name} ${key}`, { bucket, key, taken: 1 });
  }

  #tell(): void {
    const entries = [...this.#untold.values()];
    this.#untold = new Map();
    for (const { bucket, key, taken } of entries) {
      bucket.shared.consume(key, taken).catch((error: unknown) => {
        if (!(error instanceof RateLimiterRes)) return;
        return bucket.memory.block(key, Math.ceil(error.msBeforeNext / 1_000));
      });
    }
  }
}

function refusal(error: unknown): unknown {
  if (!(error instanceof RateLimiterRes)) return error;
  const retryAfterSeconds = Math.max(1, Math.ceil(error.msBeforeNext / 1_000));
  return problem('rateLimited', { retryAfterSeconds });
}
