/**
 * What a worker sees of the others: signs of life and who holds which shard, from a watch on the
 * bucket LEASES. It only says what is worth trying; a compare-and-set decides.
 */
import type { BucketChange } from '@sandpit/bus/bus.ts';
import { SHARD_COUNT } from '@sandpit/bus/subjects.ts';
import { decodeSign, LEASE_MS } from './heartbeat.ts';

/** `worker` null: released, free to take. */
export interface ShardLease {
  worker: string | null;
  epoch: number;
}

export interface SeenShard extends ShardLease {
  /** Revision of the key; 0 = it has never been held. */
  revision: number;
}

interface SeenWorker {
  revision: number;
  /** On the observer's own monotonic clock. */
  changedMs: number;
  draining: boolean;
}

export const shardKey = (shard: number) => `shard.${shard}`;

export class LeaseBoard {
  readonly #workers = new Map<string, SeenWorker>();
  readonly #shards: SeenShard[] = Array.from({ length: SHARD_COUNT }, () => ({
    worker: null,
    epoch: 0,
    revision: 0,
  }));

  apply({ key, value, revision }: BucketChange, nowMs: number): void {
    const dot = key.indexOf('.');
    const name = key.slice(dot + 1);
    if (key.startsWith('worker.')) this.#applyWorker(name, value, revision, nowMs);
    else if (key.startsWith('shard.')) this.#applyShard(Number(name), value, revision);
  }

  /** The watch was deaf for a while: everybody gets a whole lease again before being judged. */
  forgive(nowMs: number): void {
    for (const worker of this.#workers.values()) worker.changedMs = nowMs;
  }

  /** Of a worker's sign; null = there is none. */
  revisionOf(worker: string): number | null {
    return this.#workers.get(worker)?.revision ?? null;
  }

  isAlive(worker: string, nowMs: number): boolean {
    const seen = this.#workers.get(worker);
    return seen !== undefined && nowMs - seen.changedMs < LEASE_MS;
  }

  /** Live workers that take shards. */
  takers(nowMs: number): string[] {
    return [...this.#workers]
      .filter(([id, { draining }]) => !draining && this.isAlive(id, nowMs))
      .map(([id]) => id);
  }

  shard(shard: number): SeenShard {
    return this.#shards[shard] as SeenShard;
  }

  /** Our own write, noted before the watch tells. */
  note(shard: number, seen: SeenShard): void {
    if (seen.revision > this.shard(shard).revision) this.#shards[shard] = seen;
  }

  /** Shards that nobody holds who has not been buried. */
  orphans(): number[] {
    return this.#where(({ worker }) => worker === null || !this.#workers.has(worker));
  }

  heldBy(holder: string): number[] {
    return this.#where(({ worker }) => worker === holder);
  }

  /** When the next of the other workers will count as dead if it says nothing. */
  nextExpiryMs(self: string, nowMs: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const [id, { changedMs }] of this.#workers) {
      if (id !== self && this.isAlive(id, nowMs)) next = Math.min(next, changedMs + LEASE_MS);
    }
    return next;
  }

  /** The others that have said nothing for a whole lease: to be buried, if they are dead. */
  silent(self: string, nowMs: number): { id: string; revision: number }[] {
    return [...this.#workers]
      .filter(([id]) => id !== self && !this.isAlive(id, nowMs))
      .map(([id, { revision }]) => ({ id, revision }));
  }

  /** Its sign was removed as it stood at `revision`. */
  forget(id: string, revision: number): void {
    if (this.#workers.get(id)?.revision === revision) this.#workers.delete(id);
  }

  #where(wanted: (lease: SeenShard) => boolean): number[] {
    return this.#shards.flatMap((lease, shard) => (wanted(lease) ? [shard] : []));
  }

  #applyWorker(id: string, value: Uint8Array | null, revision: number, nowMs: number): void {
    if (!value) {
      this.#workers.delete(id);
    } else if (this.#workers.get(id)?.revision !== revision) {
      const { draining } = decodeSign(value);
      this.#workers.set(id, { revision, changedMs: nowMs, draining });
    }
  }

  #applyShard(shard: number, value: Uint8Array | null, revision: number): void {
    if (!(shard >= 0 && shard < SHARD_COUNT) || revision <= this.shard(shard).revision) return;
    // Shard keys are never deleted; should somebody do it, the next compare-and-set finds out.
    if (!value) return;
    const lease = JSON.parse(new TextDecoder().decode(value)) as ShardLease;
    this.#shards[shard] = { ...lease, revision };
  }
}
