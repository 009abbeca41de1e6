/** What is judged: the instruments of the invented scenarios, and how each is classed. */
import type { Scenario, ScenarioInstrument } from '@sandpit/schemas/scenario.ts';
import { builtInScenarios } from '../../services/simulators/catalogue/catalogue.ts';

export const DAY_SECONDS = 23_400;
/** Left out at both ends of a day, as in the reference. */
export const TRIM_SECONDS = 300;
export const WARM_UP_SECONDS = 900;

/**
 * Scenarios whose days are long enough to be judged, each instrument once: nothing recorded, no
 * session shorter than the usual one, no script, which would be the same instruments under other
 * circumstances, and no lesson about an account, whose shares are wilder than life on purpose.
 */
export async function judgedScenarios(): Promise<Scenario[]> {
  const scenarios = await builtInScenarios();
  const ordinary = scenarios.filter(
    ({ kind, instruments, script, account }) =>
      kind === 'synthetic' && !script && !account && instruments.every(({ session }) => !session),
  );
  return ordinary.filter((each) => !ordinary.some((other) => isWithin(each, other)));
}

/**
 * The instruments asked for behind those whose values they follow, as they are in the scenario: the
 * others do not answer to their orders, nor they to theirs.
 */
export function withMembers(scenario: Scenario, symbols: readonly string[]): Scenario {
  const wanted = new Set(symbols);
  // Members stand before the baskets that hold them.
  for (const { instrument, model } of scenario.instruments.toReversed()) {
    if (!wanted.has(instrument.symbol)) continue;
    for (const member of model.basket?.members ?? []) wanted.add(member.symbol);
  }
  const instruments = scenario.instruments.filter(({ instrument }) =>
    wanted.has(instrument.symbol),
  );
  return { ...scenario, instruments };
}

/** Whether all the instruments of a scenario are in a larger one as well, in the same market. */
function isWithin(scenario: Scenario, larger: Scenario): boolean {
  const known = new Set(larger.instruments.map(marketOf));
  return (
    scenario.instruments.length < larger.instruments.length &&
    scenario.instruments.every((item) => known.has(marketOf(item)))
  );
}

const marketOf = ({ instrument, model }: ScenarioInstrument) => JSON.stringify([instrument, model]);
