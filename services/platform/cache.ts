/**
 * Redis behind its breaker. Nothing in it is the only copy of anything: every reader has another
 * answer for the time when Redis is away.
 */
import { Redis } from 'ioredis';
import { guarded } from './breakers.ts';

export interface CacheOptions {
  url: string;
  name: string;
  onError: (error: Error) => void;
}

const COMMAND_TIMEOUT_MS = 500;
const CAPACITY = 1_000;

export interface Cache {
  /** For libraries that speak to Redis themselves; not behind the breaker. */
  readonly redis: Redis;
  /** @throws problem `unavailable`, or what Redis says. */
  run<T>(work: (redis: Redis) => Promise<T>): Promise<T>;
  connect(): Promise<void>;
  close(): Promise<void>;
}

export function createCache({ url, name, onError }: CacheOptions): Cache {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectionName: name,
    // A queue of commands from before the outage would burst out when Redis returns.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    connectTimeout: 2_000,
    commandTimeout: COMMAND_TIMEOUT_MS,
    retryStrategy: (attempt) => Math.min(100 * 2 ** Math.min(attempt, 5), 2_000),
  });
  redis.on('error', onError);
  const run = guarded('redis', (work: (redis: Redis) => Promise<unknown>) => work(redis), {
    timeoutMs: false,
    capacity: CAPACITY,
    resetTimeoutMs: 1_000,
    isFailure: (error) => (error as Error | null)?.name !== 'ReplyError',
  });
  return {
    redis,
    run: <T>(work: (redis: Redis) => Promise<T>) =>
      run(work as (redis: Redis) => Promise<unknown>) as Promise<T>,
    async connect() {
      if (redis.status === 'wait') await redis.connect();
      else await redis.ping();
    },
    async close() {
      redis.disconnect();
    },
  };
}
