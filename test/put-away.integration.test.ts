/**
 * Simulators that are put away and come back, saved states that are started again, quotas, and a log
 * that is restored from the archive, in a whole system, over REST and the operator's console.
 */
import type { OrderView, Simulator } from '@sandpit/schemas/http.ts';
import type { SavedState } from '@sandpit/schemas/saved-state.ts';
import { expect, test } from 'vitest';
import { operator as operatorConsole } from './support/operator.ts';
import type { System } from './support/system.ts';
import { Trader } from './support/trader.ts';
import { withSystem } from './support/whole-system.ts';

const SCENARIO = 'synthetic-day';

let system: System;
let trader: Trader;
let simulator: Simulator;
let limitPrice: string;

withSystem(async (started) => {
  system = started;
  trader = await Trader.signUp(system.web);
  simulator = await trader.startSimulator(SCENARIO);
  const { bids } = await trader.book(simulator.id, simulator.symbols[0]!);
  // At rest, and within the collar wherever the last trade was.
  limitPrice = (Number(bids[0]!.price) * 0.95).toFixed(2);
});

/** @throws what the console says, when it says no. */
async function operator(line: string): Promise<{ rows: object[] }> {
  const { code, text } = await operatorConsole(system, `${line} --json`);
  const answer = text.split('\n').find((each) => each.startsWith('{'));
  if (code !== 0 || !answer) throw new Error(text);
  return JSON.parse(answer);
}

const rest = (id = simulator.id) =>
  trader.order(id, { symbol: simulator.symbols[0]!, side: 'buy', quantity: '5', limitPrice });
const stateOf = async (id = simulator.id) =>
  (await trader.get<Simulator>(`/simulators/${id}`)).state;
const soon = { timeout: 10_000, interval: 200 };

test('one that was put away stands still, is listed as such, and an order wakes it', async () => {
  const order = (await rest()).body;
  expect(order.status).toBe('new');
  expect(await operator(`hibernate ${simulator.id}`)).toMatchObject({
    rows: [{ hibernated: true }],
  });
  await expect.poll(() => stateOf(), soon).toBe('hibernated');
  const next = await rest();
  expect(next).toMatchObject({ status: 201, body: { status: 'new' } });
  await expect.poll(() => stateOf(), soon).toBe('running');
  const open = await trader.orders(simulator.id);
  expect(open.map(({ orderId }: OrderView) => orderId).sort()).toEqual(
    [order.orderId, next.body.orderId].sort(),
  );
}, 60_000);

test('a saved state is started again with its orders, which its simulator has no longer', async () => {
  const path = `/simulators/${simulator.id}/states`;
  const saved = await trader.call<SavedState>('POST', path, { name: 'Two at rest' });
  expect(saved).toMatchObject({ status: 201, body: { simulatorId: simulator.id } });
  expect(await trader.call('POST', path, { name: 'Two at rest' })).toMatchObject({ status: 422 });
  await trader.cancelAll(simulator.id);
  const { body: session } = await trader.call<{ id: string }>('POST', '/sessions', {});
  const again = await trader.call<Simulator>('POST', `/states/${saved.body.id}/start`, {
    sessionId: session.id,
  });
  expect(again, JSON.stringify(again)).toMatchObject({
    status: 201,
    body: { state: 'paused', seed: simulator.seed, sessionId: session.id },
  });
  const orders = await trader.orders(again.body.id);
  expect(orders.map(({ status }) => status)).toEqual(['new', 'new']);
  expect((await trader.get<{ items: SavedState[] }>('/states')).items).toMatchObject([
    { name: 'Two at rest' },
  ]);
}, 60_000);

test('what an account may run is the operator’s to say', async () => {
  const quota = (options: string) => operator(`quota ${trader.accountId} ${options}`);
  expect(await quota('--running 2 --kept 5')).toMatchObject({ rows: [{ running: 2 }] });
  const { body: session } = await trader.call<{ id: string }>('POST', '/sessions', {});
  const start = { sessionId: session.id, scenario: SCENARIO };
  const refused = await trader.call<{ detail: string }>('POST', '/simulators', start);
  expect(refused.body.detail).toBe(
    'You run 2 simulators and may run 2. Stop one, or put one away, first.',
  );
  const put = await trader.call('POST', `/simulators/${simulator.id}/hibernate`);
  expect(put).toMatchObject({ status: 200, body: { state: 'hibernated' } });
  await expect.poll(() => stateOf(), soon).toBe('hibernated');
  expect(await trader.call('POST', '/simulators', start)).toMatchObject({ status: 201 });
  // Nor does the one that was put away wake beyond that, whatever is asked of it.
  const full = { status: 409, body: { code: 'quotaExceeded', detail: refused.body.detail } };
  const account = await trader.call('GET', `/simulators/${simulator.id}/account`);
  expect(account, JSON.stringify(account)).toMatchObject(full);
  expect(await trader.call('POST', `/simulators/${simulator.id}/resume`)).toMatchObject({
    body: { code: 'quotaExceeded' },
  });
  expect(await rest()).toMatchObject({ status: 409, body: { code: 'quotaExceeded' } });
  expect(await stateOf()).toBe('hibernated');
  // A switch of the account does not wake it; it is on before the order that does.
  const set = await trader.call('PUT', '/kill-switch', { engaged: true, reason: 'enough' });
  expect(set).toMatchObject({ status: 200, body: { simulators: 2, asleep: 1 } });
  expect(await stateOf()).toBe('hibernated');
  await quota('--usual');
  expect(await rest()).toMatchObject({ body: { rejectReason: 'killSwitchEngaged' } });
  await trader.call('PUT', '/kill-switch', { engaged: false });
  await expect.poll(async () => (await rest()).body.status, soon).toBe('new');
}, 60_000);

test('a log is written anew from the archive, and its simulator trades on', async () => {
  const before = await rest();
  expect(before.status).toBe(201);
  await expect(operator(`restore ${simulator.id}`)).rejects.toThrow('nothing to restore');
  const restored = await operator(`restore ${simulator.id} --force`);
  expect(restored).toMatchObject({ rows: [{ simulator: simulator.id, lost: 0 }] });
  await expect
    .poll(async () => (await rest().catch(() => null))?.status, { timeout: 20_000, interval: 500 })
    .toBe(201);
  const ids = (await trader.orders(simulator.id)).map(({ orderId }) => orderId);
  expect(ids).toContain(before.body.orderId);
}, 90_000);
