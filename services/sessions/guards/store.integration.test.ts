import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { createDatabase, type SandpitDatabase } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { createSession } from '../store.ts';
import { commandIdOf, viewOf } from './guards.ts';
import {
  CLAIM_LIFE_SECONDS,
  claimGuard,
  dueGuards,
  endFiring,
  findGuard,
  type Guard,
  keepGuard,
  noteTold,
  renewGuards,
  renewTimers,
  simulatorsUnder,
} from './store.ts';

let db: SandpitDatabase;
let subject_id: string;
const key = () => ({ kind: 'disconnect' as const, subject_id });

beforeAll(() => {
  db = createDatabase({
    url: inject('servers').databaseUrl,
    connectionsMax: 4,
    onError: () => {},
    applicationName: 'guards-test',
  });
});
afterAll(() => db.destroy());
beforeEach(async () => {
  subject_id = newId();
  await keepGuard(db, setting());
});

const setting = (more: Partial<Guard> = {}) => ({
  ...key(),
  account_id: 'ada',
  enabled: true,
  keep_gtc: false,
  period_seconds: 10,
  ...more,
});
const now = async () => (await findGuard(db, key()))!;
/** As if so much time had passed. */
const pass = (seconds: number) =>
  sql`update cancel_guards set due_at = due_at - ${seconds} * interval '1 second',
    claimed_at = claimed_at - ${seconds} * interval '1 second',
    fired_at = fired_at - ${seconds} * interval '1 second'
    where subject_id = ${subject_id}`.execute(db);
const due = async () =>
  (await dueGuards(db)).find((each) => each.subject_id === subject_id) ?? null;
const heard = (ageMs = 0) => renewGuards(db, [{ sessionId: subject_id, ageMs }]);

test('one that is due is claimed by one process only', async () => {
  expect(await due()).toBeNull();
  expect(await claimGuard(db, await now())).toBeNull();
  await pass(10);
  const guard = (await due())!;
  expect(guard).toMatchObject({ state: 'armed', round: 1, closed: false });
  expect(guard.overdueSeconds).toBeGreaterThanOrEqual(0);
  const claims = await Promise.all([1, 2, 3].map(() => claimGuard(db, guard)));
  const [claimed, ...others] = claims.filter((each) => each !== null);
  expect(others).toEqual([]);
  expect(claimed).toMatchObject({ state: 'firing', told: 0 });
  expect(await due()).toBeNull();
});

test('a trader who is heard first is not canceled', async () => {
  await pass(11);
  const guard = (await due())!;
  expect(await heard()).toEqual([subject_id]);
  expect(await claimGuard(db, guard)).toBeNull();
  expect((await now()).state).toBe('armed');
});

test('a sign counts from when it was, and only for what comes after it', async () => {
  await pass(12);
  await heard(9_000);
  const renewed = await now();
  expect(+renewed.due_at - Date.now()).toBeLessThan(2_000);
  await pass(2);
  const claimed = (await claimGuard(db, (await due())!))!;
  await endFiring(db, claimed);
  await heard(30_000);
  expect(await now()).toMatchObject({ state: 'fired', round: 1 });
  await heard();
  expect(await now()).toMatchObject({ state: 'armed', round: 2 });
});

test('a process that does not finish is taken over under the same command id', async () => {
  await pass(10);
  const first = (await claimGuard(db, (await due())!))!;
  await noteTold(db, first, 1);
  await pass(CLAIM_LIFE_SECONDS + 1);
  const stale = (await due())!;
  const claims = await Promise.all([1, 2].map(() => claimGuard(db, stale)));
  const [second, ...others] = claims.filter((each) => each !== null);
  expect(others).toEqual([]);
  expect(second).toMatchObject({ told: 1 });
  expect(commandIdOf(second!)).toBe(commandIdOf(stale));
  expect(commandIdOf(first)).toMatch(/^cod-1-[0-9a-z]+$/);
  await noteTold(db, second!, 2);
  await endFiring(db, second!);
  expect(viewOf(await now())).toMatchObject({ mode: 'cancel', fired: { simulators: 2 } });
});

