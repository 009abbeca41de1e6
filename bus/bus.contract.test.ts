/** What every bus keeps, tried on the real one and on the one in memory. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { appendRecord } from './append.ts';
import { type Bus, BusError, type ConsumeOptions, type Delivery, type LiveMessage } from './bus.ts';
import { MemoryBus } from './memory-bus.ts';
import { hostScheduler } from './memory-scheduler.ts';
import { MemoryServer } from './memory-server.ts';
import { connectBus } from './nats-bus.ts';
import { COMMANDS_PER_SIMULATOR_MAX, ensureStreams, type StreamName } from './streams.ts';
import { subjects } from './subjects.ts';

const buses = {
  nats: async (): Promise<Bus> => {
    const bus = await connectBus({ servers: inject('servers').natsUrl, name: 'contract' });
    await ensureStreams(bus);
    return bus;
  },
  memory: async (): Promise<Bus> => new MemoryBus(new MemoryServer({ scheduler: hostScheduler })),
};

/** A simulator nobody else uses. */
const fresh = () => ({ accountId: 'acc', simulatorId: randomUUID() });
const failure = (call: Promise<unknown>) =>
  call.then(
    () => 'none',
    (error: unknown) => (error instanceof BusError ? error.failure : String(error)),
  );
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array | null | undefined) =>
  data ? new TextDecoder().decode(data) : null;

