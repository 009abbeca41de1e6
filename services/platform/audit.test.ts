import { BusError } from '@sandpit/bus/bus.ts';
import { AuditEntry } from '@sandpit/schemas/audit.ts';
import { Compile } from 'typebox/compile';
import { expect, test, vi } from 'vitest';
import { type AuditNote, AuditWriter } from './audit.ts';

const note = (more: Partial<AuditNote> = {}): AuditNote => ({
  area: 'identity',
  action: 'loggedIn',
  actor: 'trader',
  accountId: 'ada',
  ...more,
});

/** A writer whose bus fails as told, one word for each attempt; then it works. */
function writerWith(failures: (BusError['failure'] | 'hang')[] = []) {
  const stored: { subject: string; entry: AuditEntry; id: string | undefined }[] = [];
  const attempts: (string | undefined)[] = [];
  const onLost = vi.fn();
  let nowMs = 0;
  const writer = new AuditWriter({
    async publish(subject, entry, { id }) {
      attempts.push(id);
      const failure = failures.shift();
      if (failure === 'hang') await new Promise(() => {});
      if (failure && failure !== 'hang') throw new BusError(failure, failure);
      stored.push({ subject, entry, id });
    },
    onLost,
    now: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
    },
  });
  return { writer, stored, attempts, onLost };
}

test('what is noted is published in order, as the schema says', async () => {
  const { writer, stored } = writerWith();
  writer.note(note());
  writer.note(note({ area: 'orders', action: 'killSwitchSet', detail: { engaged: true } }));
  expect(stored).toEqual([]);
  await writer.close(1_000);
  expect(stored.map(({ subject }) => subject)).toEqual([
    'sandpit.v1.aud.identity',
    'sandpit.v1.aud.orders',
  ]);
  const check = Compile(AuditEntry);
  for (const { entry, id } of stored) {
    expect(check.Check(entry)).toBe(true);
    expect(id).toBe(`audit/${entry.id}`);
  }
});

test('what is no plain id is left out rather than written', async () => {
  const { writer, stored } = writerWith();
  writer.note(note({ accountId: 'ada@example.com', subjectId: 'a b', correlationId: '' }));
  await writer.close(1_000);
  expect(stored[0]?.entry).toMatchObject({ accountId: null, subjectId: null, correlationId: null });
});

test('an outage delays, under the same id; nothing is lost', async () => {
  const { writer, stored, attempts, onLost } = writerWith([
    'unavailable',
    'unknown',
    'unavailable',
  ]);
  writer.note(note());
  writer.note(note({ action: 'loggedOut' }));
  await writer.close(1_000);
  expect(stored.map(({ entry }) => entry.action)).toEqual(['loggedIn', 'loggedOut']);
  expect(new Set(attempts.slice(0, 4)).size).toBe(1);
  expect(onLost).not.toHaveBeenCalled();
});

test.each(['full', 'refused'] as const)(
  'what AUDIT does not take (%s) is counted, and said later',
  async (failure) => {
    const { writer, stored, onLost } = writerWith([failure, failure]);
    for (let i = 0; i < 3; i++) writer.note(note());
    await writer.close(1_000);
    expect(onLost).toHaveBeenCalledTimes(2);
    expect(stored.map(({ entry }) => [entry.action, entry.detail])).toEqual([
      ['loggedIn', {}],
      ['entriesLost', { count: 2 }],
    ]);
  },
);

test('a long outage does not fill the memory, and noting never waits', async () => {
  const { writer, onLost } = writerWith(['hang']);
  for (let i = 0; i < 5_000; i++) writer.note(note());
  expect(onLost).toHaveBeenCalledTimes(3_000);
  const startedMs = performance.now();
  await writer.close(50);
  expect(performance.now() - startedMs).toBeLessThan(1_000);
});

test('an entry older than the server’s memory of ids is not sent again', async () => {
  const failures = Array.from({ length: 100 }, () => 'unknown' as const);
  const { writer, stored, attempts, onLost } = writerWith(failures);
  writer.note(note());
  await writer.close(1_000);
  expect(onLost).toHaveBeenCalled();
  expect(stored.filter(({ entry }) => entry.action === 'loggedIn')).toEqual([]);
  expect(attempts.length).toBeLessThan(60);
});
