import { HEADERS } from '@sandpit/bus/headers.ts';
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import { expect, test } from 'vitest';
import { ADA, BOB, Desk } from '../simulation/desk.ts';
import { inVirtualTime } from '../simulation/replay-law.ts';
import { TOKEN_OF } from '../simulation/world.ts';
import { NotOwnedError } from './not-owned.ts';

test('an upgrade that restarts workers one after another quarantines nothing', async () => {
  const desk = await new Desk().open(ADA);
  for (let restart = 0; restart < 6; restart++) {
    const [old] = desk.world.alive;
    void desk.world.send(desk.workload.order(ADA, desk.world.nowMs, 'pending'));
    desk.world.kill(old!);
    await desk.world.spawn();
    await desk.world.run(3_000);
  }
  expect(desk.records(ADA).filter(({ type }) => type === 'quarantined')).toEqual([]);
  // Marked while they were executed, and never again held against anybody.
  const bucket = await desk.world.alive[0]!.bus.bucket('LEASES');
  const keys = await inVirtualTime(desk.world, () => bucket.keys());
  expect(keys.filter((key) => key.startsWith('attempt.'))).toEqual([]);
  expect(await desk.breaches(ADA)).toEqual([]);
});

test('a worker that slept through its lease writes and shows nothing more', async () => {
  const desk = await new Desk().open(ADA);
  await desk.world.spawn();
  await desk.world.run(3_000);
  const owner = desk.world.alive.find(({ worker }) => worker.owns(ADA.simulatorId))!;
  const frames: number[] = [];
  const shown = { subject: subjects.all('md'), isConnected: () => true };
  desk.world.server.follow({
    ...shown,
    onMessage: ({ body }) => frames.push((body as { epoch: number }).epoch),
  });
  owner.gate.suspend();
  await desk.world.run(4_000);
  const taken = await desk.order(ADA, 'meanwhile');
  expect(desk.recordOf(ADA, taken.commandId)?.epoch).toBe(2);
  frames.length = 0;
  owner.gate.resume();
  await desk.world.run(2_000);
  expect(new Set(frames)).toEqual(new Set([2]));
  const epochs = desk.records(ADA).map(({ epoch }) => epoch);
  expect(epochs).toEqual([...epochs].sort());
  expect(await desk.breaches(ADA)).toEqual([]);
});

test('a stopped simulator answers questions, takes no commands and is not loaded for nothing', async () => {
  const desk = await new Desk().open(ADA);
  await desk.order(ADA, 'one');
  const stop = { ...desk.workload.next(ADA, desk.world.nowMs), body: { type: 'stop' } } as const;
  void desk.world.send(stop);
  await desk.world.run(1_000);
  expect(desk.status(ADA)?.state).toBe('stopped');
  const records = desk.records(ADA).length;
  desk.world.kill(desk.world.alive[0]!);
  const { worker } = await desk.world.spawn();
  await desk.world.run(3_000);
  expect(desk.status(ADA)).toBeUndefined();
  const n = await inVirtualTime(desk.world, () => worker.ask(ADA, ({ head }) => head.n));
  expect(n).toBe(records);
  expect(desk.records(ADA)).toHaveLength(records);
  const late = await desk.order(ADA, 'late', 3_000);
  expect(desk.recordOf(ADA, late.commandId)?.events.at(-1)).toMatchObject({
    reason: 'simulatorHalted',
  });
  expect(await desk.breaches(ADA)).toEqual([]);
});

test('a simulator whose commands have all aged out lives on in the next worker', async () => {
  const desk = await new Desk().open(ADA);
  await desk.order(ADA, 'long ago');
  desk.world.kill(desk.world.alive[0]!);
  const commands = desk.world.server.stream('COMMANDS');
  commands.purge(subjects.commands(ADA), commands.lastSequence + 1);
  await desk.world.spawn();
  await desk.world.run(3_000);
  expect(desk.status(ADA)).toMatchObject({ state: 'live', epoch: 2 });
});

