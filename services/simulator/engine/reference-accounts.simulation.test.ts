/**
 * The engine against the slow reference under other accounts: margin, cash, commissions and rebates,
 * and limits tight enough to be met. `OPERATIONS=1000000` for the long run, `SEED=17` for another.
 */
import { expect, test } from 'vitest';
import { firstDifference } from './testing/comparison.ts';
import { randomDaySteps } from './testing/day-steps.ts';
import { report, shrink } from './testing/shrink.ts';
import type { Step } from './testing/steps.ts';
import { WORLDS } from './testing/worlds.ts';

const OPERATIONS = Number(process.env.OPERATIONS ?? 60_000) / Object.keys(WORLDS).length;
const SEED = Number(process.env.SEED ?? 1);
const LENGTHS = [60, 250, 600];

test.each(Object.entries(WORLDS))(
  '%s: the engine does what the reference does',
  {
    timeout: 60_000 + 2 * OPERATIONS,
  },
  (_name, world) => {
    const missing = new Set(world.mustMeet);
    const note = (line: string) => {
      for (const each of missing) if (line.includes(each)) missing.delete(each);
    };
    const compare = (steps: readonly Step[]) => firstDifference(steps, world, note);
    let done = 0;
    // Further on when what it is there for has not come about yet.
    const most = 10 * OPERATIONS;
    for (let run = 0; done < OPERATIONS || (missing.size > 0 && done < most); run++) {
      const length = LENGTHS[run % LENGTHS.length];
      const steps = randomDaySteps(SEED * 1_000_003 + run, length);
      if (compare(steps)) {
        const found = shrink(steps, compare);
        expect.fail(report(found.steps, found.difference));
      }
      done += length;
    }
    expect([...missing], 'what no session has met').toEqual([]);
    expect(done).toBeGreaterThanOrEqual(OPERATIONS);
  },
);
