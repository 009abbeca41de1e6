/** The judge, judged: it passes a sound history, and names the law that each corrupted one breaks. */
import { beforeAll, describe, expect, test } from 'vitest';
import { breachesOf, check } from './checker.ts';
import type { SimulatorHistory } from './history.ts';
import { LOG_CORRUPTIONS } from './testing/corruptions-of-log.ts';
import { VIEW_CORRUPTIONS } from './testing/corruptions-of-views.ts';
import { soundHistory } from './testing/sound.ts';

let sound: SimulatorHistory;
beforeAll(async () => {
  sound = await soundHistory();
}, 60_000);

describe('the checker', () => {
  test('finds nothing wrong with a sound history, and looks at something for every law', () => {
    const verdicts = check([sound]);
    expect(breachesOf(verdicts)).toEqual([]);
    for (const { law, checked } of verdicts) expect(checked, law).toBeGreaterThan(0);
  });

  test.each([...LOG_CORRUPTIONS, ...VIEW_CORRUPTIONS])('finds %s (%s)', (_, law, corrupt) => {
    const verdicts = check([{ ...sound, ...corrupt(sound) }]);
    const found = verdicts.filter(({ breaches }) => breaches.length > 0);
    expect(found.map((verdict) => verdict.law)).toContain(law);
  });

  test('takes what was heard, or sent by a client of the run, for a command that was trimmed', () => {
    const recorded = sound.records.flatMap(({ body }) => body.commands);
    const heard = recorded.map(({ command }) => command);
    expect(breachesOf(check([{ ...sound, commands: [], heard }]))).toEqual([]);
  });

  test('says which simulator it is about', () => {
    const [first] = breachesOf(check([{ ...sound, records: sound.records.slice(1) }]));
    expect(first).toContain(sound.address.simulatorId);
  });
});
