/** Key-value buckets on their streams, in the layout of NATS key-value stores (ADR-8). */
import type { NatsConnection } from 'nats';
import { createInbox } from 'nats';
import {
  type Bucket,
  type BucketChange,
  type BucketEntry,
  type BucketName,
  BusError,
  type Published,
  type PublishOptions,
  type Stoppable,
  type StoredMessage,
} from './bus.ts';
import { createConsumer } from './nats-api.ts';
import { deliveryInfo, headersOf } from './nats-messages.ts';
import { Pull } from './pull.ts';
import type { JetStreamApi } from './streams.ts';

const OPERATION = 'KV-Operation';
const WATCH_BATCH = 256;
const REOPEN_PAUSE_MS = 250;
/** The server forgets the consumer of a watcher that went away. */
const FORGOTTEN_AFTER_MS = 30_000;

export interface BucketDoor {
  nc: NatsConnection;
  api: JetStreamApi;
  inboxPrefix: string;
  store(
    subject: string,
    body: unknown,
    options: Omit<PublishOptions, 'stream'> & { stream: string },
  ): Promise<Published>;
  last(stream: string, subject: string): Promise<StoredMessage | null>;
  subjects(stream: string, filter: string): Promise<Map<string, number>>;
  /** Lets the watch ask anew after a reconnection; returns how to leave. */
  onReconnected(listener: () => void): () => void;
}

const isDeleted = (headers: Readonly<Record<string, string>>) =>
  headers[OPERATION] === 'DEL' || headers[OPERATION] === 'PURGE';

export class NatsBucket implements Bucket {
  readonly #door: BucketDoor;
  readonly #stream: string;
  readonly #root: string;

  constructor(door: BucketDoor, name: BucketName) {
    this.#door = door;
    this.#stream = `KV_${name}`;
    this.#root = `$KV.${name}.`;
  }

  async get(key: string): Promise<BucketEntry | null> {
    const message = await this.#door.last(this.#stream, this.#root + key);
    if (!message || isDeleted(message.headers)) return null;
    return { key, value: message.data, revision: message.sequence };
  }

  async create(key: string, value: Uint8Array): Promise<number> {
    try {
      return await this.update(key, value, 0);
    } catch (error) {
      if (!(error instanceof BusError) || error.failure !== 'conflict') throw error;
      const last = await this.#door.last(this.#stream, this.#root + key);
      // Only the mark of a deletion may be written over, and only that very one.
      if (!last || !isDeleted(last.headers)) throw error;
      return this.update(key, value, last.sequence);
    }
  }

  async update(key: string, value: Uint8Array, revision: number): Promise<number> {
    return (await this.#store(key, value, { after: revision })).sequence;
  }

  async put(key: string, value: Uint8Array): Promise<number> {
    return (await this.#store(key, value, {})).sequence;
  }

  async delete(key: string, revision?: number): Promise<void> {
    const headers = { [OPERATION]: 'DEL' };
    await this.#store(key, new Uint8Array(), {
      headers,
      ...(revision !== undefined && { after: revision }),
    });
  }

  async keys(): Promise<string[]> {
    const subjects = await this.#door.subjects(this.#stream, `${this.#root}>`);
    const keys = [...subjects.keys()].map((subject) => subject.slice(this.#root.length));
    const entries = await Promise.all(keys.map((key) => this.get(key)));
    return keys.filter((_, i) => entries[i] !== null).sort();
  }

  /** Resolves once what the bucket held has been handed over. */
  async watch(onEntry: (entry: BucketChange) => void): Promise<Stoppable> {
    const watcher = new Watcher(this.#door, this.#stream, this.#root, onEntry);
    await watcher.open();
    return watcher;
  }

  #store(
    key: string,
    value: Uint8Array,
    options: { after?: number; headers?: Record<string, string> },
  ) {
    return this.#door.store(this.#root + key, value, { stream: this.#stream, ...options });
  }
}

/**
 * The newest value of every key, then each change. Opened anew after a loss it sees the newest values
 * again and passes on only what is newer than what it had.
 */
class Watcher implements Stoppable {
  readonly #door: BucketDoor;
  readonly #stream: string;
  readonly #root: string;
  readonly #onEntry: (entry: BucketChange) => void;
  readonly #leave: () => void;
  #revision = 0;
  #pull: Pull | null = null;
  #reopen: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    door: BucketDoor,
    stream: string,
    root: string,
    onEntry: (entry: BucketChange) => void,
  ) {
    this.#door = door;
    this.#stream = stream;
    this.#root = root;
    this.#onEntry = onEntry;
    // What was under way when the connection went is lost: begin again from the newest values.
    this.#leave = door.onReconnected(() => this.#openAgain());
  }

  async open(): Promise<void> {
    const { nc, api, inboxPrefix } = this.#door;
    const consumer = createInbox('w').replace('.', '-');
    const info = await createConsumer(api, this.#stream, {
      name: consumer,
      filter_subject: `${this.#root}>`,
      deliver_policy: 'last_per_subject',
      ack_policy: 'none',
      replay_policy: 'instant',
      inactive_threshold: FORGOTTEN_AFTER_MS * 1e6,
      num_replicas: 1,
      mem_storage: true,
    });
    if (this.#stopped) return;
    let left = info.num_pending;
    await new Promise<void>((resolve) => {
      if (left === 0) resolve();
      this.#pull = new Pull(nc, {
        stream: this.#stream,
        consumer,
        inboxPrefix,
        batch: WATCH_BATCH,
        onMessage: (message) => {
          const { streamSequence } = deliveryInfo(message.reply ?? '');
          if (streamSequence > this.#revision) {
            this.#revision = streamSequence;
            this.#onEntry({
              key: message.subject.slice(this.#root.length),
              value: isDeleted(headersOf(message)) ? null : message.data,
              revision: streamSequence,
            });
          }
          if (--left === 0) resolve();
        },
        confirm: async () => {
          await api.request(`CONSUMER.INFO.${this.#stream}.${consumer}`);
        },
        onLost: () => {
          resolve();
          this.#openAgain();
        },
      });
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#reopen);
    this.#pull?.stop();
    this.#leave();
  }

  #openAgain(): void {
    this.#pull?.stop();
    clearTimeout(this.#reopen);
    if (this.#stopped) return;
    this.#reopen = setTimeout(() => {
      this.open().catch(() => this.#openAgain());
    }, REOPEN_PAUSE_MS);
  }
}
