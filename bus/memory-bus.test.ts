/** What the twin in memory can do beyond the contract: virtual time, and failures on demand. */
import { describe, expect, test } from 'vitest';
import type { ConsumeOptions, Delivery } from './bus.ts';
import { MemoryBus } from './memory-bus.ts';
import { VirtualScheduler } from './memory-scheduler.ts';
import { type Faults, MemoryServer } from './memory-server.ts';
import { matches } from './memory-stream.ts';

const EVENT = 'sandpit.v1.evt.1.acc.sim';
const COMMAND = 'sandpit.v1.cmd.1.acc.sim';
const LIVE = 'sandpit.v1.live.1.acc.sim';

function setUp(faults: Faults = {}) {
  const scheduler = new VirtualScheduler(0);
  const server = new MemoryServer({ scheduler, faults });
  return { scheduler, server, bus: new MemoryBus(server, { name: 'w-1', latencyMs: 5 }) };
}

function consumer(more: Partial<ConsumeOptions> = {}) {
  const seen: Delivery[] = [];
  const lost: string[] = [];
  const options: ConsumeOptions = {
    durable: 's-sim-1',
    filter: COMMAND,
    startSequence: 1,
    maxAckPending: 1,
    ackWaitMs: 10_000,
    inactiveMs: 60_000,
    disposable: true,
    onMessage: async (delivery) => {
      seen.push(delivery);
      delivery.ack();
    },
    onLost: (error) => lost.push((error as Error).message),
    ...more,
  };
  return { seen, lost, options, bodies: () => seen.map(({ body }) => body) };
}

test('of what is offered one learns when nobody listened', async () => {
  const { scheduler, bus } = setUp();
  const [told, heard]: [number[], unknown[]] = [[], []];
  const offer = async (n: number) => {
    bus.offer(LIVE, new TextEncoder().encode(`${n}`), () => told.push(n));
    await scheduler.advance(20);
  };
  await offer(1);
  const following = bus.follow(LIVE, ({ body }) => heard.push(body));
  await offer(2);
  await following.stop();
  await offer(3);
  expect(told).toEqual([1, 3]);
  expect(heard).toEqual([2]);
});

