/**
 * The auditor: knows the laws by name and the stored history, and nothing of how it came about.
 *
 * I1 single effect, I2 no phantom, I3 chain, I4 order, I5 one owner per epoch, I6 reply implies
 * record, I7 replay equality, I8 money, I9 matching.
 */
import type { StoredMessage } from '@sandpit/bus/bus.ts';
import type { Command } from '@sandpit/schemas/command.ts';
import { type EventRecord, GENESIS_HASH } from '@sandpit/schemas/record.ts';
import { canonicalJson } from '../../platform/canonical.ts';
import { recordHash } from '../../platform/record-hash.ts';
import { auditMatching, auditMoney } from './trading-laws.ts';

export type Law = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I9';

export interface Breach {
  law: Law;
  detail: string;
}

/** The part of a stored message that the laws are about. */
export type Stored<Body> = Pick<StoredMessage<Body>, 'sequence' | 'body'> & {
  /** Where a record stood before its log was restored; 0 = nobody knows, absent = it never was. */
  restoredFrom?: number;
};

/** Where a record stands, and may be said to stand by whoever knew its log before it was restored. */
export const placesOf = ({ sequence, restoredFrom }: Stored<unknown>): number[] =>
  restoredFrom === undefined ? [sequence] : [sequence, restoredFrom];

/** What was stored for one simulator, and what people were told. */
export interface History {
  /** Everything ever stored on its command subject, purged or not. */
  commands: Stored<Command>[];
  /** Sequences of commands without authority; they must leave no trace. */
  unauthorised: ReadonlySet<number>;
  records: Stored<EventRecord>[];
  /** Answers given to clients. */
  told: { commandId: string; sequence: number }[];
}

export function audit(history: History): Breach[] {
  const records = history.records.map(({ body }) => body);
  return [
    ...auditEffects(history),
    ...auditPhantoms(history),
    ...auditChain(history.records),
    ...auditOrder(records),
    ...auditOwners(records),
    ...auditReplies(history),
    ...auditMoney(records),
    ...auditMatching(records),
  ];
}

function auditEffects({ commands, unauthorised, records }: History): Breach[] {
  const effects = new Map<string, number>();
  for (const { body } of records) {
    for (const { command } of body.commands) {
      effects.set(command.commandId, (effects.get(command.commandId) ?? 0) + 1);
    }
  }
  const accepted = commands.filter(({ sequence }) => !unauthorised.has(sequence));
  const ids = new Set(accepted.map(({ body }) => body.commandId));
  return [...ids]
    .filter((id) => effects.get(id) !== 1)
    .map((id) => ({ law: 'I1', detail: `${id} has ${effects.get(id) ?? 0} records` }));
}

function auditPhantoms({ commands, unauthorised, records }: History): Breach[] {
  const stored = new Map(commands.map(({ sequence, body }) => [sequence, canonicalJson(body)]));
  const breaches: Breach[] = [];
  for (const { body: record } of records) {
    for (const { sequence, command } of record.commands) {
      if (stored.get(sequence) !== canonicalJson(command) || unauthorised.has(sequence)) {
        breaches.push({ law: 'I2', detail: `record ${record.n} names no command ${sequence}` });
      }
    }
    const causes = new Set(record.commands.map(({ command }) => command.commandId));
    for (const { causeId, type } of record.events) {
      if (causeId !== null && !causes.has(causeId)) {
        breaches.push({ law: 'I2', detail: `record ${record.n}: ${type} of unknown ${causeId}` });
      }
    }
    if (record.type === 'owner' && record.commands.length + record.events.length > 0) {
      breaches.push({ law: 'I2', detail: `owner record ${record.n} does something` });
    }
  }
  return breaches;
}

function auditChain(records: Stored<EventRecord>[]): Breach[] {
  let previous = { n: 0, places: [0], hash: GENESIS_HASH };
  const breaches: Breach[] = [];
  for (const stored of records) {
    const { body: record, sequence } = stored;
    const holds =
      record.n === previous.n + 1 &&
      previous.places.includes(record.previousSequence) &&
      record.previousHash === previous.hash &&
      record.hash === recordHash(record);
    if (!holds) breaches.push({ law: 'I3', detail: `record ${record.n} at ${sequence}` });
    previous = { n: record.n, places: placesOf(stored), hash: record.hash };
  }
  return breaches;
}

function auditOrder(records: EventRecord[]): Breach[] {
  let last = 0;
  const breaches: Breach[] = [];
  for (const record of records) {
    const before = last;
    for (const { sequence } of record.commands) {
      if (sequence <= last)
        breaches.push({ law: 'I4', detail: `command ${sequence} after ${last}` });
      last = sequence;
    }
    if (record.lastCommandSequence !== Math.max(before, last)) {
      breaches.push({ law: 'I4', detail: `record ${record.n} stands at another command` });
    }
  }
  return breaches;
}

function auditOwners(records: EventRecord[]): Breach[] {
  const workers = new Map<number, string>();
  const breaches: Breach[] = [];
  let epoch = 0;
  for (const record of records) {
    const begins = record.type === 'owner';
    if (record.epoch !== (begins ? epoch + 1 : epoch)) {
      breaches.push({ law: 'I5', detail: `record ${record.n}: epoch ${record.epoch} in ${epoch}` });
    }
    epoch = record.epoch;
    const worker = workers.get(epoch) ?? record.worker;
    workers.set(epoch, worker);
    if (worker !== record.worker) {
      breaches.push({ law: 'I5', detail: `epoch ${epoch} is of ${worker} and ${record.worker}` });
    }
  }
  return breaches;
}

function auditReplies({ records, told }: History): Breach[] {
  const bySequence = new Map(
    records.flatMap((stored) => placesOf(stored).map((place) => [place, stored.body] as const)),
  );
  return told
    .filter(
      ({ commandId, sequence }) =>
        !bySequence.get(sequence)?.commands.some(({ command }) => command.commandId === commandId),
    )
    .map(({ commandId, sequence }) => ({
      law: 'I6',
      detail: `${commandId} was told to stand at ${sequence}`,
    }));
}
