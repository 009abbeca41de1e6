import type { LabRequest } from '@sandpit/schemas/lab.ts';
import { LAB_PLANS } from '@sandpit/schemas/lab-plans.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { runLine } from './commands.ts';

/** A broker that knows one session and its simulator, and writes down what it is asked. */
const asked: { action: string; params: Partial<LabRequest> & { id?: string } }[] = [];
const score = { outages: 1, blindMs: 9_000, resyncMs: 800, fillsMissed: 2, duplicatesSent: 0 };
const running = { sessionId: 'ses1', state: 'running', faults: [{ type: 'loss' }], seed: 3, score };
const query = (table: string, ids: string[] = []) => ({
  select: () => query(table, ids),
  where: (_column: string, _is: string, id: string) => query(table, [id]),
  executeTakeFirst: async () =>
    ids[0] === (table === 'sessions' ? 'ses1' : 'sim1')
      ? { sessionId: 'ses1', accountId: 'acc1' }
      : undefined,
});
const broker = {
  // For the entry that each line leaves in the audit trail.
  metrics: { register: () => {}, increment: () => {} },
  bus: { publish: async () => ({}) },
  database: { selectFrom: (table: string) => query(table) },
  async call(action: string, params: object) {
    asked.push({ action, params });
    if (action === 'identity.operatorToken') return { token: 't' };
    return action === 'sessions.lab' ? { lab: null } : running;
  },
};
const run = (line: string) => runLine(broker as never, line);

beforeEach(() => {
  asked.length = 0;
});

describe('lab', () => {
  test.each(['ses1', 'sim1'])('a plan on %s, as its owner', async (id) => {
    const { ok, text } = await run(`lab ${id} train --seed 7 --seconds 30`);
    expect([ok, text]).toEqual([true, expect.stringMatching(/running.*loss/s)]);
    const train = LAB_PLANS.find(({ name }) => name === 'train');
    expect(asked).toEqual([
      { action: 'identity.operatorToken', params: { accountId: 'acc1' } },
      {
        action: 'sessions.startLab',
        params: { id: 'ses1', seconds: 30, seed: 7, faults: train?.faults },
      },
    ]);
  });
  test('faults of one’s own', async () => {
    await run(`lab ses1 --faults '[{"type":"staleBook"}]'`);
    expect(asked[1]?.params).toEqual({ id: 'ses1', seconds: 60, faults: [{ type: 'staleBook' }] });
  });
  test.each`
    line                | action
    ${'lab ses1'}       | ${'sessions.lab'}
    ${'lab ses1 --end'} | ${'sessions.endLab'}
  `('$line', async ({ line, action }) => {
    expect(await run(line)).toMatchObject({ ok: true });
    expect(asked[1]).toEqual({ action, params: { id: 'ses1' } });
  });
  test.each`
    line                               | says
    ${'lab ses1 earthquake'}           | ${/is no plan/}
    ${'lab ses1 train --end'}          | ${/too much at once/}
    ${"lab ses1 train --faults '[]'"}  | ${/too much at once/}
    ${'lab ses1 --seconds 5'}          | ${/nothing to start/}
    ${'lab ses1 train --seconds 3601'} | ${/--seconds/}
    ${'lab ses1 train --seed -1'}      | ${/--seed/}
    ${"lab ses1 --faults '{}'"}        | ${/not a list/}
    ${'lab nobody train'}              | ${/no session and no simulator/}
  `('$line is refused', async ({ line, says }) => {
    const { ok, text } = await run(line);
    expect([ok, text]).toEqual([false, expect.stringMatching(says)]);
    expect(asked).toEqual([]);
  });
});
