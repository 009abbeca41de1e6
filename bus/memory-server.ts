/**
 * The server half of the in-memory bus: streams, consumers and subscriptions, shared by as many
 * connections as there are workers in the simulation. No clock and no chance of its own.
 */

import type { StoreOptions } from './bucket.ts';
import { BusError, type ConsumeOptions, type LiveMessage } from './bus.ts';
import { type ConsumerHooks, MemoryConsumer } from './memory-consumer.ts';
import type { Scheduler } from './memory-scheduler.ts';
import { MemoryStream, matches } from './memory-stream.ts';
import { encodeBody, LazyMessage, type StoredLazyMessage } from './message.ts';
import { type StreamConfiguration, streamConfigurations } from './streams.ts';

/**
 * What happens to one publish:
 * - `lost`: never reaches the server; the publisher waits in vain.
 * - `answerLost`: stored; the publisher waits in vain.
 * - `delayed`: reaches the server late, perhaps after the publisher has given up.
 */
export type PublishFault =
  | { kind: 'lost' }
  | { kind: 'answerLost' }
  | { kind: 'delayed'; delayMs: number };

export interface Faults {
  publish?(context: { connection: string; stream: string; subject: string }): PublishFault | null;
  deliver?(context: {
    connection: string;
    subject: string;
    sequence: number;
  }): 'lost' | 'duplicate' | null;
}

export interface MemoryServerOptions {
  scheduler: Scheduler;
  faults?: Faults;
  /** Default: the streams and buckets of the house. */
  streams?: StreamConfiguration[];
}

export interface Follower {
  subject: string;
  /** One of all with the same queue gets a message. */
  queue?: string | undefined;
  isConnected(): boolean;
  onMessage(message: LiveMessage): void;
}

interface Reader {
  consumer: MemoryConsumer;
  connection: string;
}

export class MemoryServer {
  readonly scheduler: Scheduler;
  /** May be changed at any time: the fault plan of the simulation. */
  faults: Faults;
  readonly #rules = new Map<string, StreamConfiguration>();
  readonly #streams = new Map<string, MemoryStream>();
  readonly #readers = new Map<string, Reader>();
  readonly #followers = new Set<Follower>();

  constructor({ scheduler, faults = {}, streams }: MemoryServerOptions) {
    this.scheduler = scheduler;
    this.faults = faults;
    for (const rules of streams ?? streamConfigurations({ replicas: 1, storageScale: 1 })) {
      this.#rules.set(rules.name, rules);
      this.#streams.set(rules.name, new MemoryStream(rules, scheduler.nowMs()));
    }
  }

  /** @throws BusError `refused` when there is none. */
  stream(name: string): MemoryStream {
    const stream = this.#streams.get(name);
    if (!stream) throw new BusError('refused', `There is no stream ${name}.`);
    return stream;
  }

  /** Stores and tells everyone whom it concerns. @throws BusError as the server would answer. */
  store(subject: string, body: unknown, { stream: name, id, after, headers = {} }: StoreOptions) {
    const stream = this.stream(name);
    if (!stream.listensOn(subject)) {
      throw new BusError('refused', `${subject} is no subject of ${name}.`);
    }
    const data = encodeBody(body);
    // A core subscriber on the stream's own subject sees every try, refused ones too.
    this.announce(subject, data, headers);
    const result = stream.store({ subject, data, headers, id, after }, this.scheduler.nowMs());
    if (result.message) this.#stored(name, result.message, result.previousSequence);
    return { sequence: result.sequence, duplicate: result.duplicate };
  }

