/** What files begin and end with that test a whole system of their own. */
import { afterAll, afterEach, beforeAll } from 'vitest';
import { type System, startSystem } from './system.ts';

const START_TIMEOUT_MS = 240_000;

/**
 * Starts it before the tests and removes it after them. What it complained about is printed when one
 * fails.
 *
 * @param begin  What else comes before the tests.
 */
export function withSystem(begin: (system: System) => Promise<void> | void): void {
  let system: System | undefined;
  beforeAll(async () => {
    system = await startSystem();
    await begin(system);
  }, START_TIMEOUT_MS);
  afterAll(() => system?.dispose());
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.log(system?.complaints().join('\n'));
  });
}
