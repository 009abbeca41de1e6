/**
 * Which shards this worker owns. Three writes a second per worker, however many shards: a worker
 * renews one key, and a shard's key changes only when its owner does.
 *
 * A worker that is silent for a whole lease is buried first: its sign is deleted by compare-and-set,
 * and only then are its shards free. So a worker that was merely slow finds out by its own next
 * renewal whether it has lost anything, and on a busy machine it goes on where it stood.
 *
 * The lease makes takeover quick. It never keeps two workers apart: that is done by the expected
 * last sequence of every append.
 */
import { type Bucket, BusError, type Stoppable } from '@sandpit/bus/bus.ts';
import { SHARD_COUNT } from '@sandpit/bus/subjects.ts';
import { Heartbeat, OWN_LEASE_MS, RENEW_EVERY_MS, workerKey } from './heartbeat.ts';
import type { Host, Log } from './host.ts';
import { LeaseBoard, type SeenShard, shardKey } from './lease-board.ts';
import { fairShare, shuffled } from './shares.ts';

/** Shards given away at a time to a worker that joined, so that traders feel it one by one. */
const RELEASED_AT_ONCE = 8;

export interface LeaseHandlers {
  onTaken(shard: number, epoch: number): void;
  /** Ownership ended without warning: drop its actors at once. */
  onLost(shards: readonly number[]): void;
  /** Hand over gracefully; resolves when its actors have stopped. */
  onReleasing(shard: number): Promise<void>;
}

export interface LeaseOptions {
  /** A worker known to have ended, by whoever started this process in its place. */
  ended?: string | null;
  /** Told with each renewal. */
  load?: () => number;
}

export class Leases {
  readonly #workerId: string;
  readonly #bucket: Bucket;
  readonly #host: Host;
  readonly #log: Log;
  readonly #handlers: LeaseHandlers;
  readonly #heartbeat: Heartbeat;
  readonly #board = new LeaseBoard();
  /** Shard -> revision of the key that says so. */
  readonly #owned = new Map<number, number>();
  readonly #releasing = new Set<number>();
  readonly #ended: string | null;
  #heardSelfMs = Number.NEGATIVE_INFINITY;
  #watch: Stoppable | null = null;
  #cancelTimer = () => {};
  #beating = false;
  #balancing: Promise<void> | null = null;
  #stopped = false;

  constructor(
    workerId: string,
    bucket: Bucket,
    host: Host,
    log: Log,
    handlers: LeaseHandlers,
    { ended = null, load }: LeaseOptions = {},
  ) {
    const life = host.random().toString(36).slice(2);
    this.#ended = ended;
    this.#workerId = workerId;
    this.#bucket = bucket;
    this.#host = host;
    this.#log = log;
    this.#handlers = handlers;
    this.#heartbeat = new Heartbeat(bucket, host, workerId, life, load);
  }

  /** Ours as far as we know; the log says no should it be otherwise. */
  owns(shard: number): boolean {
    return this.#owned.has(shard);
  }

  /** Renewed recently enough to act on a timer; a worker that was suspended asks first. */
  get isFresh(): boolean {
    return this.#heartbeat.isFresh;
  }

