/**
 * The bus: the only door to NATS. Four verbs on stored messages (publish, consume, read, follow),
 * buckets for small shared state, and core publish for what need not be stored.
 *
 * Two implementations stand under one contract suite: `nats-bus.ts` (real) and `memory-bus.ts` (the
 * deterministic twin for the seeded simulation).
 */
import type { StreamName } from './streams.ts';

export interface StoredMessage<Body = unknown> {
  subject: string;
  /** Stream sequence. */
  sequence: number;
  /** When the server stored it, ms since the epoch. */
  storedAtMs: number;
  headers: Readonly<Record<string, string>>;
  body: Body;
  /** The bytes as stored; `body` is their JSON, decoded on first use. */
  data: Uint8Array;
}

export interface PublishOptions {
  stream: StreamName;
  /** Stream-wide de-duplication id; must begin with the simulator's id. */
  id?: string;
  /** Expected stream sequence of the subject's last message; 0 = the subject is empty. */
  after?: number;
  headers?: Record<string, string>;
  timeoutMs?: number;
}

export interface Published {
  sequence: number;
  duplicate: boolean;
}

/**
 * Why a bus call failed.
 * - `conflict`: the expected last sequence was wrong; somebody wrote first (or our first try did).
 * - `full`: the per-subject or stream limit is reached; nothing was stored.
 * - `unknown`: no answer in time. It may or may not be stored: read back before doing anything.
 * - `unavailable`: not connected; nothing was sent.
 * - `refused`: the server said no (permission, size, missing stream); will not get better by itself.
 */
export type BusFailure = 'conflict' | 'full' | 'unknown' | 'unavailable' | 'refused';

export class BusError extends Error {
  readonly failure: BusFailure;
  constructor(failure: BusFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'BusError';
    this.failure = failure;
  }
}

export interface Delivery<Body = unknown> extends StoredMessage<Body> {
  /** 1 on first delivery. */
  deliveries: number;
  /** Moves the consumer on. Proves nothing: position comes from the log. */
  ack(): void;
  /** Asks for redelivery after `delayMs`. */
  retry(delayMs: number): void;
}

export interface ConsumeOptions {
  durable: string;
  /** Exact subject or wildcard inside the stream. */
  filter: string;
  /** First stream sequence wanted; ≥ 1. */
  startSequence: number;
  maxAckPending: number;
  ackWaitMs: number;
  /** The server forgets the consumer after this long without a reader; 0 = never (projectors). */
  inactiveMs: number;
  /** Kept on disk and replicated (projectors) or R1 in memory (simulators). */
  disposable: boolean;
  /** Called one delivery at a time, in order; a rejection means retry after a pause. */
  onMessage(delivery: Delivery): Promise<void>;
  /** The consumer is gone (server restart, expiry). The owner recreates it from its log. */
  onLost(error: unknown): void;
}

export interface Stoppable {
  /** Resolves when no callback runs any more. */
  stop(): Promise<void>;
}

export interface ReadOptions {
  filter: string;
  /** First stream sequence; ≥ 1. */
  from: number;
  /** Stop after this many. */
  limit?: number;
}

export interface LiveMessage<Body = unknown> {
  subject: string;
  headers: Readonly<Record<string, string>>;
  body: Body;
  data: Uint8Array;
}

export interface FollowOptions {
  /**
   * Of all followers with the same queue, one gets each message. Its `stop` still hands over what the
   * server has sent here already, because nobody else gets it.
   */
  queue?: string;
}

/** A key-value bucket; every decision in it is a compare-and-set, never a read. */
export interface Bucket {
  get(key: string): Promise<BucketEntry | null>;
  /** @throws BusError `conflict` when the key exists. */
  create(key: string, value: Uint8Array): Promise<number>;
  /** @throws BusError `conflict` when the revision is not the newest. */
  update(key: string, value: Uint8Array, revision: number): Promise<number>;
  put(key: string, value: Uint8Array): Promise<number>;
  /** With a revision: only if it is the newest, else BusError `conflict`. */
  delete(key: string, revision?: number): Promise<void>;
  keys(): Promise<string[]>;
  /** Current entries first, then changes; `value` null = deleted. */
  watch(onEntry: (entry: BucketChange) => void): Promise<Stoppable>;
}
export interface BucketEntry {
  key: string;
  value: Uint8Array;
  revision: number;
}
export interface BucketChange {
  key: string;
  value: Uint8Array | null;
  revision: number;
}

export type BucketName = 'LEASES' | 'KEYS' | 'SCENARIOS';

export interface Bus {
  /** Stores a message. @throws BusError */
  publish(subject: string, body: unknown, options: PublishOptions): Promise<Published>;
  /** Durable pull consumer, opened at exactly `startSequence`; one reader at a time. */
  consume(stream: StreamName, options: ConsumeOptions): Promise<Stoppable>;
  removeConsumer(stream: StreamName, durable: string): Promise<void>;
  /** Stored messages in order, ending at the stream's head as it was when the read began. */
  read(stream: StreamName, options: ReadOptions): AsyncIterable<StoredMessage>;
  /** Newest stored message of a subject. */
  last(stream: StreamName, subject: string): Promise<StoredMessage | null>;
  /** Subjects in the stream that match, with their message counts. */
  subjects(stream: StreamName, filter: string): Promise<Map<string, number>>;
  /** Head and identity of a stream; `incarnation` changes when the stream was recreated. */
  streamState(
    stream: StreamName,
  ): Promise<{ incarnation: string; firstSequence: number; lastSequence: number }>;
  /** Deletes messages of `subject` below `beforeSequence`; of EVENTS never the newest one. */
  purge(stream: StreamName, subject: string, beforeSequence: number): Promise<void>;

  /** Core subscription (live events, market data); not stored, not replayed. */
  follow(
    subject: string,
    onMessage: (message: LiveMessage) => void,
    options?: FollowOptions,
  ): Stoppable;
  /** Core publish; fire and forget. `body` bytes are sent as they are. */
  announce(subject: string, body: Uint8Array, headers?: Record<string, string>): void;
  /** Core publish; `onUnheard` is called when the server says that nobody listened. */
  offer(subject: string, body: Uint8Array, onUnheard: () => void): void;

  bucket(name: BucketName): Promise<Bucket>;

  /** One round trip to the server. @throws BusError */
  ping(): Promise<{ roundTripMs: number }>;
  /** Connection changes: false = lost, true = back. */
  onConnection(listener: (connected: boolean) => void): void;
  readonly connected: boolean;
  close(): Promise<void>;
}
