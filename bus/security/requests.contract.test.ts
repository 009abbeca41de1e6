/** What traders' programs ask and are answered, on a real server: who may say and hear it, and who not. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectRaw, credsAuthenticator, headers } from 'nats';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Bus, LiveMessage } from '../bus.ts';
import { type ConnectOptions, connectBus, type NatsBus } from '../nats-bus.ts';
import { subjects } from '../subjects.ts';
import { freePort, startServer, type TestServer } from '../test/nats-server.ts';
import { createNatsHome, type NatsHome } from './nats-home.ts';
import { inboxPrefixOf, PERMISSIONS, type Role, TRADER_TEMPLATE } from './permissions.ts';
import { issueTraderCredential } from './trader-credential.ts';

const IN_AN_HOUR = () => new Date(Date.now() + 3_600_000);
const mine = { accountId: 'acc-1', simulatorId: 'sim-1' };
const others = { accountId: 'acc-2', simulatorId: 'sim-2' };

let dir: string;
let home: NatsHome;
let server: TestServer;
const open: Bus[] = [];

async function as(role: Role, onWarning: ConnectOptions['onWarning'] = () => {}): Promise<NatsBus> {
  const bus = await connectBus({
    servers: home.url,
    name: role,
    creds: readFileSync(home.creds[role], 'utf8'),
    inboxPrefix: inboxPrefixOf(role),
    patienceMs: 5_000,
    onWarning,
  });
  open.push(bus);
  return bus;
}

const issue = (accountId: string, expiresAt = IN_AN_HOUR()) =>
  issueTraderCredential({
    accountSigningSeed: readFileSync(home.appSigningSeedFile, 'utf8'),
    appAccountId: home.appAccountId,
    accountId,
    name: 'a test',
    expiresAt,
  });

/** A trader's program: the plain client and a credential, none of our code. */
const asTrader = (creds: string) =>
  connectRaw({
    servers: home.url,
    authenticator: credsAuthenticator(new TextEncoder().encode(creds)),
    reconnect: false,
  });

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !holds(); i++) await new Promise((r) => setTimeout(r, 10));
  if (!holds()) throw new Error(`Did not come true: ${holds}`);
}

beforeAll(async () => {
  dir = join(inject('servers').natsHome, 'requests');
  const port = await freePort();
  home = await createNatsHome(dir, { port });
  server = await startServer(['-c', home.configFile], port);
});

afterAll(async () => {
  await Promise.all(open.map((bus) => bus.close()));
  await server.stop();
});

describe('a trader’s program', () => {
  test('asks the doors in its account’s name, and hears what they answer', async () => {
    const doors = await as('doors');
    const asked: LiveMessage[] = [];
    doors.follow(subjects.requests(), (message) => asked.push(message), { queue: 'doors' });
    await doors.ping();
    const trader = await asTrader((await issue(mine.accountId)).creds);
    const heard: string[] = [];
    trader.subscribe(subjects.response({ ...mine, simulatorId: '*' }), {
      callback: (_error, message) => heard.push(`${message.subject} ${message.string()}`),
    });
    await trader.flush();
    // As large as a request may be, with a token beside it.
    const hello = headers();
    hello.set('Sandpit-Authorization', 'x'.repeat(2_048));
    const request = 'y'.repeat(17 * 1024);
    trader.publish(subjects.request(mine, 'submitOrder'), request, { headers: hello });
    await until(() => asked.length > 0);
    expect(asked[0]).toMatchObject({ subject: 'sandpit.v1.req.acc-1.sim-1.submitOrder' });
    expect(asked[0]?.data).toHaveLength(17 * 1024);
    for (const address of [others, mine]) {
      doors.announce(subjects.response(address), new TextEncoder().encode('done'));
    }
    await until(() => heard.length > 0);
    await trader.flush();
    expect(heard).toEqual(['sandpit.v1.rsp.acc-1.sim-1 done']);
    await trader.close();
  });

  test('knows from the server how large a message may be', async () => {
    const trader = await asTrader((await issue(mine.accountId)).creds);
    expect(trader.info?.max_payload).toBe(TRADER_TEMPLATE.payloadBytesMax);
    expect(() => trader.publish(subjects.request(mine, 'x'), 'y'.repeat(21 * 1024))).toThrow(
      'MAX_PAYLOAD_EXCEEDED',
    );
    await trader.close();
  });

  test('has an inbox of its own, and is told there at once when no gateway listens', async () => {
    // No gateway of the tests before listens any more.
    await Promise.all(open.splice(0).map((bus) => bus.close()));
    const { creds, publicKey } = await issue(mine.accountId);
    const trader = await asTrader(creds);
    const inbox = `_INBOX.${publicKey}.a`;
    const told: (number | undefined)[] = [];
    trader.subscribe(inbox, { callback: (_, { headers }) => told.push(headers?.code) });
    trader.publish(subjects.request(mine, 'submitOrder'), undefined, { reply: inbox });
    await until(() => told.length > 0);
    expect(told).toEqual([503]);
    const other = `_INBOX.${(await issue(mine.accountId)).publicKey}.>`;
    const refused = new Promise<string>((resolve) => {
      trader.subscribe(other, { callback: (error) => error && resolve(error.code) });
    });
    expect(await refused).toBe('PERMISSIONS_VIOLATION');
    await trader.close();
  });
});

