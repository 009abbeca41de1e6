import type { EventRecord } from '@sandpit/schemas/record.ts';
import type { SimNs } from '@sandpit/schemas/units.ts';
import { expect, test } from 'vitest';
import { openVenue } from '../venue/create.ts';
import { command, HASH, START_MS, scenarioWith, startBody } from '../venue/testing/commands.ts';
import { type Draft, recordFor } from './committer.ts';
import { systemHost } from './host.ts';
import { GENESIS, sealRecord } from './record.ts';
import { replayRecord } from './replay.ts';
import { absorb, createMemory, type Replica } from './replica.ts';

function replica(): Replica {
  const address = { accountId: 'account', simulatorId: 'sim' };
  const venue = openVenue(scenarioWith(), { simulatorId: 'sim', scenarioHash: HASH });
  return { address, scenarioHash: HASH, venue, memory: createMemory(), head: GENESIS };
}

/** Start at 50 times real time; three seconds later the worker had only got 20 s far. */
function slowLog(): EventRecord[] {
  const live = replica();
  const { venue } = live;
  const commit = (draft: Draft) => {
    const { record } = recordFor(live, draft, 'w');
    absorb(live, record, live.head.sequence + 1);
    return record;
  };
  const start = command('start', startBody(50));
  const begun = venue.execute(start, { wallMs: START_MS, sequence: 1 });
  const commands = [{ sequence: 1, command: start }];
  const simNs = 0 as SimNs;
  const first = commit({ type: 'turn', commands, events: begun, simNs, wallMs: START_MS });
  const events = venue.advanceTo(40e9 as SimNs);
  const wallMs = START_MS + 3_000;
  events.push(...venue.pace(6, wallMs));
  const paced = { type: 'turn' as const, commands: [], events, simNs: venue.nowNs, wallMs };
  return [first, commit({ ...paced, pacedTo: 6 })];
}

async function replay(records: readonly EventRecord[]): Promise<Replica> {
  const copy = replica();
  for (const record of records) {
    await replayRecord(copy, record, copy.head.sequence + 1, systemHost, () => {});
  }
  return copy;
}

test('a slowed clock is an input of the record: the replay is slowed alike', async () => {
  const records = slowLog();
  const { venue } = await replay(records);
  expect(venue.clock).toMatchObject({ speed: 50, lagging: { realSpeed: 6 }, anchorSimNs: 40e9 });
  expect(venue.stateHash()).toBe(records[1]!.stateHash);
});

test('without that input it is another venue', async () => {
  const [first, { pacedTo: _, hash: __, ...paced }] = slowLog() as [EventRecord, EventRecord];
  await expect(replay([first, sealRecord(paced).record])).rejects.toThrow(
    'executed again, gives other',
  );
});
