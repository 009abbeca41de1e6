/** The bus on a real NATS server, for the subset of JetStream that a 2.9 server speaks. */
import type { NatsConnection } from 'nats';
import { StreamBucket } from './bucket.ts';
import {
  type Bucket,
  type BucketName,
  type Bus,
  BusError,
  type ConsumeOptions,
  type FollowOptions,
  type LiveMessage,
  type Published,
  type PublishOptions,
  type ReadOptions,
  type Stoppable,
  type StoredMessage,
} from './bus.ts';
import { jetStreamApi } from './nats-api.ts';
import { type ConnectOptions, connectNats, watchConnection } from './nats-connection.ts';
import { dropConsumer, type NatsConsumer, openConsumer } from './nats-consumer.ts';
import { liveMessage, toHeaders } from './nats-messages.ts';
import { readStored } from './nats-reader.ts';
import { NatsStore } from './nats-store.ts';
import { Watcher } from './nats-watch.ts';
import { Offers } from './offers.ts';
import { Requests } from './requests.ts';
import type { JetStreamApi, StreamName } from './streams.ts';

const PING_MAX_MS = 2_000;
const CLOSE_MAX_MS = 2_000;

export type { ConnectOptions } from './nats-connection.ts';

/** @throws BusError `refused` on bad credentials, `unavailable` when nobody answers in time. */
export async function connectBus(options: ConnectOptions): Promise<NatsBus> {
  return new NatsBus(await connectNats(options), options);
}

export class NatsBus implements Bus {
  /** For `ensureStreams` and operators' tools. */
  readonly api: JetStreamApi;
  readonly #nc: NatsConnection;
  readonly #inboxPrefix: string;
  readonly #requests: Requests;
  #offers: Offers | null = null;
  readonly #store: NatsStore;
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
    this.#store = new NatsStore(this.#requests, this.api);
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
    return this.#store.put(subject, body, options);
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
    return this.#store.last(stream, subject);
  }

  subjects(stream: StreamName, filter: string): Promise<Map<string, number>> {
    return this.#store.subjects(stream, filter);
  }

  streamState(stream: StreamName) {
    return this.#store.state(stream);
  }

  purge(stream: StreamName, subject: string, beforeSequence: number): Promise<void> {
    return this.#store.purge(stream, subject, beforeSequence);
  }

  follow(
    subject: string,
    onMessage: (message: LiveMessage) => void,
    { queue }: FollowOptions = {},
  ): Stoppable {
    const subscription = this.#nc.subscribe(subject, {
      ...(queue !== undefined && { queue }),
      callback: (error, message) => {
        if (error) return this.#warn('subscription failed', { subject, error: error.message });
        try {
          onMessage(liveMessage(message));
        } catch (caught) {
          this.#warn('a subscriber threw', { subject, error: String(caught) });
        }
      },
    });
    if (queue === undefined) return { stop: async () => subscription.unsubscribe() };
    return {
      stop: () =>
        within(CLOSE_MAX_MS, subscription.drain()).catch(() => subscription.unsubscribe()),
    };
  }

  announce(subject: string, body: Uint8Array, headers?: Record<string, string>): void {
    if (!this.connected || this.#nc.isClosed()) return;
    this.#nc.publish(subject, body, headers && { headers: toHeaders(headers) });
  }

  offer(subject: string, body: Uint8Array, onUnheard: () => void): void {
    if (!this.connected || this.#nc.isClosed()) return;
    this.#offers ??= new Offers(this.#nc, this.#inboxPrefix);
    this.#offers.send(subject, body, onUnheard);
  }

  async bucket(name: BucketName): Promise<Bucket> {
    const door = {
      store: this.#store.put.bind(this.#store),
      last: this.#store.last.bind(this.#store),
      subjects: this.#store.subjects.bind(this.#store),
      watch: this.#watch.bind(this),
    };
    return new StreamBucket(door, name);
  }

  async ping(): Promise<{ roundTripMs: number }> {
    if (!this.connected) throw new BusError('unavailable', 'Not connected to NATS.');
    const startedMs = performance.now();
    try {
      await within(PING_MAX_MS, this.#nc.flush());
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
