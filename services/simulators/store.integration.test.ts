import type { StoredMessage } from '@sandpit/bus/bus.ts';
import { HEADERS } from '@sandpit/bus/headers.ts';
import { FEE_SCHEDULES } from '@sandpit/schemas/fees.ts';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createDatabase, type SandpitDatabase } from '../platform/database.ts';
import { newId } from '../platform/ids.ts';
import { endOrphans } from './orphans.ts';
import { deleteState, getState, listStates, saveState } from './saved-states.ts';
import {
  forget,
  getOwned,
  listOwned,
  markStarted,
  markStopped,
  type Plan,
  reserve,
  reserveFork,
  viewOf,
} from './store.ts';

let db: SandpitDatabase;
const nowMs = Date.UTC(2026, 10, 21, 9);

beforeAll(() => {
  db = createDatabase({
    url: inject('servers').databaseUrl,
    connectionsMax: 8,
    onError: () => {},
    applicationName: 'simulators-test',
  });
});
afterAll(() => db.destroy());

const planFor = (accountId: string, change: Partial<Plan> = {}): Plan => ({
  accountId,
  sessionId: newId(),
  scenarioId: 'synthetic-day',
  scenarioHash: 'a'.repeat(64),
  seed: null,
  speed: 1,
  startingCashMicros: 100_000_000_000,
  currency: 'USD',
  symbols: ['ACME', 'LUMA'],
  riskTier: 'standard',
  account: { type: 'collateral', settlementDays: 1, fees: FEE_SCHEDULES[0] },
  ...change,
});

const started = async (plan: Plan, atMs = nowMs) => {
  const row = await reserve(db, plan, 4_294_967_295, atMs);
  await markStarted(db, row);
  return row;
};

describe('starting', () => {
  test('writes the row first, as the trader will see it', async () => {
    const row = await reserve(db, planFor(newId()), 4_294_967_295, nowMs);
    expect(viewOf(row)).toEqual({
      id: row.id,
      sessionId: row.session_id,
      scenario: 'synthetic-day',
      seed: 4_294_967_295,
      speed: 1,
      startingCash: '100000.00',
      currency: 'USD',
      accountType: 'collateral',
      feeSchedule: 'instrument',
      state: 'starting',
      symbols: ['ACME', 'LUMA'],
      startedAt: '2026-11-21T09:00:00.000Z',
      stoppedAt: null,
      riskTier: 'standard',
    });
  });

  test('repeated before it is confirmed is the same simulator, with its seed', async () => {
    const plan = planFor(newId());
    const first = await reserve(db, plan, 1, nowMs);
    expect((await reserve(db, plan, 2, nowMs + 30_000)).id).toBe(first.id);
    expect((await reserve(db, { ...plan, seed: 1 }, 2, nowMs)).id).toBe(first.id);
    expect((await reserve(db, { ...plan, seed: 9 }, 2, nowMs)).id).not.toBe(first.id);
    await markStarted(db, first);
    expect((await reserve(db, plan, 2, nowMs)).id).not.toBe(first.id);
  });

  test('the fourth is refused, also when all come at once', async () => {
    const accountId = newId();
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () => started(planFor(accountId))),
    );
    const refused = results.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(5);
    for (const each of refused) {
      expect((each as PromiseRejectedResult).reason).toMatchObject({ type: 'quotaExceeded' });
    }
    expect(await listOwned(db, accountId)).toHaveLength(3);
  });

  test('stopped ones and starts nobody confirmed do not count', async () => {
    const accountId = newId();
    const [first] = [await started(planFor(accountId)), await started(planFor(accountId))];
    await reserve(db, planFor(accountId), 1, nowMs);
    await expect(reserve(db, planFor(accountId), 1, nowMs)).rejects.toMatchObject({
      type: 'quotaExceeded',
    });
    await started(planFor(accountId), nowMs + 121_000);
    await markStopped(db, first!, nowMs);
    await started(planFor(accountId), nowMs + 121_000);
  });

  test('hibernated ones count against what may be kept, not against what may run', async () => {
    const accountId = newId();
    const quota = { runningMax: 2, keptMax: 4 };
    const start = () => reserve(db, planFor(accountId), 1, nowMs, quota);
    const sleep = async () => {
      const row = await start();
      await db
        .updateTable('simulators')
        .set({ state: 'hibernated' })
        .where('id', '=', row.id)
        .execute();
    };
    for (let i = 0; i < 3; i++) await sleep();
    await start();
    await expect(start()).rejects.toMatchObject({
      type: 'quotaExceeded',
      message: expect.stringContaining('You keep 4 simulators and may keep 4.'),
    });
    // An operator's word for one account.
    await sql`insert into account_quotas (account_id, running_max, kept_max)
      values (${accountId}, 2, 9)`.execute(db);
    await start();
    await expect(start()).rejects.toMatchObject({
      message: expect.stringContaining('You run 2 simulators and may run 2.'),
    });
  });

  test('what was never stored is forgotten, what runs is not', async () => {
    const accountId = newId();
    const row = await reserve(db, planFor(accountId), 1, nowMs);
    const running = await started(planFor(accountId));
    await forget(db, row);
    await forget(db, running);
    expect((await listOwned(db, accountId)).map(({ id }) => id)).toEqual([running.id]);
  });
});

