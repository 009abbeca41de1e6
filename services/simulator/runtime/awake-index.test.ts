import { VirtualScheduler } from '@sandpit/bus/memory-scheduler.ts';
import { MemoryServer } from '@sandpit/bus/memory-server.ts';
import { shardOf } from '@sandpit/bus/subjects.ts';
import { beforeEach, expect, test } from 'vitest';
import { Gate, ProcessBus, virtualHost } from '../simulation/process.ts';
import { AwakeIndex } from './awake-index.ts';
import { NotOwnedError } from './not-owned.ts';

const ADA = { accountId: 'ada', simulatorId: 'sim-ada' };
const SHARD = shardOf(ADA.simulatorId);
const BOB = { accountId: 'bob', simulatorId: neighbourOf(SHARD) };

let scheduler: VirtualScheduler;
let server: MemoryServer;

beforeEach(() => {
  scheduler = new VirtualScheduler(1_700_000_000_000);
  server = new MemoryServer({ scheduler });
});

function neighbourOf(shard: number): string {
  for (let i = 0; ; i++) if (shardOf(`sim-${i}`) === shard) return `sim-${i}`;
}

async function index(name: string): Promise<AwakeIndex> {
  const gate = new Gate();
  const host = virtualHost(scheduler, gate, () => 0.5);
  return new AwakeIndex(await new ProcessBus(server, name, 1, gate).bucket('LEASES'), host);
}

/** Lets virtual time pass until it is settled. */
async function done<Result>(promise: Promise<Result>): Promise<Result> {
  const settled = promise.then(
    () => {},
    () => {},
  );
  await Promise.race([settled, scheduler.advance(5_000)]);
  return promise;
}

test('a list that was never written is no empty one', async () => {
  const first = await index('a');
  expect(await done(first.take(SHARD, 1))).toBeNull();
  await done(first.add(ADA));
  expect(await done((await index('b')).take(SHARD, 2))).toEqual([ADA]);
});

test('what is taken off is off, and adding twice writes once', async () => {
  const list = await index('a');
  await done(list.take(SHARD, 1));
  await done(list.add(ADA));
  const { lastSequence } = server.stream('KV_LEASES' as never);
  await done(list.add(ADA));
  expect(server.stream('KV_LEASES' as never).lastSequence).toBe(lastSequence);
  await done(list.add(BOB));
  await done(list.remove(ADA));
  expect(await done((await index('b')).take(SHARD, 2))).toEqual([BOB]);
});

test('an earlier owner changes nothing any more', async () => {
  const [old, next] = [await index('a'), await index('b')];
  await done(old.take(SHARD, 1));
  await done(old.add(ADA));
  await done(next.take(SHARD, 2));
  await done(next.add(BOB));
  await expect(done(old.remove(ADA))).rejects.toThrow(NotOwnedError);
  await expect(done(old.take(SHARD, 1))).rejects.toThrow(NotOwnedError);
  expect(await done((await index('c')).take(SHARD, 3))).toEqual([ADA, BOB]);
});

test('whoever wakes a simulator is told when a later owner has taken it off', async () => {
  const [old, next] = [await index('a'), await index('b')];
  await done(old.take(SHARD, 1));
  await done(old.add(ADA));
  await done(old.confirm(ADA));
  await done(next.take(SHARD, 2));
  await done(next.remove(ADA));
  // What it remembers says that nothing is to be done.
  await done(old.add(ADA));
  await expect(done(old.confirm(ADA))).rejects.toThrow(NotOwnedError);
  await done(next.confirm(ADA));
  expect(await done((await index('c')).take(SHARD, 3))).toEqual([ADA]);
});

test('a list that could not be taken over is written in our name with the next change', async () => {
  const [old, next] = [await index('a'), await index('b')];
  await done(old.take(SHARD, 1));
  await done(old.add(ADA));
  server.faults.publish = ({ subject }) => (subject.includes('awake') ? { kind: 'lost' } : null);
  await done(next.take(SHARD, 2));
  await scheduler.advance(60_000);
  delete server.faults.publish;
  await done(next.add(ADA));
  await expect(done(old.remove(ADA))).rejects.toThrow(NotOwnedError);
  expect(await done((await index('c')).take(SHARD, 3))).toEqual([ADA]);
});

test('nobody changes a list that he has not taken, or has given up', async () => {
  const list = await index('a');
  await expect(list.add(ADA)).rejects.toThrow(NotOwnedError);
  await done(list.take(SHARD, 1));
  list.forget(SHARD);
  await expect(list.add(ADA)).rejects.toThrow(NotOwnedError);
});

test('an answer that is lost is asked for again, and the change happens once', async () => {
  const list = await index('a');
  await done(list.take(SHARD, 1));
  await done(list.add(BOB));
  let lost = 2;
  server.faults.publish = ({ subject }) =>
    subject.includes('awake') && lost-- > 0 ? { kind: 'answerLost' } : null;
  const adding = list.add(ADA);
  await scheduler.advance(20_000);
  await adding;
  delete server.faults.publish;
  expect(await done((await index('b')).take(SHARD, 2))).toEqual([BOB, ADA]);
});
