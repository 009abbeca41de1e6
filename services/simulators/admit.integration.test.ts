import { sql } from 'kysely';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createDatabase, type SandpitDatabase } from '../platform/database.ts';
import { newId } from '../platform/ids.ts';
import { keepSwitch, simulatorsUnder } from '../platform/kill-switches.ts';
import { admit } from './admit.ts';
import { checkQuota } from './quota.ts';

let db: SandpitDatabase;
const nowMs = Date.UTC(2026, 10, 21, 9);
const quota = { runningMax: 2, keptMax: 20 };
const FULL = 'You run 2 simulators and may run 2. Stop one, or put one away, first.';

beforeAll(() => {
  db = createDatabase({
    url: inject('servers').databaseUrl,
    connectionsMax: 12,
    onError: () => {},
    applicationName: 'admit-test',
  });
});
afterAll(() => db.destroy());

/** One whose log stands at record 5. */
async function simulator(accountId: string, state: 'running' | 'hibernated'): Promise<string> {
  const id = newId();
  await db
    .insertInto('simulators')
    .values({
      id,
      account_id: accountId,
      session_id: newId(),
      scenario_id: 'synthetic-day',
      scenario_hash: 'a'.repeat(64),
      seed: 1,
      speed: 1,
      starting_cash_micros: 1_000_000,
      currency: 'USD',
      symbols: '[]',
      risk_tier: 'standard',
      state,
      started_at: new Date(nowMs),
    })
    .execute();
  await sql`insert into simulator_heads (simulator_id, account_id, n, hash, sequence)
    values (${id}, ${accountId}, 5, 'ab', 5)`.execute(db);
  return id;
}

const projected = (id: string, n: number, state: string) =>
  sql`with head as (update simulator_heads set n = ${n} where simulator_id = ${id})
    update simulators set state = ${state} where id = ${id}`.execute(db);

const wake = (accountId: string, simulatorId: string, atMs = nowMs, n = 5) =>
  admit(db, { accountId, simulatorId, n }, quota, atMs);

test('as many as may run wake, also when all are asked for at once', async () => {
  const accountId = newId();
  await simulator(accountId, 'running');
  const ids = await Promise.all(
    Array.from({ length: 6 }, () => simulator(accountId, 'hibernated')),
  );
  const answers = await Promise.all(ids.map((id) => wake(accountId, id)));
  expect(answers.filter(({ refusal }) => refusal === null)).toHaveLength(1);
  expect(answers.filter(({ refusal }) => refusal === FULL)).toHaveLength(5);
  await expect(checkQuota(db, accountId, quota, nowMs)).rejects.toMatchObject({ message: FULL });
});

test('asked again it is not counted against itself', async () => {
  const accountId = newId();
  await simulator(accountId, 'running');
  const id = await simulator(accountId, 'hibernated');
  for (let i = 0; i < 3; i++) expect((await wake(accountId, id)).refusal).toBeNull();
});

test('there is room again as soon as one is put away', async () => {
  const accountId = newId();
  await simulator(accountId, 'running');
  const [first, second] = [
    await simulator(accountId, 'hibernated'),
    await simulator(accountId, 'hibernated'),
  ];
  expect((await wake(accountId, first)).refusal).toBeNull();
  expect((await wake(accountId, second)).refusal).toBe(FULL);
  // It woke and sleeps again: two records more.
  await projected(first, 7, 'hibernated');
  expect((await wake(accountId, second)).refusal).toBeNull();
});

test('one that was allowed to and never did does not count for ever', async () => {
  const accountId = newId();
  await simulator(accountId, 'running');
  const [dead, other] = [
    await simulator(accountId, 'hibernated'),
    await simulator(accountId, 'hibernated'),
  ];
  await wake(accountId, dead);
  expect((await wake(accountId, other, nowMs + 119_000)).refusal).toBe(FULL);
  expect((await wake(accountId, other, nowMs + 121_000)).refusal).toBeNull();
});

test('it is told of its account’s switches and of the global ones, as they stand', async () => {
  const accountId = newId();
  const id = await simulator(accountId, 'hibernated');
  const change = { account_id: accountId, actor: 'trader' as const, cancel_open_orders: true };
  const set = (engaged: boolean, atMs: number) =>
    keepSwitch(db, { scope: 'account', engaged, reason: 'enough', ...change }, atMs);
  expect(await wake(accountId, id)).toMatchObject({ refusal: null, tellAgain: false });
  await set(true, nowMs - 90_000_000);
  expect(await wake(accountId, id)).toEqual({
    refusal: null,
    switches: [
      { scope: 'account', by: 'trader', engaged: true, reason: 'enough', cancelOpenOrders: true },
    ],
    tellAgain: false,
  });
  await set(false, nowMs);
  const { switches, tellAgain } = await wake(accountId, id);
  expect(switches).toMatchObject([{ engaged: false }]);
  expect(tellAgain).toBe(true);
});

test('of one that wakes and a switch that is set meanwhile, one always sees the other', async () => {
  const accountId = newId();
  let [seenByWaking, seenBySwitch] = [0, 0];
  for (let round = 0; round < 25; round++) {
    const id = await simulator(accountId, 'hibernated');
    const reason = `round ${round}`;
    const set = async () => {
      await new Promise((resolve) => setTimeout(resolve, round % 5));
      await keepSwitch(
        db,
        {
          scope: 'account',
          account_id: accountId,
          actor: 'operator',
          engaged: true,
          cancel_open_orders: true,
          reason,
        },
        nowMs,
      );
      const under = await simulatorsUnder(db, { scope: 'account', account_id: accountId });
      return under.find(({ simulatorId }) => simulatorId === id)?.sleeps === false;
    };
    const many = { runningMax: 100, keptMax: 100 };
    const [told, { switches }] = await Promise.all([
      set(),
      admit(db, { accountId, simulatorId: id, n: 5 }, many, nowMs),
    ]);
    const read = switches.some((each) => each.reason === reason);
    expect(told || read).toBe(true);
    seenBySwitch += Number(told);
    seenByWaking += Number(read);
  }
  expect(seenBySwitch).toBeGreaterThan(0);
  expect(seenByWaking).toBeGreaterThan(0);
});
