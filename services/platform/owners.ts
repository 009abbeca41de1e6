/**
 * Who runs a simulator: follows the bucket LEASES (`shard.<k>` -> `{ worker, epoch }`, `worker.<id>`
 * renewed several times a second) and sends questions to that node.
 *
 * The answer may be a moment old. That is harmless: a worker that no longer owns the simulator says
 * `unavailable`, and what it has committed is fenced by the log, not by this map.
 */
import type { Bucket, BucketChange, Stoppable } from '@sandpit/bus/bus.ts';
import { shardOf } from '@sandpit/bus/subjects.ts';
import type { ServiceBroker } from 'moleculer';
import { problem } from './errors.ts';

/** A worker whose lease has not changed for this long is taken for dead. */
const WORKER_SILENT_MS = 1_500;
const ASK_TIMEOUT_MS = 2_000;
const ASK_AGAIN_AFTER_MS = 150;
/** A worker takes its shards before every other node has heard of it; by then a heartbeat has passed. */
const HEARD_OF_WITHIN_MS = 2_000;

/** What one more simulator is thought to add to a worker's load, until the worker says itself. */
const LOAD_EACH = 0.01;

interface ShardLease {
  worker: string;
  epoch: number;
}

export class OwnerDirectory {
  readonly #shards = new Map<number, ShardLease>();
  /** Worker -> when its lease was last seen to change, by our own monotonic clock. */
  readonly #heardAtMs = new Map<string, number>();
  /** Worker -> 0 to 1, as it said last. */
  readonly #load = new Map<string, number>();
  readonly #nowMs: () => number;
  #watch: Stoppable | null = null;

  /** @param nowMs  Monotonic clock. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  async follow(bucket: Pick<Bucket, 'watch'>): Promise<void> {
    this.#watch = await bucket.watch((change) => this.apply(change));
  }

  apply({ key, value }: BucketChange): void {
    const dot = key.indexOf('.');
    const kind = key.slice(0, dot);
    const name = key.slice(dot + 1);
    if (kind === 'worker') {
      if (value) {
        this.#heardAtMs.set(name, this.#nowMs());
        this.#load.set(name, loadOf(value));
      } else {
        this.#heardAtMs.delete(name);
        this.#load.delete(name);
      }
    } else if (kind === 'shard') {
      const lease = value ? leaseOf(value) : null;
      if (lease) this.#shards.set(Number(name), lease);
      else this.#shards.delete(Number(name));
    }
  }

  /** Node id of the worker that runs the simulator; null while nobody alive does. */
  ownerOf(simulatorId: string): string | null {
    const lease = this.#shards.get(shardOf(simulatorId));
    return lease && this.#isAlive(lease.worker) ? lease.worker : null;
  }

