/** What only a real server can be put through: being old, being gone, being back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Delivery } from './bus.ts';
import { connectBus, type NatsBus } from './nats-bus.ts';
import { ensureStream, ensureStreams, type StreamConfiguration } from './streams.ts';
import { subjects } from './subjects.ts';
import { freePort, startServer, type TestServer } from './test/nats-server.ts';

const address = { accountId: 'acc', simulatorId: 'sim' };
const command = subjects.command(address, 'newOrder');
let folder: string;
let port: number;
let server: TestServer;
let bus: NatsBus;

const start = () => startServer(['-a', '127.0.0.1', '-p', `${port}`, '-js', '-sd', folder], port);

async function until(holds: () => boolean, limitMs = 15_000): Promise<void> {
  const giveUpAtMs = Date.now() + limitMs;
  while (!holds()) {
    if (Date.now() > giveUpAtMs) throw new Error(`Did not come true: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A signal takes a moment to stop every thread of the server. */
async function isSilent(): Promise<void> {
  const answered = () =>
    bus.ping().then(
      () => true,
      () => false,
    );
  const waited = () => new Promise<boolean>((resolve) => setTimeout(resolve, 200, false));
  while (await Promise.race([answered(), waited()]));
}

const consume = (more: {
  durable: string;
  startSequence: number;
  disposable?: boolean;
  onMessage(delivery: Delivery): Promise<void>;
  onLost(): void;
}) =>
  bus.consume('COMMANDS', {
    filter: command,
    maxAckPending: 1,
    ackWaitMs: 10_000,
    inactiveMs: 60_000,
    disposable: true,
    ...more,
  });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sandpit-bus-'));
  port = await freePort();
  server = await start();
  bus = await connectBus({ servers: `127.0.0.1:${port}`, name: 'test', onWarning: () => {} });
  await ensureStreams(bus);
});

