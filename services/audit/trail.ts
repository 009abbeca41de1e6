/** AUDIT into Postgres, entry by entry, and the proof that nothing of it was changed. */
import type { Bus } from '@sandpit/bus/bus.ts';
import { AuditEntry } from '@sandpit/schemas/audit.ts';
import type { Kysely } from 'kysely';
import { Compile } from 'typebox/compile';
import { canonicalJson } from '../platform/canonical.ts';
import type { Database } from '../platform/database.ts';
import { digestOf, FIRST_HASH, faultOf } from './chain.ts';
import { type Arrived, append, type Head, linksAfter, readHead } from './store.ts';

const FILTER = 'sandpit.v1.aud.>';
const BATCH = 500;
const POLL_MS = 1_000;
const BACKOFF_MAX_MS = 10_000;

const isEntry = Compile(AuditEntry);

export interface TrailParts {
  bus: Pick<Bus, 'read' | 'streamState'>;
  database: Kysely<Database>;
  report(level: 'error' | 'warn', fields: Record<string, unknown>, message: string): void;
}

export interface Verdict {
  entries: number;
  headHash: string;
  /** The first thing that is wrong; null: nothing is. */
  fault: string | null;
  /** Stored in AUDIT and not in the trail yet. */
  behind: number;
}

export class Trail {
  readonly #parts: TrailParts;
  readonly #stopping = Promise.withResolvers<void>();
  /** Read up to here in this incarnation, including what is no entry. */
  #cursor: { incarnation: string; sequence: number } | null = null;
  #running: Promise<void> | null = null;
  #stopped = false;

  constructor(parts: TrailParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopping.resolve();
    await this.#running;
  }

  async #run(): Promise<void> {
    let pauseMs = POLL_MS;
    while (!this.#stopped) {
      try {
        if (await this.step()) continue;
        pauseMs = POLL_MS;
      } catch (err) {
        this.#cursor = null;
        if (pauseMs === POLL_MS) this.#parts.report('warn', { err }, 'the audit trail waits');
        pauseMs = Math.min(2 * pauseMs, BACKOFF_MAX_MS);
      }
      await this.#pause(pauseMs);
    }
  }

  /** Sequence of AUDIT up to which this process has added what is there; 0 = not yet known. */
  get readUpTo(): number {
    return this.#cursor?.sequence ?? 0;
  }

  /** Adds the next entries. @returns whether there may be more. */
  async step(): Promise<boolean> {
    const { bus, database } = this.#parts;
    const { incarnation, lastSequence } = await bus.streamState('AUDIT');
    if (this.#cursor?.incarnation === incarnation && this.#cursor.sequence >= lastSequence) {
      return false;
    }
    const head = await readHead(database);
    const from = this.#startIn(head, incarnation);
    if (from >= lastSequence) {
      this.#cursor = { incarnation, sequence: lastSequence };
      return false;
    }
    const { arrived, last } = await this.#read(from + 1);
    const added = await append(database, head, incarnation, arrived);
    this.#cursor = added && { incarnation, sequence: last ?? lastSequence };
    return true;
  }

  /** After a restored stream everything is read again; what the trail has is known by its id. */
  #startIn(head: Head, incarnation: string): number {
    const read = this.#cursor?.incarnation === incarnation ? this.#cursor.sequence : 0;
    return Math.max(read, head.incarnation === incarnation ? head.sequence : 0);
  }

  async #read(from: number): Promise<{ arrived: Arrived[]; last: number | null }> {
    const arrived: Arrived[] = [];
    let last: number | null = null;
    const { bus, report } = this.#parts;
    for await (const message of bus.read('AUDIT', { filter: FILTER, from, limit: BATCH })) {
      const { sequence, subject } = message;
      last = sequence;
      const entry = understood(() => message.body);
      if (entry) {
        const { id, at, accountId } = entry;
        arrived.push({ sequence, id, at, accountId, entry: canonicalJson(entry) });
      } else report('error', { sequence, subject }, 'on AUDIT, but no entry we understand');
    }
    return { arrived, last };
  }

  async #pause(ms: number): Promise<void> {
    const over = Promise.withResolvers<void>();
    const timer = setTimeout(over.resolve, ms);
    await Promise.race([over.promise, this.#stopping.promise]);
    clearTimeout(timer);
  }
}

/**
 * Walks the whole chain, and compares it with AUDIT, which nobody can delete from: so a trail whose
 * end was cut off, or that was made anew from its beginning, is found out as well.
 *
 * @param readUpTo  Sequence in AUDIT up to which it is known to have been added.
 */
export async function verify(
  { bus, database }: Omit<TrailParts, 'report'>,
  readUpTo = 0,
): Promise<Verdict> {
  const { incarnation } = await bus.streamState('AUDIT');
  const stored = await readHead(database);
  const published = await readPublished(bus);
  let head = { n: 0, hash: FIRST_HASH };
  const verdict = (fault: string | null, behind = 0): Verdict => ({
    entries: head.n,
    headHash: head.hash,
    fault,
    behind,
  });
  for (;;) {
    const links = await linksAfter(database, head.n, BATCH);
    for (const link of links) {
      const fault = faultOf(link, head);
      if (fault) return verdict(fault);
      const original = published.get(link.id);
      if (original && original.digest !== digestOf(link.entry)) {
        return verdict(`entry ${link.n} says something else on AUDIT`);
      }
      published.delete(link.id);
      head = link;
    }
    if (links.length < BATCH) break;
  }
  if (head.n < stored.n) return verdict(`entry ${head.n + 1} is missing`);
  const storedUpTo = stored.incarnation === incarnation ? stored.sequence : 0;
  const isPast = (sequence: number) => sequence <= Math.max(storedUpTo, readUpTo);
  const missing = [...published.values()].find(({ sequence }) => isPast(sequence));
  if (missing) return verdict(`what stands on AUDIT at ${missing.sequence} is missing`);
  return verdict(null, published.size);
}

interface Published {
  sequence: number;
  digest: string;
}

/** Bounded by the stream, which holds at most 96 MiB. */
async function readPublished(bus: TrailParts['bus']): Promise<Map<string, Published>> {
  const published = new Map<string, Published>();
  for await (const message of bus.read('AUDIT', { filter: FILTER, from: 1 })) {
    const entry = understood(() => message.body);
    if (!entry) continue;
    const { sequence } = message;
    published.set(entry.id, { sequence, digest: digestOf(canonicalJson(entry)) });
  }
  return published;
}

function understood(body: () => unknown): AuditEntry | null {
  try {
    const value = body();
    return isEntry.Check(value) ? value : null;
  } catch {
    return null;
  }
}
