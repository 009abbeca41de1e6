/** The hash that an event record carries of itself. */
import { hash as digest } from 'node:crypto';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { canonicalJson } from './canonical.ts';

/** SHA-256 over the canonical JSON of the record without its `hash`; 64 hex digits. */
export function recordHash(record: Omit<EventRecord, 'hash'> | EventRecord): string {
  const { hash: _, ...content } = record as EventRecord;
  return sha256(canonicalJson(content));
}

export const sha256 = (text: string): string => digest('sha256', text);
