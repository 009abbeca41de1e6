import type { StoredMessage } from '@sandpit/bus/bus.ts';
import { subjects } from '@sandpit/bus/subjects.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { expect, test } from 'vitest';
import { ADA, BOB, Desk } from '../simulation/desk.ts';
import { THROWING } from '../simulation/double-venue.ts';
import { doubleVenues, KILLING } from '../simulation/doubles.ts';
import { inVirtualTime } from '../simulation/replay-law.ts';
import { TOKEN_OF } from '../simulation/world.ts';
import { DefectError, silentLog } from './host.ts';
import { sealRecord } from './record.ts';
import type { VenueFactory } from './recovery.ts';
import { outcomeOf } from './replica.ts';

const refusal = { type: 'commandRefused', reason: 'internalError' };

test('an engine that throws refuses that one command and goes on', async () => {
  const desk = await new Desk().open(ADA, BOB);
  const quotes: number[] = [];
  desk.world.server.follow({
    subject: `${subjects.marketData(ADA, 'ACME', 'quote')}`,
    isConnected: () => true,
    onMessage: ({ body }) => quotes.push((body as { sequence: number }).sequence),
  });
  await desk.order(ADA, 'before', 6_000);
  const thrown = await desk.order(ADA, THROWING);
  const after = await desk.order(ADA, 'after');
  expect(desk.recordOf(ADA, thrown.commandId)?.events.at(-1)).toMatchObject(refusal);
  expect(desk.recordOf(ADA, after.commandId)?.events[0]?.type).toBe('orderAccepted');
  expect(desk.status(ADA)?.epoch).toBe(1);
  expect(desk.status(BOB)?.epoch).toBe(1);
  await desk.world.run(2_000);
  // What was shown before is not shown again, and nothing is left out.
  expect(quotes.length).toBeGreaterThan(5);
  expect(quotes).toEqual(quotes.map((_, i) => quotes[0]! + i));
  expect(await desk.breaches(ADA, BOB)).toEqual([]);
});

test('a command that kills its worker again and again is set aside, its neighbours live', async () => {
  const complaints: string[] = [];
  const log = { ...silentLog, error: (_: object, text: string) => complaints.push(text) };
  const desk = await new Desk({ log }).open(ADA, BOB);
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
  expect(complaints).not.toContain('snapshot passed over');
  const taken = await desk.order(BOB, 'neighbour');
  expect(desk.recordOf(BOB, taken.commandId)?.events[0]?.type).toBe('orderAccepted');
  // Only an operator ends the halt, and the log tells every later owner that he has.
  const asked = await desk.unhalt(ADA, TOKEN_OF(ADA.accountId));
  expect(desk.recordOf(ADA, asked.commandId)).toBeUndefined();
  const given = await desk.unhalt(ADA);
  expect(desk.recordOf(ADA, given.commandId)?.events).toMatchObject([
    { type: 'clockChanged', causeId: given.commandId, clock: { state: 'running' } },
  ]);
  const free = await desk.order(ADA, 'free');
  expect(desk.recordOf(ADA, free.commandId)?.events[0]?.type).toBe('orderAccepted');
  desk.world.kill(desk.world.alive[0]!);
  await desk.world.spawn();
  await desk.world.run(3_000);
  const later = await desk.order(ADA, 'later');
  expect(desk.recordOf(ADA, later.commandId)?.events[0]?.type).toBe('orderAccepted');
  expect(await desk.breaches(ADA, BOB)).toEqual([]);
});

test('a simulator that a defect has halted runs again once that is gone, and not before', async () => {
  let isBroken = false;
  const venues = (die: () => never): VenueFactory => {
    const sound = doubleVenues(die);
    const refuse = () => {
      if (isBroken) throw new DefectError('The scenario cannot be read.');
    };
    return {
      ...sound,
      open: async (...args) => {
        refuse();
        return sound.open(...args);
      },
      restore: async (...args) => {
        refuse();
        return sound.restore(...args);
      },
    };
  };
  const desk = await new Desk({ venues: venues as never }).open(ADA);
  await desk.order(ADA, 'before');
  desk.world.kill(desk.world.alive[0]!);
  isBroken = true;
  const { worker } = await desk.world.spawn();
  await desk.world.run(3_000);
  expect(desk.status(ADA)?.state).toBe('halted');
  const missed = await desk.order(ADA, 'missed');
  const resume = () =>
    inVirtualTime(desk.world, () => worker.resume(ADA, ({ head }) => head.n).catch(String));
  expect(await resume()).toBe('DefectError: The scenario cannot be read.');
  expect(desk.status(ADA)?.state).toBe('halted');
  isBroken = false;
  expect(await resume()).toBeGreaterThan(2);
  await desk.world.run(1_000);
  expect(desk.status(ADA)?.state).toBe('live');
  // What was sent meanwhile is decided now; asking again changes nothing.
  expect(desk.recordOf(ADA, missed.commandId)).toBeDefined();
  const { epoch } = desk.status(ADA)!;
  await resume();
  expect(desk.status(ADA)?.epoch).toBe(epoch);
  expect(await desk.breaches(ADA)).toEqual([]);
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
  expect(await desk.breaches(ADA)).toEqual([]);
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
  const { record: lie } = sealRecord({
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
  // Asked to resume it, the worker says what is wrong with it.
  const resumed = await inVirtualTime(desk.world, () => worker.resume(ADA, () => 1).catch(String));
  expect(resumed).toMatch(/executed again, gives state/);
  expect(desk.status(ADA)?.state).toBe('halted');
  const command = await desk.order(ADA, 'refused', 2_000);
  expect(desk.recordOf(ADA, command.commandId)).toBeUndefined();
  expect(desk.status(BOB)?.state).toBe('live');
});
