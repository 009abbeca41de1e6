/** AUDIT into Postgres, entry by entry. */
import type { Bus } from '@sandpit/bus/bus.ts';
import type { Kysely } from 'kysely';
import { canonicalJson } from '../platform/canonical.ts';
import type { Database } from '../platform/database.ts';
import { type Arrived, append, type Head, readHead } from './store.ts';
import { entryIn, FILTER } from './verify.ts';

const BATCH = 500;
const POLL_MS = 1_000;
const BACKOFF_MAX_MS = 10_000;

export interface TrailParts {
  bus: Pick<Bus, 'read' | 'streamState'>;
  database: Kysely<Database>;
  report(level: 'error' | 'warn', fields: Record<string, unknown>, message: string): void;
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
      const entry = entryIn(() => message.body);
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
