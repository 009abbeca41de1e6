import type { StoredMessage } from '@sandpit/bus/bus.ts';
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { expect, test } from 'vitest';
import { audit } from '../simulation/auditor.ts';
import { THROWING } from '../simulation/double-venue.ts';
import { DOUBLE_WORKLOAD, doubleVenues, KILLING } from '../simulation/doubles.ts';
import { auditReplay, inVirtualTime } from '../simulation/replay-law.ts';
import { seeded, Workload } from '../simulation/workload.ts';
import { World, type WorldOptions } from '../simulation/world.ts';
import { DefectError } from './host.ts';
import { sealRecord } from './record.ts';
import type { VenueFactory } from './recovery.ts';
import { outcomeOf } from './replica.ts';
import { NotOwnedError } from './seat.ts';

const ADA: SimulatorAddress = { accountId: 'ada', simulatorId: 'sim-ada' };
const BOB: SimulatorAddress = { accountId: 'bob', simulatorId: 'sim-bob' };

class Desk {
  readonly world: World;
  readonly workload: Workload;

  constructor(options: Partial<WorldOptions> = {}) {
    const random = seeded(1);
    this.world = new World({ random, venues: doubleVenues, ...options });
    this.workload = new Workload(random, { ...DOUBLE_WORKLOAD, seed: 1 });
  }

  async open(...addresses: SimulatorAddress[]): Promise<this> {
    await this.world.spawn();
    await this.world.run(1_500);
    for (const address of addresses) void this.start(address);
    await this.world.run(500);
    return this;
  }

  start(address: SimulatorAddress) {
    return this.world.send(this.workload.start(address, this.world.nowMs));
  }

  /** Sends an order and lets time pass. */
  async order(address: SimulatorAddress, prefix: string, waitMs = 500) {
    const command = this.workload.order(address, this.world.nowMs, prefix);
    void this.world.send(command);
    await this.world.run(waitMs);
    return command;
  }

  records(address: SimulatorAddress): EventRecord[] {
    const messages = this.world.server.stream('EVENTS').from(subjects.event(address), 1);
    return messages.map(({ body }) => body as EventRecord);
  }

  recordOf(address: SimulatorAddress, commandId: string): EventRecord | undefined {
    return this.records(address).find(({ commands }) =>
      commands.some(({ command }) => command.commandId === commandId),
    );
  }

  deadLetters(address: SimulatorAddress): { reason: string; sequence: number }[] {
    const messages = this.world.server.stream('DEADLETTERS').from(subjects.deadLetter(address), 1);
    return messages.map(({ body }) => body as { reason: string; sequence: number });
  }

  status(address: SimulatorAddress) {
    const all = this.world.alive.flatMap(({ worker }) => worker.status().simulators);
    return all.find(({ simulatorId }) => simulatorId === address.simulatorId);
  }

  async expectLawful(...addresses: SimulatorAddress[]): Promise<void> {
    for (const address of addresses) {
      expect(audit(await this.world.collect(address))).toEqual([]);
      const venues = doubleVenues(() => {});
      const { scenarioHash } = DOUBLE_WORKLOAD;
      expect(await auditReplay(this.world, address, scenarioHash, venues)).toEqual([]);
    }
  }
}

const refusal = { type: 'commandRefused', reason: 'internalError' };

test('an engine that throws refuses that one command and goes on', async () => {
  const desk = await new Desk().open(ADA, BOB);
  await desk.order(ADA, 'before');
  const thrown = await desk.order(ADA, THROWING);
  const after = await desk.order(ADA, 'after');
  expect(desk.recordOf(ADA, thrown.commandId)?.events.at(-1)).toMatchObject(refusal);
  expect(desk.recordOf(ADA, after.commandId)?.events[0]?.type).toBe('orderAccepted');
  expect(desk.status(ADA)?.epoch).toBe(1);
  expect(desk.status(BOB)?.epoch).toBe(1);
  await desk.expectLawful(ADA, BOB);
});

test('a command that kills its worker again and again is set aside, its neighbours live', async () => {
  const desk = await new Desk().open(ADA, BOB);
  const killer = await desk.order(ADA, KILLING);
  let deaths = 1;
  for (; deaths < 10 && !desk.recordOf(ADA, killer.commandId); deaths++) {
    await desk.world.spawn();
    await desk.world.run(5_000);
  }
  const record = desk.recordOf(ADA, killer.commandId);
  expect(record?.type).toBe('quarantined');
  expect(deaths).toBeLessThanOrEqual(4);
  expect(desk.deadLetters(ADA).map(({ reason }) => reason)).toEqual([
    '2 workers died executing it.',
  ]);
  // Halted: no new risk, but cancels pass.
  const refused = await desk.order(ADA, 'more');
  expect(desk.recordOf(ADA, refused.commandId)?.events.at(-1)).toMatchObject({
    type: 'commandRefused',
    reason: 'simulatorHalted',
  });
  // Also from a snapshot, and the killer's answer stays what it was.
  for (let i = 0; i < 10; i++) await desk.order(ADA, 'still');
  desk.world.kill(desk.world.alive[0]!);
  const { worker } = await desk.world.spawn();
  await desk.world.run(3_000);
  const again = await desk.order(ADA, 'again');
  expect(desk.recordOf(ADA, again.commandId)?.events.at(-1)).toMatchObject({
    reason: 'simulatorHalted',
  });
  const answer = await inVirtualTime(desk.world, () =>
    worker.ask(ADA, (replica) => outcomeOf(replica, killer.commandId)),
  );
  expect(answer?.events).toMatchObject([refusal]);
  const taken = await desk.order(BOB, 'neighbour');
  expect(desk.recordOf(BOB, taken.commandId)?.events[0]?.type).toBe('orderAccepted');
  await desk.expectLawful(ADA, BOB);
});

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
  await desk.expectLawful(ADA);
});

