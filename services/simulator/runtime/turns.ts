/** What happens in one turn: the market up to now, then a command. Nothing here is stored yet. */
import type { Command } from '@sandpit/schemas/command.ts';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { RejectReason } from '@sandpit/schemas/order.ts';
import { NS_PER_SECOND, type SimNs } from '@sandpit/schemas/units.ts';
import type { Venue } from '../venue/venue.ts';
import type { Draft } from './committer.ts';
import { DefectError } from './host.ts';
import { ownAnswer, type Replica, refusalEvent } from './replica.ts';

/** Only this much of a long catch-up is shown: nobody wants an hour of quotes at once. */
const FRAMES_SHOWN_NS = 30 * NS_PER_SECOND;
/** Further behind than this (plus 50 ms of the clock's speed), the market catches up in slices. */
const BEHIND_NS = NS_PER_SECOND;
const BEHIND_WALL_SECONDS = 0.05;

/** Is there more to run than fits into a turn? */
export function isBehind(venue: Venue, wallMs: number): boolean {
  const speed = venue.clock?.speed ?? 1;
  const allowedNs = BEHIND_NS + speed * BEHIND_WALL_SECONDS * NS_PER_SECOND;
  return venue.targetNs(wallMs) - venue.nowNs > allowedNs;
}

/**
 * Runs the market towards `targetNs`, at most `stepNs` far.
 *
 * @param isSeen  False when nobody would see the frames of this step.
 * @throws DefectError
 */
export function advance(
  venue: Venue,
  targetNs: SimNs,
  stepNs: number,
  isSeen = true,
): VenueEvent[] {
  venue.setFramesWanted(isSeen && targetNs - venue.nowNs <= FRAMES_SHOWN_NS);
  const toNs = Math.min(targetNs, venue.nowNs + stepNs) as SimNs;
  try {
    const events = venue.advanceTo(toNs);
    // The end of a seek stops it earlier, and says so.
    if (venue.nowNs !== toNs && venue.clock?.state !== 'paused')
      throw new Error(`it stands still at ${venue.nowNs} ns`);
    return events;
  } catch (error) {
    throw new DefectError('The market broke one of its invariants.', { cause: error });
  }
}

/** A stored command on its way through a turn. */
export interface Incoming {
  command: Command;
  sequence: number;
}

/** The engine threw while it executed this command; the venue is not usable any more. */
export class ExecutionError extends Error {
  override readonly name = 'ExecutionError';
}

/** Executes the command at the market's now. @throws ExecutionError */
export function executeTurn(replica: Replica, incoming: Incoming, wallMs: number): Draft {
  const { venue } = replica;
  const events = advance(venue, venue.targetNs(wallMs), Number.POSITIVE_INFINITY);
  const simNs = venue.nowNs;
  const own = ownAnswer(replica, incoming.command, simNs);
  events.push(...(own ?? execute(venue, incoming, wallMs)));
  return { type: 'turn', commands: [incoming], events, simNs, wallMs };
}

function execute(venue: Venue, { command, sequence }: Incoming, wallMs: number): VenueEvent[] {
  try {
    return venue.execute(command, { wallMs, sequence });
  } catch (error) {
    throw new ExecutionError('The engine broke one of its invariants.', { cause: error });
  }
}

/** Consumes the command without the engine: it broke it, kept killing workers, or is not to wake anybody. */
export function refusedTurn(
  replica: Replica,
  incoming: Incoming,
  type: 'turn' | 'quarantined',
  wallMs: number,
  reason: RejectReason = 'internalError',
): Draft {
  const { venue } = replica;
  const events = advance(venue, venue.targetNs(wallMs), Number.POSITIVE_INFINITY);
  events.push(refusalEvent(incoming.command, reason, venue.nowNs));
  return { type, commands: [incoming], events, simNs: venue.nowNs, wallMs };
}