async function until(holds: () => boolean, limitMs = 8_000): Promise<void> {
  const giveUpAtMs = Date.now() + limitMs;
  while (!holds()) {
    if (Date.now() > giveUpAtMs) throw new Error(`Did not come true: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe.each(Object.keys(buses) as (keyof typeof buses)[])('the %s bus', (kind) => {
  let bus: Bus;
  beforeAll(async () => {
    bus = await buses[kind]();
  });
  afterAll(() => bus.close());

  const event = (address = fresh()) => subjects.event(address);
  const put = (subject: string, body: unknown, after?: number, id?: string) =>
    bus.publish(subject, body, {
      stream: 'EVENTS',
      ...(after !== undefined && { after }),
      ...(id !== undefined && { id }),
    });
  const stored = async (stream: StreamName, filter: string, from = 1, limit?: number) => {
    const found: unknown[] = [];
    for await (const message of bus.read(stream, { filter, from, ...(limit && { limit }) })) {
      found.push(message.body);
    }
    return found;
  };

  describe('the fence', () => {
    test('takes a record only behind the one its writer knows', async () => {
      const subject = event();
      const { sequence } = await put(subject, { n: 1 }, 0);
      expect(await failure(put(subject, { n: 2 }, 0))).toBe('conflict');
      await put(event(), { other: true }, 0);
      const second = await put(subject, { n: 2 }, sequence);
      expect(second.sequence).toBeGreaterThan(sequence);
      expect(await failure(put(subject, { n: 3 }, sequence))).toBe('conflict');
      expect(await stored('EVENTS', subject)).toEqual([{ n: 1 }, { n: 2 }]);
    });

    test('lets one of many writers through', async () => {
      const subject = event();
      const tries = await Promise.all(
        Array.from({ length: 20 }, (_, writer) => failure(put(subject, { writer }, 0))),
      );
      expect(tries.filter((outcome) => outcome === 'none')).toHaveLength(1);
      expect(await stored('EVENTS', subject)).toHaveLength(1);
    });
  });

  describe('de-duplication', () => {
    test('stores an id once, across all subjects of the stream', async () => {
      const [subject, other] = [event(), event()];
      const id = randomUUID();
      const first = await put(subject, { n: 1 }, undefined, id);
      expect(first.duplicate).toBe(false);
      expect(await put(subject, { n: 1 }, undefined, id)).toEqual({ ...first, duplicate: true });
      expect(await put(other, { n: 1 }, undefined, id)).toEqual({ ...first, duplicate: true });
      expect(await bus.last('EVENTS', other)).toBeNull();
    });

    test('a repeat of a stored record is recognised whatever the server calls it', async () => {
      const subject = event();
      const options = (hash: string) => ({
        id: `${subject}:1`,
        after: 0,
        timeoutMs: 1_000,
        giveUpAtMs: Date.now() + 1_000,
        nowMs: Date.now,
        sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
        isMine: (message: { body: unknown }) => (message.body as { hash: string }).hash === hash,
      });
      const append = (hash: string) =>
        appendRecord(bus, 'EVENTS', subject, { hash }, options(hash));
      const first = await append('mine');
      expect(first.outcome).toBe('committed');
      expect(await append('mine')).toEqual(first);
      expect(await append('theirs')).toMatchObject({ outcome: 'fenced' });
      // Without the id, only the expected sequence is left to stop it.
      expect(
        await appendRecord(
          bus,
          'EVENTS',
          subject,
          { hash: 'mine' },
          {
            ...options('mine'),
            id: randomUUID(),
          },
        ),
      ).toEqual(first);
      expect(await stored('EVENTS', subject)).toEqual([{ hash: 'mine' }]);
    });
  });

  test('a full simulator is refused, its neighbours are not, and a purge makes room', async () => {
    const [subject, neighbour] = [
      subjects.command(fresh(), 'newOrder'),
      subjects.command(fresh(), 'newOrder'),
    ];
    const command = (to: string) => bus.publish(to, {}, { stream: 'COMMANDS' });
    const all = Array.from({ length: COMMANDS_PER_SIMULATOR_MAX }, () => command(subject));
    const newest = Math.max(...(await Promise.all(all)).map(({ sequence }) => sequence));
    expect(await failure(command(subject))).toBe('full');
    expect(await failure(command(neighbour))).toBe('none');
    await bus.purge('COMMANDS', subject, newest);
    expect(await failure(command(subject))).toBe('none');
  });

  test('both lanes of a simulator are one queue, and a full one leaves room in the other', async () => {
    const address = fresh();
    const publish = (type: 'newOrder' | 'cancelOrder', n: number) =>
      bus.publish(subjects.command(address, type), { n }, { stream: 'COMMANDS' });
    const orders = Array.from({ length: COMMANDS_PER_SIMULATOR_MAX - 1 }, () =>
      publish('newOrder', 0),
    );
    await Promise.all(orders);
    const before = (await bus.last('COMMANDS', subjects.commands(address)))!.sequence;
    await publish('cancelOrder', 1);
    await publish('newOrder', 2);
    expect(await failure(publish('newOrder', 3))).toBe('full');
    const last = await publish('cancelOrder', 4);
    const filter = subjects.commands(address);
    const seen: unknown[] = [];
    for await (const { body } of bus.read('COMMANDS', { filter, from: before + 1 })) {
      seen.push((body as { n: number }).n);
    }
    expect(seen).toEqual([1, 2, 4]);
    expect(await bus.last('COMMANDS', filter)).toMatchObject({ sequence: last.sequence });
    await bus.purge('COMMANDS', filter, last.sequence + 1);
    expect(await bus.subjects('COMMANDS', filter)).toEqual(new Map());
    expect(await failure(publish('newOrder', 5))).toBe('none');
  });

  test('a message for another stream, or too large, is refused', async () => {
    const wrongStream = bus.publish(event(), {}, { stream: 'COMMANDS' });
    expect(await failure(wrongStream)).toBe('refused');
    const large = bus.publish(subjects.command(fresh(), 'newOrder'), new Uint8Array(17 * 1024), {
      stream: 'COMMANDS',
    });
    expect(await failure(large)).toBe('refused');
  });

  describe('reading', () => {
    test('goes from a sequence to the head of that moment, over one subject or many', async () => {
      const address = fresh();
      const subject = event(address);
      const sequences: number[] = [];
      for (let n = 1; n <= 5; n++) {
        sequences.push((await put(subject, { n })).sequence);
        await put(event(), { other: n });
      }
      expect(await stored('EVENTS', subject)).toEqual([1, 2, 3, 4, 5].map((n) => ({ n })));
      expect(await stored('EVENTS', subject, sequences[2])).toEqual([3, 4, 5].map((n) => ({ n })));
      expect(await stored('EVENTS', subject, 1, 2)).toEqual([{ n: 1 }, { n: 2 }]);
      expect(await stored('EVENTS', 'sandpit.v1.evt.>', sequences[3])).toHaveLength(4);
      const head = (await bus.streamState('EVENTS')).lastSequence;
      expect(await stored('EVENTS', subject, head + 100)).toEqual([]);
      expect(await stored('EVENTS', event())).toEqual([]);
      expect(await failure(stored('EVENTS', subject, 0))).toBe('refused');
    });

    test('ends there at once, even if others go on writing', async () => {
      const subject = event();
      for (let n = 1; n <= 3; n++) await put(subject, { n });
      const startedMs = performance.now();
      const seen: unknown[] = [];
      for await (const message of bus.read('EVENTS', { filter: subject, from: 1 })) {
        seen.push(message.body);
        await put(subject, { late: seen.length });
      }
      expect(seen).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
      expect(performance.now() - startedMs).toBeLessThan(2_000);
    });

    test('hands over thousands, in order, with what was stored beside them', async () => {
      const subject = subjects.deadLetter(fresh());
      const count = 1_500;
      await Promise.all(
        Array.from({ length: count }, (_, n) =>
          bus.publish(subject, { n }, { stream: 'DEADLETTERS', headers: { 'X-N': `${n}` } }),
        ),
      );
      let expected = 0;
      for await (const message of bus.read('DEADLETTERS', { filter: subject, from: 1 })) {
        expect(message.body).toEqual({ n: expected });
        expect(message.headers['X-N']).toBe(`${expected}`);
        expect(Math.abs(Date.now() - message.storedAtMs)).toBeLessThan(60_000);
        expected++;
      }
      expect(expected).toBe(count);
    });

    test('the newest message, the subjects and the stream itself can be asked for', async () => {
      const address = fresh();
      const subject = event(address);
      expect(await bus.last('EVENTS', subject)).toBeNull();
      await put(subject, { n: 1 });
      const { sequence } = await bus.publish(
        subject,
        { n: 2 },
        { stream: 'EVENTS', headers: { 'Sandpit-Correlation-Id': 'c-1' } },
      );
      const last = await bus.last('EVENTS', subject);
      expect(last).toMatchObject({ subject, sequence, body: { n: 2 } });
      expect(last?.headers['Sandpit-Correlation-Id']).toBe('c-1');
      const filter = `sandpit.v1.evt.*.*.${address.simulatorId}`;
      expect(await bus.subjects('EVENTS', filter)).toEqual(new Map([[subject, 2]]));
      const state = await bus.streamState('EVENTS');
      expect(state.lastSequence).toBe(sequence);
      expect(state.incarnation).toMatch(/^[0-9a-z]+$/);
    });

    test('a purge never takes the newest message', async () => {
      const subject = event();
      await put(subject, { n: 1 }, 0);
      const { sequence } = await put(subject, { n: 2 });
      await bus.purge('EVENTS', subject, Number.MAX_SAFE_INTEGER);
      expect(await stored('EVENTS', subject)).toEqual([{ n: 2 }]);
      // Were it empty, anybody could write a second first record.
      expect(await failure(put(subject, { genesis: true }, 0))).toBe('conflict');
      expect((await bus.last('EVENTS', subject))?.sequence).toBe(sequence);
    });
  });

  describe('live records', () => {
    test('carry what was stored and nothing else, with their place in the log', async () => {
      const address = fresh();
      const subject = event(address);
      const live: LiveMessage[] = [];
      const following = bus.follow(subjects.live(address), (message) => live.push(message));
      await bus.ping();
      const id = randomUUID();
      const first = await put(subject, { n: 1 }, 0, id);
      await put(subject, { n: 1 }, 0, id);
      await failure(put(subject, { n: 'refused' }, 0));
      const second = await put(subject, { n: 2 }, first.sequence);
      await until(() => live.length >= 2);
      await bus.ping();
      expect(live.map(({ body }) => body)).toEqual([{ n: 1 }, { n: 2 }]);
      expect(live[1]?.headers).toMatchObject({
        'Nats-Sequence': `${second.sequence}`,
        'Nats-Last-Sequence': `${first.sequence}`,
      });
      await following.stop();
      await put(subject, { n: 3 });
      await bus.ping();
      expect(live).toHaveLength(2);
    });

    test('what is announced reaches whoever listens, and is not stored', async () => {
      const address = fresh();
      const heard: unknown[] = [];
      bus.follow(`sandpit.v1.md.*.${address.accountId}.${address.simulatorId}.>`, ({ body }) =>
        heard.push(body),
      );
      await bus.ping();
      bus.announce(subjects.marketData(address, 'ACME', 'quote'), bytes('{"mid":1}'));
      await until(() => heard.length === 1);
      expect(heard).toEqual([{ mid: 1 }]);
    });
  });

  describe('a consumer', () => {
    const options = (filter: string, more: Partial<ConsumeOptions>): ConsumeOptions => ({
      durable: `s-${randomUUID()}-1`,
      filter,
      startSequence: 1,
      maxAckPending: 1,
      ackWaitMs: 10_000,
      inactiveMs: 60_000,
      disposable: true,
      onMessage: async (delivery) => delivery.ack(),
      onLost: () => {},
      ...more,
    });
    const send = (subject: string, n: number) =>
      bus.publish(subject, { n }, { stream: 'COMMANDS' });
    const numbers = (deliveries: Delivery[]) =>
      deliveries.map(({ body }) => (body as { n: number }).n);

    test('gets each message once, in order, from its start', async () => {
      const subject = subjects.command(fresh(), 'newOrder');
      await send(subject, 0);
      const { sequence } = await send(subject, 1);
      const seen: Delivery[] = [];
      const onMessage = async (delivery: Delivery) => {
        seen.push(delivery);
        delivery.ack();
      };
      const opened = await bus.consume(
        'COMMANDS',
        options(subject, { onMessage, startSequence: sequence }),
      );
      for (let n = 2; n < 200; n++) await send(subject, n);
      await until(() => seen.length >= 199);
      await opened.stop();
      expect(numbers(seen)).toEqual(Array.from({ length: 199 }, (_, i) => i + 1));
      expect(seen[0]).toMatchObject({ sequence, deliveries: 1 });
    });

    test('is handed nothing more until the one before is settled', async () => {
      const subject = subjects.command(fresh(), 'newOrder');
      const seen: Delivery[] = [];
      const opened = await bus.consume(
        'COMMANDS',
        options(subject, { onMessage: async (delivery) => void seen.push(delivery) }),
      );
      await send(subject, 1);
      await send(subject, 2);
      await until(() => seen.length === 1);
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(numbers(seen)).toEqual([1]);
      seen[0]?.retry(50);
      await until(() => seen.length === 2);
      expect(numbers(seen)).toEqual([1, 1]);
      expect(seen[1]?.deliveries).toBe(2);
      seen[1]?.ack();
      await until(() => seen.length === 3);
      expect(numbers(seen)).toEqual([1, 1, 2]);
      await opened.stop();
    });

    test('gets again what was not settled in time or threw', async () => {
      const subject = subjects.command(fresh(), 'newOrder');
      const seen: Delivery[] = [];
      const onMessage = async (delivery: Delivery) => {
        seen.push(delivery);
        if (seen.length === 1) throw new Error('first time');
        if (seen.length > 2) delivery.ack();
      };
      const opened = await bus.consume(
        'COMMANDS',
        options(subject, { onMessage, ackWaitMs: 1_000 }),
      );
      await send(subject, 1);
      await until(() => seen.length === 3);
      expect(seen.map(({ deliveries }) => deliveries)).toEqual([1, 2, 3]);
      await opened.stop();
    });

    test('opens anew where its owner says, even under the same name', async () => {
      const subject = subjects.command(fresh(), 'newOrder');
      const sequences = [];
      for (let n = 1; n <= 4; n++) sequences.push((await send(subject, n)).sequence);
      const durable = `s-${randomUUID()}-1`;
      const open = async (startSequence: number, seen: Delivery[]) =>
        bus.consume(
          'COMMANDS',
          options(subject, {
            durable,
            startSequence,
            onMessage: async (delivery) => {
              seen.push(delivery);
              delivery.ack();
            },
          }),
        );
      const [first, second, third]: [Delivery[], Delivery[], Delivery[]] = [[], [], []];
      const one = await open(1, first);
      await until(() => first.length === 4);
      await one.stop();
      const two = await open(sequences[2] as number, second);
      await until(() => second.length === 2);
      await two.stop();
      const three = await open(sequences[2] as number, third);
      await until(() => third.length === 2);
      await three.stop();
      expect(numbers(second)).toEqual([3, 4]);
      expect(numbers(third)).toEqual([3, 4]);
    });

    test('tells its reader, once, when it is gone', async () => {
      const subject = subjects.command(fresh(), 'newOrder');
      const durable = `s-${randomUUID()}-1`;
      let lost = 0;
      const opened = await bus.consume(
        'COMMANDS',
        options(subject, { durable, onLost: () => void lost++ }),
      );
      await bus.removeConsumer('COMMANDS', durable);
      await until(() => lost > 0);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(lost).toBe(1);
      await bus.removeConsumer('COMMANDS', durable);
      await opened.stop();
    });

    test('stops only when its callback has ended', async () => {
      const subject = subjects.command(fresh(), 'newOrder');
      let running = false;
      const onMessage = async (delivery: Delivery) => {
        running = true;
        await new Promise((resolve) => setTimeout(resolve, 100));
        delivery.ack();
        running = false;
      };
      const opened = await bus.consume('COMMANDS', options(subject, { onMessage }));
      await send(subject, 1);
      await until(() => running);
      await opened.stop();
      expect(running).toBe(false);
    });
  });

  describe('a bucket', () => {
    test('is decided by compare-and-set alone', async () => {
      const leases = await bus.bucket('LEASES');
      const key = `shard.${randomUUID()}`;
      expect(await leases.get(key)).toBeNull();
      const first = await leases.create(key, bytes('a'));
      expect(await failure(leases.create(key, bytes('b')))).toBe('conflict');
      const second = await leases.update(key, bytes('c'), first);
      expect(await failure(leases.update(key, bytes('d'), first))).toBe('conflict');
      const entry = await leases.get(key);
      expect([text(entry?.value), entry?.revision]).toEqual(['c', second]);
      expect(await failure(leases.delete(key, first))).toBe('conflict');
      await leases.delete(key, second);
      expect(await leases.get(key)).toBeNull();
      expect(await leases.keys()).not.toContain(key);
      await leases.create(key, bytes('e'));
      expect(await leases.keys()).toContain(key);
    });

    test('lets one of many create a key that was deleted', async () => {
      const leases = await bus.bucket('LEASES');
      const key = `shard.${randomUUID()}`;
      await leases.create(key, bytes('old'));
      await leases.delete(key);
      const tries = await Promise.all(
        Array.from({ length: 10 }, (_, i) => failure(leases.create(key, bytes(`${i}`)))),
      );
      expect(tries.filter((outcome) => outcome === 'none')).toHaveLength(1);
    });

    test('shows a watcher what is there, then every change', async () => {
      const scenarios = await bus.bucket('SCENARIOS');
      const key = `calm.${randomUUID()}`;
      await scenarios.put(key, bytes('1'));
      await scenarios.put(key, bytes('2'));
      const seen: (string | null)[] = [];
      const watching = await scenarios.watch((change) => {
        if (change.key === key) seen.push(text(change.value));
      });
      expect(seen).toEqual(['2']);
      await scenarios.put(key, bytes('3'));
      await scenarios.delete(key);
      await until(() => seen.length === 3);
      expect(seen).toEqual(['2', '3', null]);
      await watching.stop();
      await scenarios.put(key, bytes('4'));
      await bus.ping();
      expect(seen).toHaveLength(3);
    });
  });
});