describe('virtual time', () => {
  test('nothing happens until time goes on', async () => {
    const { scheduler, bus } = setUp();
    let stored = false;
    void bus.publish(EVENT, {}, { stream: 'EVENTS' }).then(() => {
      stored = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(stored).toBe(false);
    await scheduler.advance(9);
    expect(stored).toBe(false);
    await scheduler.advance(1);
    expect(stored).toBe(true);
  });

  test('runs what is planned in the order of its time, then of its planning', async () => {
    const scheduler = new VirtualScheduler(0);
    const ran: string[] = [];
    scheduler.after(5, () => ran.push('b'));
    scheduler.after(1, () => {
      ran.push('a');
      scheduler.after(4, () => ran.push('d'));
    });
    scheduler.after(5, () => ran.push('c'));
    scheduler.after(3, () => ran.push('never'))();
    await scheduler.advance(10);
    expect(ran).toEqual(['a', 'b', 'c', 'd']);
    expect(scheduler.nowMs()).toBe(10);
  });

  test('the window in which an id is known ends', async () => {
    const { scheduler, bus } = setUp();
    const put = async () => {
      const publishing = bus.publish(EVENT, {}, { stream: 'EVENTS', id: 'one' });
      await scheduler.advance(20);
      return publishing;
    };
    expect(await put()).toMatchObject({ sequence: 1, duplicate: false });
    await scheduler.advance(119_000);
    expect(await put()).toMatchObject({ sequence: 1, duplicate: true });
    await scheduler.advance(2_000);
    expect(await put()).toMatchObject({ sequence: 2, duplicate: false });
  });
});

describe('faults of a publish', () => {
  const outcomeOf = async (faults: Faults) => {
    const { scheduler, server, bus } = setUp(faults);
    const outcome = bus.publish(EVENT, {}, { stream: 'EVENTS', timeoutMs: 100 }).then(
      () => 'stored',
      (error) => error.failure,
    );
    await scheduler.advance(100);
    const storedThen = server.stream('EVENTS').lastSequence;
    await scheduler.advance(1_000);
    return [await outcome, storedThen, server.stream('EVENTS').lastSequence];
  };

  test.each([
    ['none', null, ['stored', 1, 1]],
    ['lost', { kind: 'lost' }, ['unknown', 0, 0]],
    ['answer lost', { kind: 'answerLost' }, ['unknown', 1, 1]],
    ['a little late', { kind: 'delayed', delayMs: 50 }, ['stored', 1, 1]],
    [
      'stored long after its publisher gave up',
      { kind: 'delayed', delayMs: 500 },
      ['unknown', 0, 1],
    ],
  ] as const)('%s', async (_what, fault, expected) => {
    expect(await outcomeOf({ publish: () => fault })).toEqual(expected);
  });

  test('are planned by connection, stream and subject', async () => {
    const asked: unknown[] = [];
    const { scheduler, bus } = setUp({
      publish: (context) => {
        asked.push(context);
        return null;
      },
    });
    const creating = bus
      .bucket('LEASES')
      .then((leases) => leases.create('shard.1', new Uint8Array()));
    await scheduler.advance(100);
    await creating;
    expect(asked).toEqual([
      { connection: 'w-1', stream: 'KV_LEASES', subject: '$KV.LEASES.shard.1' },
    ]);
  });
});

describe('faults of a delivery', () => {
  test('a lost one comes again after the ack wait, before anything newer', async () => {
    let first = true;
    const { scheduler, bus } = setUp({
      deliver: () => {
        if (!first) return null;
        first = false;
        return 'lost';
      },
    });
    const { options, seen, bodies } = consumer();
    const opening = bus.consume('COMMANDS', options);
    void bus.publish(COMMAND, 'a', { stream: 'COMMANDS' });
    void bus.publish(COMMAND, 'b', { stream: 'COMMANDS' });
    await scheduler.advance(9_000);
    await opening;
    expect(bodies()).toEqual([]);
    await scheduler.advance(2_000);
    expect(bodies()).toEqual(['a', 'b']);
    expect(seen[0]?.deliveries).toBe(2);
  });

  test('a doubled one comes twice', async () => {
    const { scheduler, bus } = setUp({ deliver: () => 'duplicate' });
    const { options, bodies } = consumer();
    void bus.consume('COMMANDS', options);
    void bus.publish(COMMAND, 'a', { stream: 'COMMANDS' });
    await scheduler.advance(100);
    expect(bodies()).toEqual(['a', 'a']);
  });
});

describe('a connection that is cut', () => {
  test('leaves open questions unknown, sends nothing later, and hears nothing meanwhile', async () => {
    const { scheduler, server, bus } = setUp();
    const live: unknown[] = [];
    bus.follow(LIVE, ({ body }) => live.push(body));
    const failures: string[] = [];
    const put = (body: string) =>
      bus.publish(EVENT, body, { stream: 'EVENTS' }).catch((error) => failures.push(error.failure));
    void put('under way');
    bus.setConnected(false);
    void put('while away');
    await scheduler.advance(100);
    expect(failures).toEqual(['unknown', 'unavailable']);
    expect(server.stream('EVENTS').lastSequence).toBe(1);
    bus.setConnected(true);
    void put('back');
    await scheduler.advance(100);
    expect(live).toEqual(['back']);
  });

  test('stops deliveries; another worker with the next name goes on', async () => {
    const { scheduler, server, bus } = setUp();
    const other = new MemoryBus(server, { name: 'w-2' });
    const [mine, theirs] = [consumer(), consumer({ durable: 's-sim-2', startSequence: 2 })];
    void bus.consume('COMMANDS', mine.options);
    void other.publish(COMMAND, 'a', { stream: 'COMMANDS' });
    await scheduler.advance(50);
    bus.setConnected(false);
    void other.consume('COMMANDS', theirs.options);
    void other.publish(COMMAND, 'b', { stream: 'COMMANDS' });
    await scheduler.advance(50);
    expect([mine.bodies(), theirs.bodies()]).toEqual([['a'], ['b']]);
  });
});

describe('a server that is restarted', () => {
  test('forgets consumers in memory, once, and keeps the others', async () => {
    const { scheduler, server, bus } = setUp();
    const [gone, kept] = [consumer(), consumer({ durable: 'kept', disposable: false })];
    void bus.consume('COMMANDS', gone.options);
    void bus.consume('COMMANDS', kept.options);
    await scheduler.advance(50);
    server.restart();
    server.restart();
    void bus.publish(COMMAND, 'a', { stream: 'COMMANDS' });
    await scheduler.advance(50);
    expect([gone.lost, gone.bodies()]).toEqual([['The server was restarted.'], []]);
    expect([kept.lost, kept.bodies()]).toEqual([[], ['a']]);
  });

  test('may come back without a stream’s files: same name, other incarnation, empty', async () => {
    const { scheduler, server, bus } = setUp();
    const state = async () => {
      const asking = bus.streamState('EVENTS');
      await scheduler.advance(20);
      return asking;
    };
    void bus.publish(EVENT, {}, { stream: 'EVENTS' });
    await scheduler.advance(20);
    const before = await state();
    server.recreateStream('EVENTS');
    const after = await state();
    expect(after.lastSequence).toBe(0);
    expect(after.incarnation).not.toBe(before.incarnation);
  });
});

test.each([
  ['a.b', 'a.b', true],
  ['a.b', 'a.b.c', false],
  ['a.*', 'a.b', true],
  ['a.*', 'a.b.c', false],
  ['a.*.c', 'a.b.c', true],
  ['a.>', 'a.b.c', true],
  ['a.>', 'a', false],
  ['>', 'a', true],
  ['*.b', 'a.c', false],
])('the filter %s on %s: %s', (filter, subject, expected) => {
  expect(matches(filter, subject)).toBe(expected);
});
