import type { StoredMessage } from '@sandpit/bus/bus.ts';
import { MemoryBus } from '@sandpit/bus/memory-bus.ts';
import { subjects } from '@sandpit/bus/subjects.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { describe, expect, test } from 'vitest';
import { type Kept, soundChain } from '../../ops/archive/chain.ts';
import { restoreLog } from '../../ops/archive/restore-log.ts';
import { trimOne } from '../../ops/commands/trim.ts';
import { ADA, BOB, Desk } from '../simulation/desk.ts';
import { inVirtualTime } from '../simulation/replay-law.ts';
import { DefectError, silentLog } from './host.ts';

const stored = (desk: Desk) =>
  desk.world.server.stream('EVENTS').from(subjects.event(ADA), 1) as StoredMessage<EventRecord>[];
const kept = (messages: readonly StoredMessage<EventRecord>[]): Kept[] =>
  messages.map(({ data, body }) => ({ data, record: body }));

/** Sequence of the newest record. */
const newest = (desk: Desk) => stored(desk).at(-1)!.sequence;

/** A day of trading, and its records as the archive has them. */
async function traded() {
  const desk = await new Desk().open(ADA, BOB);
  for (let i = 0; i < 12; i++) await desk.order(ADA, 'one');
  return { desk, archive: kept(stored(desk)) };
}

type Damage = (desk: Desk) => void;

/** Puts another content in the place of what is stored there. */
const overwrite =
  (at: number, text: (record: EventRecord) => string): Damage =>
  (desk) => {
    const message = stored(desk).at(at)!;
    const data = new TextEncoder().encode(text(message.body));
    const lazily = { get: () => JSON.parse(new TextDecoder().decode(data)) };
    Object.defineProperty(message, 'data', { value: data });
    Object.defineProperty(message, 'body', lazily);
  };
const cutFront: Damage = (desk) => {
  const third = stored(desk)[3]!.sequence;
  desk.world.server.stream('EVENTS').purge(subjects.event(ADA), third);
};
const changed = (record: EventRecord) => JSON.stringify({ ...record, simNs: record.simNs + 1 });

async function restart(desk: Desk) {
  desk.world.kill(desk.world.alive[0]!);
  // No snapshot stands on what is damaged.
  desk.world.server.stream('SNAPSHOTS').purge(subjects.snapshot(ADA), Number.MAX_SAFE_INTEGER);
  await desk.world.spawn();
  await desk.world.run(3_000);
}

describe('damage halts its simulator, is told, and the archive puts it right', () => {
  test.each<[string, Damage]>([
    ['a record that was changed', overwrite(4, changed)],
    ['the newest one, changed', overwrite(-1, changed)],
    ['a record that is no JSON', overwrite(5, () => '{"version":1,')],
    ['the newest one, no JSON', overwrite(-1, () => 'x')],
    ['a beginning that is gone', cutFront],
  ])('%s', async (_, damage) => {
    const { desk, archive } = await traded();
    damage(desk);
    await restart(desk);
    expect(desk.status(ADA)).toMatchObject({ state: 'halted', defect: expect.any(String) });
    expect(desk.status(BOB)?.state).toBe('live');
    const told = desk.world.server.stream('AUDIT').from(subjects.audit('simulators'), 1);
    expect(told.at(-1)?.body).toMatchObject({ type: 'simulatorHalted', simulatorId: 'sim-ada' });
    const { worker } = desk.world.alive[0]!;
    await expect(worker.ask(ADA, () => 1)).rejects.toThrow(DefectError);
    const missed = await desk.order(ADA, 'missed');

    const bus = new MemoryBus(desk.world.server, { name: 'archivist', latencyMs: 1 });
    const chain = soundChain(ADA.simulatorId, archive, []);
    expect(chain).toMatchObject({ lostUntil: null });
    const time = {
      nowMs: () => desk.world.nowMs,
      sleep: (ms: number) =>
        new Promise<void>((resolve) => void desk.world.scheduler.after(ms, resolve)),
    };
    await inVirtualTime(desk.world, () =>
      restoreLog(bus, ADA, chain.records, newest(desk), 'try-1', time),
    );
    expect(stored(desk).map(({ body }) => body.hash)).toEqual(
      archive.map(({ record }) => record.hash),
    );
    const n = await inVirtualTime(desk.world, () => worker.resume(ADA, ({ head }) => head.n));
    expect(n).toBeGreaterThan(archive.length);
    await desk.world.run(2_000);
    expect(desk.recordOf(ADA, missed.commandId)).toBeDefined();
    // And again from the log alone: the link from the last restored record to the next one holds.
    await restart(desk);
    const order = await desk.order(ADA, 'later');
    expect(desk.recordOf(ADA, order.commandId)?.events[0]?.type).toBe('orderAccepted');
  });
});

