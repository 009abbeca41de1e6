/**
 * What goes into the audit trail. Whoever notes something never waits for it and never fails by it:
 * entries stand in a bounded queue until AUDIT has them, and what did not fit is counted in the trail.
 */
import { BusError, type PublishOptions } from '@sandpit/bus/bus.ts';
import { subjects } from '@sandpit/bus/subjects.ts';
import type { AuditActor, AuditArea, AuditEntry } from '@sandpit/schemas/audit.ts';
import type { ServiceBroker } from 'moleculer';
import { newId } from './ids.ts';

const QUEUE_MAX = 2_000;
const BACKOFF_MS = { first: 100, max: 5_000 };
/** Within the server's memory of message ids, so that an entry sent again is stored once. */
const RETRIED_FOR_MS = 100_000;
const ID = /^[A-Za-z0-9_-]{1,64}$/;

export interface AuditNote {
  area: AuditArea;
  action: string;
  actor: AuditActor;
  accountId?: string | null;
  subjectId?: string | null;
  outcome?: string;
  correlationId?: string | null;
  detail?: Record<string, string | number | boolean | null>;
}

export interface AuditWriterParts {
  publish(subject: string, entry: AuditEntry, options: PublishOptions): Promise<unknown>;
  /** Told when entries are lost. */
  onLost(count: number): void;
  now?: () => number;
  sleep?: (ms: number) => Promise<void>;
}

interface Waiting {
  entry: AuditEntry;
  sinceMs: number;
}

export class AuditWriter {
  readonly #parts: AuditWriterParts;
  readonly #now: () => number;
  readonly #sleep: (ms: number) => Promise<void>;
  readonly #queue: Waiting[] = [];
  #lost = 0;
  #running: Promise<void> | null = null;
  #stopped = false;

  constructor(parts: AuditWriterParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
    this.#sleep =
      parts.sleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms).unref()));
  }

  note(note: AuditNote): void {
    if (this.#queue.length < QUEUE_MAX) this.#add(note);
    else this.#lose();
    this.#running ??= this.#run();
  }

  /** Waits until what was noted is stored, or until `patienceMs` are over. */
  async close(patienceMs: number): Promise<void> {
    const timer = Promise.withResolvers<void>();
    const timeout = setTimeout(timer.resolve, patienceMs);
    await Promise.race([this.#running, timer.promise]);
    clearTimeout(timeout);
    this.#stopped = true;
  }

  #add(note: AuditNote): void {
    const nowMs = this.#now();
    this.#queue.push({ entry: entryOf(note, nowMs), sinceMs: nowMs });
  }

  async #run(): Promise<void> {
    // Not in the caller's turn.
    await Promise.resolve();
    let backoffMs = BACKOFF_MS.first;
    while (this.#queue.length > 0 && !this.#stopped) {
      const [first] = this.#queue as [Waiting];
      const outcome = await this.#store(first);
      if (outcome === 'later') {
        await this.#sleep(backoffMs);
        backoffMs = Math.min(2 * backoffMs, BACKOFF_MS.max);
        continue;
      }
      this.#queue.shift();
      backoffMs = BACKOFF_MS.first;
      // Said only where entries are taken again, or it would be lost as well, for ever.
      if (outcome === 'lost') this.#lose();
      else if (this.#lost > 0) this.#confess();
    }
    this.#running = null;
  }

  async #store({ entry, sinceMs }: Waiting): Promise<'stored' | 'lost' | 'later'> {
    const options: PublishOptions = { stream: 'AUDIT', id: `audit/${entry.id}` };
    try {
      await this.#parts.publish(subjects.audit(entry.area), entry, options);
      return 'stored';
    } catch (error) {
      const failure = error instanceof BusError ? error.failure : 'refused';
      if (failure === 'unavailable' || failure === 'unknown') {
        if (this.#now() - sinceMs < RETRIED_FOR_MS) return 'later';
      }
      return 'lost';
    }
  }

  #lose(): void {
    this.#lost += 1;
    this.#parts.onLost(1);
  }

  #confess(): void {
    const detail = { count: this.#lost };
    this.#lost = 0;
    this.#add({ area: 'audit', action: 'entriesLost', actor: 'house', detail });
  }
}

const plain = (id: string | null | undefined) => (id && ID.test(id) ? id : null);

function entryOf(note: AuditNote, nowMs: number): AuditEntry {
  const { area, action, actor, accountId, subjectId, outcome = 'ok', correlationId } = note;
  return {
    id: newId(),
    at: new Date(nowMs).toISOString(),
    area,
    action,
    actor,
    accountId: plain(accountId),
    subjectId: plain(subjectId),
    outcome,
    correlationId: plain(correlationId),
    detail: note.detail ?? {},
  };
}

const writers = new WeakMap<ServiceBroker, AuditWriter>();
const LOST = 'sandpit.audit.lost';

/** The process's own writer. */
export function auditOf(broker: ServiceBroker): AuditWriter {
  let writer = writers.get(broker);
  if (!writer) {
    broker.metrics.register({
      type: 'counter',
      name: LOST,
      description: 'Audit entries that could not be stored',
    });
    let told = false;
    writer = new AuditWriter({
      publish: (subject, entry, options) => broker.bus.publish(subject, entry, options),
      onLost: (count) => {
        broker.metrics.increment(LOST, {}, count);
        if (!told) broker.logger.error({}, 'audit entries are being lost; see sandpit.audit.lost');
        told = true;
      },
    });
    writers.set(broker, writer);
  }
  return writer;
}
