/**
 * Slows down guessing without locking anybody out: after a few failures for one account from one
 * network, each further one doubles the wait. The account stays open from everywhere else.
 * Counted in Redis, and in this process while Redis is away.
 */
import type { Redis } from 'ioredis';
import {
  type IRateLimiterStoreOptions,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import { problem } from '../platform/errors.ts';

export const FAILURES_FREE = 4;
export const WAIT_MAX_SECONDS = 300;
const FAILURES_REMEMBERED_SECONDS = 900;
const ATTEMPTS_PER_NETWORK = { points: 120, duration: 60 };
const ATTEMPTS_PER_ACCOUNT = { points: 30, duration: 60 };
const SIGNUPS_PER_NETWORK = { points: 200, duration: 600 };

/** Seconds to wait after so many failures: 0 at first, then 1, 2, 4, … up to the limit. */
export function waitSeconds(failures: number): number {
  if (failures <= FAILURES_FREE) return 0;
  return Math.min(2 ** Math.min(failures - FAILURES_FREE - 1, 20), WAIT_MAX_SECONDS);
}

/** The network an address belongs to: itself, or the /64 of an IPv6 address. */
export function networkOf(address: string | undefined): string {
  if (!address) return 'unknown';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  if (!address.includes(':')) return address;
  const [head, tail] = address.toLowerCase().split('::');
  const groups = head.split(':').filter(Boolean);
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').length;
  const whole = [...groups, ...Array<string>(Math.max(missing, 0)).fill('0')];
  if (tail) whole.push(...tail.split(':'));
  return `${whole.slice(0, 4).join(':')}::/64`;
}

export class LoginThrottle {
  readonly #attemptsOfNetwork: RateLimiterRedis;
  readonly #attemptsOfAccount: RateLimiterRedis;
  readonly #signups: RateLimiterRedis;
  readonly #failures: RateLimiterRedis;
  readonly #waits: RateLimiterRedis;

  constructor(redis: Redis) {
    const limiter = (keyPrefix: string, limit: { points: number; duration: number }) =>
      limiterOf(redis, { keyPrefix: `sandpit:login:${keyPrefix}`, ...limit });
    this.#attemptsOfNetwork = limiter('network', ATTEMPTS_PER_NETWORK);
    this.#attemptsOfAccount = limiter('account', ATTEMPTS_PER_ACCOUNT);
    this.#signups = limiter('signup', SIGNUPS_PER_NETWORK);
    const remembered = { points: 1_000_000, duration: FAILURES_REMEMBERED_SECONDS };
    this.#failures = limiter('failures', remembered);
    this.#waits = limiter('wait', { points: 1, duration: WAIT_MAX_SECONDS });
  }

  /** @throws problem `rateLimited` with the seconds to wait. */
  async admitSignup(address: string | undefined): Promise<void> {
    await spend(this.#signups, networkOf(address));
  }

  /** @throws problem `rateLimited` with the seconds to wait. */
  async admitLogin(accountKey: string, address: string | undefined): Promise<void> {
    const network = networkOf(address);
    const waiting = await this.#waits.get(`${accountKey}/${network}`);
    if (waiting && waiting.msBeforeNext > 0) throw limited(waiting);
    await spend(this.#attemptsOfNetwork, network);
    await spend(this.#attemptsOfAccount, `${accountKey}/${network}`);
  }

  async failed(accountKey: string, address: string | undefined): Promise<void> {
    const key = `${accountKey}/${networkOf(address)}`;
    const { consumedPoints } = await this.#failures.penalty(key);
    const seconds = waitSeconds(consumedPoints);
    if (seconds > 0) await this.#waits.block(key, seconds);
  }

  async succeeded(accountKey: string, address: string | undefined): Promise<void> {
    const key = `${accountKey}/${networkOf(address)}`;
    await Promise.all([this.#failures.delete(key), this.#waits.delete(key)]);
  }
}

function limiterOf(
  redis: Redis,
  options: Pick<IRateLimiterStoreOptions, 'keyPrefix' | 'points' | 'duration'>,
): RateLimiterRedis {
  return new RateLimiterRedis({
    ...options,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory(options),
  });
}

async function spend(limiter: RateLimiterRedis, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refusal) {
    throw refusal instanceof RateLimiterRes ? limited(refusal) : refusal;
  }
}

function limited({ msBeforeNext }: RateLimiterRes) {
  const seconds = Math.max(1, Math.ceil(msBeforeNext / 1_000));
  return problem('rateLimited', {
    detail: `Too many attempts. Try again in ${seconds} s.`,
    retryAfterSeconds: seconds,
  });
}
