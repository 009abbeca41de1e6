import { describe, expect, test } from 'vitest';
import { type AppendOptions, appendRecord } from './append.ts';
import { type Bus, BusError, type BusFailure } from './bus.ts';
import { MemoryBus } from './memory-bus.ts';
import { VirtualScheduler } from './memory-scheduler.ts';
import { type Faults, MemoryServer } from './memory-server.ts';

const SUBJECT = 'sandpit.v1.evt.1.acc.sim';
const START_MS = 1_000_000;

function setUp(faults: Faults = {}) {
  const scheduler = new VirtualScheduler(START_MS);
  const server = new MemoryServer({ scheduler, faults });
  const bus = new MemoryBus(server, { latencyMs: 1 });
  const append = (hash: string, more: Partial<AppendOptions> = {}) =>
    appendRecord(
      bus,
      'EVENTS',
      SUBJECT,
      { hash },
      {
        id: `sim:${hash}`,
        after: 0,
        timeoutMs: 200,
        giveUpAtMs: START_MS + 2_000,
        nowMs: () => scheduler.nowMs(),
        sleep: (ms) => new Promise((resolve) => scheduler.after(ms, resolve)),
        isMine: (message) => (message.body as { hash: string }).hash === hash,
        ...more,
      },
    );
  /** Runs virtual time until the append has ended. */
  const done = async <T>(work: Promise<T>): Promise<T> => {
    let ended = false;
    const outcome = work.finally(() => {
      ended = true;
    });
    outcome.catch(() => {});
    for (let i = 0; i < 500 && !ended; i++) await scheduler.advance(10);
    return outcome;
  };
  const stored = () =>
    server
      .stream('EVENTS')
      .from(SUBJECT, 1)
      .map(({ body }) => body);
  return { scheduler, server, bus, append, done, stored };
}

/** A fault for each publish in turn; then none. */
function plan(...faults: (ReturnType<NonNullable<Faults['publish']>> | undefined)[]): Faults {
  return { publish: () => faults.shift() ?? null };
}

describe('a record is in the log once, and its writer knows', () => {
  test.each([
    ['nothing goes wrong', plan()],
    ['the first try is lost', plan({ kind: 'lost' })],
    ['three tries are lost', plan({ kind: 'lost' }, { kind: 'lost' }, { kind: 'lost' })],
    ['it was stored, but the answer is lost', plan({ kind: 'answerLost' })],
    ['all early answers are lost', plan({ kind: 'answerLost' }, { kind: 'answerLost' })],
    ['the first try arrives after the second', plan({ kind: 'delayed', delayMs: 500 })],
    [
      'it arrives late and unheard',
      plan({ kind: 'delayed', delayMs: 150 }, { kind: 'answerLost' }),
    ],
  ])('when %s', async (_when, faults) => {
    const { append, done, stored, scheduler } = setUp(faults);
    expect(await done(append('a'))).toEqual({ outcome: 'committed', sequence: 1 });
    await scheduler.advance(5_000);
    expect(stored()).toEqual([{ hash: 'a' }]);
  });

  test('when the connection is away for a while', async () => {
    const { append, done, bus, scheduler, stored } = setUp();
    bus.setConnected(false);
    scheduler.after(300, () => bus.setConnected(true));
    expect(await done(append('a'))).toEqual({ outcome: 'committed', sequence: 1 });
    expect(stored()).toEqual([{ hash: 'a' }]);
  });
});

describe('a writer that is not the owner any more', () => {
  test('is fenced by the record of the next owner', async () => {
    const { append, done, bus, stored } = setUp();
    await done(bus.publish(SUBJECT, { hash: 'owner' }, { stream: 'EVENTS' }));
    expect(await done(append('a'))).toEqual({
      outcome: 'fenced',
      cause: 'conflict',
      reason: 'sequence 1 follows 0 and is not ours',
    });
    expect(stored()).toEqual([{ hash: 'owner' }]);
  });

  test('is fenced even if its own record was stored before that owner’s', async () => {
    const { append, done, bus, scheduler, stored } = setUp(plan({ kind: 'answerLost' }));
    const appending = append('a');
    await scheduler.advance(50);
    await done(bus.publish(SUBJECT, { hash: 'owner' }, { stream: 'EVENTS', after: 1 }));
    expect(await done(appending)).toMatchObject({ outcome: 'fenced' });
    expect(stored()).toEqual([{ hash: 'a' }, { hash: 'owner' }]);
  });

  test('is fenced when its id was used for another record', async () => {
    const { append, done, bus } = setUp();
    const elsewhere = { stream: 'EVENTS', id: 'sim:a' } as const;
    await done(bus.publish('sandpit.v1.evt.1.acc.other', {}, elsewhere));
    expect(await done(append('a'))).toEqual({
      outcome: 'fenced',
      cause: 'idTaken',
      reason: 'the id sim:a was used for another record',
    });
  });

  test('is fenced when nobody can say in time, and not a moment later', async () => {
    const { append, done, bus, scheduler } = setUp();
    bus.setConnected(false);
    expect(await done(append('a'))).toMatchObject({ outcome: 'fenced', cause: 'unanswered' });
    expect(scheduler.nowMs()).toBeLessThanOrEqual(START_MS + 2_010);
  });
});

describe('a log that will not take the record', () => {
  const refusing = (failures: BusFailure[], last: Bus['last'] = async () => null) => ({
    publish: async () => {
      throw new BusError(failures.shift() ?? 'refused', 'no');
    },
    last,
  });
  const options = (scheduler: VirtualScheduler): AppendOptions => ({
    id: 'sim:a',
    after: 0,
    timeoutMs: 200,
    giveUpAtMs: START_MS + 2_000,
    nowMs: () => scheduler.nowMs(),
    sleep: async (ms) => scheduler.advance(ms),
    isMine: () => true,
  });

  test.each(['full', 'refused'] as const)('says %s', async (failure) => {
    const scheduler = new VirtualScheduler(START_MS);
    const appending = appendRecord(refusing([failure]), 'EVENTS', SUBJECT, {}, options(scheduler));
    await expect(appending).rejects.toMatchObject({ failure });
  });

  test('is asked whether an earlier, unanswered try was stored', async () => {
    const scheduler = new VirtualScheduler(START_MS);
    const stored = {
      sequence: 7,
      subject: SUBJECT,
      storedAtMs: 0,
      headers: {},
      body: {},
      data: new Uint8Array(),
    };
    const bus = refusing(['unknown', 'full'], async () => stored);
    expect(await appendRecord(bus, 'EVENTS', SUBJECT, {}, options(scheduler))).toEqual({
      outcome: 'committed',
      sequence: 7,
    });
  });

  test('in doubt inside the server (conflict, yet nothing new) is asked again', async () => {
    const scheduler = new VirtualScheduler(START_MS);
    const conflicts: BusFailure[] = ['conflict', 'conflict', 'full'];
    const bus = refusing(conflicts);
    const appending = appendRecord(bus, 'EVENTS', SUBJECT, {}, options(scheduler));
    await expect(appending).rejects.toMatchObject({ failure: 'full' });
    expect(scheduler.nowMs()).toBeGreaterThan(START_MS);
  });
});
