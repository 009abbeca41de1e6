/**
 * Snapshots: a short cut for recovery, never the truth. Each carries the digest of its state and the
 * hash of the record it stands on; one that does not verify is passed over.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { type Bus, BusError } from '@sandpit/bus/bus.ts';
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { Head } from './record.ts';
import type { StoredMemory } from './replica.ts';

/** Servers take 1 MiB by default; what is larger goes to the overflow store. */
export const SNAPSHOT_INLINE_BYTES = 900 * 1024;
/** A gzip bomb is not a snapshot. */
const STATE_BYTES_MAX = 64 * 1024 * 1024;

export interface SnapshotContent {
  head: Head;
  engineVersion: string;
  scenarioHash: string;
  memory: StoredMemory;
  /** Venue's hash at the moment of the snapshot, which may be later than the record's. */
  stateHash: string;
  state: Uint8Array;
}

/** As stored in SNAPSHOTS. `state` is gzip in base64, or null with a pointer to the overflow. */
export interface SnapshotEnvelope {
  version: 1;
  sequence: number;
  n: number;
  commandSequence: number;
  epoch: number;
  engineVersion: string;
  scenarioHash: string;
  stateHash: string;
  previousHash: string;
  head: Head;
  memory: StoredMemory;
  stateDigest: string;
  state: string | null;
  overflow: string | null;
}

/** Keeps what is too large for a message. */
export interface OverflowStore {
  /** @returns a pointer for `get`. */
  put(simulatorId: string, n: number, bytes: Uint8Array): Promise<string>;
  get(pointer: string): Promise<Uint8Array | null>;
}

export interface Codec {
  pack(bytes: Uint8Array): Promise<Uint8Array>;
  unpack(bytes: Uint8Array): Promise<Uint8Array>;
}

const gzipAsync = promisify(gzip);
const gunzipAsync = promisify(gunzip);
/** Off the main thread: a large state must not hold up the leases. */
export const gzipCodec: Codec = {
  pack: (bytes) => gzipAsync(bytes, { level: 1 }),
  unpack: (bytes) => gunzipAsync(bytes, { maxOutputLength: STATE_BYTES_MAX }),
};

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

export class SnapshotStore {
  readonly #bus: Bus;
  readonly #overflow: OverflowStore;
  readonly #codec: Codec;

  constructor(bus: Bus, overflow: OverflowStore, codec: Codec = gzipCodec) {
    this.#bus = bus;
    this.#overflow = overflow;
    this.#codec = codec;
  }

  async encode(simulatorId: string, content: SnapshotContent): Promise<SnapshotEnvelope> {
    const { head, engineVersion, scenarioHash, memory, stateHash, state } = content;
    const packed = await this.#codec.pack(state);
    const inline = Buffer.from(packed).toString('base64');
    const fits = inline.length + JSON.stringify(memory).length <= SNAPSHOT_INLINE_BYTES;
    return {
      version: 1,
      sequence: head.sequence,
      n: head.n,
      commandSequence: head.commandSequence,
      epoch: head.epoch,
      engineVersion,
      scenarioHash,
      stateHash,
      previousHash: head.hash,
      head,
      memory,
      stateDigest: digest(state),
      state: fits ? inline : null,
      overflow: fits ? null : await this.#overflow.put(simulatorId, head.n, packed),
    };
  }

  /**
   * Stores it unless an owner of a later epoch has stored one since.
   *
   * @returns false when this owner is not the newest one.
   * @throws BusError when the outcome is not known; a snapshot may be tried again at any time.
   */
  async store(address: SimulatorAddress, envelope: SnapshotEnvelope): Promise<boolean> {
    const subject = subjects.snapshot(address);
    const last = await this.#bus.last('SNAPSHOTS', subject);
    if (last && (last.body as SnapshotEnvelope).epoch > envelope.epoch) return false;
    try {
      await this.#bus.publish(subject, envelope, {
        stream: 'SNAPSHOTS',
        after: last?.sequence ?? 0,
      });
      return true;
    } catch (error) {
      if (error instanceof BusError && error.failure === 'conflict') return false;
      throw error;
    }
  }

  /**
   * Stored snapshots whose digest verifies, furthest in the log first, of two on one record the
   * younger first. At most two are kept.
   */
  async load(address: SimulatorAddress): Promise<SnapshotContent[]> {
    const contents: SnapshotContent[] = [];
    const filter = subjects.snapshot(address);
    for await (const { body } of this.#bus.read('SNAPSHOTS', { filter, from: 1 })) {
      const content = await this.#decode(body as SnapshotEnvelope);
      if (content) contents.push(content);
    }
    return contents.reverse().sort((a, b) => b.head.n - a.head.n);
  }

  async #decode(envelope: SnapshotEnvelope): Promise<SnapshotContent | null> {
    const { version, memory, head, stateDigest } = envelope ?? {};
    if (version !== 1 || !head || !memory) return null;
    const state = await this.#state(envelope);
    if (!state || digest(state) !== stateDigest) return null;
    const { engineVersion, scenarioHash, stateHash } = envelope;
    return { head, engineVersion, scenarioHash, memory, stateHash, state };
  }

  async #state({ state, overflow }: SnapshotEnvelope): Promise<Uint8Array | null> {
    const packed = state !== null ? Buffer.from(state, 'base64') : await this.#fetch(overflow);
    if (!packed) return null;
    // Damaged bytes are no failure of ours: the log does without them.
    const bytes = await this.#codec.unpack(packed).catch(() => null);
    // A plain array at offset 0: `slice` of a Buffer would be a view into somebody else's memory.
    return bytes && new Uint8Array(bytes);
  }

  #fetch(pointer: string | null): Promise<Uint8Array | null> {
    if (pointer === null) return Promise.resolve(null);
    // Recovery from the log is slower, but does not wait for the database.
    return this.#overflow.get(pointer).catch(() => null);
  }
}
