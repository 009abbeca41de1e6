/** The integrator's example, run as an integrator would: a credential, a server, no code of ours. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { connectBus, type NatsBus } from '../nats-bus.ts';
import { ensureStreams } from '../streams.ts';
import { subjects } from '../subjects.ts';
import { freePort, startServer, type TestServer } from '../test/nats-server.ts';
import { createNatsHome, type NatsHome } from './nats-home.ts';
import { inboxPrefixOf, type Role } from './permissions.ts';
import { issueTraderCredential } from './trader-credential.ts';

const EXAMPLE = join(import.meta.dirname, '../../docs/examples/subscribe.mjs');
const address = { accountId: 'acc-1', simulatorId: 'sim-1' };
let folder: string;
let home: NatsHome;
let server: TestServer;
let doors: NatsBus;
let worker: NatsBus;

const as = (role: Role) =>
  connectBus({
    servers: home.url,
    name: role,
    creds: readFileSync(home.creds[role], 'utf8'),
    inboxPrefix: inboxPrefixOf(role),
  });

async function credential(expiresAt = new Date(Date.now() + 60_000)): Promise<string> {
  const { creds } = await issueTraderCredential({
    accountSigningSeed: readFileSync(home.appSigningSeedFile, 'utf8'),
    appAccountId: home.appAccountId,
    accountId: address.accountId,
    name: 'example',
    expiresAt,
  });
  const file = join(folder, `${expiresAt.getTime()}.creds`);
  writeFileSync(file, creds);
  return file;
}

/** Runs the example until `enough` says so, or it ends by itself. */
function run(args: string[], enough: (output: string) => boolean, onLine = (_: string) => {}) {
  return new Promise<{ output: string; code: number | null }>((resolve) => {
    const child = spawn(process.execPath, [EXAMPLE, ...args]);
    let output = '';
    const take = (chunk: Buffer) => {
      output += chunk;
      onLine(output);
      if (enough(output)) child.kill('SIGINT');
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('exit', (code) => resolve({ output, code }));
  });
}

beforeAll(async () => {
  folder = join(inject('servers').natsHome, 'example');
  const port = await freePort();
  home = await createNatsHome(folder, { port });
  server = await startServer(['-c', home.configFile], port);
  [doors, worker] = await Promise.all([as('doors'), as('worker')]);
  await ensureStreams(doors);
});

afterAll(async () => {
  await Promise.all([doors.close(), worker.close()]);
  await server.stop();
});

test('prints events and market data of its account, one line each', async () => {
  const order = {
    orderId: 'o-1',
    symbol: 'ACME',
    side: 'buy',
    quantityLots: 5,
    limitTicks: 10_000,
    filledLots: 0,
    status: 'new',
    rejectReason: null,
  };
  let published = false;
  const publish = async (output: string) => {
    if (published || !output.includes('Connected')) return;
    published = true;
    // The subscriptions follow the connection; a round trip of our own is later than theirs.
    await new Promise((resolve) => setTimeout(resolve, 200));
    const record = { events: [{ type: 'orderAccepted', order }] };
    await worker.publish(subjects.event(address), record, { stream: 'EVENTS' });
    const quote = { bid: '99.99', bidQuantity: '300', ask: null, askQuantity: null };
    const body = new TextEncoder().encode(JSON.stringify(quote));
    worker.announce(subjects.marketData(address, 'ACME', 'quote'), body);
  };
  const { output } = await run(
    [await credential(), home.url],
    (text) => text.includes('ACME quote'),
    (text) => void publish(text),
  );
  expect(output).toContain('account acc-1');
  expect(output).toContain('sim-1  #1  orderAccepted buy 5 ACME @ 10000: new, 0 filled');
  expect(output).toContain('sim-1  ACME quote  300 @ 99.99 | none');
});

test.each([
  ['no file at all', async () => [], 'Usage: subscribe.mjs'],
  ['a file that is not there', async () => ['/nowhere.creds'], 'Cannot read /nowhere.creds'],
  ['a file that is no credential', async () => [EXAMPLE], 'is no credentials file'],
  ['a service’s credential', async () => [home.creds.doors], 'belongs to no trading account'],
  ['an expired one', async () => [await credential(new Date(1_000_000))], 'expired on 1970'],
  [
    'nobody at the address',
    async () => [await credential(), 'nats://127.0.0.1:1'],
    'Nobody listens',
  ],
])('says what to do about %s', async (_what, args, sentence) => {
  const { output, code } = await run(await args(), () => false);
  expect(output).toContain(sentence);
  expect(code).toBe(1);
});