test('set or heard while it is fired, it is armed again afterwards', async () => {
  await pass(10);
  const claimed = (await claimGuard(db, (await due())!))!;
  await keepGuard(db, setting({ period_seconds: 20, keep_gtc: true }));
  expect((await now()).state).toBe('firing');
  await endFiring(db, claimed);
  expect(await now()).toMatchObject({ state: 'armed', round: 2, period_seconds: 20 });
});

test('switched off it is neither due nor renewed', async () => {
  await keepGuard(db, setting({ enabled: false }));
  await pass(30);
  expect(await due()).toBeNull();
  expect(await heard()).toEqual([]);
  expect(viewOf(await now()).mode).toBe('off');
  expect(await claimGuard(db, await now(), true)).toBeNull();
});

test('a closed session’s fires at once and for the last time', async () => {
  const { session } = await createSession(db, newId(), Date.now());
  subject_id = session.id;
  await keepGuard(db, setting());
  const claimed = (await claimGuard(db, await now(), true))!;
  await endFiring(db, claimed);
  await pass(60);
  expect(await due()).toBeNull();
  await db.updateTable('sessions').set({ state: 'closed' }).where('id', '=', subject_id).execute();
  await keepGuard(db, setting());
  await pass(60);
  expect(await due()).toMatchObject({ closed: true });
});

test('it cancels in what the session runs, or in the one simulator of its timer', async () => {
  const start = (id: string, state: string) => sql`
    insert into simulators (id, account_id, session_id, scenario_id, scenario_hash, seed, speed,
      starting_cash_micros, currency, symbols, state, started_at)
    values (${id}, 'ada', ${subject_id}, 's', 'h', 1, 1, 1, 'USD', '[]', ${state}, now())`;
  const order = async (simulatorId: string, status: string) => {
    await sql`
      insert into simulator_orders (simulator_id, order_id, account_id, client_order_id, symbol, side,
        type, time_in_force, post_only, quantity_lots, filled_lots, leaves_lots, notional_micros,
        fees_micros, status, created_ns, updated_ns, sequence)
      values (${simulatorId}, '1', 'ada', 'c', 'ACME', 'buy', 'limit', 'gtc', false, 1, 0, 1, 0, 0,
        ${status}, 1, 1, 1)`.execute(db);
  };
  const running = newId();
  const paused = newId();
  const stopped = newId();
  const away = newId();
  const awayWithOrder = newId();
  await start(running, 'running').execute(db);
  await start(paused, 'paused').execute(db);
  await start(stopped, 'stopped').execute(db);
  await start(away, 'hibernated').execute(db);
  await order(away, 'filled');
  await start(awayWithOrder, 'hibernated').execute(db);
  await order(awayWithOrder, 'partiallyFilled');
  const under = (await simulatorsUnder(db, key())).sort();
  expect(under).toEqual([running, paused, awayWithOrder].sort());
  expect(await simulatorsUnder(db, { kind: 'deadMan', subject_id: paused })).toEqual([paused]);
  expect(await simulatorsUnder(db, { kind: 'deadMan', subject_id: stopped })).toEqual([]);
});

test('a timer that runs is renewed by its account alone; one that has expired is not', async () => {
  const timer = { ...setting(), kind: 'deadMan' as const };
  await keepGuard(db, timer);
  const find = async () => (await findGuard(db, timer))!;
  const renew = (accountId: string, ageMs = 0) =>
    renewTimers(db, [{ accountId, simulatorId: subject_id, ageMs }]);
  await pass(8);
  const before = +(await find()).due_at;
  await renew('bob');
  expect(+(await find()).due_at).toBe(before);
  await renew('ada', 1_000);
  const dueInMs = +(await find()).due_at - Date.now();
  expect(dueInMs).toBeGreaterThan(7_500);
  expect(dueInMs).toBeLessThan(9_500);
  await pass(10);
  const guard = (await dueGuards(db)).find(
    (each) => each.kind === 'deadMan' && each.subject_id === subject_id,
  )!;
  await endFiring(db, (await claimGuard(db, guard))!);
  const fired = await find();
  await renew('ada');
  expect(await find()).toEqual(fired);
});
