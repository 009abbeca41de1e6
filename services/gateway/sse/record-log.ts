/**
 * The newest records of one simulator, gapless, as the gateway has seen them go by. A gap in the live
 * subscription is repaired from the stream before anything after it is shown.
 */
import type { Bus } from '@sandpit/bus/bus.ts';
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import type { LiveRecord } from '../../platform/live.ts';

export interface LogEntry {
  sequence: number;
  n: number;
  bytes: Buffer;
  /** Events in the bytes. */
  count: number;
}

export interface RecordLogOptions {
  bus: Pick<Bus, 'last' | 'read'>;
  address: SimulatorAddress;
  encode(record: EventRecord, sequence: number): LogEntry;
  /** The next record of the simulator, in order. */
  onRecord(entry: LogEntry, record: EventRecord): void;
  onError(error: unknown): void;
}

const RING_MAX = 1_000;
const REPAIR_AGAIN_MS = 500;

export class RecordLog {
  readonly #options: RecordLogOptions;
  readonly #subject: string;
  #ring: LogEntry[] = [];
  #after = 0;
  #open = false;
  /** Newest sequence that went by while it was not yet, or no longer, in step. */
  #seen = 0;
  #repairing: Promise<void> | null = null;
  #closed = false;
  headSequence = 0;
  headN = 0;

  constructor(options: RecordLogOptions) {
    this.#options = options;
    this.#subject = subjects.event(options.address);
  }

  /** Every record after this sequence is in the ring. */
  get ringAfter(): number {
    return this.#after;
  }

  /** Finds the head. Live records that go by meanwhile are fetched afterwards. */
  async open(): Promise<EventRecord | null> {
    const last = await this.#options.bus.last('EVENTS', this.#subject);
    const record = (last?.body ?? null) as EventRecord | null;
    this.headSequence = last?.sequence ?? 0;
    this.headN = record?.n ?? 0;
    this.#after = this.headSequence;
    this.#open = true;
    if (this.#seen > this.headSequence) await this.repair();
    return record;
  }

  take(live: LiveRecord): void {
    if (live.sequence <= this.headSequence) return;
    this.#seen = Math.max(this.#seen, live.sequence);
    if (!this.#open || this.#repairing) return;
    if (live.previousSequence === this.headSequence) this.#appendLive(live);
    else void this.repair();
  }

  /** A record that cannot be shown must not end the subscription that brought it. */
  #appendLive({ record, sequence }: LiveRecord): void {
    try {
      this.#append(record, sequence);
    } catch (error) {
      this.#options.onError(error);
    }
  }

  /** Finds a last record whose live copy was lost, which no later one has shown to be missing. */
  async verify(): Promise<void> {
    try {
      const last = await this.#options.bus.last('EVENTS', this.#subject);
      if (last && last.sequence > this.headSequence) await this.repair();
    } catch (error) {
      this.#options.onError(error);
    }
  }

  /** Reads what is missing from the stream. */
  repair(): Promise<void> {
    this.#repairing ??= this.#repair().finally(() => {
      this.#repairing = null;
      // One may have gone by between the last look and now.
      if (!this.#closed && this.#seen > this.headSequence) void this.repair();
    });
    return this.#repairing;
  }

  /** Entries after `sequence` from memory; only valid when `sequence >= ringAfter`. */
  after(sequence: number): LogEntry[] {
    let low = 0;
    let high = this.#ring.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ring[middle].sequence <= sequence) low = middle + 1;
      else high = middle;
    }
    return this.#ring.slice(low);
  }

  close(): void {
    this.#closed = true;
    this.#ring = [];
  }

  async #repair(): Promise<void> {
    do {
      try {
        await this.#readMissing();
      } catch (error) {
        this.#options.onError(error);
        await new Promise((resolve) => setTimeout(resolve, REPAIR_AGAIN_MS));
      }
    } while (!this.#closed && this.#seen > this.headSequence);
  }

  async #readMissing(): Promise<void> {
    const from = this.headSequence + 1;
    const { bus } = this.#options;
    for await (const stored of bus.read('EVENTS', { filter: this.#subject, from })) {
      if (this.#closed) return;
      this.#append(stored.body as EventRecord, stored.sequence);
    }
  }

  #append(record: EventRecord, sequence: number): void {
    this.headSequence = sequence;
    // A log that is restored comes by once more, and everybody has seen it.
    if (record.n <= this.headN) return;
    const entry = this.#options.encode(record, sequence);
    this.headN = record.n;
    this.#ring.push(entry);
    if (this.#ring.length > RING_MAX) {
      this.#after = (this.#ring.shift() as LogEntry).sequence;
    }
    this.#options.onRecord(entry, record);
  }
}
