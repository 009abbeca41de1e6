/** The two ways to a venue: empty, waiting for its start command, or from a snapshot. */
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { SimulatedVenue } from './simulated-venue.ts';
import type { Venue } from './venue.ts';
import type { VenueIdentity } from './venue-view.ts';

export { ENGINE_VERSION } from './version.ts';

/** @throws RangeError when `scenario.opensAt` is not a UTC time with milliseconds. */
export function openVenue(scenario: Scenario, identity: VenueIdentity): Venue {
  return new SimulatedVenue(scenario, identity);
}

/**
 * @param scenario  The one the snapshot was made with; its content is the caller's to verify.
 * @throws RangeError when the bytes are damaged, or of another engine version or scenario.
 */
export function restoreVenue(scenario: Scenario, bytes: Uint8Array): Venue {
  return SimulatedVenue.restore(scenario, bytes);
}
