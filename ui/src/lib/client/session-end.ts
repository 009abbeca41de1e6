/** When a session ends that no stream keeps alive, and when to look at it again. Pure. */
import type { Session } from '@sandpit/schemas/http.ts';

/** Warned of so long before. */
export const WARNED_MS = 5 * 60_000;
const LOOK_MAX_MS = 5 * 60_000;
const LOOK_MIN_MS = 15_000;

export type SessionEnd = { kind: 'ending'; minutes: number } | { kind: 'ended' };

/**
 * @param leftMs  Until it expires, by the server's clock.
 * @returns       Null while there is nothing to say.
 */
export function sessionEnd({ state }: Pick<Session, 'state'>, leftMs: number): SessionEnd | null {
  if (state !== 'active') return { kind: 'ended' };
  if (leftMs <= 0) return { kind: 'ended' };
  return leftMs > WARNED_MS ? null : { kind: 'ending', minutes: Math.ceil(leftMs / 60_000) };
}

/** Not often while it is far away: a desk that is open elsewhere keeps it alive. Null = never. */
export function nextLookMs({ state }: Pick<Session, 'state'>, leftMs: number): number | null {
  if (state === 'closed') return null;
  if (state !== 'active' || leftMs <= 0) return LOOK_MAX_MS;
  const untilWarnedMs = leftMs - WARNED_MS;
  if (untilWarnedMs <= 0) return LOOK_MIN_MS;
  return Math.min(LOOK_MAX_MS, Math.max(LOOK_MIN_MS, untilWarnedMs));
}

export function sessionEndText(end: SessionEnd): string {
  if (end.kind === 'ended') {
    return 'Your session has ended, because no desk was open. Opening one begins it again.';
  }
  const left = end.minutes === 1 ? 'a minute' : `${end.minutes} minutes`;
  return `Your session ends in ${left}, because no desk is open.`;
}
