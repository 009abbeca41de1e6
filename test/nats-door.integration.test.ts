/**
 * A program that trades over NATS in a whole system: by a credential of the trader's own, with the
 * integrator's example, through a gateway that is killed under it.
 */
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClockView, NatsCredential, Simulator } from '@sandpit/schemas/http.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type HeardAnswer, NatsClient } from '../services/gateway/testing/nats-client.ts';
import { type System, startSystem } from './support/system.ts';
import { Trader } from './support/trader.ts';

const EXAMPLE = join(import.meta.dirname, '..', 'docs', 'examples', 'trade.mjs');
const PASSWORD = 'correct horse battery 7';

let system: System;
let ada: Trader;
let simulator: Simulator;
let symbol: string;
let creds: string;
const programs: NatsClient[] = [];
const refusals: Record<string, unknown>[] = [];

beforeAll(async () => {
  system = await startSystem();
  ada = await Trader.signUp(system.web);
  simulator = await ada.startSimulator('synthetic-day');
  symbol = simulator.symbols[0]!;
  creds = await credentialOf(ada);
}, 240_000);
afterAll(async () => {
  for (const program of programs) await program.close();
  await system?.dispose();
});
afterEach(({ task }) => {
  if (task.result?.state === 'fail') console.log(system.complaints().join('\n'));
});

async function credentialOf(trader: Trader): Promise<string> {
  const { status, body } = await trader.call<NatsCredential>('POST', '/integrations/nats', {
    name: 'a test',
  });
  expect(status).toBe(201);
  expect(body.subjects).toContain(`sandpit.v1.rsp.${trader.accountId}.*`);
  return body.creds as string;
}

/** The public key stands in the credential's token. */
function publicKeyOf(text: string): string {
  const token = /(eyJ[\w-]+\.[\w-]+\.[\w-]+)/.exec(text)?.[1] as string;
  return JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString()).sub;
}

async function programOf(trader: Trader, text: string, simulatorId = simulator.id) {
  const by = {
    simulator: { accountId: trader.accountId, simulatorId },
    token: await trader.freshToken(),
  };
  const url = `nats://127.0.0.1:${system.ports.nats}`;
  const program = await NatsClient.open(
    url,
    by,
    { text, publicKey: publicKeyOf(text) },
    (_, fields) => refusals.push(fields),
  );
  programs.push(program);
  return program;
}

const limitBuy = async (clientOrderId: string) => {
  const { bids } = await ada.book(simulator.id, symbol);
  const limitPrice = (Number(bids[0]!.price) * 0.95).toFixed(2);
  const sentAt = new Date().toISOString();
  return { clientOrderId, symbol, side: 'buy', type: 'limit', quantity: '5', limitPrice, sentAt };
};
const clock = () => ada.get<ClockView>(`/simulators/${simulator.id}/clock`);

test('the integrator’s example trades, hears its fill, cancels, and steps the clock', async () => {
  const email = `program-${Date.now()}@example.com`;
  const answer = await fetch(`${system.web}/api/v1/auth/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: PASSWORD }),
  });
  expect(answer.status).toBe(201);
  const trader = await Trader.logIn(system.web, { email, password: PASSWORD });
  const { id } = await trader.startSimulator('synthetic-day');
  const file = join(system.home, 'trade.creds');
  writeFileSync(file, await credentialOf(trader));
  const run = (args: string[], env: Record<string, string>) =>
    new Promise<{ output: string; code: number | null }>((resolve) => {
      const child = spawn(process.execPath, [EXAMPLE, ...args], {
        env: { ...process.env, ...env },
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (d) => (output += d));
      child.once('close', (code) => resolve({ output, code }));
    });
  const server = `nats://127.0.0.1:${system.ports.nats}`;
  const login = { SANDPIT_EMAIL: email, SANDPIT_PASSWORD: PASSWORD };
  const traded = await run([file, '', system.web, server], login);
  expect(traded, traded.output).toMatchObject({ code: 0 });
  expect(traded.output).toMatch(/order \S+: filled at [\d.]+/);
  expect(traded.output).toMatch(/live: orderFilled \d+ lots at \d+ ticks/);
  expect(traded.output).toMatch(/order \S+: new at [\d.]+\norder \S+: canceled/);
  expect(traded.output).toMatch(/stepped to \S+Z, paused/);
  const orders = await trader.orders(id);
  expect(orders.map(({ status }) => status).sort()).toEqual(['canceled', 'filled']);
  expect((await trader.get<ClockView>(`/simulators/${id}/clock`)).state).toBe('running');
  expect(await run([file, simulator.id, system.web, server], login)).toMatchObject({
    code: 1,
    output: expect.stringContaining('There is nothing here'),
  });
  const refused: [string[], Record<string, string>, string][] = [
    [[], {}, 'Usage'],
    [[join(system.home, 'none.creds')], login, 'Cannot read'],
    [[EXAMPLE], login, 'is no credentials file'],
    [[file, '', system.web, server], { ...login, SANDPIT_PASSWORD: 'wrong' }, 'Log-in: '],
    [[file, '', 'http://127.0.0.1:1'], login, 'Nobody answers'],
    [[file, '', system.web, 'nats://127.0.0.1:1'], login, 'No connection'],
  ];
  for (const [args, env, sentence] of refused) {
    const { code, output } = await run(args, env);
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining(sentence) });
  }
  writeFileSync(file, creds);
  const foreign = await run([file, '', system.web, server], login);
  expect(foreign.output).toContain('of another account');
  rmSync(file);
}, 120_000);

