/** Venues of the real engine, on scenarios from the bucket SCENARIOS. */
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { ENGINE_VERSION, openVenue, restoreVenue } from '../venue/create.ts';
import type { VenueFactory } from './recovery.ts';
import type { ScenarioShelf } from './scenario-shelf.ts';

export function realVenues(shelf: ScenarioShelf): VenueFactory {
  const on = async <Result>(hash: string, make: (scenario: Scenario) => Result) =>
    make(await shelf.get(hash));
  return {
    engineVersion: ENGINE_VERSION,
    open: (scenarioHash, simulatorId) =>
      on(scenarioHash, (scenario) => openVenue(scenario, { simulatorId, scenarioHash })),
    restore: (scenarioHash, state) => on(scenarioHash, (scenario) => restoreVenue(scenario, state)),
  };
}
