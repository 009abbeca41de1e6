/**
 * The engine against the slow reference on trading days: phases, auctions, halts, price bands and
 * the auctions that reopen. `OPERATIONS=5000000` for the long run, `SEED=17` for another.
 */
import { expect, test } from 'vitest';
import { firstDifference } from './testing/comparison.ts';
import { randomDaySteps } from './testing/day-steps.ts';
import { report, shrink } from './testing/shrink.ts';
import type { Step } from './testing/steps.ts';
import { WITH_DAYS } from './testing/worlds.ts';

const OPERATIONS = Number(process.env.OPERATIONS ?? 60_000);
const SEED = Number(process.env.SEED ?? 1);
const LENGTHS = [60, 250, 600];

const compare = (steps: readonly Step[]) => firstDifference(steps, { setups: WITH_DAYS });

test(`the engine does what the reference does on ${OPERATIONS} steps of trading days`, {
  timeout: 60_000 + 2 * OPERATIONS,
}, () => {
  let done = 0;
  for (let run = 0; done < OPERATIONS; run++) {
    const length = LENGTHS[run % LENGTHS.length];
    const steps = randomDaySteps(SEED * 1_000_003 + run, length);
    if (compare(steps)) {
      const found = shrink(steps, compare);
      expect.fail(report(found.steps, found.difference));
    }
    done += length;
  }
  expect(done).toBeGreaterThanOrEqual(OPERATIONS);
});