describe('requests and answers', () => {
  const heardBy = async (role: Role, subject: string, say: () => void | Promise<void>) => {
    const bus = await as(role);
    const heard: string[] = [];
    bus.follow(subject, (message) => heard.push(message.subject));
    await bus.ping();
    await say();
    await new Promise((resolve) => setTimeout(resolve, 100));
    return heard;
  };

  test.each(['worker', 'operator', 'archivist'] as const)(
    'a %s neither asks nor answers',
    async (role) => {
      const bus = await as(role);
      const say = async () => {
        bus.announce(subjects.request(mine, 'submitOrder'), new Uint8Array());
        bus.announce(subjects.response(mine), new Uint8Array());
        await bus.ping();
      };
      expect(await heardBy('doors', subjects.requests(), say)).toEqual([]);
      const trader = await asTrader((await issue(mine.accountId)).creds);
      const heard: string[] = [];
      trader.subscribe(subjects.response(mine), {
        callback: (_, { subject }) => heard.push(subject),
      });
      await trader.flush();
      await say();
      await trader.flush();
      expect(heard).toEqual([]);
      await trader.close();
    },
  );

  test.each(['worker', 'operator', 'archivist'] as const)('a %s hears neither', async (role) => {
    const doors = await as('doors');
    const trader = await asTrader((await issue(mine.accountId)).creds);
    const say = async () => {
      trader.publish(subjects.request(mine, 'submitOrder'));
      doors.announce(subjects.response(mine), new Uint8Array());
      await Promise.all([trader.flush(), doors.ping()]);
    };
    expect(await heardBy(role, 'sandpit.v1.req.>', say)).toEqual([]);
    expect(await heardBy(role, 'sandpit.v1.rsp.>', say)).toEqual([]);
    await trader.close();
  });

  test('the doors ask nothing in a trader’s name, and answer nowhere else', async () => {
    const refused: unknown[] = [];
    const doors = await as('doors', (_, { subject }) => refused.push(subject));
    const { publicKey } = await issue(mine.accountId);
    const elsewhere = [
      subjects.request(mine, 'submitOrder'),
      `_INBOX.${publicKey}.x`,
      '_INBOX_worker.x',
      'sandpit.v1.rsp.acc-1',
      'sandpit.v1.rsp.acc-1.sim-1.more',
    ];
    for (const subject of [...elsewhere, subjects.response(mine)]) {
      doors.announce(subject, new Uint8Array());
    }
    await until(() => refused.length >= elsewhere.length);
    await doors.ping();
    expect(refused.sort()).toEqual(elsewhere.sort());
  });

  test('a program with an inbox that is not its own hears answers all the same', async () => {
    const refused: unknown[] = [];
    const program = await connectBus({
      servers: home.url,
      name: 'program',
      creds: (await issue(mine.accountId)).creds,
      inboxPrefix: '_INBOX_doors',
      onWarning: (_, { subject }) => refused.push(subject),
    });
    open.push(program);
    const heard: string[] = [];
    program.follow(subjects.response(mine), ({ subject }) => heard.push(subject));
    await program.ping();
    expect(refused).toEqual([expect.stringMatching(/^_INBOX_doors\./)]);
    (await as('doors')).announce(subjects.response(mine), new Uint8Array());
    await until(() => heard.length > 0);
  });
});

test('an older home is given the newer permissions by the next start', async () => {
  const { subscribe, publish, payloadBytesMax } = TRADER_TEMPLATE;
  const folder = join(dir, 'older');
  const port = await freePort();
  const doorsThen = structuredClone(PERMISSIONS.doors);
  Object.assign(TRADER_TEMPLATE, {
    subscribe: subscribe.filter((subject) => !subject.includes('.rsp.')),
    publish: ['sandpit.v1.dms.{{tag(account)}}.*'],
    payloadBytesMax: 1024,
  });
  PERMISSIONS.doors.publish = doorsThen.publish.filter((subject) => !subject.includes('.rsp.'));
  PERMISSIONS.doors.subscribe = doorsThen.subscribe.filter((subject) => !subject.includes('.req.'));
  const older = await createNatsHome(folder, { port });
  Object.assign(TRADER_TEMPLATE, { subscribe, publish, payloadBytesMax });
  PERMISSIONS.doors = doorsThen;
  const { creds } = await issueTraderCredential({
    accountSigningSeed: readFileSync(older.appSigningSeedFile, 'utf8'),
    appAccountId: older.appAccountId,
    accountId: mine.accountId,
    name: 'issued then',
    expiresAt: IN_AN_HOUR(),
  });
  const bytes = new TextEncoder().encode(creds);
  const ask = async (): Promise<number> => {
    const running = await startServer(['-c', older.configFile], port);
    const doors = await connectBus({
      servers: older.url,
      name: 'doors',
      creds: readFileSync(older.creds.doors, 'utf8'),
      inboxPrefix: inboxPrefixOf('doors'),
      onWarning: () => {},
    });
    const trader = await connectRaw({
      servers: older.url,
      authenticator: credsAuthenticator(bytes),
      reconnect: false,
    });
    let answers = 0;
    doors.follow(subjects.requests(), () =>
      doors.announce(subjects.response(mine), new Uint8Array()),
    );
    trader.subscribe(subjects.response(mine), { callback: (error) => (error ? null : answers++) });
    await Promise.all([doors.ping(), trader.flush()]);
    trader.publish(subjects.request(mine, 'submitOrder'), 'y'.repeat(900));
    await trader.flush();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await Promise.all([doors.close(), trader.close()]);
    await running.stop();
    return answers;
  };
  expect(await ask()).toBe(0);
  // A token made in the same second would not count as newer.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  await createNatsHome(folder, { port });
  expect(await ask()).toBe(1);
});