  /**
   * Which of the ids would be run by the worker with the least to do; one that nobody would run only
   * when there is no other.
   *
   * @param ids  At least one.
   */
  quietest(ids: readonly string[]): string {
    let best = ids[0] as string;
    let leastLoad = Number.POSITIVE_INFINITY;
    for (const id of ids) {
      const owner = this.ownerOf(id);
      const load = owner === null ? Number.POSITIVE_INFINITY : (this.#load.get(owner) ?? 0);
      if (load < leastLoad) [best, leastLoad] = [id, load];
    }
    const owner = this.ownerOf(best);
    // Others are placed before it says so itself.
    if (owner !== null) this.#load.set(owner, leastLoad + LOAD_EACH);
    return best;
  }

  /** Workers that renew their lease. */
  workers(): string[] {
    return [...this.#heardAtMs.keys()].filter((worker) => this.#isAlive(worker));
  }

  async stop(): Promise<void> {
    await this.#watch?.stop();
  }

  #isAlive(worker: string): boolean {
    const heardAtMs = this.#heardAtMs.get(worker);
    return heardAtMs !== undefined && this.#nowMs() - heardAtMs <= WORKER_SILENT_MS;
  }
}

/** One that drains is given nothing new; one that says nothing of its load is taken for free. */
function loadOf(value: Uint8Array): number {
  try {
    const sign = JSON.parse(new TextDecoder().decode(value)) as {
      load?: number;
      draining?: boolean;
    };
    return sign.draining ? 1 : (sign.load ?? 0);
  } catch {
    return 0;
  }
}

function leaseOf(value: Uint8Array): ShardLease | null {
  try {
    const lease = JSON.parse(new TextDecoder().decode(value)) as Partial<ShardLease>;
    return lease.worker ? { worker: lease.worker, epoch: lease.epoch ?? 0 } : null;
  } catch {
    return null; // A half-written lease names nobody.
  }
}

const directories = new WeakMap<ServiceBroker, Promise<OwnerDirectory>>();

/** The process's directory; the first caller opens the watch, a failed start is tried again. */
export function ownerDirectory(broker: ServiceBroker): Promise<OwnerDirectory> {
  let pending = directories.get(broker);
  if (!pending) {
    pending = (async () => {
      const directory = new OwnerDirectory();
      await directory.follow(await broker.bus.bucket('LEASES'));
      return directory;
    })();
    directories.set(broker, pending);
    pending.catch(() => directories.delete(broker));
  }
  return pending;
}

export interface AskOptions {
  timeoutMs?: number;
  meta?: Record<string, unknown>;
}

/**
 * Asks the worker that runs the simulator. For reads only: when the worker turns out to be gone the
 * question is put once more, to whoever owns the simulator by then. A worker that has only just begun
 * is waited for until our node has heard of it.
 *
 * @throws problem `unavailable` while nobody runs it; else what the worker said.
 */
export async function askWorker<Answer>(
  broker: ServiceBroker,
  simulatorId: string,
  action: `simulator.${string}`,
  params: Record<string, unknown>,
  options: AskOptions = {},
): Promise<Answer> {
  const owners = await ownerDirectory(broker);
  const ask = (): Promise<Answer> => {
    const nodeID = owners.ownerOf(simulatorId);
    if (!nodeID) return Promise.reject(problem('unavailable', { detail: MOVING }));
    return broker.call(
      action,
      { ...params, simulatorId },
      {
        nodeID,
        timeout: options.timeoutMs ?? ASK_TIMEOUT_MS,
        retries: 0,
        ...(options.meta && { meta: options.meta }),
      },
    ) as Promise<Answer>;
  };
  const heardOfByMs = performance.now() + HEARD_OF_WITHIN_MS;
  for (let answeredAway = 0; ; ) {
    try {
      return await ask();
    } catch (error) {
      if (!isAway(error)) throw error;
      const again = isUnheardOf(error) ? performance.now() < heardOfByMs : ++answeredAway < 2;
      if (!again) throw problem('unavailable', { detail: MOVING, cause: error });
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_AFTER_MS));
  }
}

/** Can this process call the worker: has its node told us what it serves? */
export function isHeardOf(broker: ServiceBroker, worker: string): boolean {
  return Boolean(broker.registry.getActionEndpointByNodeId('simulator.status', worker));
}

const MOVING = 'The simulator is moving to another worker. Retry after a moment.';

/** Errors that mean "that node cannot answer now", however Moleculer names them. */
const AWAY = new Set([
  'unavailable',
  'SERVICE_NOT_FOUND',
  'SERVICE_NOT_AVAILABLE',
  'NODE_DISCONNECTED',
  'REQUEST_TIMEOUT',
  'REQUEST_SKIPPED',
  'CIRCUIT_BREAKER_OPENED',
]);

/** The worker holds the lease, but its node has not told ours yet what it serves: nothing was called. */
function isUnheardOf(error: unknown): boolean {
  const { type } = error as { type?: string };
  return type === 'SERVICE_NOT_FOUND' || type === 'SERVICE_NOT_AVAILABLE';
}

function isAway(error: unknown): boolean {
  return AWAY.has((error as { type?: string }).type ?? '');
}
