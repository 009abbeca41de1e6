import { beforeAll, expect, test } from 'vitest';
import { breachesOf, check } from './checker.ts';
import type { SimulatorHistory } from './history.ts';
import { soundHistory } from './testing/sound.ts';

/** So much later in the stream is what was written anew. */
const SHIFT = 100_000;

let sound: SimulatorHistory;
beforeAll(async () => {
  sound = await soundHistory();
}, 60_000);

/** As the operator's command writes a log anew: where a record stood before is what its successor names. */
function restored(history: SimulatorHistory, upTo: number): SimulatorHistory {
  const records = history.records.map(({ sequence, body }, i) => {
    if (i >= upTo) return { sequence: sequence + SHIFT, body };
    const restoredFrom = i === upTo - 1 ? 0 : sequence;
    return { sequence: sequence + SHIFT, body, restoredFrom };
  });
  return { ...history, records };
}

test('a log that was written anew from the archive is as good as it was', () => {
  const history = restored(sound, sound.records.length);
  // Of the last record nobody knows where it stood, so what was told of it cannot be held against it.
  const { sequence } = sound.records.at(-1)!;
  const answers = history.answers.filter(({ order }) => order.sequence !== sequence);
  const found = breachesOf(check([{ ...history, answers, clients: [] }]));
  expect(found).toEqual([]);
});

test('screens that saw it before it was written anew saw the same', () => {
  const history = restored(sound, sound.records.length);
  const [client] = history.clients;
  const last = sound.records.at(-1)!.body.n;
  const connections = client!.connections.map((each) => ({
    ...each,
    frames: each.frames.filter(({ id, data }) => id === null || data.n < last),
  }));
  const clients = [{ ...client!, connections, shouldReach: last - 1 }];
  const verdicts = check([{ ...history, clients }]).filter(({ law }) => law === 'I10');
  expect(breachesOf(verdicts)).toEqual([]);
});

test('one whose records only claim to have stood elsewhere is broken', () => {
  const history = restored(sound, sound.records.length);
  const records = history.records.map((each, i) =>
    i === 4 ? { ...each, restoredFrom: each.restoredFrom! + 1 } : each,
  );
  expect(breachesOf(check([{ ...history, records }])).join()).toContain('I3');
  const moved = history.records.map(({ sequence, body }) => ({ sequence, body }));
  expect(breachesOf(check([{ ...history, records: moved }])).join()).toContain('I3');
});
