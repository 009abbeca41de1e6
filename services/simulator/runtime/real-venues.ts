/** Venues of the real engine, on scenarios from the bucket SCENARIOS. */
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { ENGINE_VERSION, openVenue, restoreVenue } from '../venue/create.ts';
import { venueWithPast } from '../venue/past.ts';
import type { VenueFactory } from './recovery.ts';
import type { ScenarioShelf } from './scenario-shelf.ts';
import type { WarmPool } from './warm-pool.ts';

/** @param pool  Pasts that were run beforehand; without it every venue runs its own. */
export function realVenues(
  shelf: Pick<ScenarioShelf, 'get'>,
  pool?: Pick<WarmPool, 'take'>,
): VenueFactory {
  const on = async <Result>(hash: string, make: (scenario: Scenario) => Result) =>
    make(await shelf.get(hash));
  return {
    engineVersion: ENGINE_VERSION,
    open: (scenarioHash, simulatorId) =>
      on(scenarioHash, (scenario) => openVenue(scenario, { simulatorId, scenarioHash })),
    restore: (scenarioHash, state) => on(scenarioHash, (scenario) => restoreVenue(scenario, state)),
    async withPast(scenarioHash, seed, venue) {
      const past = pool?.take(scenarioHash, seed);
      if (!past) return null;
      return on(scenarioHash, (scenario) => venueWithPast(scenario, venue, past));
    },
  };
}
