/**
 * The engine against a slow exchange that is obviously right, on random operations; a difference is
 * shrunk to the few steps that show it. `OPERATIONS=5000000` for the long run, `SEED=17` for another.
 */
import { expect, test } from 'vitest';
import { firstDifference } from './testing/comparison.ts';
import { report, shrink } from './testing/shrink.ts';
import { randomSteps } from './testing/steps.ts';

const OPERATIONS = Number(process.env.OPERATIONS ?? 200_000);
const SEED = Number(process.env.SEED ?? 1);
/** Short ones find what happens at the start, long ones what piles up. */
const LENGTHS = [60, 250, 1_000];

test(`the engine does what the reference does, ${OPERATIONS} times`, {
  timeout: 60_000 + OPERATIONS,
}, () => {
  let done = 0;
  for (let run = 0; done < OPERATIONS; run++) {
    const length = LENGTHS[run % LENGTHS.length];
    const steps = randomSteps(SEED * 1_000_003 + run, length);
    if (firstDifference(steps)) {
      const found = shrink(steps);
      expect.fail(report(found.steps, found.difference));
    }
    done += length;
  }
  expect(done).toBeGreaterThanOrEqual(OPERATIONS);
});
