/**
 * Runs a simulator's past again, without a log, a clock or a trader: the market from its seed, and the
 * steps at the simulated times they carry.
 */
import type { CapsuleCommand, CapsuleStep } from '@sandpit/schemas/capsule.ts';
import type { Command } from '@sandpit/schemas/command.ts';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { NS_PER_SECOND, type SimNs } from '@sandpit/schemas/units.ts';
import { SimulatedVenue } from '../venue/simulated-venue.ts';
import type { VenueIdentity } from '../venue/venue-view.ts';

/** A seek stops the market earlier than it was told to; after so many stops something is wrong. */
const SLICE_NS = 60 * NS_PER_SECOND;

export interface PlayedTrade {
  instrument: number;
  /** Owner of the resting order, and what is left of it. */
  maker: number;
  leaves: number;
  side: 0 | 1 | null;
  priceTicks: number;
  lots: number;
}

export class Player {
  readonly venue: SimulatedVenue;
  /** Hears of every trade of every book; the taker's side is null in an auction. */
  onTrade: (trade: PlayedTrade) => void = () => {};

  /** @param venue  Where to go on from; by default a new one, before its start. */
  constructor(
    scenario: Scenario,
    identity: VenueIdentity,
    venue = new SimulatedVenue(scenario, identity),
  ) {
    venue.setFramesWanted(false);
    this.venue = venue;
    venue.exchange.listen({
      onTrade: (instrument, maker, leaves, taker, side, priceTicks, lots) => {
        venue.onTrade(instrument, maker, leaves, taker, side, priceTicks, lots);
        this.onTrade({ instrument, maker, leaves, side, priceTicks, lots });
      },
      onAuctionFill: (...fill) => venue.onAuctionFill(...fill),
      onUncross: (instrument, side, priceTicks, lots) => {
        venue.onUncross(instrument, side, priceTicks, lots);
        this.onTrade({ instrument, maker: 0, leaves: 0, side: null, priceTicks, lots });
      },
    });
  }

  /** Runs the market to `simNs`, through every end of a seek on the way. */
  advance(simNs: number): VenueEvent[] {
    const { venue } = this;
    const events: VenueEvent[] = [];
    while (venue.nowNs < simNs && !venue.halted) {
      const fromNs = venue.nowNs;
      events.push(...venue.advanceTo(Math.min(simNs, fromNs + SLICE_NS) as SimNs));
      if (venue.nowNs === fromNs) throw new Error(`The market stands still at ${fromNs} ns.`);
      venue.takeFrames();
    }
    return events;
  }

  /** Executes a step whose time the market has come to. */
  execute(
    step: Pick<CapsuleStep, 'commands' | 'wallAt' | 'pacedTo' | 'hibernation' | 'switches'>,
  ): VenueEvent[] {
    const { venue } = this;
    const wallMs = Date.parse(step.wallAt);
    const events = step.commands.flatMap((command) =>
      venue.execute(commandOf(command, venue.simulatorId), { wallMs, sequence: command.sequence }),
    );
    if (step.pacedTo !== undefined) events.push(...venue.pace(step.pacedTo, wallMs));
    if (step.hibernation) events.push(...venue.hibernate(step.hibernation, wallMs));
    if (step.switches) events.push(...venue.setSwitches(step.switches));
    venue.takeFrames();
    return events;
  }
}

/** The engine looks at the id, the deadline and the body; the rest is for the log. */
function commandOf({ commandId, deadlineAt, body }: CapsuleCommand, simulatorId: string): Command {
  return {
    commandId,
    simulatorId,
    accountId: 'capsule',
    correlationId: commandId,
    receivedAt: '1970-01-01T00:00:00.000Z',
    deadlineAt,
    body,
  };
}
