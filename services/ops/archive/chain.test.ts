import { type EventRecord, GENESIS_HASH } from '@sandpit/schemas/record.ts';
import { expect, test } from 'vitest';
import { recordHash } from '../../platform/record-hash.ts';
import { type Kept, soundChain } from './chain.ts';

function kept(content: Partial<EventRecord>): Kept {
  const record = { version: 1, simulatorId: 'sim', events: [], ...content } as EventRecord;
  record.hash = recordHash(record);
  return { record, data: Buffer.from(JSON.stringify(record)) };
}

function log(length: number): Kept[] {
  const records: Kept[] = [];
  for (let n = 1; n <= length; n++) {
    records.push(kept({ n, previousHash: records.at(-1)?.record.hash ?? GENESIS_HASH }));
  }
  return records;
}

const edited = ({ record, data }: Kept): Kept => ({
  record: { ...record, simNs: 7 as never },
  data,
});
const ns = (records: readonly Kept[]) => records.map(({ record }) => record.n);
const whole = log(6);

test.each<[string, Kept[], Kept[], number, number, number | null]>([
  ['all archived, the stream is gone', whole, [], 6, 0, null],
  ['the archive is behind', whole.slice(0, 4), whole, 6, 2, null],
  ['a record is missing from the stream', whole, whole.toSpliced(2, 1), 6, 0, null],
  ['a record of the stream was changed', whole, whole.with(3, edited(whole[3]!)), 6, 0, null],
  ['the archive has some twice', [...whole, ...whole.slice(0, 3)], [], 6, 0, null],
  ['out of order', whole.toReversed(), whole, 6, 0, null],
  ['one that nobody has whole', whole.toSpliced(3, 1), [edited(whole[3]!)], 3, 0, 6],
  [
    'the stream’s newest is damaged and not archived',
    whole.slice(0, 5),
    [edited(whole[5]!)],
    5,
    0,
    6,
  ],
  ['nothing at all', [], [], 0, 0, null],
])('%s', (_, archived, stored, length, fromStream, lostUntil) => {
  const chain = soundChain('sim', archived, stored);
  expect(ns(chain.records)).toEqual(ns(whole.slice(0, length)));
  expect(chain).toMatchObject({ fromStream, lostUntil });
});

test('another simulator’s record is no part of it', () => {
  const foreign = kept({ n: 2, simulatorId: 'other', previousHash: whole[0]!.record.hash });
  expect(ns(soundChain('sim', [whole[0]!, foreign], []).records)).toEqual([1]);
});
