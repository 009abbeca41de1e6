import type { Session } from '@sandpit/schemas/http.ts';
import type { ServiceBroker } from 'moleculer';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { newId } from '../platform/ids.ts';
import { testBroker } from '../platform/test/broker.ts';
import service from './sessions.service.ts';
import { type SessionGuards, Sessions } from './sessions.ts';
import { ACTIVE_PER_ACCOUNT_MAX, IDLE_LIFE_MS, RESUMABLE_MS } from './store.ts';

const servers = inject('servers');
let broker: ServiceBroker;
let other: ServiceBroker;

beforeAll(async () => {
  const namespace = `sessions-${newId().slice(0, 8)}`;
  [broker, other] = [1, 2].map(() => {
    const each = testBroker(servers, { SANDPIT_NAMESPACE: namespace });
    // The token is the account here; identity has tests of its own.
    each.tokens.verify = async (token) => ({
      userId: 'u',
      accountId: token ?? '',
      loginId: 'l',
      expiresAtMs: Number.MAX_SAFE_INTEGER,
    });
    each.createService(service as never);
    return each;
  });
  await Promise.all([broker.start(), other.start()]);
});
afterAll(() => Promise.all([broker.stop(), other.stop()]));

const at = (process: ServiceBroker) => {
  const call =
    <T>(action: string) =>
    (accountId: string, params: object = {}) =>
      process.call<T, object>(`sessions.${action}`, params, { meta: { token: accountId } });
  return {
    create: call<{ session: Session; resumed: boolean }>('create'),
    get: call<Session>('get'),
    close: call<Session>('close'),
    heartbeat: call<{ gate: { state: string } }>('heartbeat'),
    gate: call<{ state: string; reasons: string[] }>('gate'),
  };
};
/** Sessions on their own have nothing that cancels for them. */
const noGuards: SessionGuards = {
  set: () => Promise.reject(new Error('not here')),
  view: async () => ({ mode: 'off', graceSeconds: 10, fired: null }),
  back: async () => {},
  seen: () => {},
  close: async () => {},
};
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    (error: { type: string }) => error.type,
  );

describe('life', () => {
  test('created, resumed, closed', async () => {
    const account = newId();
    const { session, resumed } = await at(broker).create(account);
    expect(resumed).toBe(false);
    expect(session).toMatchObject({
      state: 'active',
      gate: { state: 'healthy', reasons: ['noHeartbeat'] },
    });
    const again = await at(broker).create(account, { resume: session.id, resumeCounter: 1 });
    expect(again).toMatchObject({ resumed: true, session: { id: session.id } });
    const closed = await at(broker).close(account, { id: session.id });
    expect(closed).toMatchObject({
      state: 'closed',
      gate: { state: 'closed', reasons: ['sessionClosed'] },
    });
    const fresh = await at(broker).create(account, { resume: session.id, resumeCounter: 2 });
    expect(fresh.resumed).toBe(false);
    expect(fresh.session.id).not.toBe(session.id);
  });

  test('a resume is taken once: each has to count further than all before', async () => {
    const account = newId();
    const { session } = await at(broker).create(account);
    const resume = (resumeCounter?: number) =>
      at(broker).create(account, { resume: session.id, resumeCounter });
    expect((await resume(7)).session.resumeCounter).toBe(7);
    for (const counter of [7, 6]) expect(await codeOf(resume(counter))).toBe('resumeReplayed');
    expect((await at(other).get(account, { id: session.id })).resumeCounter).toBe(7);
    expect((await resume(8)).resumed).toBe(true);
    // Two at once, as two tabs may: one of them is the first.
    const both = await Promise.all([codeOf(resume(9)), codeOf(resume(9))]);
    expect(both.sort()).toEqual(['ok', 'resumeReplayed']);
    expect(await codeOf(resume())).toBe('validationFailed');
  });

  test('somebody else’s session does not exist', async () => {
    const { session } = await at(broker).create(newId());
    const id = session.id;
    const stranger = newId();
    for (const process of [broker, other]) {
      expect(await codeOf(at(process).get(stranger, { id }))).toBe('notFound');
      expect(await codeOf(at(process).gate(stranger, { id }))).toBe('notFound');
      expect(await codeOf(at(process).close(stranger, { id }))).toBe('notFound');
      expect(await codeOf(at(process).heartbeat(stranger, { id, sequence: 0 }))).toBe('notFound');
    }
    const { resumed } = await at(broker).create(stranger, { resume: id, resumeCounter: 3 });
    expect(resumed).toBe(false);
  });

  test('ten are active; the longest unused gives way and can be resumed', async () => {
    const account = newId();
    const ids: string[] = [];
    for (let i = 0; i <= ACTIVE_PER_ACCOUNT_MAX; i++) {
      ids.push((await at(broker).create(account)).session.id);
    }
    expect((await at(broker).get(account, { id: ids[0] })).state).toBe('expired');
    expect((await at(broker).get(account, { id: ids[1] })).state).toBe('active');
    expect((await at(broker).create(account, { resume: ids[0], resumeCounter: 4 })).resumed).toBe(
      true,
    );
    expect((await at(broker).get(account, { id: ids[1] })).state).toBe('expired');
  });
});

