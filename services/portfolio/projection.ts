/**
 * Follows EVENTS into the database: read from the cursor, apply, again.
 *
 * It reads by sequence from the cursor that lies beside the rows rather than from a consumer whose
 * acknowledgements move on: a consumer with several messages under way redelivers out of order, and
 * its position proves nothing. Any number of processes may run this; they take turns.
 */
import type { Bus, StoredMessage } from '@sandpit/bus/bus.ts';
import { HEADERS } from '@sandpit/bus/headers.ts';
import { parseSubject } from '@sandpit/bus/subjects.ts';
import { EventRecord } from '@sandpit/schemas/record.ts';
import type { Kysely } from 'kysely';
import { Compile } from 'typebox/compile';
import { type Database, isOutage } from '../platform/database.ts';
import { type ArchivedMessage, applyBatch, type Cursor, readCursor } from './store.ts';

export interface ProjectionOptions {
  bus: Pick<Bus, 'read' | 'streamState'>;
  database: Kysely<Database>;
  /** For what an operator must hear of; `level` error means that history is incomplete or in doubt. */
  report(level: 'error' | 'warn' | 'info', fields: Record<string, unknown>, message: string): void;
  /** Stream sequences not yet in the database, after each step. */
  onLag?(records: number): void;
}

const FILTER = 'sandpit.v1.evt.>';
const BATCH = 200;
/** Without a word from the live feed the log is looked at this often. */
const POLL_MS = 1_000;
/**
 * After a word: what comes together is applied together. Live state is the worker's to tell, so the
 * history may be this far behind, and the database stays out of the orders' way.
 */
const GATHER_MS = 100;
const BACKOFF_MS = { first: 100, max: 5_000 };

const validator = Compile(EventRecord);

export class Projection {
  readonly #options: ProjectionOptions;
  #cursor: Cursor | null | undefined;
  #running: Promise<void> | null = null;
  #stopped = false;
  #wake: () => void = () => {};
  #woken = false;

  constructor(options: ProjectionOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Something was stored: look at once. */
  wake(): void {
    this.#woken = true;
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    let backoffMs = BACKOFF_MS.first;
    while (!this.#stopped) {
      try {
        const more = await this.step();
        backoffMs = BACKOFF_MS.first;
        if (!more) await this.#idle();
      } catch (error) {
        this.#cursor = undefined;
        // Said on the way up only; an hour's outage is not a thousand lines.
        if (backoffMs < BACKOFF_MS.max) {
          this.#options.report('warn', { err: error, retryInMs: backoffMs }, 'projection waits');
        }
        await this.#pause(backoffMs * (0.5 + Math.random() / 2));
        backoffMs = Math.min(2 * backoffMs, BACKOFF_MS.max);
      }
    }
  }

  /**
   * Applies the next batch. @returns whether there may be more.
   * @throws when bus or database are away; nothing is half done.
   */
  async step(): Promise<boolean> {
    const { bus, database, onLag } = this.#options;
    this.#cursor ??= await readCursor(database);
    const { incarnation, lastSequence } = await bus.streamState('EVENTS');
    const from = this.#startIn(incarnation, lastSequence);
    onLag?.(lastSequence - from.sequence);
    if (from.sequence >= lastSequence) return false;
    const messages = await this.#read(from.sequence + 1);
    // A gap up to the head: what stood there was purged after it had been archived.
    const sequence = messages.at(-1)?.sequence ?? lastSequence;
    const applied = await this.#apply(this.#cursor, { incarnation, sequence }, messages);
    this.#cursor = applied ? { incarnation, sequence } : undefined;
    onLag?.(lastSequence - sequence);
    return sequence < lastSequence || !applied;
  }

  /** Where to go on in this incarnation of the stream. */
  #startIn(incarnation: string, lastSequence: number): Cursor {
    const cursor = this.#cursor;
    if (cursor?.incarnation === incarnation) {
      if (cursor.sequence > lastSequence) {
        const fields = { lastSequence, archivedUpTo: cursor.sequence };
        this.#options.report('error', fields, 'EVENTS has lost its end: restore it');
        throw new Error(`EVENTS ends at ${lastSequence}, before what is archived.`);
      }
      return cursor;
    }
    if (cursor) {
      const fields = { was: cursor.incarnation, is: incarnation, archivedUpTo: cursor.sequence };
      this.#options.report('error', fields, 'EVENTS was made anew: reading it from its beginning');
    }
    return { incarnation, sequence: 0 };
  }

  async #read(from: number): Promise<ArchivedMessage[]> {
    const messages: ArchivedMessage[] = [];
    const { bus } = this.#options;
    for await (const message of bus.read('EVENTS', { filter: FILTER, from, limit: BATCH })) {
      messages.push(this.#archived(message));
    }
    return messages;
  }

  #archived(message: StoredMessage): ArchivedMessage {
    const { subject, sequence, storedAtMs, data, headers } = message;
    const { simulatorId = '', accountId = '' } = parseSubject(subject) ?? {};
    const record = this.#understood(message, simulatorId);
    const isIncomplete = HEADERS.forking in headers;
    return { sequence, storedAtMs, data, simulatorId, accountId, record, isIncomplete };
  }

  #understood(message: StoredMessage, simulatorId: string): EventRecord | null {
    const { subject, sequence } = message;
    try {
      const { body } = message;
      if (validator.Check(body) && body.simulatorId === simulatorId) return body;
    } catch {
      // No JSON; told below like any other.
    }
    this.#options.report('error', { subject, sequence }, 'archived, but no record we understand');
    return null;
  }

  /** False when another process was quicker. A batch the database refuses is tried one by one. */
  async #apply(
    before: Cursor | null | undefined,
    after: Cursor,
    messages: readonly ArchivedMessage[],
  ): Promise<boolean> {
    const { database, report } = this.#options;
    try {
      const applied = await applyBatch(database, before ?? null, after, messages);
      if (applied.outcome === 'overtaken') return false;
      for (const fault of applied.faults) report('error', { ...fault }, 'event log is broken');
      return true;
    } catch (error) {
      if (isOutage(error) || messages.length === 0) throw error;
      if (messages.length > 1) return this.#applyEach(before, after, messages);
      const [message] = messages as [ArchivedMessage];
      if (message.record === null) throw error;
      const { simulatorId, sequence } = message;
      report('error', { err: error, simulatorId, sequence }, 'archived, but not projected');
      return this.#apply(before, after, [{ ...message, record: null }]);
    }
  }

  async #applyEach(
    before: Cursor | null | undefined,
    after: Cursor,
    messages: readonly ArchivedMessage[],
  ): Promise<boolean> {
    let cursor = before;
    for (const message of messages) {
      const next = { incarnation: after.incarnation, sequence: message.sequence };
      if (!(await this.#apply(cursor, next, [message]))) return false;
      cursor = next;
    }
    return true;
  }

  async #idle(): Promise<void> {
    if (!this.#woken) await this.#pause(POLL_MS);
    if (this.#woken && !this.#stopped) await new Promise((r) => setTimeout(r, GATHER_MS));
    this.#woken = false;
  }

  /** Until the time is up or somebody wakes it. */
  async #pause(durationMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, durationMs);
    });
    clearTimeout(timer);
    this.#wake = () => {};
  }
}