test('a restore that breaks off leaves a log that nobody runs, and may be repeated', async () => {
  const { desk, archive } = await traded();
  overwrite(4, changed)(desk);
  await restart(desk);
  const bus = new MemoryBus(desk.world.server, { name: 'archivist', latencyMs: 1 });
  let left = 6;
  const breaking = {
    publish: (...args: Parameters<typeof bus.publish>) => {
      left -= 1;
      if (left < 0) throw new Error('gone');
      return bus.publish(...args);
    },
    last: bus.last.bind(bus),
    purge: bus.purge.bind(bus),
  };
  const time = { nowMs: () => desk.world.nowMs, sleep: async () => {} };
  const first = inVirtualTime(desk.world, () =>
    restoreLog(breaking, ADA, archive, newest(desk), 'try-1', time).catch(String),
  );
  expect(await first).toBe('Error: gone');
  await restart(desk);
  const order = await desk.order(ADA, 'early', 3_000);
  expect(desk.status(ADA)).toBeUndefined();
  expect(desk.recordOf(ADA, order.commandId)).toBeUndefined();
  await inVirtualTime(desk.world, () => restoreLog(bus, ADA, archive, newest(desk), 'try-2', time));
  await desk.world.run(8_000);
  expect(desk.status(ADA)?.state).toBe('live');
  expect(desk.recordOf(ADA, order.commandId)).toBeDefined();
});

test('a restore of a log that is written meanwhile is refused, and nothing of it is lost', async () => {
  const { desk, archive } = await traded();
  const bus = new MemoryBus(desk.world.server, { name: 'archivist', latencyMs: 1 });
  const time = { nowMs: () => desk.world.nowMs, sleep: async () => {} };
  const seen = newest(desk);
  const order = await desk.order(ADA, 'meanwhile');
  const refused = inVirtualTime(desk.world, () =>
    restoreLog(bus, ADA, archive, seen, 'try-1', time).catch(String),
  );
  expect(await refused).toMatch(/^RestoreError: Record 1/);
  expect(desk.recordOf(ADA, order.commandId)).toBeDefined();
  await desk.world.run(1_000);
  expect(desk.status(ADA)?.state).toBe('live');
});

test('a bad snapshot falls back to the one before, two to the log’s beginning', async () => {
  const passedOver: number[] = [];
  const log = {
    ...silentLog,
    error: (fields: Record<string, unknown>, text: string) => {
      if (text === 'snapshot passed over') passedOver.push(fields.n as number);
    },
  };
  const desk = await new Desk({ log }).open(ADA);
  for (let i = 0; i < 30; i++) await desk.order(ADA, 'one');
  const snapshots = () => desk.world.server.stream('SNAPSHOTS').from(subjects.snapshot(ADA), 1);
  expect(snapshots()).toHaveLength(2);
  const spoil = (which: number) => {
    const envelope = snapshots().at(which)!.body as { stateHash: string };
    // It decodes and its digest holds, but the venue in it is not the one that it says.
    envelope.stateHash = 'f'.repeat(32);
  };
  const again = async () => {
    passedOver.length = 0;
    desk.world.kill(desk.world.alive[0]!);
    await desk.world.spawn();
    await desk.world.run(2_000);
    expect(desk.status(ADA)?.state).toBe('live');
    return passedOver.length;
  };
  spoil(-1);
  expect(await again()).toBe(1);
  spoil(-1);
  spoil(-2);
  expect(await again()).toBe(2);
  await desk.order(ADA, 'after');
  expect(await desk.breaches(ADA)).toEqual([]);
});

test('a trimmed log still shows its stopped simulator, from the snapshot', async () => {
  const { desk } = await traded();
  const bus = new MemoryBus(desk.world.server, { name: 'archivist', latencyMs: 1 });
  const trim = (n: number, hash: string) =>
    inVirtualTime(desk.world, () =>
      trimOne(bus, { id: ADA.simulatorId, account_id: ADA.accountId, n: `${n}`, hash }),
    );
  const last = () => stored(desk).at(-1)!.body;
  await desk.order(ADA, 'last');
  const stop = { ...desk.workload.next(ADA, desk.world.nowMs), body: { type: 'stop' } } as const;
  void desk.world.send(stop);
  await desk.world.run(1_000);
  const { n, hash } = last();
  expect(await trim(n - 1, hash)).toBe(false);
  expect(await trim(n, 'another')).toBe(false);
  const snapshot = desk.world.server.stream('SNAPSHOTS').last(subjects.snapshot(ADA))!;
  const { previousHash } = snapshot.body as { previousHash: string };
  Object.assign(snapshot.body as object, { previousHash: 'of an earlier record' });
  expect(await trim(n, hash)).toBe(false);
  Object.assign(snapshot.body as object, { previousHash });
  expect(await trim(n, hash)).toBe(true);
  expect(stored(desk).map(({ body }) => body.n)).toEqual([n]);
  desk.world.kill(desk.world.alive[0]!);
  const { worker } = await desk.world.spawn();
  await desk.world.run(3_000);
  const orders = await inVirtualTime(desk.world, () =>
    worker.ask(ADA, ({ venue }) => venue.orders(100).length),
  );
  expect(orders).toBe(13);
});
