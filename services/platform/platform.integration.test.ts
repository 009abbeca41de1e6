import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { ServiceBroker } from 'moleculer';
import Type from 'typebox';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { openAction, traderAction } from './action.ts';
import { breakerReadings } from './breakers.ts';
import { createCache } from './cache.ts';
import { createDatabase, isUniqueViolation } from './database.ts';
import { codeOf, problem } from './errors.ts';
import { prometheusText } from './metrics.ts';
import { patiently } from './startup.ts';
import { testBroker } from './test/broker.ts';
import { proxyTo } from './test/proxy.ts';

const servers = inject('servers');
const NoParams = Type.Object({}, { additionalProperties: false });
const codes = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    (error: unknown) => codeOf(error),
  );

describe('two processes', () => {
  let caller: ServiceBroker;
  let server: ServiceBroker;
  let flakyCalls = 0;
  beforeAll(async () => {
    const namespace = `mesh-${randomBytes(4).toString('hex')}`;
    caller = testBroker(servers, { SANDPIT_NAMESPACE: namespace });
    server = testBroker(servers, { SANDPIT_NAMESPACE: namespace, SANDPIT_ROLE: 'worker' });
    server.createService({
      name: 'far',
      actions: {
        refuses: openAction({
          params: NoParams,
          handler: () => Promise.reject(problem('backlogFull', { retryAfterSeconds: 3 })),
        }),
        breaks: openAction({ params: NoParams, handler: () => Promise.reject(new Error('x')) }),
        mine: traderAction({
          params: NoParams,
          handler: async ({ locals }) => locals.principal.accountId,
        }),
        flaky: openAction({
          params: NoParams,
          read: true,
          handler: async () => {
            if (++flakyCalls === 1) throw problem('unavailable');
            return flakyCalls;
          },
        }),
        writes: openAction({
          params: NoParams,
          handler: async () => {
            flakyCalls++;
            throw problem('unavailable');
          },
        }),
        waits: openAction({
          params: NoParams,
          handler: () => new Promise((resolve) => setTimeout(resolve, 500)),
        }),
      },
    });
    await Promise.all([caller.start(), server.start()]);
    await caller.waitForServices('far', 10_000);
  });
  afterAll(() => Promise.all([caller.stop(), server.stop()]));
  const call = (action: string, meta: object = {}) =>
    caller.call<unknown, object>(`far.${action}`, {}, { meta });

  test('a problem keeps its code, its data and its sentence', async () => {
    await expect(call('refuses')).rejects.toMatchObject({
      type: 'backlogFull',
      code: 429,
      data: { retryAfterSeconds: 3 },
    });
    expect(await codes(call('breaks'))).toBe('internalError');
  });
  test('a forged caller is nobody: the serving process verifies for itself', async () => {
    for (const meta of [{}, { principal: { accountId: 'a' } }, { token: 'a.b.c' }]) {
      expect(['unauthenticated', 'unavailable']).toContain(await codes(call('mine', meta)));
    }
  });
  test('what only reads is repeated when its server was away', async () => {
    flakyCalls = 0;
    expect(await call('flaky')).toBe(2);
  });
  test('what changes something is not', async () => {
    flakyCalls = 0;
    expect(await codes(call('writes'))).toBe('unavailable');
    expect(flakyCalls).toBe(1);
  });
  test('params are checked where they arrive', async () => {
    expect(await codes(caller.call('far.flaky', { junk: 1 }))).toBe('validationFailed');
  });
  test('nobody there: unavailable, not an endless wait', async () => {
    expect(await codes(caller.call('nowhere.action', {}))).toBe('unavailable');
    expect(await codes(caller.call('far.waits', {}, { timeout: 50 }))).toBe('unavailable');
  });
  test('stopping waits for calls that are under way', async () => {
    const namespace = `stop-${randomBytes(4).toString('hex')}`;
    const busy = testBroker(servers, { SANDPIT_NAMESPACE: namespace });
    busy.createService({
      name: 'slow',
      actions: {
        call: openAction({
          params: NoParams,
          handler: async () => {
            await new Promise((resolve) => setTimeout(resolve, 300));
            return 'done';
          },
        }),
      },
    });
    await busy.start();
    const pending = busy.call('slow.call', {});
    await busy.stop();
    expect(await pending).toBe('done');
  });
  test('breakers and the event loop are in the metrics', () => {
    const text = prometheusText(caller);
    expect(text).toMatch(/sandpit_breaker_state\{[^}]*dependency="postgres"[^}]*\} 0/);
    expect(text).toMatch(/sandpit_event_loop_delay\{[^}]*quantile="0.99"[^}]*\} [\d.]+/);
  });
});

