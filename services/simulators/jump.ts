/** What a request to jump asks of the venue. Pure. */
import { type CommandBody, MAX_SEEK_SECONDS } from '@sandpit/schemas/command.ts';
import type { JumpRequest } from '@sandpit/schemas/http.ts';
import { NS_PER_MS, type SimNs } from '@sandpit/schemas/units.ts';
import { problem } from '../platform/errors.ts';

export type JumpBody = Extract<CommandBody, { type: 'jumpToTime' | 'jumpToOwnEvent' }>;

const WITHIN_SECONDS_DEFAULT = 3_600;

/**
 * @param opensAtMs  Simulated time 0, ms since the epoch.
 * @throws problem `validationFailed`
 */
export function jumpOf(request: JumpRequest, opensAtMs: number): JumpBody {
  const { to, nextOwnEvent, withinSeconds } = request;
  if ((to === undefined) === (nextOwnEvent === undefined)) {
    throw wrong('to', 'give either `to` or `nextOwnEvent`, not both');
  }
  if (to === undefined) {
    return { type: 'jumpToOwnEvent', withinSeconds: withinSeconds ?? WITHIN_SECONDS_DEFAULT };
  }
  if (withinSeconds !== undefined) throw wrong('withinSeconds', 'goes with `nextOwnEvent` only');
  const toMs = Date.parse(to) - opensAtMs;
  if (Number.isNaN(toMs) || toMs < 0 || !Number.isSafeInteger(toMs * NS_PER_MS)) {
    throw timeNotAhead();
  }
  return { type: 'jumpToTime', toNs: (toMs * NS_PER_MS) as SimNs };
}

/** The venue's `timeNotAhead` in the words of the request. */
export function timeNotAhead() {
  const hours = MAX_SEEK_SECONDS / 3_600;
  return wrong('to', `must lie ahead of the market's clock, at most ${hours} simulated hours`);
}

const wrong = (path: string, message: string) =>
  problem('validationFailed', { errors: [{ path, message }] });
