/** A worker: leases in front, simulators behind, one timer for all of them. */
import type { Bucket, Stoppable } from '@sandpit/bus/bus.ts';
import { type SimulatorAddress, shardOf, subjects } from '@sandpit/bus/subjects.ts';
import { AwakeIndex } from './awake-index.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { addressOf, dropDecided, findRunnable, isRunnable } from './discovery.ts';
import { DefectError } from './host.ts';
import type { LeaseHandlers } from './leases.ts';
import { NotOwnedError } from './not-owned.ts';
import type { Replica } from './replica.ts';
import { Roster } from './roster.ts';

const TICK_MS = 25;
const YIELD_AFTER_MS = 5;
const SWEEP_MS = 5_000;
const GATHER_MS = 3;
/** A command is heard before it is stored. */
const HINT_DELAYS_MS = [3, 10, 100, 500];

/** What a worker needs of `Leases`. */
export interface LeaseKeeper {
  readonly shards: number[];
  owns(shard: number): boolean;
  readonly isFresh: boolean;
  start(): Promise<void>;
  drain(): Promise<number>;
  stop(): Promise<void>;
}

export interface WorkerDependencies extends Omit<RuntimeDependencies, 'ownership'> {
  /** LEASES, where the lists of awake simulators lie beside the leases. */
  bucket: Bucket;
}

export class SimulatorWorker {
  readonly #dependencies: WorkerDependencies;
  readonly #leases: LeaseKeeper;
  readonly #index: AwakeIndex;
  readonly #roster: Roster;
  readonly #hints = new Map<number, Stoppable>();
  readonly #leaving = new Set<number>();
  #listing: Promise<string[]> | null = null;
  #stopped = false;
  #sweepAtMs = 0;

