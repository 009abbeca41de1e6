/** What a venue says of itself when it starts; the account's terms go with it. */
import type { SimulatedVenue } from './simulated-venue.ts';

export function startedEvent(venue: SimulatedVenue) {
  const { scenario, scenarioHash, seed, instruments } = venue;
  return {
    type: 'started' as const,
    scenarioId: scenario.id,
    scenarioHash,
    seed,
    symbols: instruments.map(({ symbol }) => symbol),
    clock: venue.clock!,
    account: venue.account(),
  };
}