describe('two processes', () => {
  test('a heartbeat that one has heard counts at the other', async () => {
    const account = newId();
    const { session } = await at(broker).create(account);
    await at(broker).heartbeat(account, { id: session.id, sequence: 1, feedAgeMs: 40_000 });
    await expect
      .poll(async () => (await at(other).gate(account, { id: session.id })).reasons)
      .toEqual(['feedStale']);
  });
  test('closed at one is closed at the other', async () => {
    const account = newId();
    const { session } = await at(broker).create(account);
    expect((await at(other).gate(account, { id: session.id })).state).toBe('healthy');
    await expect.poll(() => broker.registry.nodes.list({}).length, { timeout: 5_000 }).toBe(2);
    await at(broker).close(account, { id: session.id });
    await expect
      .poll(async () => (await at(other).gate(account, { id: session.id })).state)
      .toBe('closed');
  });
});

test('the end is known even where the announcement did not arrive', async () => {
  const sessions = () =>
    new Sessions({
      db: broker.database,
      guards: noGuards,
      onExpired: () => {},
      cache: broker.cache,
      announceEnded: () => {},
      onTrouble: () => {},
      now: () => nowMs,
    });
  let nowMs = Date.now();
  const [here, there] = [sessions(), sessions()];
  const account = newId();
  const { session } = await here.create(account);
  expect((await there.gate(account, session.id)).state).toBe('healthy');
  await here.close(account, session.id);
  nowMs += 6_000;
  await expect
    .poll(async () => (await there.gate(account, session.id)).reasons)
    .toEqual(['sessionClosed']);
});

describe('time and outages', () => {
  const start = Date.now();
  /** Sessions with a clock of their own, on the real Postgres and Redis. */
  function clocked({ redis = true } = {}) {
    const clock = { nowMs: start };
    const trouble: unknown[] = [];
    const sessions = new Sessions({
      db: broker.database,
      guards: noGuards,
      onExpired: () => {},
      cache: redis ? broker.cache : { run: () => Promise.reject(new Error('Redis is away')) },
      announceEnded: () => {},
      onTrouble: (error) => void trouble.push(error),
      now: () => clock.nowMs,
    });
    return { sessions, clock, trouble };
  }

  test('half an hour without a sign of life ends it; it can be resumed for a week', async () => {
    const { sessions, clock } = clocked();
    const account = newId();
    const { session } = await sessions.create(account);
    clock.nowMs = start + IDLE_LIFE_MS - 1;
    expect((await sessions.get(account, session.id)).state).toBe('active');
    clock.nowMs = start + IDLE_LIFE_MS;
    expect(await sessions.gate(account, session.id)).toEqual({
      state: 'closed',
      reasons: ['sessionExpired'],
    });
    expect(await codeOf(sessions.heartbeat(account, session.id, { sequence: 1 }))).toBe(
      'sessionExpired',
    );
    expect((await sessions.create(account, { resume: session.id, resumeCounter: 5 })).resumed).toBe(
      true,
    );
    expect((await sessions.gate(account, session.id)).state).toBe('healthy');
    clock.nowMs += IDLE_LIFE_MS + RESUMABLE_MS + 1;
    expect((await sessions.create(account, { resume: session.id, resumeCounter: 6 })).resumed).toBe(
      false,
    );
  });

  test('heartbeats, orders and programs keep it alive, also in the eyes of the sweep', async () => {
    const { sessions, clock } = clocked();
    const account = newId();
    const beating = (await sessions.create(account)).session.id;
    const trading = (await sessions.create(account)).session.id;
    const programmed = (await sessions.create(account)).session.id;
    const idle = (await sessions.create(account)).session.id;
    for (let minute = 1; minute <= 40; minute++) {
      clock.nowMs = start + minute * 60_000;
      await sessions.heartbeat(account, beating, { sequence: minute });
      await sessions.gate(account, trading);
      await sessions.heard(account, programmed);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    await sessions.sweep();
    const states = await Promise.all(
      [beating, trading, programmed, idle].map(
        async (id) => (await sessions.get(account, id)).state,
      ),
    );
    expect(states).toEqual(['active', 'active', 'active', 'expired']);
    // What has ended is not woken by a program that has not noticed.
    await sessions.heard(account, idle);
    expect((await sessions.get(account, idle)).state).toBe('expired');
  });

  test('without Redis memory decides, and says so', async () => {
    const { sessions, clock, trouble } = clocked({ redis: false });
    const account = newId();
    const { session } = await sessions.create(account);
    await sessions.heartbeat(account, session.id, { sequence: 1, roundTripMs: 20 });
    expect((await sessions.gate(account, session.id)).state).toBe('healthy');
    clock.nowMs += 31_000;
    expect((await sessions.gate(account, session.id)).state).toBe('closed');
    expect(trouble.length).toBeGreaterThan(0);
  });

  test('the gate of a session in use asks neither Postgres nor Redis', async () => {
    const { sessions, clock } = clocked();
    const account = newId();
    const { session } = await sessions.create(account);
    await sessions.heartbeat(account, session.id, { sequence: 1 });
    const blind = Object.assign(sessions, {});
    const broken = () => Promise.reject(new Error('asked'));
    const run = broker.cache.run;
    broker.cache.run = broken as typeof run;
    try {
      for (let i = 0; i < 100; i++) {
        clock.nowMs += 40;
        expect((await blind.gate(account, session.id)).state).toBe('healthy');
      }
    } finally {
      broker.cache.run = run;
    }
  });
});
