import { sql } from 'kysely';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createDatabase, type SandpitDatabase } from './database.ts';
import { newId } from './ids.ts';
import {
  engagedSwitches,
  keepSwitch,
  type SwitchChange,
  simulatorsUnder,
  switchesOf,
  switchesToTell,
} from './kill-switches.ts';

let db: SandpitDatabase;
const nowMs = Date.UTC(2026, 10, 21, 9);

beforeAll(() => {
  db = createDatabase({
    url: inject('servers').databaseUrl,
    connectionsMax: 4,
    onError: () => {},
    applicationName: 'kill-switches-test',
  });
});
afterAll(() => db.destroy());

const change = (account_id: string, more: Partial<SwitchChange> = {}): SwitchChange => ({
  scope: 'account',
  account_id,
  actor: 'trader',
  engaged: true,
  cancel_open_orders: true,
  reason: 'enough',
  ...more,
});

async function simulatorOf(
  accountId: string,
  state: 'starting' | 'running' | 'hibernated' | 'stopped',
) {
  const id = newId();
  const row = {
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
  };
  await db
    .insertInto('simulators' as never)
    .values(row as never)
    .execute();
  return { simulatorId: id, accountId };
}

test('a switch has one row for each scope, account and actor, and counts its changes', async () => {
  const accountId = newId();
  const first = await keepSwitch(db, change(accountId), nowMs);
  const second = await keepSwitch(db, change(accountId, { engaged: false }), nowMs + 1);
  await keepSwitch(db, change(accountId, { actor: 'operator', reason: 'drill' }), nowMs + 2);
  expect([first.version, second.version]).toEqual(['1', '2']);
  expect(await engagedSwitches(db, accountId)).toEqual([
    { scope: 'account', by: 'operator', reason: 'drill' },
  ]);
  expect(await switchesOf(db, accountId)).toHaveLength(2);
  expect(await switchesOf(db, newId())).toHaveLength(0);
});

test('changes at once do not lose each other', async () => {
  const accountId = newId();
  const changes = Array.from({ length: 10 }, () => keepSwitch(db, change(accountId), nowMs));
  const versions = (await Promise.all(changes)).map(({ version }) => Number(version));
  expect(versions.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('told are simulators that run or are about to, of the account or of all', async () => {
  const [ada, bob] = [newId(), newId()];
  const running = await simulatorOf(ada, 'running');
  const starting = await simulatorOf(ada, 'starting');
  await simulatorOf(ada, 'stopped');
  const other = await simulatorOf(bob, 'running');
  const of = async (scope: 'account' | 'global', account_id: string) =>
    (await simulatorsUnder(db, { scope, account_id })).map(({ simulatorId }) => simulatorId);
  const mine = [running, starting].map(({ simulatorId }) => simulatorId).sort();
  expect((await of('account', ada)).sort()).toEqual(mine);
  expect(await of('global', '')).toEqual(expect.arrayContaining([...mine, other.simulatorId]));
});

test('one that sleeps is not told; one that was allowed to wake is, before its log says so', async () => {
  const ada = newId();
  const { simulatorId } = await simulatorOf(ada, 'hibernated');
  const head = (n: number) =>
    sql`insert into simulator_heads (simulator_id, account_id, n, hash, sequence)
      values (${simulatorId}, ${ada}, ${n}, 'ab', 1)
      on conflict (simulator_id) do update set n = ${n}`.execute(db);
  const sleeps = async () =>
    (await simulatorsUnder(db, { scope: 'account', account_id: ada }))[0]?.sleeps;
  await head(7);
  expect(await sleeps()).toBe(true);
  await sql`update simulators set woken_n = 7 where id = ${simulatorId}`.execute(db);
  expect(await sleeps()).toBe(false);
  // Put away again.
  await head(9);
  expect(await sleeps()).toBe(true);
  await sql`update simulators set state = 'running' where id = ${simulatorId}`.execute(db);
  expect(await sleeps()).toBe(false);
});

test('what is on is told again by whoever starts, and what was lifted of late', async () => {
  const [on, lifted, old] = [newId(), newId(), newId()];
  await keepSwitch(db, change(on), nowMs - 90_000_000);
  await keepSwitch(db, change(lifted, { engaged: false }), nowMs);
  await keepSwitch(db, change(old, { engaged: false }), nowMs - 90_000_000);
  const toTell = (await switchesToTell(db, nowMs - 1_000)).map((each) => each.account_id);
  expect(toTell).toEqual(expect.arrayContaining([on, lifted]));
  expect(toTell).not.toContain(old);
});
