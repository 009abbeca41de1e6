/**
 * A trader who goes away, in a whole system: what is canceled in his place, what he is told when he is
 * back, that a door killed in between changes nothing, and that all of it is in a trail that is whole.
 */
import type { AuditView } from '@sandpit/schemas/audit.ts';
import type { DeadManView, OrderView, Session } from '@sandpit/schemas/http.ts';
import { expect, test } from 'vitest';
import { operator } from './support/operator.ts';
import type { System } from './support/system.ts';
import { Trader } from './support/trader.ts';
import { withSystem } from './support/whole-system.ts';

const SCENARIO = 'synthetic-day';
const GRACE_SECONDS = 5;
const PATIENCE_MS = 20_000;

let system: System;
withSystem((started) => {
  system = started;
});

async function deskOf(trader: Trader) {
  const { id, sessionId, symbols } = await trader.startSimulator(SCENARIO);
  const symbol = symbols[0]!;
  const { bids } = await trader.book(id, symbol);
  const limitPrice = (Number(bids[0]!.price) * 0.98).toFixed(2);
  const order = (timeInForce: 'day' | 'gtc'): Promise<OrderView> => {
    const plain = { symbol, side: 'buy', quantity: '10', limitPrice, timeInForce } as const;
    return trader.orderUntilAnswered(id, plain, PATIENCE_MS);
  };
  const guard = (mode: string) =>
    trader.call<Session>('PATCH', `/sessions/${sessionId}`, {
      cancelOnDisconnect: { mode, graceSeconds: GRACE_SECONDS },
    });
  const look = ({ orderId }: OrderView) =>
    trader.get<OrderView>(`/simulators/${id}/orders/${orderId}`);
  const fired = async () =>
    (await trader.get<Session>(`/sessions/${sessionId}`)).cancelOnDisconnect.fired;
  return { id, sessionId, order, guard, look, fired };
}

test('day orders end with the connection, lasting ones with the timer, and the trader is told', async () => {
  const trader = await Trader.signUp(system.web);
  const desk = await deskOf(trader);
  const [day, lasting] = [await desk.order('day'), await desk.order('gtc')];
  expect([day.status, lasting.status]).toEqual(['new', 'new']);
  expect((await desk.guard('cancelExceptGtc')).status).toBe(200);
  await expect
    .poll(() => desk.look(day), { timeout: 20_000 })
    .toMatchObject({ status: 'canceled', rejectReason: 'sessionDisconnected' });
  expect((await desk.look(lasting)).status).toBe('new');
  // Noted once the venue has answered, which others may hear earlier.
  await expect.poll(desk.fired, { timeout: 10_000 }).toMatchObject({ simulators: 1 });
  const back = await trader.call<Session>('POST', '/sessions', {
    resume: desk.sessionId,
    resumeCounter: 1,
  });
  expect(back.body.cancelOnDisconnect.fired).toMatchObject({ simulators: 1 });
  await desk.guard('off');
  const path = `/simulators/${desk.id}/dead-man`;
  const timer = await trader.call<DeadManView>('PUT', path, { timeoutSeconds: 2 });
  expect(timer.body.expiresAt).not.toBeNull();
  await expect
    .poll(() => desk.look(lasting), { timeout: 20_000 })
    .toMatchObject({ status: 'canceled', rejectReason: 'deadManExpired' });
  const trail = async () => {
    const { items } = await trader.get<{ items: AuditView[] }>('/audit');
    return items.map(({ action }) => action);
  };
  await expect.poll(trail, { timeout: 10_000 }).toContain('deadManFired');
  expect(await trail()).toEqual(
    expect.arrayContaining(['signedUp', 'sessionOpened', 'simulatorStarted', 'disconnectFired']),
  );
}, 90_000);

test('a door that is killed while the trader is away changes nothing', async () => {
  const trader = await Trader.signUp(system.web);
  const desk = await deskOf(trader);
  const open = await desk.order('gtc');
  await desk.guard('cancel');
  const pid = system.kill('doors');
  await system.restarted('doors', pid);
  await expect
    .poll(() => desk.look(open).catch(() => null), { timeout: 40_000 })
    .toMatchObject({ status: 'canceled', rejectReason: 'sessionDisconnected' });
  await expect.poll(desk.fired, { timeout: 10_000 }).toMatchObject({ simulators: 1 });
}, 90_000);

test('the operator finds the trail whole, and his own question in it', async () => {
  const first = await operator(system, 'audit --json');
  expect(first.code, first.text).toBe(0);
  const { rows } = JSON.parse(first.text.trim().split('\n').at(-1)!);
  expect(rows[0]).toMatchObject({ whole: true });
  expect(rows[0].entries).toBeGreaterThan(8);
}, 60_000);
