/** Factories of double venues for the runtime's tests. */
import type { Command } from '@sandpit/schemas/command.ts';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { VenueFactory } from '../runtime/recovery.ts';
import type { CommandInput } from '../venue/venue.ts';
import { DoubleVenue } from './double-venue.ts';

export const DOUBLE_HASH = 'a'.repeat(64);
export const DOUBLE_WORKLOAD = {
  symbols: ['ACME'],
  aroundTicks: 100,
  scenarioHash: DOUBLE_HASH,
};
/** Client order ids that begin so end the process that executes them. */
export const KILLING = 'kill';

class KillingVenue extends DoubleVenue {
  #kill: () => void = () => {};

  armed(kill: () => void): this {
    this.#kill = kill;
    return this;
  }

  override execute(command: Command, input: CommandInput): VenueEvent[] {
    const { body } = command;
    if (body.type === 'newOrder' && body.ticket.clientOrderId.startsWith(KILLING)) this.#kill();
    return super.execute(command, input);
  }
}

export function doubleVenues(kill: () => void, engineVersion = 'double-1'): VenueFactory {
  return {
    engineVersion,
    open: async (hash, id) => new KillingVenue(id, hash, engineVersion).armed(kill),
    restore: async (hash, state) => new KillingVenue('', hash, engineVersion, state).armed(kill),
  };
}
