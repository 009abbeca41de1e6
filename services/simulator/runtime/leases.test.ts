import { VirtualScheduler } from '@sandpit/bus/memory-scheduler.ts';
import { MemoryServer } from '@sandpit/bus/memory-server.ts';
import { SHARD_COUNT } from '@sandpit/bus/subjects.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { Gate, ProcessBus, virtualHost } from '../simulation/process.ts';
import { seeded } from '../simulation/workload.ts';
import { LEASE_MS } from './heartbeat.ts';
import { silentLog } from './host.ts';
import { Leases } from './leases.ts';

let scheduler: VirtualScheduler;
let server: MemoryServer;

beforeEach(() => {
  scheduler = new VirtualScheduler(1_700_000_000_000);
  server = new MemoryServer({ scheduler });
});

interface Owner {
  gate: Gate;
  leases: Leases;
  lost: number[];
  taken: Map<number, number>;
}

async function owner(name: string, ended: string | null = null): Promise<Owner> {
  const gate = new Gate();
  const random = seeded(name.charCodeAt(0));
  const host = virtualHost(scheduler, gate, random);
  const bucket = await new ProcessBus(server, name, 1, gate).bucket('LEASES');
  const lost: number[] = [];
  const taken = new Map<number, number>();
  const handlers = {
    onTaken: (shard: number, epoch: number) => taken.set(shard, epoch),
    onLost: (shards: readonly number[]) => lost.push(...shards),
    onReleasing: async () => {},
  };
  const leases = new Leases(name, bucket, host, silentLog, handlers, { ended });
  void leases.start();
  return { gate, leases, lost, taken };
}

const all = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);

describe('one worker', () => {
  test('takes every shard at epoch 1', async () => {
    const { leases, taken } = await owner('a');
    await scheduler.advance(500);
    expect(leases.shards).toEqual(all);
    expect(new Set(taken.values())).toEqual(new Set([1]));
  });

  test('that is held up goes on with what it had, because nobody buried it', async () => {
    const { leases, gate, lost } = await owner('a');
    await scheduler.advance(500);
    gate.suspend();
    await scheduler.advance(5 * LEASE_MS);
    expect(leases.isFresh).toBe(false);
    gate.resume();
    await scheduler.advance(500);
    expect(leases.isFresh).toBe(true);
    expect(leases.shards).toEqual(all);
    expect(lost).toEqual([]);
  });
});

describe('two workers', () => {
  test('share the shards', async () => {
    const [a, b] = [await owner('a'), await owner('b')];
    await scheduler.advance(3_000);
    expect([a.leases.shards.length, b.leases.shards.length]).toEqual([32, 32]);
    expect([...a.leases.shards, ...b.leases.shards].sort((x, y) => x - y)).toEqual(all);
  });

  test('a killed one is buried after a lease and its shards go over at the next epoch', async () => {
    const [a, b] = [await owner('a'), await owner('b')];
    await scheduler.advance(3_000);
    const mine = a.leases.shards;
    a.gate.kill();
    await scheduler.advance(LEASE_MS - 400);
    expect(b.leases.shards).toHaveLength(32);
    await scheduler.advance(900);
    expect(b.leases.shards).toEqual(all);
    for (const shard of mine) expect(b.taken.get(shard)).toBeGreaterThan(a.taken.get(shard) ?? 0);
  });

  test('a suspended one finds out that it was buried, and drops everything at once', async () => {
    const [a, b] = [await owner('a'), await owner('b')];
    await scheduler.advance(3_000);
    const mine = a.leases.shards;
    a.gate.suspend();
    await scheduler.advance(2 * LEASE_MS);
    expect(b.leases.shards).toEqual(all);
    expect(a.leases.isFresh).toBe(false);
    a.gate.resume();
    await scheduler.advance(20);
    expect(a.lost.sort((x, y) => x - y)).toEqual(mine);
    await scheduler.advance(5_000);
    expect([...a.leases.shards, ...b.leases.shards].sort((x, y) => x - y)).toEqual(all);
  });

  test('share what the first took without hearing that it did', async () => {
    const random = seeded(3);
    server.faults.publish = ({ subject }) =>
      subject.includes('shard.') && random() < 0.5 ? { kind: 'answerLost' } : null;
    const a = await owner('a');
    await scheduler.advance(1_000);
    delete server.faults.publish;
    const b = await owner('b');
    await scheduler.advance(6_000);
    expect([a.leases.shards.length, b.leases.shards.length]).toEqual([32, 32]);
    expect([...a.leases.shards, ...b.leases.shards].sort((x, y) => x - y)).toEqual(all);
  });

  test('one that drains hands everything over without anybody being buried', async () => {
    const [a, b] = [await owner('a'), await owner('b')];
    await scheduler.advance(3_000);
    void a.leases.drain();
    await scheduler.advance(700);
    expect(b.leases.shards).toEqual(all);
    expect(a.lost).toEqual([]);
  });
});

describe('a worker started in the place of one that has ended', () => {
  test('takes its shards at once, though its sign is young', async () => {
    const { gate } = await owner('a');
    await scheduler.advance(500);
    gate.kill();
    const next = await owner('b', 'a');
    await scheduler.advance(100);
    expect(next.leases.shards).toEqual(all);
    expect(new Set(next.taken.values())).toEqual(new Set([2]));
  });

  test('waits as ever for one that nobody has seen end', async () => {
    const { gate } = await owner('a');
    await scheduler.advance(500);
    gate.kill();
    const next = await owner('b', 'another');
    await scheduler.advance(0.8 * LEASE_MS);
    expect(next.leases.shards).toEqual([]);
    await scheduler.advance(LEASE_MS);
    expect(next.leases.shards).toEqual(all);
  });
});