  /** @returns  How many listen. */
  announce(subject: string, data: Uint8Array, headers: Readonly<Record<string, string>>): number {
    let listening = 0;
    const served = new Set<string>();
    for (const follower of [...this.#followers]) {
      if (!matches(follower.subject, subject)) continue;
      if (follower.isConnected()) listening++;
      const { queue } = follower;
      if (queue !== undefined) {
        if (served.has(queue) || !follower.isConnected()) continue;
        served.add(queue);
        // The next one's turn: a set goes through its members in the order in which they came.
        this.#followers.delete(follower);
        this.#followers.add(follower);
      }
      const message = new LazyMessage(subject, headers, data);
      this.scheduler.after(0, () => {
        const isHere = queue !== undefined || this.#followers.has(follower);
        if (isHere && follower.isConnected()) follower.onMessage(message);
      });
    }
    return listening;
  }

  follow(follower: Follower): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** The newest of every subject now and every message from now on, in order, none twice. */
  watch(
    name: string,
    filter: string,
    isConnected: () => boolean,
    onMessage: (message: StoredLazyMessage) => void,
  ): { catchUp(): void; leave(): void } {
    let sequence = 0;
    const catchUp = () => {
      if (!isConnected()) return;
      for (const message of this.stream(name).from(filter, sequence + 1)) {
        sequence = message.sequence;
        onMessage(message);
      }
    };
    catchUp();
    return { catchUp, leave: this.follow({ subject: filter, isConnected, onMessage: catchUp }) };
  }

  openConsumer(
    connection: string,
    name: string,
    options: ConsumeOptions,
    isConnected: () => boolean,
  ): MemoryConsumer {
    const key = `${name} ${options.durable}`;
    const stream = this.stream(name);
    this.#lose(key, new Error(`Consumer ${options.durable}: opened by another reader.`));
    const hooks: ConsumerHooks = {
      scheduler: this.scheduler,
      isConnected,
      deliveryFault: (sequence) =>
        this.faults.deliver?.({ connection, subject: options.filter, sequence }) ?? null,
    };
    const consumer = new MemoryConsumer(stream, options, hooks);
    this.#readers.set(key, { consumer, connection });
    this.scheduler.after(0, () => consumer.pump());
    return consumer;
  }

  removeConsumer(name: string, durable: string): void {
    this.#lose(`${name} ${durable}`, new Error(`Consumer ${durable}: deleted.`));
  }

  /** As after a restart: what is on disk stays, consumers in memory are gone. */
  restart(): void {
    for (const [key, { consumer }] of [...this.#readers]) {
      if (consumer.options.disposable) this.#lose(key, new Error('The server was restarted.'));
    }
  }

  /** As after the loss of a stream's files: same rules, other identity. */
  recreateStream(name: string): void {
    const rules = this.#rules.get(name);
    if (!rules) throw new BusError('refused', `There is no stream ${name}.`);
    this.#streams.set(name, new MemoryStream(rules, this.scheduler.nowMs() + 1));
  }

  pump(connection: string): void {
    for (const reader of this.#readers.values()) {
      if (reader.connection === connection) reader.consumer.pump();
    }
  }

  #lose(key: string, error: Error): void {
    const reader = this.#readers.get(key);
    if (!reader) return;
    this.#readers.delete(key);
    if (reader.consumer.isReading) {
      void reader.consumer.stop();
      this.scheduler.after(0, () => reader.consumer.options.onLost(error));
    }
  }

  #stored(name: string, message: StoredLazyMessage, previousSequence: number): void {
    const republish = this.#rules.get(name)?.republish as { src: string; dest: string } | undefined;
    if (republish) {
      const subject = republishedAs(message.subject, republish);
      this.announce(subject, message.data, {
        ...message.headers,
        'Nats-Stream': name,
        'Nats-Subject': message.subject,
        'Nats-Sequence': `${message.sequence}`,
        'Nats-Last-Sequence': `${previousSequence}`,
      });
    }
    for (const [key, { consumer }] of this.#readers) {
      if (key.startsWith(`${name} `) && matches(consumer.options.filter, message.subject)) {
        this.scheduler.after(0, () => consumer.pump());
      }
    }
  }
}

/** `a.b.>` to `c.d.>`: the part under the wildcard stays. */
const republishedAs = (subject: string, { src, dest }: { src: string; dest: string }) =>
  dest.slice(0, -1) + subject.slice(src.length - 1);