test('a command without authority leaves no trace but a dead letter', async () => {
  const desk = await new Desk().open(ADA);
  const before = desk.records(ADA).length;
  const forged = desk.workload.order(ADA, desk.world.nowMs, 'forged');
  const sequence = await inVirtualTime(desk.world, () => desk.world.send(forged, 'nonsense'));
  const stolen = desk.workload.order(ADA, desk.world.nowMs, 'stolen');
  await inVirtualTime(desk.world, () => desk.world.send(stolen, 'token-of-bob'));
  await desk.world.run(1_000);
  expect(desk.deadLetters(ADA)[0]).toMatchObject({ sequence });
  expect(desk.deadLetters(ADA).map(({ reason }) => reason)).toEqual([
    'Its token does not verify (unauthenticated).',
    'Its token speaks for another account.',
  ]);
  expect(desk.records(ADA)).toHaveLength(before);
  // The id that the forger used is still free for its owner.
  void desk.world.sendAgain(forged);
  await desk.world.run(1_000);
  expect(desk.recordOf(ADA, forged.commandId)).toBeDefined();
  await desk.expectLawful(ADA);
});

test('a repeated command gets no second record, long after the server forgot its id', async () => {
  const desk = await new Desk().open(ADA);
  const command = await desk.order(ADA, 'once');
  for (const waitMs of [100, 130_000, 130_000]) {
    await desk.world.run(waitMs);
    void desk.world.sendAgain(command);
    await desk.world.run(1_000);
  }
  const all = desk.records(ADA).flatMap(({ commands }) => commands);
  expect(all.filter((each) => each.command.commandId === command.commandId)).toHaveLength(1);
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
  await desk.expectLawful(ADA);
});

test('records of another engine are taken as they stand, and trading goes on', async () => {
  let version = 'double-1';
  const versions = (): VenueFactory => doubleVenues(() => {}, version);
  const desk = await new Desk({ venues: versions }).open(ADA);
  for (let i = 0; i < 20; i++) await desk.order(ADA, 'old');
  const old = desk.records(ADA).length;
  desk.world.kill(desk.world.alive[0]!);
  version = 'double-2';
  await desk.world.spawn();
  await desk.world.run(3_000);
  const command = await desk.order(ADA, 'new');
  const record = desk.recordOf(ADA, command.commandId);
  expect(record).toMatchObject({ engineVersion: 'double-2', epoch: 2 });
  expect(desk.records(ADA)[old]).toMatchObject({ type: 'owner', engineVersion: 'double-2' });
  // And once more, now from a log of two versions.
  desk.world.kill(desk.world.alive[0]!);
  await desk.world.spawn();
  await desk.world.run(3_000);
  const last = await desk.order(ADA, 'last');
  expect(desk.recordOf(ADA, last.commandId)).toMatchObject({ epoch: 3 });
});

test('a log that does not execute again stops its simulator loudly, and only that one', async () => {
  const complaints: string[] = [];
  const log = {
    debug() {},
    info() {},
    warn() {},
    error: (_: object, text: string) => complaints.push(text),
  };
  const desk = await new Desk({ log }).open(ADA, BOB);
  await desk.order(ADA, 'fine');
  desk.world.kill(desk.world.alive[0]!);
  const last = desk.world.server
    .stream('EVENTS')
    .last(subjects.event(ADA)) as StoredMessage<EventRecord>;
  const { hash: _, ...content } = last.body;
  // A well-formed, well-chained record that claims another state than its events lead to.
  const lie = sealRecord({
    ...content,
    n: content.n + 1,
    commands: [],
    events: [],
    previousSequence: last.sequence,
    previousHash: last.body.hash,
    stateHash: 'f'.repeat(32),
  });
  desk.world.server.store(subjects.event(ADA), lie, { stream: 'EVENTS', after: last.sequence });
  await desk.world.spawn();
  await desk.world.run(4_000);
  expect(desk.status(ADA)?.state).toBe('halted');
  expect(complaints).toContain('simulator halted by a defect');
  const { worker } = desk.world.alive[0]!;
  await expect(worker.ask(ADA, () => 1)).rejects.toThrow(DefectError);
  const command = await desk.order(ADA, 'refused', 2_000);
  expect(desk.recordOf(ADA, command.commandId)).toBeUndefined();
  expect(desk.status(BOB)?.state).toBe('live');
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
  await desk.expectLawful(ADA);
});

test('a simulator whose commands have all aged out lives on in the next worker', async () => {
  const desk = await new Desk().open(ADA);
  await desk.order(ADA, 'long ago');
  desk.world.kill(desk.world.alive[0]!);
  const commands = desk.world.server.stream('COMMANDS');
  commands.purge(subjects.command(ADA), commands.lastSequence + 1);
  await desk.world.spawn();
  await desk.world.run(3_000);
  expect(desk.status(ADA)).toMatchObject({ state: 'live', epoch: 2 });
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
