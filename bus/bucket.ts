/** Key-value buckets on streams, in the layout of NATS key-value stores (ADR-8). */
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

const OPERATION = 'KV-Operation';

/** Publish options for any stream, the ones behind buckets included. */
export type StoreOptions = Omit<PublishOptions, 'stream'> & { stream: string };

/** What a bucket asks of the bus it stands on. */
export interface BucketDoor {
  store(subject: string, body: unknown, options: StoreOptions): Promise<Published>;
  last(stream: string, subject: string): Promise<StoredMessage | null>;
  subjects(stream: string, filter: string): Promise<Map<string, number>>;
  /**
   * The newest message of every matching subject, then each new one, none twice. Resolves once the
   * first part has been handed over.
   */
  watch(
    stream: string,
    filter: string,
    onMessage: (message: StoredMessage) => void,
  ): Promise<Stoppable>;
}

const isDeleted = (headers: Readonly<Record<string, string>>) =>
  headers[OPERATION] === 'DEL' || headers[OPERATION] === 'PURGE';

export class StreamBucket implements Bucket {
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
  watch(onEntry: (entry: BucketChange) => void): Promise<Stoppable> {
    return this.#door.watch(this.#stream, `${this.#root}>`, (message) =>
      onEntry({
        key: message.subject.slice(this.#root.length),
        value: isDeleted(message.headers) ? null : message.data,
        revision: message.sequence,
      }),
    );
  }

  #store(
    key: string,
    value: Uint8Array,
    options: { after?: number; headers?: Record<string, string> },
  ) {
    return this.#door.store(this.#root + key, value, { stream: this.#stream, ...options });
  }
}
