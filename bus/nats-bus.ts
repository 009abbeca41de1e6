/** The bus on a real NATS server, for the subset of JetStream that a 2.9 server speaks. */
import type { NatsConnection } from 'nats';
import { type StoreOptions, StreamBucket } from './bucket.ts';
import {
  type Bucket,
  type BucketName,
  type Bus,
  BusError,
  type ConsumeOptions,
  type LiveMessage,
  type Published,
  type PublishOptions,
  type ReadOptions,
  type Stoppable,
  type StoredMessage,
} from './bus.ts';
import { decodeJson, encodeBody } from './message.ts';
import { isNotFound, jetStreamApi } from './nats-api.ts';
import { type ConnectOptions, connectNats, watchConnection } from './nats-connection.ts';
import { dropConsumer, type NatsConsumer, openConsumer } from './nats-consumer.ts';
import { type ServerError, serverError } from './nats-errors.ts';
import { fromRaw, liveMessage, type RawStored, toHeaders } from './nats-messages.ts';
import { readStored } from './nats-reader.ts';
import { Watcher } from './nats-watch.ts';
import { Requests } from './requests.ts';
import type { JetStreamApi, StreamName } from './streams.ts';

const PUBLISH_TIMEOUT_MS = 2_000;
const CLOSE_MAX_MS = 2_000;

export type { ConnectOptions } from './nats-connection.ts';

/** @throws BusError `refused` on bad credentials, `unavailable` when nobody answers in time. */
export async function connectBus(options: ConnectOptions): Promise<NatsBus> {
  return new NatsBus(await connectNats(options), options);
}

interface PublishAck {
  error?: ServerError;
  seq: number;
  duplicate?: boolean;
}

export class NatsBus implements Bus {
  /** For `ensureStreams` and operators' tools. */
  readonly api: JetStreamApi;
  readonly #nc: NatsConnection;
  readonly #inboxPrefix: string;
  readonly #requests: Requests;
  readonly #warn: (message: string, fields: Record<string, unknown>) => void;
  readonly #listeners = new Set<(connected: boolean) => void>();
  readonly #reconnected = new Set<() => void>();
  readonly #consumers = new Set<NatsConsumer>();
  readonly #watchers = new Set<Watcher>();

  constructor(nc: NatsConnection, { inboxPrefix = '_INBOX', onWarning }: ConnectOptions) {
    this.#nc = nc;
    this.#inboxPrefix = inboxPrefix;
    this.#requests = new Requests(nc, inboxPrefix);
    this.api = jetStreamApi(this.#requests);
    this.#warn =
      onWarning ??
      ((message, fields) => process.emitWarning(message, { detail: JSON.stringify(fields) }));
    void watchConnection(nc, {
      onConnected: (connected) => this.#onConnected(connected),
      onForbidden: (operation, subject) => this.#onForbidden(operation, subject),
    });
  }

  get connected(): boolean {
    return this.#requests.connected;
  }

  onConnection(listener: (connected: boolean) => void): void {
    this.#listeners.add(listener);
  }

  publish(subject: string, body: unknown, options: PublishOptions): Promise<Published> {
    return this.#store(subject, body, options);
  }

  async consume(stream: StreamName, options: ConsumeOptions): Promise<Stoppable> {
    const door = {
      nc: this.#nc,
      api: this.api,
      inboxPrefix: this.#inboxPrefix,
      isConnected: () => this.connected,
    };
    const consumer = await openConsumer(door, stream, {
      ...options,
      onLost: (error) => {
        this.#consumers.delete(consumer);
        options.onLost(error);
      },
    });
    this.#consumers.add(consumer);
    return {
      stop: () => {
        this.#consumers.delete(consumer);
        return consumer.stop();
      },
    };
  }

  removeConsumer(stream: StreamName, durable: string): Promise<void> {
    return dropConsumer(this.api, stream, durable);
  }

  read(stream: StreamName, options: ReadOptions): AsyncIterable<StoredMessage> {
    const door = { nc: this.#nc, api: this.api, inboxPrefix: this.#inboxPrefix };
    return readStored(door, stream, options);
  }

  last(stream: StreamName, subject: string): Promise<StoredMessage | null> {
    return this.#last(stream, subject);
  }

  subjects(stream: StreamName, filter: string): Promise<Map<string, number>> {
    return this.#subjects(stream, filter);
  }

  async streamState(stream: StreamName) {
    const { created, state } = (await this.api.request(`STREAM.INFO.${stream}`)) as {
      created: string;
      state: { first_seq: number; last_seq: number };
    };
    return {
      incarnation: Date.parse(created).toString(36),
      firstSequence: state.first_seq,
      lastSequence: state.last_seq,
    };
  }

  async purge(stream: StreamName, subject: string, beforeSequence: number): Promise<void> {
    const last = await this.#last(stream, subject);
    if (!last) return;
    // Never the newest: an empty subject would let anybody write a second first record (0 is "empty").
    const seq = Math.min(beforeSequence, last.sequence);
    if (seq > 1) await this.api.request(`STREAM.PURGE.${stream}`, { filter: subject, seq });
  }

  follow(subject: string, onMessage: (message: LiveMessage) => void): Stoppable {
    const subscription = this.#nc.subscribe(subject, {
      callback: (error, message) => {
        if (error) return this.#warn('subscription failed', { subject, error: error.message });
        try {
          onMessage(liveMessage(message));
        } catch (caught) {
          this.#warn('a subscriber threw', { subject, error: String(caught) });
        }
      },
    });
    return { stop: async () => subscription.unsubscribe() };
  }