test('an owner that cannot reach its log for long starts again by itself', async () => {
  const desk = await new Desk().open(ADA);
  const subject = subjects.event(ADA);
  desk.world.server.faults.publish = (each) => (each.subject === subject ? { kind: 'lost' } : null);
  const command = await desk.order(ADA, 'unheard', 10_000);
  expect(desk.recordOf(ADA, command.commandId)).toBeUndefined();
  delete desk.world.server.faults.publish;
  await desk.world.run(8_000);
  expect(desk.status(ADA)?.state).toBe('live');
  expect(desk.recordOf(ADA, command.commandId)).toBeDefined();
  expect(await desk.breaches(ADA)).toEqual([]);
});

test('a market without commands comes back too', async () => {
  const desk = await new Desk().open(ADA);
  const resting = await desk.order(ADA, 'resting');
  const subject = subjects.event(ADA);
  // The next step that touches the trader is lost, again and again.
  desk.world.server.faults.publish = (each) => (each.subject === subject ? { kind: 'lost' } : null);
  for (let i = 0; i < 20; i++) await desk.order(BOB, 'elsewhere');
  await desk.world.run(10_000);
  delete desk.world.server.faults.publish;
  await desk.world.run(8_000);
  expect(desk.status(ADA)?.state).toBe('live');
  expect(desk.recordOf(ADA, resting.commandId)).toBeDefined();
  expect(await desk.breaches(ADA)).toEqual([]);
});

test('a new simulator is found though nobody heard of it', async () => {
  const desk = await new Desk().open();
  const { simulatorId, accountId } = ADA;
  const start = desk.workload.start(ADA, desk.world.nowMs);
  desk.world.server.stream('COMMANDS').store(
    {
      subject: subjects.command({ simulatorId, accountId }, 'start'),
      data: new TextEncoder().encode(JSON.stringify(start)),
      headers: { [HEADERS.authorization]: TOKEN_OF(accountId) },
    },
    desk.world.nowMs,
  );
  await desk.world.run(8_000);
  expect(desk.status(ADA)?.state).toBe('live');
  expect(desk.recordOf(ADA, start.commandId)).toBeDefined();
});

test('what is not committed is not shown, and questions wait for it', async () => {
  const desk = await new Desk().open(ADA);
  const [process] = desk.world.alive;
  const subject = subjects.event(ADA);
  desk.world.server.faults.publish = (each) =>
    each.subject === subject ? { kind: 'delayed', delayMs: 1_500 } : null;
  const shown: string[] = [];
  desk.world.server.follow({
    subject: subjects.all('md'),
    isConnected: () => true,
    onMessage: ({ body }) => shown.push((body as { state: string }).state),
  });
  const pause = { ...desk.workload.next(ADA, desk.world.nowMs), body: { type: 'pause' } } as const;
  void desk.world.send(pause);
  await desk.world.run(100);
  const before = desk.records(ADA).length;
  let seen = -1;
  void process!.worker.ask(ADA, ({ head, venue }) => {
    seen = head.n;
    return venue.orders(1);
  });
  await desk.world.run(500);
  expect(seen).toBe(-1);
  expect(shown).not.toContain('paused');
  await desk.world.run(2_000);
  expect(seen).toBe(before + 1);
  expect(shown).toContain('paused');
});

test('only the owner answers, and only for the account of the simulator', async () => {
  const desk = await new Desk().open(ADA);
  const { worker } = desk.world.alive[0]!;
  const ask = (address: SimulatorAddress) =>
    inVirtualTime(desk.world, () => worker.ask(address, () => 'here'));
  expect(await ask(ADA)).toBe('here');
  expect(await ask({ ...ADA, accountId: 'bob' })).toBeNull();
  expect(await ask({ accountId: 'ada', simulatorId: 'unheard-of' })).toBeNull();
  await desk.world.spawn();
  await desk.world.run(5_000);
  const others = desk.world.alive.filter(({ worker: each }) => !each.owns(ADA.simulatorId));
  expect(others).toHaveLength(1);
  await expect(others[0]!.worker.ask(ADA, () => 1)).rejects.toThrow(NotOwnedError);
});
