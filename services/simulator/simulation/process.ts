/**
 * One worker process of the simulation: it can be killed at any step, or suspended and woken as with
 * SIGSTOP. Its clock, timers and bus all go through one gate.
 */
import {
  type Bucket,
  type BucketName,
  type Bus,
  BusError,
  type ConsumeOptions,
  type LiveMessage,
  type PublishOptions,
  type ReadOptions,
  type Stoppable,
} from '@sandpit/bus/bus.ts';
import { MemoryBus } from '@sandpit/bus/memory-bus.ts';
import type { Scheduler } from '@sandpit/bus/memory-scheduler.ts';
import type { MemoryServer } from '@sandpit/bus/memory-server.ts';
import type { StreamName } from '@sandpit/bus/streams.ts';
import type { Host } from '../runtime/host.ts';

export class ProcessDied extends Error {
  override readonly name = 'ProcessDied';
}

/** Nothing passes while suspended; nothing ever again once dead. */
export class Gate {
  #suspended = false;
  #dead = false;
  #held: (() => void)[] = [];

  get dead(): boolean {
    return this.#dead;
  }

  get suspended(): boolean {
    return this.#suspended;
  }

  kill(): void {
    this.#dead = true;
    this.#held = [];
  }

  suspend(): void {
    this.#suspended = true;
  }

  resume(): void {
    this.#suspended = false;
    const held = this.#held;
    this.#held = [];
    for (const run of held) this.run(run);
  }

  run(task: () => void): void {
    if (this.#dead) return;
    if (this.#suspended) this.#held.push(task);
    else task();
  }

  pass<Value>(promise: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => this.run(() => resolve(value)),
        (error) => this.run(() => reject(error)),
      );
    });
  }
}

/** @param random  Jitter from the seed. */
export function virtualHost(scheduler: Scheduler, gate: Gate, random: () => number): Host {
  const after = (ms: number, run: () => void) => scheduler.after(ms, () => gate.run(run));
  const sleep = (ms: number) => new Promise<void>((resolve) => after(ms, resolve));
  return {
    wallMs: () => Math.floor(scheduler.nowMs()),
    monotonicMs: () => scheduler.nowMs(),
    random,
    sleep,
    after,
    yield: () => sleep(0),
  };
}

/** The bus as one process sees it. */
export class ProcessBus implements Bus {
  readonly #bus: MemoryBus;
  readonly #gate: Gate;
  readonly #fenceIgnored: boolean;

  constructor(
    server: MemoryServer,
    name: string,
    latencyMs: number,
    gate: Gate,
    fenceIgnored = false,
  ) {
    this.#bus = new MemoryBus(server, { name, latencyMs });
    this.#gate = gate;
    this.#fenceIgnored = fenceIgnored;
  }

  /** What the machine does for a killed process: its connection closes. */
  abandon(): Promise<void> {
    return this.#bus.close();
  }

  setConnected(connected: boolean): void {
    this.#bus.setConnected(connected);
  }

  get connected(): boolean {
    return this.#bus.connected;
  }

  publish(subject: string, body: unknown, options: PublishOptions) {
    const { after: _, ...unfenced } = options;
    const isOpen = this.#fenceIgnored && options.stream === 'EVENTS';
    return this.#ask(() => this.#bus.publish(subject, body, isOpen ? unfenced : options));
  }

  consume(stream: StreamName, options: ConsumeOptions): Promise<Stoppable> {
    const onMessage = (delivery: Parameters<ConsumeOptions['onMessage']>[0]) =>
      new Promise<void>((resolve, reject) => {
        this.#gate.run(() => void options.onMessage(delivery).then(resolve, reject));
      });
    const onLost = (error: unknown) => this.#gate.run(() => options.onLost(error));
    return this.#ask(() => this.#bus.consume(stream, { ...options, onMessage, onLost }));
  }

  removeConsumer(stream: StreamName, durable: string) {
    return this.#ask(() => this.#bus.removeConsumer(stream, durable));
  }

  async *read(stream: StreamName, options: ReadOptions) {
    for await (const message of this.#bus.read(stream, options)) {
      await this.#gate.pass(Promise.resolve());
      yield message;
    }
  }

  last(stream: StreamName, subject: string) {
    return this.#ask(() => this.#bus.last(stream, subject));
  }

  subjects(stream: StreamName, filter: string) {
    return this.#ask(() => this.#bus.subjects(stream, filter));
  }

  streamState(stream: StreamName) {
    return this.#ask(() => this.#bus.streamState(stream));
  }

  purge(stream: StreamName, subject: string, beforeSequence: number) {
    return this.#ask(() => this.#bus.purge(stream, subject, beforeSequence));
  }

  follow(subject: string, onMessage: (message: LiveMessage) => void): Stoppable {
    return this.#bus.follow(subject, (message) => this.#gate.run(() => onMessage(message)));
  }

  announce(subject: string, body: Uint8Array, headers?: Record<string, string>): void {
    if (!this.#gate.dead) this.#bus.announce(subject, body, headers);
  }

  offer(subject: string, body: Uint8Array, onUnheard: () => void): void {
    if (this.#gate.dead) return;
    this.#bus.offer(subject, body, () => this.#gate.run(onUnheard));
  }

  async bucket(name: BucketName): Promise<Bucket> {
    const bucket = await this.#bus.bucket(name);
    const ask = this.#ask.bind(this);
    return {
      get: (key) => ask(() => bucket.get(key)),
      create: (key, value) => ask(() => bucket.create(key, value)),
      update: (key, value, revision) => ask(() => bucket.update(key, value, revision)),
      put: (key, value) => ask(() => bucket.put(key, value)),
      delete: (key, revision) => ask(() => bucket.delete(key, revision)),
      keys: () => ask(() => bucket.keys()),
      watch: (onEntry) => ask(() => bucket.watch((entry) => this.#gate.run(() => onEntry(entry)))),
    };
  }

  ping() {
    return this.#ask(() => this.#bus.ping());
  }

  onConnection(listener: (connected: boolean) => void): void {
    this.#bus.onConnection((connected) => this.#gate.run(() => listener(connected)));
  }

  close(): Promise<void> {
    return this.#bus.close();
  }

  #ask<Value>(call: () => Promise<Value>): Promise<Value> {
    if (this.#gate.dead) return Promise.reject(new BusError('unavailable', 'The process is dead.'));
    return this.#gate.pass(call());
  }
}
