/** The permissions table on a real server: what each role may do works, everything else is refused. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectRaw, credsAuthenticator, headers } from 'nats';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Bus, BusError, type LiveMessage } from '../bus.ts';
import { connectBus, type NatsBus } from '../nats-bus.ts';
import { ensureStreams } from '../streams.ts';
import { subjects } from '../subjects.ts';
import { freePort, startServer, type TestServer } from '../test/nats-server.ts';
import { createNatsHome, type NatsHome } from './nats-home.ts';
import { inboxPrefixOf, type Role } from './permissions.ts';
import { revokeUsers } from './revoke.ts';
import { issueTraderCredential } from './trader-credential.ts';

const IN_AN_HOUR = () => new Date(Date.now() + 3_600_000);
const mine = { accountId: 'acc-1', simulatorId: 'sim-1' };
const others = { accountId: 'acc-2', simulatorId: 'sim-2' };

let dir: string;
let options: { port: number };
let home: NatsHome;
let server: TestServer;
const open: Bus[] = [];

async function as(role: Role): Promise<NatsBus> {
  const bus = await connectBus({
    servers: home.url,
    name: role,
    creds: readFileSync(home.creds[role], 'utf8'),
    inboxPrefix: inboxPrefixOf(role),
    patienceMs: 5_000,
    onWarning: () => {},
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

const failure = (call: Promise<unknown>) =>
  call.then(
    () => 'none',
    (error: unknown) => (error instanceof BusError ? error.failure : String(error)),
  );

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !holds(); i++) await new Promise((r) => setTimeout(r, 10));
  if (!holds()) throw new Error(`Did not come true: ${holds}`);
}

beforeAll(async () => {
  dir = join(inject('servers').natsHome, 'security');
  options = { port: await freePort() };
  home = await createNatsHome(dir, options);
  server = await startServer(['-c', home.configFile], options.port);
  await ensureStreams(await as('doors'));
});

afterAll(async () => {
  await Promise.all(open.map((bus) => bus.close()));
  await server.stop();
});

test('making the home again keeps its keys, and secrets are for their owner alone', async () => {
  const again = await createNatsHome(dir, options);
  expect(again).toEqual(home);
  const secrets = [...Object.values(home.creds), home.appSigningSeedFile, home.configFile];
  for (const file of secrets) expect(statSync(file).mode & 0o777).toBe(0o600);
});

describe('the services', () => {
  const cases: [Role, string, (bus: Bus) => Promise<unknown>, 'none' | 'refused'][] = [];
  const row = (
    role: Role,
    what: string,
    outcome: 'none' | 'refused',
    call: (bus: Bus) => Promise<unknown>,
  ) => cases.push([role, what, call, outcome]);
  const publish =
    (stream: Parameters<Bus['publish']>[2]['stream'], subject: string) => (bus: Bus) =>
      bus.publish(subject, {}, { stream });
  const put = (bucket: 'LEASES' | 'KEYS' | 'SCENARIOS') => async (bus: Bus) =>
    (await bus.bucket(bucket)).put('a-key', new Uint8Array([1]));
  const readAll = (stream: 'EVENTS' | 'COMMANDS', filter: string) => async (bus: Bus) => {
    for await (const _ of bus.read(stream, { filter, from: 1 })) return;
  };

  for (const [role, commands, events] of [
    ['doors', 'none', 'refused'],
    ['worker', 'refused', 'none'],
    ['operator', 'refused', 'refused'],
  ] as const) {
    row(role, 'send commands', commands, publish('COMMANDS', subjects.command(mine, 'newOrder')));
    row(role, 'write the log', events, publish('EVENTS', subjects.event(mine)));
    row(role, 'write snapshots', events, publish('SNAPSHOTS', subjects.snapshot(mine)));
    row(role, 'forge live records', 'refused', publish('EVENTS', subjects.live(mine)));
    row(role, 'take leases', events, put('LEASES'));
    row(role, 'publish keys', commands, put('KEYS'));
    row(role, 'change scenarios', commands, put('SCENARIOS'));
    row(role, 'read the log', 'none', readAll('EVENTS', 'sandpit.v1.evt.>'));
    row(role, 'delete a stream', 'refused', (bus) =>
      (bus as NatsBus).api.request('STREAM.DELETE.EVENTS'),
    );
    row(role, 'shorten the log', 'refused', async (bus) => {
      const sequence = (await bus.streamState('EVENTS')).lastSequence;
      await (bus as NatsBus).api.request('STREAM.PURGE.EVENTS', { seq: sequence });
    });
  }
  row('doors', 'change the rules of a stream', 'refused', (bus) =>
    (bus as NatsBus).api.request('STREAM.UPDATE.EVENTS', { name: 'EVENTS' }),
  );
  row('archivist', 'write the log', 'none', publish('EVENTS', subjects.event(mine)));
  row('archivist', 'shorten the log', 'none', (bus) =>
    bus.purge('EVENTS', subjects.event(mine), 1_000_000),
  );
  row(
    'archivist',
    'send commands',
    'refused',
    publish('COMMANDS', subjects.command(mine, 'newOrder')),
  );
  row('archivist', 'take leases', 'refused', put('LEASES'));
  row('archivist', 'delete a stream', 'refused', (bus) =>
    (bus as NatsBus).api.request('STREAM.DELETE.EVENTS'),
  );
  row('doors', 'read the command queue', 'refused', readAll('COMMANDS', 'sandpit.v1.cmd.>'));

  test.each(cases)('%s may or may not %s', async (role, _what, call, outcome) => {
    expect(await failure(call(await as(role)))).toBe(outcome);
  });

  test('a worker consumes, acknowledges and makes room in the queue', async () => {
    const [doors, worker] = [await as('doors'), await as('worker')];
    const subject = subjects.command(mine, 'newOrder');
    const sent = await doors.publish(subject, { n: 1 }, { stream: 'COMMANDS' });
    const seen: number[] = [];
    const consumer = await worker.consume('COMMANDS', {
      durable: 's-sim-1-1',
      filter: subject,
      startSequence: sent.sequence,
      maxAckPending: 1,
      ackWaitMs: 5_000,
      inactiveMs: 60_000,
      disposable: true,
      onMessage: async (delivery) => {
        seen.push(delivery.sequence);
        delivery.ack();
      },
      onLost: () => {},
    });
    const next = await doors.publish(subject, { n: 2 }, { stream: 'COMMANDS' });
    await until(() => seen.length === 2);
    await consumer.stop();
    await worker.purge('COMMANDS', subject, next.sequence);
    expect(seen).toEqual([sent.sequence, next.sequence]);
  });

  test('nobody gets in without a credential, or with one of another home', async () => {
    await expect(
      connectBus({ servers: home.url, name: 'nobody', patienceMs: 1_000 }),
    ).rejects.toMatchObject({
      failure: 'refused',
    });
    const foreign = await createNatsHome(join(dir, 'foreign'), options);
    const creds = readFileSync(foreign.creds.doors, 'utf8');
    await expect(
      connectBus({ servers: home.url, name: 'foreigner', creds, patienceMs: 1_000 }),
    ).rejects.toMatchObject({ failure: 'refused' });
  });

  test('Moleculer’s account and the bus’s do not hear each other', async () => {
    const mol = await asTrader(readFileSync(home.creds.mol, 'utf8'));
    const heard: string[] = [];
    mol.subscribe('>', { callback: (_error, message) => heard.push(message.subject) });
    await mol.flush();
    await (await as('worker')).publish(subjects.event(mine), {}, { stream: 'EVENTS' });
    mol.publish('MOL-sandpit.PING');
    await until(() => heard.includes('MOL-sandpit.PING'));
    expect(heard).toEqual(['MOL-sandpit.PING']);
    await mol.close();
  });
});

describe('a trader’s program', () => {
  test('hears its own records and market data, and nobody else’s', async () => {
    const { creds, subjects: allowed } = await issue(mine.accountId);
    const trader = await asTrader(creds);
    const heard: string[] = [];
    for (const subject of allowed) {
      trader.subscribe(subject, { callback: (_error, message) => heard.push(message.subject) });
    }
    await trader.flush();
    const worker = await as('worker');
    for (const address of [others, mine]) {
      await worker.publish(subjects.event(address), {}, { stream: 'EVENTS' });
      worker.announce(subjects.marketData(address, 'ACME', 'quote'), new Uint8Array([1]));
    }
    await worker.ping();
    await until(() => heard.length >= 2);
    await trader.flush();
    expect(heard.sort()).toEqual([subjects.live(mine), subjects.marketData(mine, 'ACME', 'quote')]);
    await trader.close();
  });

  test.each([
    `sandpit.v1.live.*.${others.accountId}.>`,
    `sandpit.v1.md.*.${others.accountId}.>`,
    'sandpit.v1.live.>',
    `sandpit.v1.evt.*.${mine.accountId}.>`,
    `sandpit.v1.cmd.*.${mine.accountId}.>`,
    subjects.response(others),
    'sandpit.v1.rsp.*.*',
    subjects.request(mine, 'submitOrder'),
    'sandpit.v1.req.>',
    'sandpit.>',
    '>',
    '_INBOX_doors.>',
    '_INBOX.>',
    '$JS.>',
    '$SYS.>',
  ])('is refused the subscription %s', async (subject) => {
    const trader = await asTrader((await issue(mine.accountId)).creds);
    const refused = new Promise<string>((resolve) => {
      trader.subscribe(subject, { callback: (error) => error && resolve(error.code) });
    });
    expect(await refused).toBe('PERMISSIONS_VIOLATION');
    await trader.close();
  });

  test.each([
    subjects.command(mine, 'newOrder'),
    subjects.live(mine),
    subjects.marketData(mine, 'ACME', 'quote'),
    '$JS.API.STREAM.INFO.EVENTS',
    '$KV.KEYS.jwks',
    subjects.deadMan(others),
    'sandpit.v1.dms.acc-1.sim-1.more',
    subjects.response(mine),
    subjects.request(others, 'submitOrder'),
    'sandpit.v1.req.acc-1.sim-1',
    'sandpit.v1.req.acc-1.sim-1.submitOrder.more',
    '_INBOX_doors.x',
  ])('is refused to publish on %s', async (subject) => {
    const trader = await asTrader((await issue(mine.accountId)).creds);
    const refused = (async () => {
      for await (const status of trader.status()) {
        if (status.permissionContext) return status.permissionContext.subject;
      }
      return null;
    })();
    trader.publish(subject);
    expect(await refused).toBe(subject);
    await trader.close();
  });

  test('may say that it is there, for simulators of its account, and the doors hear it', async () => {
    const doors = await as('doors');
    const heard: LiveMessage[] = [];
    doors.follow(subjects.deadMen(), (message) => heard.push(message));
    await doors.ping();
    const trader = await asTrader((await issue(mine.accountId)).creds);
    // As long as an access token.
    const hello = headers();
    hello.set('Sandpit-Authorization', 'x'.repeat(600));
    trader.publish(subjects.deadMan(mine), undefined, { headers: hello });
    await until(() => heard.length > 0);
    expect(heard[0]?.subject).toBe('sandpit.v1.dms.acc-1.sim-1');
    expect(heard[0]?.headers['Sandpit-Authorization']).toHaveLength(600);
    await trader.close();
  });

  test('is let in no longer once its credential has expired or was revoked', async () => {
    await expect(
      issue(mine.accountId, new Date(Date.now() - 10_000)).then(({ creds }) => asTrader(creds)),
    ).rejects.toThrow();
    const [kept, gone] = [await issue(mine.accountId), await issue(mine.accountId)];
    const [keptProgram, goneProgram] = [await asTrader(kept.creds), await asTrader(gone.creds)];
    const worker = await as('worker');
    await revokeUsers(dir, home, [gone.publicKey]);
    await goneProgram.closed();
    await expect(asTrader(gone.creds)).rejects.toThrow();
    await keptProgram.flush();
    await worker.publish(subjects.event(mine), {}, { stream: 'EVENTS' });
    await (await asTrader(kept.creds)).close();
    await keptProgram.close();
    // It outlives the server, with the home made anew as on every start.
    home = await createNatsHome(dir, options);
    await server.stop();
    server = await startServer(['-c', home.configFile], options.port);
    await expect(asTrader(gone.creds)).rejects.toThrow();
    await (await asTrader(kept.creds)).close();
  });

  test('cannot be given a scope wider than one account', async () => {
    for (const accountId of ['>', '*', 'a.b', '', 'a b', 'UPPER']) {
      await expect(issue(accountId)).rejects.toThrow(RangeError);
    }
  });
});

test('live records heard by the doors come from the log alone', async () => {
  const [doors, worker] = [await as('doors'), await as('worker')];
  const heard: LiveMessage[] = [];
  doors.follow(subjects.live(others), (message) => heard.push(message));
  await doors.ping();
  worker.announce(subjects.live(others), new TextEncoder().encode('"forged"'));
  await worker.publish(subjects.event(others), 'stored', { stream: 'EVENTS' });
  await until(() => heard.length > 0);
  expect(heard.map(({ body }) => body)).toEqual(['stored']);
});
