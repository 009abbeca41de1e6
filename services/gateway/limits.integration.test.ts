import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { Limits } from './http/limits.ts';

let redis: Redis;
beforeAll(async () => {
  redis = new Redis(inject('servers').redisUrl);
  await redis.ping();
});
afterAll(() => redis.disconnect());

const limits = (of: object, namespace = 'limits-test') => new Limits(redis, of as never, namespace);
const key = `acc-${Math.random()}`;

test('what two gateways let through together counts against one limit', async () => {
  const order = { points: 10, seconds: 20, fast: true };
  const [here, there] = [limits({ order }), limits({ order })];
  for (let i = 0; i < 6; i++) {
    await here.take('order', key);
    await there.take('order', key);
  }
  // Each alone is below its ten; what they took together reaches them a moment later.
  await sleep(500);
  const refusals = await Promise.allSettled([here.take('order', key), there.take('order', key)]);
  expect(refusals.some(({ status }) => status === 'rejected')).toBe(true);
  await expect(here.take('order', `${key}-other`)).resolves.toBeUndefined();
});

test('installations that share a Redis do not share their limits', async () => {
  const login = { points: 1, seconds: 20, fast: false };
  const [here, elsewhere] = [limits({ login }), limits({ login }, 'another')];
  await here.take('login', `${key}-shared`);
  await expect(elsewhere.take('login', `${key}-shared`)).resolves.toBeUndefined();
  await expect(here.take('login', `${key}-shared`)).rejects.toMatchObject({ type: 'rateLimited' });
});

test('where a wrong answer costs more than a round trip, the common count decides at once', async () => {
  const login = { points: 3, seconds: 20, fast: false };
  const [here, there] = [limits({ login }), limits({ login })];
  await here.take('login', key);
  await there.take('login', key);
  await here.take('login', key);
  await expect(there.take('login', key)).rejects.toMatchObject({
    type: 'rateLimited',
    data: { retryAfterSeconds: 20 },
  });
});
