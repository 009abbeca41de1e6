/** How entries hang together, and what is wrong when they do not. Pure but for SHA-256. */
import { createHash } from 'node:crypto';
import type { AuditEntry } from '@sandpit/schemas/audit.ts';

export const FIRST_HASH = '0'.repeat(64);

export interface Link {
  n: number;
  id: string;
  at: Date;
  accountId: string | null;
  entry: string;
  previousHash: string;
  hash: string;
}

/** The hash covers the place, the entry to the letter, and all that stands before it. */
export const hashOf = (n: number, entry: string, previousHash: string): string =>
  createHash('sha256').update(`${previousHash}\n${n}\n${entry}`).digest('hex');

/** Short, for comparing two copies of an entry. */
export const digestOf = (entry: string): string =>
  createHash('sha256').update(entry).digest('base64url');

/** @returns what is wrong with the link after `previous`, or null. */
export function faultOf(link: Link, previous: Pick<Link, 'n' | 'hash'>): string | null {
  if (link.n !== previous.n + 1) return `entry ${previous.n + 1} is missing`;
  if (link.previousHash !== previous.hash) return `entry ${link.n} does not follow the one before`;
  if (link.hash !== hashOf(link.n, link.entry, link.previousHash)) {
    return `entry ${link.n} was changed`;
  }
  const { id, at, accountId } = JSON.parse(link.entry) as AuditEntry;
  const isSame = id === link.id && at === link.at.toISOString() && accountId === link.accountId;
  return isSame ? null : `the columns of entry ${link.n} were changed`;
}
