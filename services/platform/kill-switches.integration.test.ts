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

async function simulatorOf(accountId: string, state: 'starting' | 'running' | 'stopped') {
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

test('what is on is told again by whoever starts, and what was lifted of late', async () => {
  const [on, lifted, old] = [newId(), newId(), newId()];
  await keepSwitch(db, change(on), nowMs - 90_000_000);
  await keepSwitch(db, change(lifted, { engaged: false }), nowMs);
  await keepSwitch(db, change(old, { engaged: false }), nowMs - 90_000_000);
  const toTell = (await switchesToTell(db, nowMs - 1_000)).map((each) => each.account_id);
  expect(toTell).toEqual(expect.arrayContaining([on, lifted]));
  expect(toTell).not.toContain(old);
});
