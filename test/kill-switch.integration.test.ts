/**
 * Limits and kill switches in a whole system: over REST, from the operator's console, for simulators
 * that run, that start later, and whose worker has died meanwhile.
 */
import type { OrderRequest, OrderView } from '@sandpit/schemas/http.ts';
import type { KillSwitchList, RiskView } from '@sandpit/schemas/risk.ts';
import type { Static } from 'typebox';
import { expect, test } from 'vitest';
import { operator as operatorConsole } from './support/operator.ts';
import type { System } from './support/system.ts';
import { Trader } from './support/trader.ts';
import { withSystem } from './support/whole-system.ts';

const SCENARIO = 'synthetic-day';
const PATIENCE_MS = 20_000;

let system: System;
withSystem((started) => {
  system = started;
});

const operator = (line: string) => operatorConsole(system, line);

async function deskOf(trader: Trader) {
  const { id, symbols } = await trader.startSimulator(SCENARIO);
  const symbol = symbols[0]!;
  const { bids } = await trader.get<{ bids: { price: string }[] }>(
    `/simulators/${id}/book/${symbol}`,
  );
  const limitPrice = (Number(bids[0]!.price) * 0.98).toFixed(2);
  const plain = { symbol, side: 'buy', quantity: '10', limitPrice } as const;
  const order = (more: Partial<OrderRequest> = {}): Promise<OrderView> =>
    trader.orderUntilAnswered(id, { ...plain, ...more }, PATIENCE_MS);
  const risk = () => trader.get<RiskView>(`/simulators/${id}/risk`);
  const put = <T>(path: string, body: object) =>
    trader.call<T>('PUT', `/simulators/${id}/${path}`, body);
  return { id, order, risk, put };
}

test('limits of one’s own are in force at once and stay within the tier', async () => {
  const trader = await Trader.signUp(system.web);
  const desk = await deskOf(trader);
  expect(await desk.risk()).toMatchObject({ tier: 'standard', killSwitches: [] });
  const wide = await desk.put('risk-limits', { maxPosition: '5000000.01' });
  expect(wide).toMatchObject({ status: 422, body: { errors: [{ path: 'maxPosition' }] } });
  const narrow = await desk.put<RiskView>('risk-limits', { maxOrderNotional: '500' });
  expect(narrow).toMatchObject({ status: 200, body: { limits: { maxOrderNotional: '500.00' } } });
  expect(await desk.order()).toMatchObject({ rejectReason: 'orderNotionalExceeded' });
  await desk.put('risk-limits', {});
  expect(await desk.order()).toMatchObject({ status: 'new' });
}, 60_000);

test('the account’s switch ends what is open, holds for later simulators, and is the trader’s to lift', async () => {
  const trader = await Trader.signUp(system.web);
  const first = await deskOf(trader);
  const open = await first.order();
  expect(open.status).toBe('new');
  const set = await trader.call('PUT', '/kill-switch', { engaged: true, reason: 'enough' });
  expect(set).toMatchObject({ status: 200, body: { simulators: 1, told: 1 } });
  await expect.poll(first.risk).toMatchObject({
    killSwitches: [{ scope: 'account', by: 'trader', reason: 'enough' }],
  });
  expect(await trader.get(`/simulators/${first.id}/orders/${open.orderId}`)).toMatchObject({
    status: 'canceled',
    rejectReason: 'killSwitchEngaged',
  });
  const later = await deskOf(trader);
  expect(await later.order()).toMatchObject({ rejectReason: 'killSwitchEngaged' });
  expect((await trader.cancelAll(later.id)).status).toBe(200);
  // A fork has the past of a day without the switch, and is stopped all the same.
  const path = `/simulators/${first.id}/fork`;
  const before = { beforeOrder: open.orderId };
  const fork = await trader.callUntilKnown<{ id: string }>('POST', path, before, PATIENCE_MS);
  expect(fork, JSON.stringify(fork)).toMatchObject({ status: 201 });
  await expect
    .poll(async () => trader.get<RiskView>(`/simulators/${fork.body.id}/risk`))
    .toMatchObject({ killSwitches: [{ scope: 'account', reason: 'enough' }] });
  expect((await trader.call('POST', `/simulators/${fork.body.id}/stop`)).status).toBe(200);
  await trader.call('PUT', '/kill-switch', { engaged: false });
  await expect.poll(async () => (await later.risk()).killSwitches).toEqual([]);
  expect(await later.order()).toMatchObject({ status: 'new' });
  const ended = await trader.call('POST', `/simulators/${first.id}/stop`);
  expect(ended.status).toBe(200);
  await expect
    .poll(async () => await trader.call('GET', `/simulators/${first.id}/orders/${open.orderId}`))
    .toMatchObject({ status: 200, body: { orderId: open.orderId, status: 'canceled' } });
  expect(await trader.call('GET', `/simulators/${first.id}/orders/999`)).toMatchObject({
    status: 404,
  });
  const { items } = await trader.get<Static<typeof KillSwitchList>>('/kill-switch');
  expect(items).toMatchObject([{ scope: 'account', engaged: false }]);
}, 60_000);

test('an operator stops everybody, through the death of a worker, and nobody else can lift it', async () => {
  const trader = await Trader.signUp(system.web);
  const desk = await deskOf(trader);
  const kept = await desk.order();
  const old = system.kill('worker-1');
  const killed = await operator('kill global --reason "fire drill" --keep-orders');
  expect(killed, killed.text).toMatchObject({ code: 0 });
  await system.restarted('worker-1', old);
  await expect
    .poll(async () => (await trader.call<RiskView>('GET', `/simulators/${desk.id}/risk`)).body, {
      timeout: 20_000,
    })
    .toMatchObject({ killSwitches: [{ scope: 'global', by: 'operator', reason: 'fire drill' }] });
  expect(await desk.order()).toMatchObject({ rejectReason: 'killSwitchEngaged' });
  await desk.put('kill-switch', { engaged: false });
  await trader.call('PUT', '/kill-switch', { engaged: false });
  expect(await desk.order()).toMatchObject({ rejectReason: 'killSwitchEngaged' });
  expect(await trader.cancel(desk.id, kept.orderId)).toMatchObject({
    body: { status: 'canceled' },
  });
  const resumed = await operator(`resume ${desk.id}`);
  expect(resumed.text).toContain('It runs from its log.');
  expect(await operator('resume nothing')).toMatchObject({ code: 1 });
  const lifted = await operator('kill global --lift');
  expect(lifted, lifted.text).toMatchObject({ code: 0 });
  await expect.poll(() => desk.order(), { timeout: 10_000 }).toMatchObject({ status: 'new' });
}, 120_000);
