/**
 * Time as a trader commands it, through the doors of the real system: steps and jumps, the session as
 * a file that replays, its report, the true cost of an order, a fork.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { SessionCertificate } from '@sandpit/schemas/certificate.ts';
import type { ClockView, OrderPreview, OrderView, Simulator } from '@sandpit/schemas/http.ts';
import type { SessionReport, TrueCost } from '@sandpit/schemas/report.ts';
import { expect, test } from 'vitest';
import { SocketClient } from '../services/gateway/testing/socket-client.ts';
import { operator } from './support/operator.ts';
import type { System } from './support/system.ts';
import { Trader } from './support/trader.ts';
import { withSystem } from './support/whole-system.ts';

let system: System;
let trader: Trader;
let simulator: Simulator;
let symbol: string;
withSystem(async (started) => {
  system = started;
  trader = await Trader.signUp(system.web);
  simulator = await trader.startSimulator('synthetic-day');
  symbol = simulator.symbols[0]!;
});

const path = (tail: string) => `/simulators/${simulator.id}/${tail}`;
const clock = () => trader.get<ClockView>(path('clock'));
const post = <T>(tail: string, body: unknown = {}) => trader.call<T>('POST', path(tail), body);

async function text(tail: string): Promise<string> {
  const headers = { authorization: `Bearer ${trader.token}` };
  const response = await fetch(`${system.web}/api/v1${path(tail)}`, { headers });
  expect(response.status).toBe(200);
  return response.text();
}

let bought: OrderView;

test('a step goes a second and stands; a jump goes where it was told to', async () => {
  await post('pause');
  const before = await clock();
  const stepped = await post<Simulator>('step', { unit: 'second' });
  expect(stepped).toMatchObject({ status: 200, body: { state: 'paused' } });
  const passed = Date.parse(stepped.body.clock!.simulatedAt) - Date.parse(before.simulatedAt);
  expect(passed).toBe(1_000);
  bought = (
    await trader.order(simulator.id, {
      symbol,
      side: 'buy',
      type: 'market',
      timeInForce: 'ioc',
      quantity: '200',
    })
  ).body;
  expect(bought.status).toBe('filled');
  const to = new Date(Date.parse(before.simulatedAt) + 120_000).toISOString();
  const jumped = await post<Simulator>('jump', { to });
  expect(jumped.body).toMatchObject({
    state: 'paused',
    clock: { simulatedAt: to, seekingTo: null },
  });
  expect(await post('jump', { to })).toMatchObject({
    status: 422,
    body: { errors: [{ path: 'to' }] },
  });
  expect((await post('step', { unit: 'hour' })).status).toBe(422);
}, 60_000);

test('the operator moves the clock by recorded commands like the owner’s', async () => {
  const at = async () => Date.parse((await clock()).simulatedAt);
  const before = await at();
  const stepped = await operator(system, `clock ${simulator.id} step --count 2 --json`);
  expect(stepped).toMatchObject({ code: 0, text: expect.stringContaining('"paused"') });
  expect((await at()) - before).toBe(2_000);
  const to = new Date(before + 5_000).toISOString();
  expect(await operator(system, `clock ${simulator.id} jump ${to}`)).toMatchObject({ code: 0 });
  expect(await at()).toBe(before + 5_000);
  const past = await operator(system, `clock ${simulator.id} jump ${to}`);
  expect(past).toMatchObject({ code: 1, text: expect.stringContaining('must lie ahead') });
}, 60_000);

test('a WebSocket turns the clock and sets the limits; a repeated step is one step', async () => {
  const socket = new SocketClient(`${system.web}/api/v1${path('socket')}`, {
    hello: { token: trader.token, stream: false },
  });
  try {
    await socket.until('authenticated');
    const before = Date.parse((await clock()).simulatedAt);
    const step = { body: { unit: 'second' }, idempotencyKey: 'once' };
    for (const _ of [1, 2]) {
      const stepped = await socket.ask('stepSimulator', step);
      expect(stepped).toMatchObject({ status: 200, data: { state: 'paused' } });
    }
    expect(Date.parse((await clock()).simulatedAt) - before).toBe(1_000);
    const to = new Date(before + 3_000).toISOString();
    expect(await socket.ask('jumpSimulator', { body: { to } })).toMatchObject({
      status: 200,
      data: { clock: { simulatedAt: to } },
    });
    expect(await socket.ask('speedSimulator', { body: { speed: 2 } })).toMatchObject({
      data: { speed: 2 },
    });
    const limits = await socket.ask('setRiskLimits', { body: { ordersPerSecond: 5 } });
    expect(limits).toMatchObject({ status: 200, data: { ownLimits: { ordersPerSecond: 5 } } });
    await socket.ask('setKillSwitch', { body: { engaged: true } });
    const ticket = { clientOrderId: 'p', symbol, side: 'buy', type: 'market', quantity: '1' };
    const preview = await socket.ask('previewOrder', { body: ticket });
    const refused: Partial<OrderPreview> = { accepted: false, rejectReason: 'killSwitchEngaged' };
    expect(preview).toMatchObject({ status: 200, data: refused });
    const lifted = await socket.ask('setKillSwitch', { body: { engaged: false } });
    expect(lifted).toMatchObject({ data: { killSwitches: [] } });
    expect(await socket.ask('setRiskLimits', { body: {} })).toMatchObject({ status: 200 });
  } finally {
    socket.close();
  }
}, 60_000);

test('the capsule replays in a process of its own to the same tape', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'capsule-'));
  try {
    const file = join(folder, 'a.capsule');
    await writeFile(file, await text('capsule'));
    const cli = fileURLToPath(new URL('../services/simulator/rerun/cli.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [cli, file]);
    expect(stdout).toContain(`tape      ${(await clock()).tapeHash}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 60_000);

test('the report agrees with the account, as JSON and as CSV', async () => {
  const report = await trader.get<SessionReport>(path('report'));
  const account = await trader.account(simulator.id);
  expect(Number(report.equity)).toBeCloseTo(Number(account.equity), 6);
  expect(report.fees).toBe(account.fees);
  expect(report.orders).toMatchObject([{ orderId: bought.orderId, status: 'filled' }]);
  const csv = await text('report?format=csv&table=orders');
  expect(csv.split('\r\n')[1]).toContain(bought.clientOrderId);
  expect(await text('report?format=csv&table=summary')).toContain(`tapeHash,${report.tapeHash}`);
}, 60_000);

test('the certificate tells what two minutes can show, and refuses what is not traded', async () => {
  const certificate = await trader.get<SessionCertificate>(path(`certificate?symbol=${symbol}`));
  expect(certificate.tapeHash).toBe((await clock()).tapeHash);
  expect(certificate.tests.map(({ id }) => id)).toContain('R18');
  const verdicts = new Set(certificate.tests.map(({ verdict }) => verdict));
  expect(verdicts).toEqual(new Set(['tooShort', 'notMeasured']));
  expect(await trader.call('GET', path('certificate?symbol=NONE'))).toMatchObject({
    status: 422,
    body: { errors: [{ path: 'symbol' }] },
  });
  expect((await trader.call('GET', path('certificate'))).status).toBe(422);
}, 60_000);

test('the true cost of the order', async () => {
  const { status, body } = await post<TrueCost>('what-if', { orderId: bought.orderId });
  expect(status).toBe(200);
  expect(body.tapeHash).toBe((await clock()).tapeHash);
  expect(body.tapeHashOtherwise).not.toBe(body.tapeHash);
  expect(Number(body.spread)).toBeGreaterThan(0);
  expect((await post('what-if', { orderId: '99' })).status).toBe(422);
  console.log(`true cost in ${body.tookMs} ms`);
}, 60_000);

test('a fork before the order has its past and a life of its own', async () => {
  const forked = await post<Simulator>('fork', { beforeOrder: bought.orderId });
  expect(forked).toMatchObject({ status: 201, body: { state: 'paused', seed: simulator.seed } });
  const { id } = forked.body;
  expect(await trader.orders(id)).toEqual([]);
  const stepped = await trader.call<Simulator>('POST', `/simulators/${id}/step`, {
    unit: 'minute',
  });
  expect(stepped.body.state).toBe('paused');
  expect(await trader.orders(simulator.id)).toHaveLength(1);
  const other = await Trader.signUp(system.web);
  expect((await other.call('POST', path('fork'), {})).status).toBe(404);
}, 60_000);

test('a stopped simulator still has its report, its capsule and forks', async () => {
  await post('stop');
  expect(await trader.get<SessionReport>(path('report'))).toHaveProperty('tapeHash');
  expect(await text('capsule')).toContain('"end":true');
  expect((await post('fork')).status).toBe(201);
}, 60_000);
