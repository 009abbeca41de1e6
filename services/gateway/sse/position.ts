/** Where a client left off, and what it must be sent. Pure. */

/** `<incarnation>-<sequence>`; the incarnation names the stream that the sequence counts in. */
export interface Position {
  incarnation: string;
  sequence: number;
}

export const positionText = ({ incarnation, sequence }: Position) => `${incarnation}-${sequence}`;

/** Null for anything that we cannot have written. */
export function parsePosition(text: string | undefined): Position | null {
  const match = /^([A-Za-z0-9]{1,40})-(\d{1,16})$/.exec(text ?? '');
  if (!match) return null;
  const sequence = Number(match[2]);
  return Number.isSafeInteger(sequence) ? { incarnation: match[1], sequence } : null;
}

/** What the gateway knows of a simulator's records. */
export interface KnownRecords {
  incarnation: string;
  /** Sequence of the newest record. */
  headSequence: number;
  /** The ring holds every record after this sequence. */
  ringAfter: number;
  /** Oldest sequence that the stream still holds. */
  firstSequence: number;
}

/**
 * - `ring`: the missing records are in memory.
 * - `read`: they are read from the stream first.
 * - `snapshot`: too old, unknown or from another stream: complete state, then deltas.
 */
export type Resume = 'ring' | 'read' | 'snapshot';

export function resumeFrom(given: Position | null, known: KnownRecords): Resume {
  if (!given || given.incarnation !== known.incarnation) return 'snapshot';
  // A client cannot be ahead of the log: it counts in a log that was restored since.
  if (given.sequence > known.headSequence) return 'snapshot';
  if (given.sequence >= known.ringAfter) return 'ring';
  return given.sequence + 1 >= known.firstSequence ? 'read' : 'snapshot';
}