  constructor(dependencies: WorkerDependencies, leases: (handlers: LeaseHandlers) => LeaseKeeper) {
    this.#dependencies = dependencies;
    this.#leases = leases({
      onTaken: (shard, epoch) => this.#taken(shard, epoch),
      onLost: (shards) => this.#lost(shards),
      onReleasing: (shard) => this.#releasing(shard),
    });
    const ownership = {
      owns: (simulatorId: string) => this.owns(simulatorId),
      isFresh: () => this.#leases.isFresh,
    };
    this.#index = new AwakeIndex(dependencies.bucket, dependencies.host);
    this.#roster = new Roster({ ...dependencies, ownership }, this.#index);
  }

  async start(): Promise<void> {
    await this.#leases.start();
    this.#plan();
  }

  /** Those in memory, whatever their state. */
  get simulatorCount(): number {
    return this.#roster.size;
  }

  owns(simulatorId: string): boolean {
    const shard = shardOf(simulatorId);
    return !this.#stopped && this.#leases.owns(shard) && !this.#leaving.has(shard);
  }

  /** Snapshots and hands over everything. @returns how many shards. */
  drain(): Promise<number> {
    return this.#leases.drain();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const shard of [...this.#hints.keys()]) this.#unhint(shard);
    this.#roster.dropShards(
      new Set(this.#roster.entries.map((e) => shardOf(e.address.simulatorId))),
    );
    await this.#leases.stop();
  }

  /**
   * Asks a simulator for committed state, loading it first if need be.
   *
   * @returns null when there is no such simulator.
   * @throws NotOwnedError when another worker has it; DefectError when it is halted by one;
   *         NotAdmittedError when it sleeps and may not wake now.
   */
  async ask<Answer>(
    address: SimulatorAddress,
    question: (replica: Replica) => Answer,
  ): Promise<Answer | null> {
    if (!this.owns(address.simulatorId)) throw new NotOwnedError('Another worker has it.');
    const entry = await this.#roster.wake(address);
    if (!entry) throw new NotOwnedError('This worker is full.');
    if (entry.address.accountId !== address.accountId) return null;
    if (entry.defect) throw new DefectError('Halted by a defect.', { cause: entry.defect });
    if (!entry.actor) return this.#absent(address);
    return entry.actor.read(question);
  }

  /**
   * Somebody watches: one that is awake here stays so; one that was put away sleeps on.
   *
   * @returns false when it is not awake here.
   */
  async attend({ simulatorId, accountId }: SimulatorAddress): Promise<boolean> {
    if (!this.owns(simulatorId)) throw new NotOwnedError('Another worker has it.');
    const entry = this.#roster.get(simulatorId);
    await entry?.loaded;
    const { actor } = entry ?? {};
    if (entry?.address.accountId !== accountId || actor?.state !== 'live') return false;
    return !actor.isVisit && actor.read(() => true);
  }

  /**
   * Loads a simulator that a defect has halted once more, from its log and snapshots, and lets its
   * market catch up. One that runs is only asked.
   *
   * @throws DefectError when the defect is still there, saying which; else as `ask`.
   */
  async resume<Answer>(
    address: SimulatorAddress,
    question: (replica: Replica) => Answer,
  ): Promise<Answer | null> {
    if (!this.owns(address.simulatorId)) throw new NotOwnedError('Another worker has it.');
    await this.#roster.get(address.simulatorId)?.loaded;
    this.#roster.loadAgain(address);
    try {
      return await this.ask(address, question);
    } catch (error) {
      const { defect } = this.#roster.get(address.simulatorId) ?? {};
      throw defect ? new DefectError((defect as Error).message, { cause: defect }) : error;
    }
  }

  /**
   * Puts it away now, whoever may need it: it comes back with the next request.
   *
   * @returns false when it is not awake here.
   */
  async hibernate({ simulatorId }: SimulatorAddress): Promise<boolean> {
    if (!this.owns(simulatorId)) throw new NotOwnedError('Another worker has it.');
    const entry = this.#roster.get(simulatorId);
    await entry?.loaded;
    if (entry?.actor?.state !== 'live' || entry.actor.isVisit) return false;
    await this.#roster.hibernate(entry, () => false);
    return entry.actor.state !== 'live';
  }

  status() {
    return {
      shards: this.#leases.shards,
      fresh: this.#leases.isFresh,
      simulators: this.#roster.entries.map(({ address, actor, defect }) => ({
        ...address,
        state: defect ? ('halted' as const) : (actor?.state ?? ('loading' as const)),
        n: actor?.replica.head.n ?? 0,
        sequence: actor?.replica.head.sequence ?? 0,
        epoch: actor?.replica.head.epoch ?? 0,
        ...(defect ? { defect: (defect as Error).message } : {}),
        lagMs: actor?.state === 'live' ? Math.round(actor.lagMs) : 0,
      })),
    };
  }

  #absent({ simulatorId }: SimulatorAddress): null {
    if (!this.owns(simulatorId)) throw new NotOwnedError('It moved while it was loading.');
    return null;
  }

  #taken(shard: number, epoch: number): void {
    this.#leaving.delete(shard);
    const { bus } = this.#dependencies;
    this.#unhint(shard);
    const filter = subjects.all('cmd', shard);
    this.#hints.set(
      shard,
      bus.follow(filter, ({ subject }) => this.#hint(addressOf(subject), 0)),
    );
    void this.#discover(shard, epoch);
  }

  async #discover(shard: number, epoch: number): Promise<void> {
    const { bus, host, log } = this.#dependencies;
    while (this.#leases.owns(shard) && !this.#stopped) {
      try {
        const [awake, commanded] = await Promise.all([
          this.#index.take(shard, epoch),
          this.#commanded(),
        ]);
        const { runnable, asleep } = await findRunnable(bus, shard, awake, commanded);
        for (const address of runnable) this.#roster.ensure(address);
        for (const address of asleep) await this.#index.remove(address);
        return;
      } catch (error) {
        log.warn({ shard, err: error }, 'shard not discovered yet');
        await host.sleep(250 * (0.5 + host.random()));
      }
    }
  }

  /**
   * Subjects that hold commands. Shards taken together ask together: a list of a stream's subjects is
   * dear to the server. What is stored meanwhile is heard of by its hint.
   */
  #commanded(): Promise<string[]> {
    const { bus, host } = this.#dependencies;
    this.#listing ??= host
      .sleep(GATHER_MS)
      .then(() => {
        this.#listing = null;
        return bus.subjects('COMMANDS', subjects.all('cmd'));
      })
      .then((found) => [...found.keys()]);
    return this.#listing;
  }

  #lost(shards: readonly number[]): void {
    for (const shard of shards) this.#unhint(shard);
    for (const shard of shards) this.#index.forget(shard);
    this.#roster.dropShards(new Set(shards));
  }

  async #releasing(shard: number): Promise<void> {
    this.#unhint(shard);
    // While its actors drain they still act; nothing new is loaded once they are gone.
    await this.#roster.drainShard(shard);
    this.#leaving.add(shard);
    this.#index.forget(shard);
  }

  #unhint(shard: number): void {
    void this.#hints.get(shard)?.stop();
    this.#hints.delete(shard);
  }

  #hint(address: SimulatorAddress | null, tried: number): void {
    if (!address || !this.owns(address.simulatorId)) return;
    const entry = this.#roster.get(address.simulatorId);
    if (entry && entry.actor?.state !== 'stopped') return;
    const delayMs = HINT_DELAYS_MS[tried];
    if (delayMs === undefined) return;
    this.#dependencies.host.after(delayMs, () => void this.#follow(address, tried));
  }

  async #follow(address: SimulatorAddress, tried: number): Promise<void> {
    try {
      if (await isRunnable(this.#dependencies.bus, address)) this.#roster.reopen(address);
      else this.#hint(address, tried + 1);
    } catch {
      this.#hint(address, tried + 1);
    }
  }

  #plan(): void {
    if (this.#stopped) return;
    this.#dependencies.host.after(TICK_MS, () => void this.#tick().finally(() => this.#plan()));
  }

  async #tick(): Promise<void> {
    const { host, log } = this.#dependencies;
    if (this.#stopped || !this.#leases.isFresh) return;
    let busySinceMs = host.monotonicMs();
    for (const { actor } of this.#roster.entries) {
      actor?.tick();
      if (host.monotonicMs() - busySinceMs < YIELD_AFTER_MS) continue;
      await host.yield();
      busySinceMs = host.monotonicMs();
    }
    if (busySinceMs < this.#sweepAtMs) return;
    this.#sweepAtMs = busySinceMs + SWEEP_MS * (0.75 + 0.5 * host.random());
    this.#roster.forgetIdle();
    this.#roster.hibernateAbandoned();
    this.#sweep().catch((error) => log.warn({ err: error }, 'sweep failed'));
  }

  /** Commands whose hint nobody heard: hints are core messages and may be lost. */
  async #sweep(): Promise<void> {
    const { bus } = this.#dependencies;
    for (const subject of await this.#commanded()) {
      const address = addressOf(subject);
      if (!address || !this.owns(address.simulatorId)) continue;
      const entry = this.#roster.get(address.simulatorId);
      if (entry && entry.actor?.state !== 'stopped') continue;
      if (await isRunnable(bus, address)) this.#roster.reopen(address);
      else await dropDecided(bus, address);
    }
  }
}
