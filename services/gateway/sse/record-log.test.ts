import type { StoredMessage } from '@sandpit/bus/bus.ts';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { expect, test, vi } from 'vitest';
import type { LiveRecord } from '../../platform/live.ts';
import { RecordLog } from './record-log.ts';

const bytes = (text: string) => Buffer.from(text);
const record = (n: number) =>
  ({ type: 'turn', n, epoch: 1, events: [] as VenueEvent[] }) as unknown as EventRecord;
const stored = (sequence: number): StoredMessage =>
  ({ sequence, body: record(sequence) }) as unknown as StoredMessage;
const live = (sequence: number, previousSequence: number): LiveRecord => ({
  address: { accountId: 'acc', simulatorId: 'sim' },
  sequence,
  previousSequence,
  record: record(sequence),
});

/** A log over a stream that holds `held`; reads are counted, and can be made to fail. */
function logOver(held: number[]) {
  const seen: number[] = [];
  let failures = 0;
  const read = vi.fn(async function* (_stream: string, { from }: { from: number }) {
    if (failures-- > 0) throw new Error('away');
    for (const sequence of held) if (sequence >= from) yield stored(sequence);
  });
  const log = new RecordLog({
    bus: {
      last: async () => (held.length > 0 ? stored(held.at(-1) as number) : null),
      read: read as never,
    },
    address: { accountId: 'acc', simulatorId: 'sim' },
    encode: ({ n }, sequence) => ({ sequence, n, bytes: bytes(`${n}`), count: 1 }),
    onRecord: ({ sequence }) => seen.push(sequence),
    onError: () => {},
  });
  return { log, seen, read, fail: (times: number) => (failures = times) };
}

test('records in step are shown as they come, without asking the stream', async () => {
  const { log, seen, read } = logOver([1, 2]);
  await log.open();
  log.take(live(5, 2));
  log.take(live(5, 2));
  log.take(live(2, 1));
  log.take(live(6, 5));
  expect(seen).toEqual([5, 6]);
  expect(read).not.toHaveBeenCalled();
  expect(log.after(5).map(({ sequence }) => sequence)).toEqual([6]);
});

test('a gap is filled from the stream before anything after it is shown', async () => {
  const held = [1, 2];
  const { log, seen } = logOver(held);
  await log.open();
  held.push(4, 5, 6);
  log.take(live(6, 5));
  expect(seen).toEqual([]);
  await log.repair();
  expect(seen).toEqual([4, 5, 6]);
  log.take(live(9, 6));
  expect(seen).toEqual([4, 5, 6, 9]);
});

test('what goes by while it opens is not lost', async () => {
  const held = [1];
  const { log, seen } = logOver(held);
  const opening = log.open();
  held.push(2);
  log.take(live(2, 1));
  await opening;
  await log.repair();
  expect({ seen, head: log.headSequence }).toEqual({ seen: [2], head: 2 });
});

test('a last record whose live copy was lost is found by verifying', async () => {
  const held = [1];
  const { log, seen, read } = logOver(held);
  await log.open();
  await log.verify();
  expect(read).not.toHaveBeenCalled();
  held.push(3);
  await log.verify();
  expect(seen).toEqual([3]);
});

test('a stream that cannot be read is asked again until the gap is closed', async () => {
  vi.useFakeTimers();
  const held = [1];
  const { log, seen, fail } = logOver(held);
  await log.open();
  held.push(2, 3);
  fail(2);
  log.take(live(3, 2));
  await vi.advanceTimersByTimeAsync(1_500);
  expect(seen).toEqual([2, 3]);
  vi.useRealTimers();
});

test('memory holds a thousand records, and says from where', async () => {
  const { log } = logOver([]);
  await log.open();
  for (let i = 1; i <= 1_200; i++) log.take(live(i, i - 1));
  expect(log.ringAfter).toBe(200);
  expect(log.after(200)).toHaveLength(1_000);
  expect(log.after(1_199).map(({ sequence }) => sequence)).toEqual([1_200]);
});

test('a log that is restored comes by once more, and is not shown again', async () => {
  const { log, seen } = logOver([1, 2]);
  await log.open();
  const again = (sequence: number, n: number) => ({
    ...live(sequence, sequence - 1),
    record: record(n),
  });
  log.take(again(3, 1));
  log.take(again(4, 2));
  log.take(again(5, 3));
  expect(seen).toEqual([5]);
  expect(log).toMatchObject({ headSequence: 5, headN: 3 });
});
