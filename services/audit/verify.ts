/** The proof that the trail is whole: walks the chain, and compares it with what stands on AUDIT. */
import type { Bus } from '@sandpit/bus/bus.ts';
import { AuditEntry } from '@sandpit/schemas/audit.ts';
import type { Kysely } from 'kysely';
import { Compile } from 'typebox/compile';
import { canonicalJson } from '../platform/canonical.ts';
import type { Database } from '../platform/database.ts';
import { digestOf, FIRST_HASH, faultOf } from './chain.ts';
import { ANCHORED, type Place, placeIn, TRIMMED } from './places.ts';
import { linksAfter, readHead, type StoredLink } from './store.ts';

export const FILTER = 'sandpit.v1.aud.>';
const BATCH = 500;

const isEntry = Compile(AuditEntry);

export interface VerifyParts {
  bus: Pick<Bus, 'read' | 'streamState'>;
  database: Kysely<Database>;
}

export interface Verdict {
  entries: number;
  headHash: string;
  /** The first thing that is wrong; null: nothing is. */
  fault: string | null;
  /** Stored in AUDIT and not in the trail yet. */
  behind: number;
  /** Places of the chain that AUDIT holds the hash of. */
  anchors: number;
  /** The trail begins behind this entry; 0 = nothing was taken out. */
  trimmedUpTo: number;
}

/** What AUDIT holds. */
interface Published {
  incarnation: string;
  firstSequence: number;
  /** Read up to here; what comes later is not looked at. */
  lastSequence: number;
  /** Entry id -> where it stands and what it says. Those that are found in the trail are taken out. */
  entries: Map<string, { sequence: number; digest: string }>;
  /** Number in the chain -> hash. */
  anchors: Map<number, string>;
  /** Two anchors that contradict each other. */
  fault: string | null;
}

/**
 * Walks the whole chain, and compares it with AUDIT, which nobody can delete from: so a trail whose
 * end was cut off, to which something was added, or that was made anew from its beginning, is found out
 * as well.
 *
 * @param readUpTo  Sequence in AUDIT up to which it is known to have been added.
 */
export async function verify({ bus, database }: VerifyParts, readUpTo = 0): Promise<Verdict> {
  const published = await readPublished(bus);
  const stored = await readHead(database);
  const walk = new Walk(published);
  if (published.fault) return walk.verdict(published.fault);
  for (;;) {
    const links = await linksAfter(database, walk.head.n, BATCH);
    for (const link of links) {
      const fault = walk.step(link);
      if (fault) return walk.verdict(fault);
    }
    if (links.length < BATCH) break;
  }
  if (walk.head.n < stored.n) return walk.verdict(`entry ${walk.head.n + 1} is missing`);
  if (!walk.hasItsBeginning) return walk.verdict('entry 1 is missing');
  const storedUpTo = stored.incarnation === published.incarnation ? stored.sequence : 0;
  const isPast = (sequence: number) => sequence <= Math.max(storedUpTo, readUpTo);
  const left = [...published.entries.values()].filter(({ sequence }) => !walk.isTrimmed(sequence));
  const missing = left.find(({ sequence }) => isPast(sequence));
  if (missing) return walk.verdict(`what stands on AUDIT at ${missing.sequence} is missing`);
  return walk.verdict(null, left.length);
}

class Walk {
  head: Place = { n: 0, hash: FIRST_HASH };
  readonly #published: Published;
  #anchors = 0;
  #walked = 0;
  /** Where it begins when not at 1, and whether an entry says that this is on purpose. */
  #base: Place | null = null;
  #isBaseKnown = true;
  #trimmedSequence = 0;

  constructor(published: Published) {
    this.#published = published;
  }

  get hasItsBeginning(): boolean {
    return this.#isBaseKnown;
  }

  /** Was the entry that stands there on AUDIT taken out of the trail on purpose? */
  isTrimmed(sequence: number): boolean {
    return sequence <= this.#trimmedSequence;
  }

  verdict(fault: string | null, behind = 0): Verdict {
    return {
      entries: this.#walked,
      headHash: this.head.hash,
      fault,
      behind,
      anchors: this.#anchors,
      trimmedUpTo: this.#base?.n ?? 0,
    };
  }

  /** @returns what is wrong with the next link, or null. */
  step(link: StoredLink): string | null {
    if (this.#walked === 0 && link.n > 1) this.#begin(link);
    const fault = faultOf(link, this.head) ?? this.#faultOnAudit(link) ?? this.#faultOfAnchor(link);
    if (fault) return fault;
    this.#notice(link);
    this.head = link;
    this.#walked += 1;
    return null;
  }

  #begin({ n, previousHash }: StoredLink): void {
    this.#base = { n: n - 1, hash: previousHash };
    this.#isBaseKnown = false;
    this.head = this.#base;
  }

  #faultOnAudit({ n, id, entry, incarnation, sequence }: StoredLink): string | null {
    const { entries, firstSequence, lastSequence } = this.#published;
    const original = entries.get(id);
    if (original) {
      entries.delete(id);
      return original.digest === digestOf(entry) ? null : `entry ${n} says something else on AUDIT`;
    }
    const isCovered =
      incarnation === this.#published.incarnation &&
      sequence >= firstSequence &&
      sequence <= lastSequence;
    return isCovered ? `entry ${n} does not stand on AUDIT` : null;
  }

  #faultOfAnchor({ n, hash }: StoredLink): string | null {
    const anchored = this.#published.anchors.get(n);
    if (anchored === undefined) return null;
    this.#anchors += 1;
    return anchored === hash ? null : `entry ${n} is not the one that was anchored on AUDIT`;
  }

  #notice({ entry }: StoredLink): void {
    const base = this.#base;
    if (!base || this.#isBaseKnown) return;
    const content = JSON.parse(entry) as AuditEntry;
    const place = placeIn(content, TRIMMED);
    if (place?.n !== base.n || place.hash !== base.hash) return;
    const { incarnation, sequence } = content.detail;
    this.#isBaseKnown = true;
    if (incarnation === this.#published.incarnation) this.#trimmedSequence = Number(sequence);
  }
}

/** Bounded by the stream, which holds at most 96 MiB. */
async function readPublished(bus: VerifyParts['bus']): Promise<Published> {
  const { incarnation, firstSequence, lastSequence } = await bus.streamState('AUDIT');
  const published: Published = {
    incarnation,
    firstSequence,
    lastSequence,
    entries: new Map(),
    anchors: new Map(),
    fault: null,
  };
  const { entries, anchors } = published;
  for await (const message of bus.read('AUDIT', { filter: FILTER, from: 1 })) {
    const { sequence } = message;
    published.lastSequence = Math.max(published.lastSequence, sequence);
    const entry = entryIn(() => message.body);
    if (!entry) continue;
    entries.set(entry.id, { sequence, digest: digestOf(canonicalJson(entry)) });
    const anchor = placeIn(entry, ANCHORED);
    if (!anchor) continue;
    if ((anchors.get(anchor.n) ?? anchor.hash) !== anchor.hash) {
      published.fault = `entry ${anchor.n} was anchored on AUDIT with two hashes`;
    }
    anchors.set(anchor.n, anchor.hash);
  }
  return published;
}

/** Null for what is no entry that we understand. */
export function entryIn(body: () => unknown): AuditEntry | null {
  try {
    const value = body();
    return isEntry.Check(value) ? value : null;
  } catch {
    return null;
  }
}