  get shards(): number[] {
    return [...this.#owned.keys()].sort((a, b) => a - b);
  }

  async start(): Promise<void> {
    this.#watch = await this.#bucket.watch((change) => {
      const nowMs = this.#host.monotonicMs();
      if (change.key === workerKey(this.#workerId)) this.#hearSelf(nowMs);
      this.#board.apply(change, nowMs);
      if (change.key.startsWith('shard.')) this.#lookSoon(change.key);
    });
    await this.#buryEnded();
    await this.#beat();
  }

  /** No need to watch it keep silent for a whole lease: its parent has seen it end. */
  async #buryEnded(): Promise<void> {
    if (this.#ended === null || this.#ended === this.#workerId) return;
    const revision = this.#board.revisionOf(this.#ended);
    if (revision !== null) await this.#bury(this.#ended, revision);
  }

  /** Hands every shard over and says goodbye. */
  async drain(): Promise<number> {
    this.#heartbeat.draining = true;
    const shards = this.shards;
    await Promise.all(shards.map((shard) => this.#release(shard)));
    return shards.length;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    await this.#watch?.stop();
    await this.#heartbeat.withdraw();
  }

  #dropAll(): void {
    const lost = this.shards;
    if (lost.length === 0) return;
    this.#owned.clear();
    this.#log.error({ worker: this.#workerId, shards: lost.length }, 'lease lost');
    this.#handlers.onLost(lost);
  }

  async #beat(): Promise<void> {
    if (this.#stopped || this.#beating) return;
    this.#beating = true;
    const renewal = await this.#heartbeat.renew();
    if (renewal === 'buried') this.#dropAll();
    const renewed = renewal === 'renewed';
    if (renewed && !this.#stopped) this.#balanceOnce();
    this.#beating = false;
    const sinceMs = this.#host.monotonicMs() - this.#heartbeat.renewedMs;
    this.#schedule(renewed ? this.#untilNext(sinceMs) : 50 + 50 * this.#host.random());
  }

  /** The next renewal, or earlier: just after another worker's lease will have run out. */
  #untilNext(sinceRenewalMs: number): number {
    const nowMs = this.#host.monotonicMs();
    const expiryMs = this.#board.nextExpiryMs(this.#workerId, nowMs) - nowMs;
    const jitterMs = 20 * this.#host.random();
    return Math.max(20, Math.min(RENEW_EVERY_MS - sinceRenewalMs, expiryMs + 5) + jitterMs);
  }

  /** A shard was released: no need to wait for the next renewal. */
  #lookSoon(key: string): void {
    const { worker } = this.#board.shard(Number(key.slice('shard.'.length)));
    if (worker === null && !this.#beating) this.#schedule(5 + 20 * this.#host.random());
  }

  #schedule(waitMs: number): void {
    this.#cancelTimer();
    if (!this.#stopped) this.#cancelTimer = this.#host.after(waitMs, () => void this.#beat());
  }

  /** Our own sign came round: the watch hears. After a deaf while nobody is judged at once. */
  #hearSelf(nowMs: number): void {
    if (nowMs - this.#heardSelfMs > OWN_LEASE_MS) this.#board.forgive(nowMs);
    this.#heardSelfMs = nowMs;
  }

  /** Beside the renewals: an answer that is long in coming must not make this worker look dead. */
  #balanceOnce(): void {
    this.#balancing ??= this.#balance().finally(() => {
      this.#balancing = null;
    });
  }

  async #balance(): Promise<void> {
    const nowMs = this.#host.monotonicMs();
    if (nowMs - this.#heardSelfMs > OWN_LEASE_MS) return;
    this.#adopt();
    const silent = this.#board.silent(this.#workerId, nowMs);
    await Promise.all(silent.map(({ id, revision }) => this.#bury(id, revision)));
    const takers = this.#board.takers(nowMs);
    const target = fairShare(this.#workerId, takers, SHARD_COUNT);
    const held = this.#owned.size - this.#releasing.size;
    if (held > target && takers.length > 1) {
      const surplus = this.shards.filter((shard) => !this.#releasing.has(shard)).slice(target);
      for (const shard of surplus.slice(0, RELEASED_AT_ONCE)) void this.#release(shard);
    }
    const strays = this.#strays();
    const orphans = shuffled(this.#board.orphans(), this.#host.random);
    const wanted = [...strays, ...orphans].slice(0, Math.max(0, target - held));
    const unwanted = strays.filter((shard) => !wanted.includes(shard));
    await Promise.all([
      ...wanted.map((shard) => this.#take(shard)),
      ...unwanted.map((shard) => this.#letGo(shard, this.#board.shard(shard).revision)),
    ]);
  }

  /** In our name but not ours: from a former life, a lost lease or a lost answer. */
  #strays(): number[] {
    return this.#board
      .heldBy(this.#workerId)
      .filter((shard) => !this.#owned.has(shard) && !this.#releasing.has(shard));
  }

  /** Refused when it has spoken meanwhile: then it lives. */
  async #bury(id: string, revision: number): Promise<void> {
    try {
      await this.#bucket.delete(workerKey(id), revision);
      this.#board.forget(id, revision);
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
    }
  }

  /** Somebody else's name on a shard of ours, or ours on one we gave up: the bucket is right. */
  #adopt(): void {
    const lost = this.shards.filter(
      (shard) =>
        this.#board.shard(shard).worker !== this.#workerId &&
        this.#board.shard(shard).revision > (this.#owned.get(shard) ?? 0),
    );
    for (const shard of lost) this.#owned.delete(shard);
    if (lost.length > 0) this.#handlers.onLost(lost);
  }

  async #take(shard: number): Promise<void> {
    const seen = this.#board.shard(shard);
    const taken = await this.#write(shard, {
      ...seen,
      worker: this.#workerId,
      epoch: seen.epoch + 1,
    });
    if (!taken || this.#stopped) return;
    this.#owned.set(shard, taken.revision);
    this.#handlers.onTaken(shard, taken.epoch);
  }

  async #release(shard: number): Promise<void> {
    const revision = this.#owned.get(shard);
    if (revision === undefined || this.#releasing.has(shard)) return;
    this.#releasing.add(shard);
    try {
      await this.#handlers.onReleasing(shard);
      if (this.#owned.delete(shard)) await this.#letGo(shard, revision);
    } finally {
      this.#releasing.delete(shard);
    }
  }

  #letGo(shard: number, revision: number): Promise<SeenShard | null> {
    return this.#write(shard, { worker: null, epoch: this.#board.shard(shard).epoch, revision });
  }

  /** Compare-and-set against the revision in `wanted`. @returns what stands there now, or null. */
  async #write(shard: number, wanted: SeenShard): Promise<SeenShard | null> {
    const { worker, epoch, revision } = wanted;
    const value = new TextEncoder().encode(JSON.stringify({ worker, epoch }));
    try {
      const key = shardKey(shard);
      const written =
        revision === 0
          ? await this.#bucket.create(key, value)
          : await this.#bucket.update(key, value, revision);
      const seen = { worker, epoch, revision: written };
      this.#board.note(shard, seen);
      return seen;
    } catch (error) {
      // Somebody was quicker, or nobody knows: the watch will tell.
      if (error instanceof BusError) return null;
      throw error;
    }
  }
}