  announce(subject: string, body: Uint8Array, headers?: Record<string, string>): void {
    if (!this.connected || this.#nc.isClosed()) return;
    this.#nc.publish(subject, body, headers && { headers: toHeaders(headers) });
  }

  async bucket(name: BucketName): Promise<Bucket> {
    const door = {
      store: this.#store.bind(this),
      last: this.#last.bind(this),
      subjects: this.#subjects.bind(this),
      watch: this.#watch.bind(this),
    };
    return new StreamBucket(door, name);
  }

  async ping(): Promise<{ roundTripMs: number }> {
    if (!this.connected) throw new BusError('unavailable', 'Not connected to NATS.');
    const startedMs = performance.now();
    try {
      await within(PUBLISH_TIMEOUT_MS, this.#nc.flush());
    } catch (error) {
      throw new BusError('unavailable', 'NATS does not answer a ping.', error);
    }
    return { roundTripMs: performance.now() - startedMs };
  }

  async close(): Promise<void> {
    const reading = [...this.#consumers, ...this.#watchers];
    await Promise.all(reading.map((reader) => within(CLOSE_MAX_MS, reader.stop()).catch(() => {})));
    if (this.#nc.isClosed()) return;
    await within(CLOSE_MAX_MS, this.#nc.drain()).catch(() => this.#nc.close());
  }

  async #store(
    subject: string,
    body: unknown,
    { stream, id, after, headers, timeoutMs }: StoreOptions,
  ): Promise<Published> {
    const sent = toHeaders(headers ?? {});
    // Another stream that happened to listen on the subject would acknowledge too.
    sent.set('Nats-Expected-Stream', stream);
    if (id !== undefined) sent.set('Nats-Msg-Id', id);
    if (after !== undefined) sent.set('Nats-Expected-Last-Subject-Sequence', `${after}`);
    const reply = await this.#requests.send(subject, encodeBody(body), {
      timeoutMs: timeoutMs ?? PUBLISH_TIMEOUT_MS,
      headers: sent,
    });
    const ack = decodeJson(reply.data) as PublishAck;
    if (ack.error) throw serverError(subject, ack.error);
    return { sequence: ack.seq, duplicate: ack.duplicate ?? false };
  }

  async #last(stream: string, subject: string): Promise<StoredMessage | null> {
    try {
      const answer = await this.api.request(`STREAM.MSG.GET.${stream}`, { last_by_subj: subject });
      return fromRaw(answer.message as RawStored);
    } catch (error) {
      // 10037 is "no message found"; a stream that does not exist (10059) is trouble.
      if (isNotFound(error) && (error as { cause: ServerError }).cause.err_code === 10037)
        return null;
      throw error;
    }
  }

  async #subjects(stream: string, filter: string): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for (;;) {
      const { state, total } = (await this.api.request(`STREAM.INFO.${stream}`, {
        subjects_filter: filter,
        offset: found.size,
      })) as { state: { subjects?: Record<string, number> }; total?: number };
      const page = Object.entries(state.subjects ?? {});
      for (const [subject, count] of page) found.set(subject, count);
      if (page.length === 0 || found.size >= (total ?? 0)) return found;
    }
  }

  async #watch(stream: string, filter: string, onMessage: (message: StoredMessage) => void) {
    const door = {
      nc: this.#nc,
      api: this.api,
      inboxPrefix: this.#inboxPrefix,
      onReconnected: (listener: () => void) => {
        this.#reconnected.add(listener);
        return () => this.#reconnected.delete(listener);
      },
    };
    const watcher = new Watcher(door, stream, filter, onMessage);
    this.#watchers.add(watcher);
    const stop = () => {
      this.#watchers.delete(watcher);
      return watcher.stop();
    };
    try {
      await watcher.open();
    } catch (error) {
      await stop();
      throw error;
    }
    return { stop };
  }

  #onConnected(connected: boolean): void {
    if (this.#requests.connected === connected) return;
    this.#requests.connected = connected;
    if (connected) {
      for (const consumer of this.#consumers) consumer.onReconnected();
      for (const listener of this.#reconnected) listener();
    } else {
      this.#requests.failAll('the connection was lost before an answer came');
    }
    for (const listener of this.#listeners) listener(connected);
  }

  #onForbidden(operation: string, subject: string): void {
    if (operation === 'publish') this.#requests.failForbidden(subject);
    this.#warn('NATS refused', { operation, subject });
  }
}

/** @throws Error when it takes longer. */
async function within<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${limitMs} ms`)), limitMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
