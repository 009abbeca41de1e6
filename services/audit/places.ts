/**
 * Places of the chain that are written down as entries of their own, and so stand on AUDIT as well, which
 * nobody may delete from: what the chain was then, it has to be for ever.
 */
import type { AuditEntry } from '@sandpit/schemas/audit.ts';

/** The head of the chain as it stood: `detail` has its number and hash. */
export const ANCHORED = 'headAnchored';
/** Everything up to that place was taken out on purpose; the trail begins behind it. */
export const TRIMMED = 'trailTrimmed';

export interface Place {
  n: number;
  hash: string;
}

/** The place that an entry names with that action, or null. */
export function placeIn(entry: AuditEntry, action: string): Place | null {
  const { n, hash } = entry.detail;
  if (entry.area !== 'audit' || entry.actor !== 'house' || entry.action !== action) return null;
  return typeof n === 'number' && typeof hash === 'string' ? { n, hash } : null;
}
