/** What speaks against a command before what it asks is looked at. */
import type { CommandBody } from '@sandpit/schemas/command.ts';
import type { ClockState } from '@sandpit/schemas/event.ts';
import type { RejectReason } from '@sandpit/schemas/order.ts';
import { isSeek, seekOf } from './seek.ts';
import { epochMs } from './timestamps.ts';

interface Asked {
  clock: ClockState | null;
  halted: boolean;
  scenarioHash: string;
  nowNs: number;
}

/**
 * `simulatorHalted` is the answer to whatever does not fit the state of the venue: trading before the
 * start, a second start, one for a scenario that is not loaded.
 */
export function refusalOf(
  asked: Asked,
  body: CommandBody,
  deadlineAt: string | null,
  wallMs: number,
): RejectReason | null {
  if (!fits(asked, body)) return 'simulatorHalted';
  if (deadlineAt !== null && epochMs(deadlineAt) < wallMs) return 'deadlineExceeded';
  return isSeek(body) && seekOf(body, asked.nowNs) === null ? 'timeNotAhead' : null;
}

/** A switch may be set before the start, so that none is missed while that is on its way. */
function fits({ clock, halted, scenarioHash }: Asked, body: CommandBody): boolean {
  if (body.type === 'killSwitch') return clock?.state !== 'stopped';
  if (body.type !== 'start') return !halted;
  return clock === null && body.scenarioHash === scenarioHash;
}
