/**
 * The named steps of the commit path. In production reaching one does nothing; the simulation ends
 * a worker there, and every step must have been hit.
 */
export const CRASH_POINTS = [
  /** Recovery has the state, the OWNER record is not stored yet. */
  'recovered',
  'ownerAppended',
  /** A command came in; nothing was done. */
  'delivered',
  /** The venue has changed, nothing is stored. */
  'executed',
  /** The record is stored, the worker has not taken note. */
  'appended',
  /** Committed, not acknowledged to COMMANDS, not shown. */
  'committed',
  'acknowledged',
  /** The record says that nobody needs it; it is still in memory and on the list. */
  'putAway',
  /** A snapshot is made but not stored. */
  'snapshotMade',
  'snapshotStored',
  /** COMMANDS was trimmed behind the snapshot. */
  'commandsPurged',
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

export type Reach = (point: CrashPoint) => void;
