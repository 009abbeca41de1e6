/**
 * A worker's own sign of life: key `worker.<id>`, renewed by compare-and-set. Its age is judged on
 * the monotonic clock, so that a process that was suspended knows that it is late.
 */
import { type Bucket, BusError } from '@sandpit/bus/bus.ts';
import type { Host } from './host.ts';

/** Others take a worker for dead after this long without a renewal. */
export const LEASE_MS = 1_000;
export const RENEW_EVERY_MS = 300;
/** It keeps still earlier than that, until it has heard that it still lives. */
export const OWN_LEASE_MS = 800;

/**
 * - `renewed`: nobody has buried this worker; what it owned is still its own.
 * - `unanswered`: not known.
 * - `buried`: another worker has taken it for dead and may have its shards by now.
 */
export type Renewal = 'renewed' | 'unanswered' | 'buried';

export interface Sign {
  worker: string;
  /** Tells two lives of the same worker id apart. */
  life: string;
  count: number;
  draining: boolean;
  /** 0 = nothing to do, 1 = it takes no more simulators. */
  load: number;
}

const encode = (sign: Sign) => new TextEncoder().encode(JSON.stringify(sign));

export function decodeSign(value: Uint8Array): Sign {
  return JSON.parse(new TextDecoder().decode(value)) as Sign;
}

export const workerKey = (workerId: string) => `worker.${workerId}`;

export class Heartbeat {
  readonly #bucket: Bucket;
  readonly #host: Host;
  readonly #sign: Sign;
  readonly #load: () => number;
  #revision = 0;
  #renewedMs = Number.NEGATIVE_INFINITY;

  constructor(
    bucket: Bucket,
    host: Host,
    worker: string,
    life: string,
    load: () => number = () => 0,
  ) {
    this.#load = load;
    this.#bucket = bucket;
    this.#host = host;
    this.#sign = { worker, life, count: 0, draining: false, load: 0 };
  }

  /** May this worker act on its own? */
  get isFresh(): boolean {
    return this.#host.monotonicMs() - this.#renewedMs < OWN_LEASE_MS;
  }

  /** When the newest renewal that succeeded was begun, on the monotonic clock. */
  get renewedMs(): number {
    return this.#renewedMs;
  }

  /** Workers that drain are given no shards. */
  set draining(draining: boolean) {
    this.#sign.draining = draining;
  }

  async renew(): Promise<Renewal> {
    // Others count from when they see it, which is never before it was sent.
    const sentMs = this.#host.monotonicMs();
    try {
      await this.#write();
      this.#renewedMs = sentMs;
      return 'renewed';
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      if (error.failure !== 'conflict') return 'unanswered';
      return this.#findOwn().catch((): Renewal => 'unanswered');
    }
  }

  /** Says at once that this worker is gone. */
  async withdraw(): Promise<void> {
    this.#renewedMs = Number.NEGATIVE_INFINITY;
    await this.#bucket.delete(workerKey(this.#sign.worker)).catch(() => undefined);
  }

  async #write(): Promise<void> {
    this.#sign.count += 1;
    this.#sign.load = this.#load();
    const key = workerKey(this.#sign.worker);
    const value = encode(this.#sign);
    this.#revision =
      this.#revision === 0
        ? await this.#bucket.create(key, value)
        : await this.#bucket.update(key, value, this.#revision);
  }

  /** An earlier write may have been stored though its answer was lost; or a former life's sign. */
  async #findOwn(): Promise<Renewal> {
    const entry = await this.#bucket.get(workerKey(this.#sign.worker));
    if (entry && decodeSign(entry.value).life === this.#sign.life) {
      this.#revision = entry.revision;
      return 'unanswered';
    }
    this.#revision = 0;
    if (entry) await this.#takeOver(entry.revision);
    return 'buried';
  }

  /** Another life wears our id. Only if it stays silent for a whole lease is it a former one. */
  async #takeOver(revision: number): Promise<void> {
    await this.#host.sleep(LEASE_MS);
    const entry = await this.#bucket.get(workerKey(this.#sign.worker));
    if (entry?.revision === revision) this.#revision = revision;
  }
}
