/** The bus in memory: one connection to a `MemoryServer`, with the failures a real one has. */

import { type StoreOptions, StreamBucket } from './bucket.ts';
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
import type { MemoryServer } from './memory-server.ts';
import type { StreamName } from './streams.ts';

const PUBLISH_TIMEOUT_MS = 2_000;

export interface MemoryBusOptions {
  /** Tells connections apart in the fault plan. */
  name?: string;
  /** One way, for everything that needs an answer. */
  latencyMs?: number;
}

export class MemoryBus implements Bus {
  readonly name: string;
  readonly #server: MemoryServer;
  readonly #latencyMs: number;
  readonly #waiting = new Set<(error: BusError) => void>();
  readonly #listeners = new Set<(connected: boolean) => void>();
  readonly #stops = new Set<() => unknown>();
  #connected = true;
  #closed = false;

  constructor(server: MemoryServer, { name = 'bus', latencyMs = 0 }: MemoryBusOptions = {}) {
    this.#server = server;
    this.name = name;
    this.#latencyMs = latencyMs;
  }

  get connected(): boolean {
    return this.#connected && !this.#closed;
  }

  /** Cuts the connection, or brings it back. What waits for an answer fails as `unknown`. */
  setConnected(connected: boolean): void {
    if (this.#connected === connected || this.#closed) return;
    this.#connected = connected;
    if (connected) this.#server.pump(this.name);
    else this.#failWaiting();
    for (const listener of this.#listeners) listener(connected);
  }

  onConnection(listener: (connected: boolean) => void): void {
    this.#listeners.add(listener);
  }

  publish(subject: string, body: unknown, options: PublishOptions): Promise<Published> {
    return this.#store(subject, body, options);
  }

  async consume(stream: StreamName, options: ConsumeOptions): Promise<Stoppable> {
    if (options.startSequence < 1) {
      throw new BusError('refused', `startSequence is ${options.startSequence}; it counts from 1.`);
    }
    const consumer = await this.#ask(() =>
      this.#server.openConsumer(this.name, stream, options, () => this.connected),
    );
    return this.#stoppable(() => consumer.stop());
  }

  removeConsumer(stream: StreamName, durable: string): Promise<void> {
    return this.#ask(() => this.#server.removeConsumer(stream, durable));
  }

  async *read(
    stream: StreamName,
    { filter, from, limit }: ReadOptions,
  ): AsyncGenerator<StoredMessage> {
    if (from < 1) throw new BusError('refused', `A read starts at 1 or later, not at ${from}.`);
    yield* await this.#ask(() => this.#server.stream(stream).from(filter, from).slice(0, limit));
  }

  last(stream: StreamName, subject: string): Promise<StoredMessage | null> {
    return this.#last(stream, subject);
  }

  subjects(stream: StreamName, filter: string): Promise<Map<string, number>> {
    return this.#subjects(stream, filter);
  }

  streamState(stream: StreamName) {
    return this.#ask(() => {
      const { incarnation, firstSequence, lastSequence } = this.#server.stream(stream);
      return { incarnation, firstSequence, lastSequence };
    });
  }

  async purge(stream: StreamName, subject: string, beforeSequence: number): Promise<void> {
    await this.#ask(() => {
      const stored = this.#server.stream(stream);
      // Never the newest of EVENTS: see the bus on a real server.
      const newest = stream === 'EVENTS' ? (stored.last(subject)?.sequence ?? 0) : beforeSequence;
      stored.purge(subject, Math.min(beforeSequence, newest));
    });
  }

  follow(
    subject: string,
    onMessage: (message: LiveMessage) => void,
    { queue }: FollowOptions = {},
  ): Stoppable {
    const isConnected = () => this.connected;
    const leave = this.#server.follow({ subject, queue, isConnected, onMessage });
    if (queue === undefined) return this.#stoppable(leave);
    return this.#stoppable(() => {
      leave();
      // Behind what is on its way here.
      return new Promise<void>((resolve) => this.#server.scheduler.after(0, resolve));
    });
  }

  announce(subject: string, body: Uint8Array, headers: Record<string, string> = {}): void {
    if (this.connected) this.#server.announce(subject, body, headers);
  }

  offer(subject: string, body: Uint8Array, onUnheard: () => void): void {
    if (!this.connected || this.#server.announce(subject, body, {}) > 0) return;
    this.#server.scheduler.after(0, () => {
      if (this.connected) onUnheard();
    });
  }

  async bucket(name: BucketName): Promise<Bucket> {
    const door = {
      store: this.#store.bind(this),
      last: this.#last.bind(this),
      subjects: this.#subjects.bind(this),
      watch: async (stream: string, filter: string, onMessage: (message: StoredMessage) => void) =>
        this.#watch(stream, filter, onMessage),
    };
    return new StreamBucket(door, name);
  }

  async ping(): Promise<{ roundTripMs: number }> {
    const startedMs = this.#server.scheduler.nowMs();
    await this.#ask(() => {});
    return { roundTripMs: this.#server.scheduler.nowMs() - startedMs };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#failWaiting();
    await Promise.all([...this.#stops].map((stop) => stop()));
  }

  #watch(stream: string, filter: string, onMessage: (message: StoredMessage) => void) {
    return this.#ask(() => {
      const watching = this.#server.watch(stream, filter, () => this.connected, onMessage);
      this.#listeners.add(watching.catchUp);
      return this.#stoppable(() => {
        this.#listeners.delete(watching.catchUp);
        watching.leave();
      });
    });
  }

  #store(subject: string, body: unknown, options: StoreOptions): Promise<Published> {
    const fault = this.#server.faults.publish?.({
      connection: this.name,
      stream: options.stream,
      subject,
    });
    return this.#ask(() => this.#server.store(subject, body, options), {
      timeoutMs: options.timeoutMs ?? PUBLISH_TIMEOUT_MS,
      isLost: fault?.kind === 'lost',
      isAnswerLost: fault?.kind === 'answerLost',
      extraMs: fault?.kind === 'delayed' ? fault.delayMs : 0,
    });
  }

  #last(stream: string, subject: string): Promise<StoredMessage | null> {
    return this.#ask(() => this.#server.stream(stream).last(subject));
  }

  #subjects(stream: string, filter: string): Promise<Map<string, number>> {
    return this.#ask(() => this.#server.stream(stream).subjects(filter));
  }

  /** There and back: the server acts after one latency, the answer arrives after another. */
  #ask<T>(
    act: () => T,
    { timeoutMs = PUBLISH_TIMEOUT_MS, isLost = false, isAnswerLost = false, extraMs = 0 } = {},
  ): Promise<T> {
    if (!this.connected) {
      return Promise.reject(new BusError('unavailable', 'Not connected to the server.'));
    }
    const { scheduler } = this.#server;
    return new Promise((resolve, reject) => {
      const fail = (error: BusError) => settle(() => reject(error));
      const calm = scheduler.after(timeoutMs, () =>
        fail(new BusError('unknown', `No answer within ${timeoutMs} ms.`)),
      );
      const settle = (then: () => void) => {
        if (!this.#waiting.delete(fail)) return;
        calm();
        then();
      };
      this.#waiting.add(fail);
      if (isLost) return;
      scheduler.after(this.#latencyMs + extraMs, () => {
        const answer = outcomeOf(act);
        if (isAnswerLost) return;
        scheduler.after(this.#latencyMs, () =>
          settle(() => ('error' in answer ? reject(answer.error) : resolve(answer.value))),
        );
      });
    });
  }

  #failWaiting(): void {
    for (const fail of [...this.#waiting]) {
      fail(new BusError('unknown', 'The connection was lost before an answer came.'));
    }
  }

  #stoppable(stop: () => unknown): Stoppable {
    const once = async () => {
      this.#stops.delete(once);
      await stop();
    };
    this.#stops.add(once);
    return { stop: once };
  }
}

function outcomeOf<T>(act: () => T): { value: T } | { error: unknown } {
  try {
    return { value: act() };
  } catch (error) {
    return { error };
  }
}
