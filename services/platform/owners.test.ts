import { shardOf } from '@sandpit/bus/subjects.ts';
import type { ServiceBroker } from 'moleculer';
import { expect, test, vi } from 'vitest';
import { problem } from './errors.ts';
import { askWorker, OwnerDirectory } from './owners.ts';

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const SIMULATOR = 'sim1';
const SHARD_KEY = `shard.${shardOf(SIMULATOR)}`;

function directory() {
  let nowMs = 0;
  const owners = new OwnerDirectory(() => nowMs);
  let revision = 0;
  return {
    owners,
    at: (ms: number) => {
      nowMs = ms;
    },
    put: (key: string, value: unknown) =>
      owners.apply({ key, value: value === null ? null : bytes(value), revision: ++revision }),
  };
}

test('the owner is the worker of the shard, as long as it renews its lease', () => {
  const { owners, at, put } = directory();
  expect(owners.ownerOf(SIMULATOR)).toBeNull();
  put(SHARD_KEY, { worker: 'w1', epoch: 1 });
  expect(owners.ownerOf(SIMULATOR)).toBeNull();
  put('worker.w1', {});
  expect(owners.ownerOf(SIMULATOR)).toBe('w1');
  at(1_501);
  expect(owners.ownerOf(SIMULATOR)).toBeNull();
  put('worker.w1', {});
  expect(owners.ownerOf(SIMULATOR)).toBe('w1');
  expect(owners.workers()).toEqual(['w1']);
});

test('a takeover moves the simulator, a deleted lease or an unreadable one leaves it nobody’s', () => {
  const { owners, put } = directory();
  put('worker.w1', {});
  put('worker.w2', {});
  put(SHARD_KEY, { worker: 'w1', epoch: 1 });
  put(SHARD_KEY, { worker: 'w2', epoch: 2 });
  expect(owners.ownerOf(SIMULATOR)).toBe('w2');
  owners.apply({ key: SHARD_KEY, value: new TextEncoder().encode('{"worker'), revision: 9 });
  expect(owners.ownerOf(SIMULATOR)).toBeNull();
  put(SHARD_KEY, { worker: 'w2', epoch: 2 });
  put('worker.w2', null);
  expect(owners.ownerOf(SIMULATOR)).toBeNull();
});

test('a new simulator goes to the worker with the least to do', () => {
  const { owners, put } = directory();
  // One id for each of three shards.
  const ids = Array.from({ length: 200 }, (_, i) => `sim${i}`);
  const [a, b, c] = ids.filter(
    (id, i) => ids.findIndex((x) => shardOf(x) === shardOf(id)) === i,
  ) as [string, string, string];
  expect(owners.quietest([a, b])).toBe(a);
  const own = (id: string, worker: string) => put(`shard.${shardOf(id)}`, { worker, epoch: 1 });
  own(a, 'w1');
  own(b, 'w2');
  put('worker.w1', { load: 0.5 });
  put('worker.w2', { load: 0.48 });
  expect(owners.quietest([c, a, b])).toBe(b);
  expect(owners.quietest([c, a, b])).toBe(b);
  // Two more there, it is thought, and then the other is the quieter one.
  expect(owners.quietest([b, a])).toBe(b);
  expect(owners.quietest([b, a])).toBe(a);
  put('worker.w2', { load: 0.1, draining: true });
  put('worker.w1', { load: 0.9 });
  expect(owners.quietest([b, a])).toBe(a);
  put('worker.w1', null);
  expect(owners.quietest([a, b])).toBe(b);
});

/** A broker whose workers answer as told; the bucket says who owns the simulator. */
function brokerWith(call: (nodeID: string) => unknown) {
  const calls: string[] = [];
  let change: (entry: { key: string; value: Uint8Array | null; revision: number }) => void;
  const broker = {
    bus: {
      bucket: async () => ({
        watch: async (onEntry: typeof change) => {
          change = onEntry;
          onEntry({ key: 'worker.w1', value: bytes({}), revision: 1 });
          onEntry({ key: 'worker.w2', value: bytes({}), revision: 1 });
          onEntry({ key: SHARD_KEY, value: bytes({ worker: 'w1', epoch: 1 }), revision: 2 });
          return { stop: async () => {} };
        },
      }),
    },
    call: async (_action: string, _params: unknown, options: { nodeID: string }) => {
      calls.push(options.nodeID);
      return call(options.nodeID);
    },
  };
  const moveTo = (worker: string) =>
    change({ key: SHARD_KEY, value: bytes({ worker, epoch: 2 }), revision: 3 });
  return { broker: broker as unknown as ServiceBroker, calls, moveTo };
}

test('a question to a worker that has lost the simulator is put once more to the new owner', async () => {
  const { broker, calls, moveTo } = brokerWith((nodeID) => {
    if (nodeID === 'w2') return 'answer';
    moveTo('w2');
    throw problem('unavailable');
  });
  await expect(askWorker(broker, SIMULATOR, 'simulator.book', {})).resolves.toBe('answer');
  expect(calls).toEqual(['w1', 'w2']);
});

test('a worker that nobody has heard of yet is waited for, but not for ever', async () => {
  vi.useFakeTimers();
  const unheardOf = Object.assign(new Error('not found'), { type: 'SERVICE_NOT_FOUND' });
  let heardOf = false;
  const booting = brokerWith(() => (heardOf ? 'answer' : Promise.reject(unheardOf)));
  const answer = askWorker(booting.broker, SIMULATOR, 'simulator.book', {});
  await vi.advanceTimersByTimeAsync(1_000);
  heardOf = true;
  await vi.advanceTimersByTimeAsync(200);
  await expect(answer).resolves.toBe('answer');

  heardOf = false;
  const never = expect(
    askWorker(booting.broker, SIMULATOR, 'simulator.book', {}),
  ).rejects.toMatchObject({ type: 'unavailable' });
  await vi.advanceTimersByTimeAsync(1_200);
  // The directory takes the worker for dead as soon as its lease is not renewed: no longer than that.
  await vi.advanceTimersByTimeAsync(2_000);
  await never;
  vi.useRealTimers();
});

test('it is put twice at most, and a refusal is not repeated', async () => {
  const away = brokerWith(() => Promise.reject(problem('unavailable')));
  await expect(askWorker(away.broker, SIMULATOR, 'simulator.book', {})).rejects.toMatchObject({
    type: 'unavailable',
  });
  expect(away.calls).toHaveLength(2);
  const refusing = brokerWith(() => Promise.reject(problem('notFound')));
  await expect(askWorker(refusing.broker, SIMULATOR, 'simulator.book', {})).rejects.toMatchObject({
    type: 'notFound',
  });
  expect(refusing.calls).toHaveLength(1);
  vi.restoreAllMocks();
});
