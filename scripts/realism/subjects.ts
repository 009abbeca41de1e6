/** What is judged: the instruments of the invented scenarios, and how each is classed. */
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import type { Subject } from '../../services/simulator/market/realism/certificate.ts';
import { builtInScenarios } from '../../services/simulators/catalogue/catalogue.ts';

export const DAY_SECONDS = 23_400;
/** Left out at both ends of a day, as in the reference. */
export const TRIM_SECONDS = 300;
export const WARM_UP_SECONDS = 900;

/**
 * Scenarios whose days are long enough to be judged: nothing recorded, no session shorter than the
 * usual one.
 */
export async function judgedScenarios(): Promise<Scenario[]> {
  const scenarios = await builtInScenarios();
  return scenarios.filter(
    ({ kind, instruments }) => kind === 'synthetic' && instruments.every(({ session }) => !session),
  );
}

/** An instrument whose usual spread is one tick is large-tick. */
export function subjectOf(scenario: Scenario, index: number): Subject {
  const { instrument, model } = scenario.instruments[index]!;
  return {
    tickClass: model.typicalSpreadTicks === 1 ? 'large' : 'small',
    hasSession: instrument.kind === 'equity',
    roundLot: model.roundLot,
  };
}
