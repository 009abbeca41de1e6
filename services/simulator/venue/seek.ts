/**
 * Steps and jumps: the market runs ahead of host time to a place, and stands still there. The place
 * depends on nothing but the market, so a replay stops at the same nanosecond.
 */
import { type CommandBody, MAX_SEEK_SECONDS } from '@sandpit/schemas/command.ts';
import type { ClockState, Seek, VenueEvent } from '@sandpit/schemas/event.ts';
import { NS_PER_SECOND, type SimNs } from '@sandpit/schemas/units.ts';
import { MAX_SIM_NS } from './clock.ts';

export type SeekBody = Extract<CommandBody, { type: 'step' | 'jumpToTime' | 'jumpToOwnEvent' }>;

const MAX_SEEK_NS = MAX_SEEK_SECONDS * NS_PER_SECOND;
/** A market in which nothing happens for so long is left alone. */
const EVENT_HORIZON_NS = 3_600 * NS_PER_SECOND;
const STEP_NS = { second: NS_PER_SECOND, minute: 60 * NS_PER_SECOND } as const;

export const isSeek = (body: CommandBody): body is SeekBody =>
  body.type === 'step' || body.type === 'jumpToTime' || body.type === 'jumpToOwnEvent';

/** Where the command wants to go; null when that is not ahead, or too far. */
export function seekOf(body: SeekBody, nowNs: number): Seek | null {
  const seek = wanted(body, nowNs);
  const isAhead = seek.toNs > nowNs && seek.toNs <= Math.min(nowNs + MAX_SEEK_NS, MAX_SIM_NS);
  return isAhead ? seek : null;
}

function wanted(body: SeekBody, nowNs: number): Seek {
  const to = (ns: number) => ns as SimNs;
  if (body.type === 'jumpToTime') return { until: 'time', toNs: body.toNs, left: 1 };
  if (body.type === 'jumpToOwnEvent') {
    const toNs = to(nowNs + body.withinSeconds * NS_PER_SECOND);
    return { until: 'ownEvent', toNs, left: 1 };
  }
  const { unit, count } = body;
  if (unit === 'event') {
    return { until: 'marketEvent', toNs: to(nowNs + EVENT_HORIZON_NS), left: count };
  }
  return { until: 'time', toNs: to(nowNs + count * STEP_NS[unit]), left: 1 };
}

/**
 * Where a seek has to look whether it has arrived; Infinity without one.
 *
 * @param nextEventNs  Of the crowd.
 * @param nextPhaseNs  Of any instrument.
 */
export function seekStopNs({ seek }: ClockState, nextEventNs: number, nextPhaseNs: number): number {
  if (!seek) return Number.POSITIVE_INFINITY;
  return seek.until === 'time' ? seek.toNs : Math.min(seek.toNs, nextEventNs, nextPhaseNs);
}

/**
 * What is left of a seek after one stop of the market; null when it has arrived.
 *
 * @param booksMoved  Whether any book has changed since the stop before.
 * @param events      What has touched the trader since the seek went on.
 */
export function seekAfter(
  seek: Seek,
  nowNs: number,
  booksMoved: boolean,
  events: readonly VenueEvent[],
): Seek | null {
  if (nowNs >= seek.toNs) return null;
  if (seek.until === 'ownEvent') return events.some((event) => 'order' in event) ? null : seek;
  if (seek.until === 'time' || !booksMoved) return seek;
  return seek.left === 1 ? null : { ...seek, left: seek.left - 1 };
}
