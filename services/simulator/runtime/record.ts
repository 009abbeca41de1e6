/** Event records: how one is sealed, and how the chain they form is checked. */
import { type EventRecord, GENESIS_HASH } from '@sandpit/schemas/record.ts';
import type { SimNs } from '@sandpit/schemas/units.ts';
import { canonicalJson } from '../../platform/canonical.ts';
import { recordHash, sha256 } from '../../platform/record-hash.ts';
import { DefectError } from './host.ts';

/** Where a simulator's log stands after a record. */
export interface Head {
  n: number;
  /** Stream sequence of record `n`; 0 before the first. */
  sequence: number;
  /** Where record `n` stood before it was written again from the archive. */
  restoredFrom?: number;
  hash: string;
  epoch: number;
  /** COMMANDS sequence that the log has consumed. */
  commandSequence: number;
  simNs: SimNs;
  /** Venue's hash after record `n`. */
  stateHash: string;
}

export const GENESIS: Head = {
  n: 0,
  sequence: 0,
  hash: GENESIS_HASH,
  epoch: 0,
  commandSequence: 0,
  simNs: 0 as SimNs,
  stateHash: '',
};

export type UnsealedRecord = Omit<EventRecord, 'hash'>;

export interface SealedRecord {
  record: EventRecord;
  /** As it is stored. */
  bytes: Uint8Array;
}

/** One text serves twice: it is hashed, and with the hash put in it is what is stored. */
export function sealRecord(unsealed: UnsealedRecord): SealedRecord {
  const text = canonicalJson(unsealed);
  const hash = sha256(text);
  const bytes = Buffer.from(`${text.slice(0, -1)},"hash":"${hash}"}`);
  return { record: { ...unsealed, hash }, bytes };
}

/** The head after `record`, which stands at `sequence` in EVENTS. */
export function headAfter(record: EventRecord, sequence: number, restoredFrom?: number): Head {
  return {
    n: record.n,
    sequence,
    ...(restoredFrom !== undefined && { restoredFrom }),
    hash: record.hash,
    epoch: record.epoch,
    commandSequence: record.lastCommandSequence,
    simNs: record.simNs,
    stateHash: record.stateHash,
  };
}

/** Laws I3, I4 and I5 for one link. @returns what is wrong, or null. */
export function chainFault(head: Head, record: EventRecord): string | null {
  if (record.hash !== recordHash(record)) return `record ${record.n} does not match its own hash`;
  if (record.n !== head.n + 1) return `record ${record.n} follows record ${head.n}`;
  const isNext = [head.sequence, head.restoredFrom].includes(record.previousSequence);
  if (!isNext) {
    return `record ${record.n} names sequence ${record.previousSequence}, not ${head.sequence}`;
  }
  if (record.previousHash !== head.hash) return `record ${record.n} names another predecessor`;
  const epoch = record.type === 'owner' ? head.epoch + 1 : head.epoch;
  if (record.epoch !== epoch) return `record ${record.n} is of epoch ${record.epoch}, not ${epoch}`;
  return orderFault(head, record);
}

function orderFault(head: Head, record: EventRecord): string | null {
  if (record.simNs < head.simNs) return `record ${record.n} goes back in simulated time`;
  let last = head.commandSequence;
  for (const { sequence } of record.commands) {
    if (sequence <= last) return `record ${record.n} repeats command sequence ${sequence}`;
    last = sequence;
  }
  return record.lastCommandSequence === last
    ? null
    : `record ${record.n} claims command sequence ${record.lastCommandSequence}, not ${last}`;
}

/** @throws DefectError when the record does not continue the chain. */
export function assertLink(head: Head, record: EventRecord): void {
  const fault = chainFault(head, record);
  if (fault) throw new DefectError(`The event log of ${record.simulatorId} is broken: ${fault}.`);
}