describe('Postgres away', () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });
  async function throughProxy() {
    const proxy = await proxyTo(servers.databaseUrl);
    const errors: Error[] = [];
    const database = createDatabase({
      url: proxy.url,
      connectionsMax: 3,
      applicationName: 'test',
      onError: (error) => void errors.push(error),
    });
    ends.push(
      () => database.destroy(),
      () => proxy.close(),
    );
    return { proxy, database, errors, ask: () => sql`select 1 as one`.execute(database) };
  }
  const breaker = () => breakerReadings().find(({ name }) => name === 'postgres')?.state;

  test('connections cut: errors, then the breaker answers at once, then it heals', async () => {
    const { proxy, ask } = await throughProxy();
    await ask();
    proxy.set('refuse');
    for (let i = 0; i < 15; i++) await ask().catch(() => {});
    expect(breaker()).toBe('open');
    const startedMs = performance.now();
    expect(await codes(ask())).toBe('unavailable');
    expect(performance.now() - startedMs).toBeLessThan(50);
    proxy.set('pass');
    await expect.poll(() => codes(ask()), { timeout: 8_000, interval: 200 }).toBe('ok');
    expect(breaker()).toBe('closed');
  });

  test('a connection that hangs is given up and never lent again', async () => {
    const { proxy, ask } = await throughProxy();
    await ask();
    proxy.set('hang');
    const startedMs = performance.now();
    await expect(ask()).rejects.toThrow();
    expect(performance.now() - startedMs).toBeLessThan(8_000);
    proxy.set('pass');
    await expect.poll(() => codes(ask()), { timeout: 5_000 }).toBe('ok');
  });

  test('a refused statement is no outage', async () => {
    const { ask, database } = await throughProxy();
    for (let i = 0; i < 30; i++) {
      await expect(sql`select * from no_such_table`.execute(database)).rejects.toThrow();
    }
    expect(breaker()).toBe('closed');
    expect(await codes(ask())).toBe('ok');
  });

  test('numbers that a float would round come back as text; a unique violation is recognised', async () => {
    const { database } = await throughProxy();
    const { rows } = await sql`select 9007199254740993::int8 as a, 0.1::numeric as b`.execute(
      database,
    );
    expect(rows).toEqual([{ a: '9007199254740993', b: '0.1' }]);
    await expect(
      database.transaction().execute(async (tx) => {
        await sql`create temp table t (a int constraint only_one unique) on commit drop`.execute(
          tx,
        );
        await sql`insert into t values (1), (1)`.execute(tx);
      }),
    ).rejects.toSatisfy((error) => isUniqueViolation(error, 'only_one'));
  });
});

test('Redis away: refused at once instead of queued, and back without a restart', async () => {
  const proxy = await proxyTo(servers.redisUrl);
  const cache = createCache({ url: proxy.url, name: 'test', onError: () => {} });
  await cache.connect();
  const ping = () => cache.run((redis) => redis.ping());
  expect(await ping()).toBe('PONG');
  proxy.set('refuse');
  for (let i = 0; i < 12; i++) await ping().catch(() => {});
  const startedMs = performance.now();
  await expect(ping()).rejects.toThrow();
  expect(performance.now() - startedMs).toBeLessThan(100);
  proxy.set('pass');
  await expect.poll(() => ping().catch(() => 'away'), { timeout: 10_000 }).toBe('PONG');
  await cache.close();
  await proxy.close();
});

test('Redis that hangs costs half a second, not the request', async () => {
  const proxy = await proxyTo(servers.redisUrl);
  const cache = createCache({ url: proxy.url, name: 'test', onError: () => {} });
  await cache.connect();
  proxy.set('hang');
  const startedMs = performance.now();
  await expect(cache.run((redis) => redis.get('x'))).rejects.toThrow();
  expect(performance.now() - startedMs).toBeLessThan(1_500);
  await cache.close();
  await proxy.close();
});

test('waiting for a server is bounded and says what is missing and what to do', async () => {
  const told: string[] = [];
  let tries = 0;
  const waiting = patiently(
    async () => {
      tries++;
      throw new Error('ECONNREFUSED');
    },
    {
      what: 'Postgres at 127.0.0.1:1',
      remedy: 'Start it.',
      patienceMs: 500,
      onWaiting: (message) => void told.push(message),
    },
  );
  await expect(waiting).rejects.toMatchObject({
    message: 'Postgres at 127.0.0.1:1 does not answer. Start it.',
    cause: { message: 'ECONNREFUSED' },
  });
  expect(tries).toBeGreaterThan(1);
  expect(told).toEqual(['Waiting for Postgres at 127.0.0.1:1.']);
});

test('servers that come up late are waited for', async () => {
  const [nats, postgres] = await Promise.all([
    proxyTo(servers.natsUrl),
    proxyTo(servers.databaseUrl),
  ]);
  nats.set('refuse');
  postgres.set('refuse');
  const broker = testBroker({ ...servers, natsUrl: nats.url, databaseUrl: postgres.url });
  const started = broker.start();
  await new Promise((resolve) => setTimeout(resolve, 600));
  nats.set('pass');
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(broker.started).toBe(false);
  postgres.set('pass');
  await started;
  expect(broker.bus.connected).toBe(true);
  await broker.stop();
  await Promise.all([nats.close(), postgres.close()]);
});