afterAll(async () => {
  await bus.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('of what is offered one learns from the server when nobody listened', async () => {
  const subject = subjects.marketData(address, 'ACME', 'quote');
  const [told, heard]: [number[], unknown[]] = [[], []];
  const offer = (n: number) =>
    bus.offer(subject, new TextEncoder().encode(`${n}`), () => told.push(n));
  offer(1);
  await until(() => told.length === 1);
  const following = bus.follow(subject, ({ body }) => heard.push(body));
  await bus.ping();
  offer(2);
  await until(() => heard.length === 1);
  await following.stop();
  await bus.ping();
  offer(3);
  await until(() => told.length === 2);
  expect(told).toEqual([1, 3]);
  expect(heard).toEqual([2]);
});

describe('the echo check', () => {
  const probe = (more: object): StreamConfiguration => ({
    name: 'PROBE',
    subjects: ['probe.>'],
    storage: 'memory',
    ...more,
  });

  test('names a field that the server drops without a word', async () => {
    await expect(ensureStream(bus.api, probe({ allow_msg_ttl: true }))).rejects.toThrow(
      'PROBE: the server does not keep allow_msg_ttl (asked true, has undefined)',
    );
  });

  test('brings an existing stream up to date, and names what cannot be changed', async () => {
    await ensureStream(bus.api, probe({ max_msgs: 10 }));
    await ensureStream(bus.api, probe({ max_msgs: 20 }));
    const { config } = await bus.api.request('STREAM.INFO.PROBE');
    expect(config).toMatchObject({ max_msgs: 20 });
    await expect(ensureStream(bus.api, probe({ storage: 'file' }))).rejects.toThrow(/PROBE/);
  });

  test('writes nothing when all is as it should be', async () => {
    const asked: string[] = [];
    const api = {
      request: (subject: string, body?: unknown) => {
        asked.push(subject);
        return bus.api.request(subject, body);
      },
    };
    await ensureStreams({ api });
    expect(asked.filter((subject) => !subject.startsWith('STREAM.INFO.'))).toEqual([]);
  });
});

test('a stream made anew has another incarnation', async () => {
  const before = await bus.streamState('AUDIT');
  await bus.api.request('STREAM.DELETE.AUDIT');
  await ensureStreams(bus);
  const after = await bus.streamState('AUDIT');
  expect(after.incarnation).not.toBe(before.incarnation);
});

describe('a server that is killed and comes back', () => {
  test('fails publishes at once, keeps what it acknowledged, and everything goes on', async () => {
    const connection: boolean[] = [];
    bus.onConnection((connected) => connection.push(connected));
    const live: number[] = [];
    bus.follow(subjects.live(address), ({ body }) => live.push((body as { n: number }).n));
    const leases = await bus.bucket('LEASES');
    const watched: string[] = [];
    await leases.watch(({ key, revision }) => watched.push(`${key}@${revision}`));
    await leases.put('shard.1', new Uint8Array([1]));
    const event = subjects.event(address);
    await bus.publish(event, { n: 1 }, { stream: 'EVENTS', after: 0 });
    await until(() => live.length === 1 && watched.length === 1);

    await server.kill();
    await until(() => !bus.connected);
    const askedAtMs = performance.now();
    await expect(bus.publish(event, { n: 2 }, { stream: 'EVENTS' })).rejects.toMatchObject({
      failure: 'unavailable',
    });
    expect(performance.now() - askedAtMs).toBeLessThan(100);
    await expect(bus.ping()).rejects.toMatchObject({ failure: 'unavailable' });

    server = await start();
    await until(() => bus.connected);
    expect(connection).toEqual([false, true]);
    expect((await bus.last('EVENTS', event))?.body).toEqual({ n: 1 });
    const { sequence } = await bus.publish(event, { n: 3 }, { stream: 'EVENTS', after: 1 });
    expect(sequence).toBe(2);
    await leases.put('shard.2', new Uint8Array([2]));
    await until(() => live.length === 2 && watched.length === 2);
    // What failed while it was away was not sent later.
    expect(live).toEqual([1, 3]);
    expect(watched.map((entry) => entry.split('@')[0])).toEqual(['shard.1', 'shard.2']);
  });

  test('takes consumers in memory with it: their owner hears, and opens the next', async () => {
    const seen: unknown[] = [];
    const lost: string[] = [];
    const onMessage = async (delivery: Delivery) => {
      seen.push(delivery.body);
      delivery.ack();
    };
    const open = (durable: string, startSequence: number) =>
      consume({ durable, startSequence, onMessage, onLost: () => lost.push(durable) });
    await open('s-sim-1', 1);
    const first = await bus.publish(command, 'one', { stream: 'COMMANDS' });
    await until(() => seen.length === 1);
    await server.kill();
    server = await start();
    await until(() => bus.connected);
    const backAtMs = performance.now();
    await bus.publish(command, 'two', { stream: 'COMMANDS' });
    await until(() => lost.length === 1);
    expect(performance.now() - backAtMs).toBeLessThan(5_000);
    const second = await open('s-sim-2', first.sequence + 1);
    await until(() => seen.length === 2);
    expect(seen).toEqual(['one', 'two']);
    await second.stop();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(lost).toEqual(['s-sim-1']);
  });

  test('keeps consumers on disk: they go on without their owner doing anything', async () => {
    const seen: unknown[] = [];
    let lost = 0;
    const { lastSequence } = await bus.streamState('COMMANDS');
    const consumer = await consume({
      durable: 'kept',
      disposable: false,
      startSequence: lastSequence + 1,
      onMessage: async (delivery) => {
        seen.push(delivery.body);
        delivery.ack();
      },
      onLost: () => void lost++,
    });
    await bus.publish(command, 'a', { stream: 'COMMANDS' });
    await until(() => seen.length === 1);
    await server.kill();
    server = await start();
    await until(() => bus.connected);
    await bus.publish(command, 'b', { stream: 'COMMANDS' });
    await until(() => seen.includes('b'));
    expect(lost).toBe(0);
    await consumer.stop();
    await bus.removeConsumer('COMMANDS', 'kept');
  });
});

test('a server that answers no more is noticed, and an unanswered publish is unknown', async () => {
  process.kill(server.pid, 'SIGSTOP');
  await isSilent();
  const event = subjects.event({ accountId: 'acc', simulatorId: 'paused' });
  try {
    await expect(
      bus.publish(event, { n: 1 }, { stream: 'EVENTS', timeoutMs: 300 }),
    ).rejects.toMatchObject({ failure: 'unknown' });
    await until(() => !bus.connected, 20_000);
  } finally {
    process.kill(server.pid, 'SIGCONT');
  }
  await until(() => bus.connected);
  // Nobody may conclude anything from the silence: this one was stored.
  expect((await bus.last('EVENTS', event))?.body).toEqual({ n: 1 });
});

describe('a first connection', () => {
  test('waits for a server that is still starting', async () => {
    const late = await freePort();
    const connecting = connectBus({ servers: `127.0.0.1:${late}`, name: 'early' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const started = await startServer(['-a', '127.0.0.1', '-p', `${late}`], late);
    const early = await connecting;
    await early.ping();
    // No JetStream there: that is said, not waited for.
    await expect(early.streamState('EVENTS')).rejects.toMatchObject({ failure: 'unavailable' });
    await early.close();
    await started.stop();
  });

  test('gives up with a sentence when nobody is there', async () => {
    const nobody = await freePort();
    await expect(
      connectBus({ servers: `127.0.0.1:${nobody}`, name: 'lonely', patienceMs: 300 }),
    ).rejects.toThrow(/does not answer.*correct NATS_URL/);
  });
});
