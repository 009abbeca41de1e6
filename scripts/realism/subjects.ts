/** What is judged: the instruments of the invented scenarios, and how each is classed. */
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { builtInScenarios } from '../../services/simulators/catalogue/catalogue.ts';

export const DAY_SECONDS = 23_400;
/** Left out at both ends of a day, as in the reference. */
export const TRIM_SECONDS = 300;
export const WARM_UP_SECONDS = 900;

/**
 * Scenarios whose days are long enough to be judged: nothing recorded, no session shorter than the
 * usual one, and no script, which would be the same instruments under other circumstances.
 */
export async function judgedScenarios(): Promise<Scenario[]> {
  const scenarios = await builtInScenarios();
  return scenarios.filter(
    ({ kind, instruments, script }) =>
      kind === 'synthetic' && !script && instruments.every(({ session }) => !session),
  );
}
