import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Cache, createCache } from '../../platform/cache.ts';
import { SharedSubmissions } from './shared-submissions.ts';

let caches: Cache[];
beforeAll(async () => {
  const url = inject('servers').redisUrl;
  caches = ['one', 'two'].map((name) => createCache({ url, name, onError: () => {} }));
  await Promise.all(caches.map((cache) => cache.connect()));
});
afterAll(async () => {
  for (const cache of caches) await cache.close();
});

const order = (clientOrderId: string, quantity = '10') => ({
  clientOrderId,
  symbol: 'ACME',
  side: 'buy' as const,
  type: 'limit' as const,
  quantity,
  limitPrice: '180.05',
});
const gateways = () => {
  const labId = randomUUID();
  return caches.map((cache) => new SharedSubmissions(cache, labId)) as [
    SharedSubmissions,
    SharedSubmissions,
  ];
};

test('an order that is sent again through another gateway is a repeat, or a duplicate', async () => {
  const [one, two] = gateways();
  expect(await one.send('s', order('a'))).toBe('first');
  expect(await two.send('s', order('a'))).toBe('repeat');
  expect(await two.send('s', order('b'))).toBe('duplicate');
  expect(await one.send('s', order('c', '11'))).toBe('first');
  expect(await one.send('t', order('d'))).toBe('first');
});

test('what one gateway answered, and a stream that is up to date on one, the other knows of', async () => {
  const [one, two] = gateways();
  await one.send('s', order('a'));
  await one.answered('s', 'a');
  expect(await two.send('s', order('b'))).toBe('first');
  expect(await one.send('s', order('c'))).toBe('duplicate');
  await two.synced();
  expect(await one.send('s', order('d'))).toBe('first');
  expect(await two.send('s', order('a'))).toBe('repeat');
});

test('of two at once through two gateways exactly one is the first', async () => {
  for (let i = 0; i < 20; i++) {
    const [one, two] = gateways();
    const sent = await Promise.all([one.send('s', order('a')), two.send('s', order('b'))]);
    expect(sent.sort()).toEqual(['duplicate', 'first']);
  }
});

test('labs do not know of each other, and what they know ends', async () => {
  const [one] = gateways();
  const [other] = gateways();
  await one.send('s', order('a'));
  expect(await other.send('s', order('a'))).toBe('first');
  const keys = await caches[0]!.redis.keys('sandpit:lab:*:sent');
  expect(keys.length).toBeGreaterThan(1);
  for (const key of keys) expect(await caches[0]!.redis.pttl(key)).toBeGreaterThan(0);
});
