/** Types of account, from the start request to the log: a margin call that ends in a liquidation. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AccountView, ExecutionView, OrderPreview, Simulator } from '@sandpit/schemas/http.ts';
import { expect, test } from 'vitest';
import { recordsOf } from './support/log.ts';
import type { System } from './support/system.ts';
import { Trader } from './support/trader.ts';
import { withSystem } from './support/whole-system.ts';

const SEED = 5;
const PATIENCE_MS = 120_000;

let system: System;
let trader: Trader;
withSystem(async (started) => {
  system = started;
  trader = await Trader.signUp(system.web);
});

async function start(request: Record<string, unknown>): Promise<Simulator> {
  const session = await trader.call<{ id: string }>('POST', '/sessions', {});
  const body = { sessionId: session.body.id, ...request };
  const answer = await trader.call<Simulator>('POST', '/simulators', body);
  expect(answer).toMatchObject({ status: 201 });
  return answer.body;
}

const market = (side: 'buy' | 'sell', quantity: number) => ({
  symbol: 'VOLT',
  side,
  type: 'market' as const,
  quantity: String(Math.floor(quantity)),
  timeInForce: 'ioc' as const,
});

/** Opens a position of almost twice the cash, then lets time run. */
async function atFullStretch(side: 'buy' | 'sell'): Promise<string> {
  const { id } = await start({ scenario: 'thin-margin', seed: SEED });
  const { bids } = await trader.book(id, 'VOLT');
  const filled = await trader.order(id, market(side, 190_000 / Number(bids[0]!.price)));
  expect(filled.body).toMatchObject({ status: 'filled', rejectReason: null });
  const faster = await trader.call('POST', `/simulators/${id}/speed`, { speed: 20 });
  expect(faster.status).toBe(200);
  return id;
}

test('on margin twice the cash can be moved, and no more', async () => {
  const simulator = await start({ scenario: 'thin-margin', seed: SEED });
  expect(simulator).toMatchObject({ accountType: 'margin', feeSchedule: 'per-share' });
  const { id } = simulator;
  expect(await trader.account(id)).toMatchObject({
    type: 'margin',
    buyingPower: '200000.00',
    marginCall: null,
    margin: { initial: '0.00', excessLiquidity: '100000.00', leverage: '0.00' },
  });
  const { bids } = await trader.book(id, 'VOLT');
  const preview = await trader.call<OrderPreview>('POST', `/simulators/${id}/orders/preview`, {
    clientOrderId: 'too-much',
    ...market('sell', 300_000 / Number(bids[0]!.price)),
  });
  expect(preview.body).toMatchObject({ rejectReason: 'insufficientMargin' });
  expect(Number(preview.body.after.margin!.availableFunds)).toBeLessThan(0);
  await trader.call('POST', `/simulators/${id}/stop`);
}, 60_000);

test(
  'whichever way the market goes, one side is called and liquidated',
  async () => {
    const ids = [await atFullStretch('sell'), await atFullStretch('buy')];
    const [id, fills] = await liquidated(ids);
    const side = id === ids[0] ? 'buy' : 'sell';
    expect(fills[0]).toMatchObject({ side, symbol: 'VOLT' });
    expect(Number(fills[0]!.commission)).toBeGreaterThan(0);
    const records = await recordsOf(system.home, { accountId: trader.accountId, simulatorId: id });
    const calls = records
      .flatMap(({ events }) => events)
      .flatMap((event) => (event.type === 'marginCallChanged' ? [event.marginCall?.state] : []));
    expect(calls).toContain('called');
    expect(calls).toContain('liquidating');

    for (const each of ids) await trader.call('POST', `/simulators/${each}/stop`);
    expect(await archivedAccount(ids[0]!)).toMatchObject({
      type: 'margin',
      feeSchedule: 'per-share',
      borrowFees: expect.stringMatching(/[1-9]/),
    });
  },
  PATIENCE_MS + 60_000,
);

/** The first of these simulators whose venue has closed something, and those fills. */
async function liquidated(ids: readonly string[]): Promise<[id: string, ExecutionView[]]> {
  for (let waitedMs = 0; ; waitedMs += 500) {
    for (const id of ids) {
      const fills = (await trader.executions(id)).filter(({ liquidation }) => liquidation);
      if (fills.length > 0) return [id, fills];
    }
    if (waitedMs > PATIENCE_MS) throw new Error(JSON.stringify(await trader.account(ids[0]!)));
    await sleep(500);
  }
}

/** Once the charge of the stop has been projected. */
async function archivedAccount(id: string): Promise<AccountView> {
  for (let waitedMs = 0; ; waitedMs += 250) {
    const account = await trader.account(id);
    if (Number(account.borrowFees) > 0 || waitedMs > 10_000) return account;
    await sleep(250);
  }
}

test('in a cash account nothing is sold that is not there, and fees are by the schedule', async () => {
  const request = { scenario: 'synthetic-day', accountType: 'cash', feeSchedule: 'per-share' };
  const { id, accountType } = await start(request);
  expect(accountType).toBe('cash');
  const acme = { symbol: 'ACME', type: 'market' as const, timeInForce: 'ioc' as const };
  const short = await trader.order(id, { ...acme, side: 'sell', quantity: '10' });
  expect(short.body).toMatchObject({ status: 'rejected', rejectReason: 'notShortable' });
  const bought = await trader.order(id, { ...acme, side: 'buy', quantity: '10' });
  expect(bought.body).toMatchObject({ status: 'filled', fees: '1.00' });
  const sold = await trader.order(id, { ...acme, side: 'sell', quantity: '10' });
  expect(sold.body).toMatchObject({ status: 'filled' });
  const account = await trader.account(id);
  expect(account.reserved).toBe(account.unsettled);
  expect(Number(account.unsettled)).toBeGreaterThan(1_000);
  await trader.call('POST', `/simulators/${id}/stop`);
}, 60_000);

test('an unknown fee schedule is refused with a message that names the known ones', async () => {
  const session = await trader.call<{ id: string }>('POST', '/sessions', {});
  const body = { sessionId: session.body.id, scenario: 'synthetic-day', feeSchedule: 'none' };
  const answer = await trader.call<{ errors: unknown[] }>('POST', '/simulators', body);
  expect(answer.status).toBe(422);
  expect(answer.body.errors).toMatchObject([
    { path: 'feeSchedule', message: expect.stringContaining('commission-free') },
  ]);
});