test('somebody else’s simulator is an unknown one', async () => {
  const row = await started(planFor(newId()));
  await expect(getOwned(db, newId(), row.id)).rejects.toMatchObject({ type: 'notFound' });
  expect((await getOwned(db, row.account_id, row.id)).id).toBe(row.id);
});

test('a start that never happened is ended; one that has a log, or is young, is not', async () => {
  const [lost, logged, young] = [
    await reserve(db, planFor(newId()), 1, nowMs),
    await reserve(db, planFor(newId()), 1, nowMs),
    await reserve(db, planFor(newId()), 1, nowMs + 500_000),
  ];
  await sql`insert into simulator_heads (simulator_id, account_id, n, hash, sequence)
    values (${logged.id}, ${logged.account_id}, 1, 'ab', 1)`.execute(db);
  const ended = await endOrphans(db, { last: async () => null }, nowMs + 601_000);
  expect(ended).toContain(lost.id);
  expect(ended).not.toContain(logged.id);
  expect(ended).not.toContain(young.id);
  expect(await getOwned(db, lost.account_id, lost.id)).toMatchObject({ state: 'stopped' });
});

test('a fork that broke off is ended, one that is complete and only late is not', async () => {
  const parent = await started(planFor(newId()));
  const forks = [newId(), newId(), newId()] as const;
  for (const [i, id] of forks.entries()) {
    await reserveFork(db, parent, id, nowMs + (i === 2 ? 500_000 : 0), {
      runningMax: 9,
      keptMax: 9,
    });
    await sql`insert into simulator_heads (simulator_id, account_id, n, hash, sequence)
      values (${id}, ${parent.account_id}, 3, 'ab', 1)`.execute(db);
  }
  const [broken, late, young] = forks;
  const last = async (_: string, subject: string) => {
    const isCopy = subject.endsWith(broken) || subject.endsWith(young);
    const headers: Record<string, string> = isCopy ? { [HEADERS.forking]: 'yes' } : {};
    return { headers } as StoredMessage;
  };
  const ended = await endOrphans(db, { last }, nowMs + 601_000);
  expect(ended.filter((id) => forks.includes(id))).toEqual([broken]);
  expect(await getOwned(db, parent.account_id, broken)).toMatchObject({ state: 'stopped' });
  expect(await getOwned(db, parent.account_id, late)).toMatchObject({ state: 'starting' });
  const away = () => Promise.reject(new Error('away'));
  await expect(endOrphans(db, { last: away }, nowMs + 2_000_000)).rejects.toThrow('away');
});

test('a stop is final', async () => {
  const row = await started(planFor(newId()));
  await markStopped(db, row, nowMs + 5_000);
  await markStopped(db, row, nowMs + 9_000);
  await markStarted(db, row);
  const view = viewOf(await getOwned(db, row.account_id, row.id));
  expect(view).toMatchObject({ state: 'stopped', stoppedAt: '2026-11-21T09:00:05.000Z' });
  const { rows } = await sql<{ count: string }>`
    select count(*) from simulators where id = ${row.id}`.execute(db);
  expect(rows[0]?.count).toBe('1');
});

test('a saved state has a name of its own, and is nobody else’s', async () => {
  const row = await started(planFor(newId()));
  const place = { n: 7, simNs: 90_071_992_547_409, simulatedAtMs: nowMs };
  const saved = await saveState(db, row, '  Before the news ', place);
  expect(saved).toMatchObject({
    name: 'Before the news',
    simulatorId: row.id,
    scenario: 'synthetic-day',
    n: 7,
    simulatedAt: '2026-11-21T09:00:00.000Z',
  });
  await expect(saveState(db, row, 'Before the news', place)).rejects.toMatchObject({
    type: 'validationFailed',
  });
  const other = await saveState(db, row, 'After it', { ...place, n: 9 });
  expect((await listStates(db, row.account_id)).map(({ id }) => id)).toEqual([other.id, saved.id]);
  const found = await getState(db, row.account_id, saved.id);
  expect([Number(found.n), Number(found.sim_ns)]).toEqual([7, 90_071_992_547_409]);
  await expect(getState(db, newId(), saved.id)).rejects.toMatchObject({ type: 'notFound' });
  await deleteState(db, newId(), saved.id);
  await deleteState(db, row.account_id, other.id);
  expect(await listStates(db, row.account_id)).toMatchObject([{ id: saved.id }]);
});

test('no more than fifty saved states, and the name of a deleted one is free', async () => {
  const row = await started(planFor(newId()));
  const place = { n: 1, simNs: 1, simulatedAtMs: nowMs };
  const all = [];
  for (let i = 0; i < 50; i++) all.push(await saveState(db, row, `state ${i}`, place));
  await expect(saveState(db, row, 'one more', place)).rejects.toMatchObject({
    type: 'quotaExceeded',
  });
  await deleteState(db, row.account_id, all[0]!.id);
  await saveState(db, row, 'state 0', place);
});