test('the server lets nobody ask in another account’s name, or hear its answers', async () => {
  const bob = await Trader.signUp(system.web);
  const program = await programOf(ada, creds);
  const intruder = await programOf(bob, await credentialOf(bob));
  const address = { accountId: ada.accountId, simulatorId: simulator.id };
  const [requests, answers] = [
    `sandpit.v1.req.${ada.accountId}`,
    `sandpit.v1.rsp.${ada.accountId}`,
  ];
  const overheard: unknown[] = [];
  intruder.follow(`${answers}.*`, (body) => overheard.push(body));
  // With a token of ada's own, which would count if it came through.
  const token = await ada.freshToken();
  intruder.say('pauseSimulator', {}, { address, token });
  await intruder.settled();
  const refused = () => refusals.map(({ subject }) => subject);
  await expect.poll(refused).toContain(`${requests}.${simulator.id}.pauseSimulator`);
  const mine = await program.ask('setDeadMan', { body: { timeoutSeconds: 0 } });
  expect(mine.status).toBe(200);
  expect((await clock()).state).toBe('running');
  expect(overheard).toEqual([]);
}, 60_000);

test('the clock, limits and the kill switch; a repeated step is one step', async () => {
  const program = await programOf(ada, creds);
  const done = async (operation: string, parts = {}): Promise<HeardAnswer> => {
    const answer = await program.ask(operation, parts);
    expect(answer, JSON.stringify(answer)).toMatchObject({ status: 200 });
    return answer;
  };
  await done('pauseSimulator');
  const before = Date.parse((await clock()).simulatedAt);
  for (const _ of [1, 2]) {
    await done('stepSimulator', { body: { unit: 'second' }, idempotencyKey: 'once' });
  }
  expect(Date.parse((await clock()).simulatedAt) - before).toBe(1_000);
  const to = new Date(before + 5_000).toISOString();
  expect((await done('jumpSimulator', { body: { to } })).data.clock.simulatedAt).toBe(to);
  expect((await done('speedSimulator', { body: { speed: 2 } })).data.speed).toBe(2);
  await done('resumeSimulator');
  await done('setRiskLimits', { body: { ordersPerSecond: 5 } });
  await done('setKillSwitch', { body: { engaged: true } });
  const order = { body: await limitBuy('killed') };
  expect((await done('previewOrder', order)).data.rejectReason).toBe('killSwitchEngaged');
  expect(await program.ask('submitOrder', order)).toMatchObject({
    status: 201,
    data: { status: 'rejected', rejectReason: 'killSwitchEngaged' },
  });
  await done('setKillSwitch', { body: { engaged: false } });
  await done('setRiskLimits', { body: {} });
  await done('speedSimulator', { body: { speed: 1 } });
}, 60_000);

test('orders one after another, each with its answer', async () => {
  const program = await programOf(ada, creds);
  const tookMs: number[] = [];
  for (let i = 0; i < 50; i++) {
    const body = await limitBuy(`series-${i}`);
    const beganAtMs = performance.now();
    const { status, data } = await program.ask('submitOrder', { body });
    tookMs.push(performance.now() - beganAtMs);
    expect(status).toBe(201);
    const canceled = await program.ask('cancelOrder', { path: { orderId: data.orderId } });
    expect(canceled.data.status).toBe('canceled');
  }
  const sorted = tookMs.sort((a, b) => a - b);
  console.log(
    `an order over NATS, ms: median ${sorted[25]?.toFixed(1)}, worst ${sorted[49]?.toFixed(1)}`,
  );
}, 60_000);

test('a gateway killed in the middle of an order: sent again, it is one order', async () => {
  const program = await programOf(ada, creds);
  const accepted: string[] = [];
  program.follow(`sandpit.v1.live.*.${ada.accountId}.${simulator.id}`, (body) => {
    for (const event of (body as EventRecord).events) {
      if (event.type === 'orderAccepted') accepted.push(event.order.clientOrderId);
    }
  });
  await program.settled();
  const body = await limitBuy('through-a-crash');
  // The command is stored and its answer is not yet there.
  system.kill('worker-1', 'SIGSTOP');
  program.say('submitOrder', { body });
  await sleep(200);
  const old = system.kill('doors');
  system.kill('worker-1', 'SIGCONT');
  await program.when(() => accepted.length > 0, 'the order that nobody was told of');
  expect(program.heard).toEqual([]);
  await system.restarted('doors', old);
  let answer: HeardAnswer | null = null;
  for (let tries = 0; tries < 20 && (answer === null || answer.status >= 500); tries++) {
    // Still wanted: sent anew.
    const again = { ...body, sentAt: new Date().toISOString() };
    answer = await program.ask('submitOrder', { body: again }).catch(() => null);
    if (answer === null) await sleep(250);
  }
  expect(answer).toMatchObject({ data: { clientOrderId: 'through-a-crash', status: 'new' } });
  const orders = await ada.orders(simulator.id);
  expect(orders.filter(({ clientOrderId }) => clientOrderId === 'through-a-crash')).toHaveLength(1);
  expect(accepted).toEqual(['through-a-crash']);
}, 120_000);
