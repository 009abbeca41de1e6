/** The simulators of this worker: loading, living, stopped for reading, or halted by a defect. */
import type { Bus } from '@sandpit/bus/bus.ts';
import { type SimulatorAddress, shardOf, subjects } from '@sandpit/bus/subjects.ts';
import { hasEnded, SimulatorActor } from './actor.ts';
import { type Admitted, NotAdmittedError } from './admission.ts';
import type { AwakeIndex } from './awake-index.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { isForking, isRunnable } from './discovery.ts';
import { DefectError } from './host.ts';
import { NotOwnedError } from './not-owned.ts';
import { recover } from './recovery.ts';
import type { Replica } from './replica.ts';
import { findScenarioHash } from './start-command.ts';

/** Recoveries at once: each can be a second of work. */
const LOADING_MAX = 4;
const LEAVING_MAX = 4;
const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 5_000;
/** A stopped simulator is kept this long after the last question. */
const FORGET_STOPPED_MS = 120_000;

export interface RosterEntry {
  address: SimulatorAddress;
  /** Null while it loads, or when loading found a defect. */
  actor: SimulatorActor | null;
  defect: unknown;
  /** Why it was not woken, for people; null = it was, or did not sleep. */
  refusal: string | null;
  /** Settles when loading has ended, well or not. */
  loaded: Promise<void>;
  /** While it is being put away; null = it is not. Never rejects. */
  leaving: Promise<void> | null;
}

export class Roster {
  readonly #dependencies: RuntimeDependencies;
  readonly #index: AwakeIndex;
  readonly #entries = new Map<string, RosterEntry>();
  #loading = 0;
  readonly #queue: (() => void)[] = [];

  constructor(dependencies: RuntimeDependencies, index: AwakeIndex) {
    this.#dependencies = dependencies;
    this.#index = index;
  }

  get entries(): RosterEntry[] {
    return [...this.#entries.values()];
  }

  get size(): number {
    return this.#entries.size;
  }

  get(simulatorId: string): RosterEntry | undefined {
    return this.#entries.get(simulatorId);
  }

  /** Loads the simulator unless it is here already. Null when this worker is full. */
  ensure(address: SimulatorAddress): RosterEntry | null {
    const known = this.#entries.get(address.simulatorId);
    if (known) return known;
    const { limits, log } = this.#dependencies;
    if (this.#entries.size >= limits.simulatorsMax) {
      log.error({ ...address, limit: limits.simulatorsMax }, 'worker is full, simulator waits');
      return null;
    }
    const loaded = Promise.resolve();
    const unknown = { actor: null, defect: null, refusal: null };
    const entry: RosterEntry = { address, ...unknown, loaded, leaving: null };
    this.#entries.set(address.simulatorId, entry);
    entry.loaded = this.#load(entry);
    return entry;
  }

  /** As `ensure`, for a question: one that was not allowed to wake is put to it again. */
  async wake(address: SimulatorAddress): Promise<RosterEntry | null> {
    const known = this.#entries.get(address.simulatorId);
    await known?.leaving;
    await known?.loaded;
    if (known?.actor?.isVisit) await this.hibernate(known, () => false);
    const entry = this.ensure(address);
    await entry?.loaded;
    if (entry?.refusal && entry.actor?.isVisit !== false) throw new NotAdmittedError(entry.refusal);
    return entry;
  }

  /** A command came for a simulator that takes none here: it has to be opened again. */
  reopen(address: SimulatorAddress): void {
    const entry = this.#entries.get(address.simulatorId);
    if (entry?.actor?.state === 'stopped') this.#remove(entry);
    this.ensure(address);
  }

  /** After a defect; anything else goes on as it is. */
  loadAgain(address: SimulatorAddress): void {
    const entry = this.#entries.get(address.simulatorId);
    if (!entry?.defect || entry.address.accountId !== address.accountId) return;
    this.#remove(entry);
    this.ensure(address);
  }

  dropShards(shards: ReadonlySet<number>): void {
    for (const entry of this.entries) {
      if (shards.has(shardOf(entry.address.simulatorId))) this.#remove(entry);
    }
  }

  async drainShard(shard: number): Promise<void> {
    const leaving = this.entries.filter(({ address }) => shardOf(address.simulatorId) === shard);
    await Promise.all(leaving.map((entry) => entry.actor?.drain()));
    for (const entry of leaving) this.#remove(entry);
  }

  /** Drops stopped simulators that nobody asks about. */
  forgetIdle(): void {
    const nowMs = this.#dependencies.host.monotonicMs();
    for (const entry of this.entries) {
      const { actor } = entry;
      if (actor?.state !== 'stopped') continue;
      if (nowMs - actor.lastUsedMs > FORGET_STOPPED_MS) this.#remove(entry);
    }
  }

  /** Puts away what nobody needs, a few at a time: each writes a snapshot. */
  hibernateAbandoned(): void {
    let leaving = this.entries.filter((entry) => entry.leaving).length;
    for (const entry of this.entries) {
      if (leaving >= LEAVING_MAX) return;
      if (entry.leaving || !entry.actor?.isAbandoned()) continue;
      leaving += 1;
      void this.hibernate(entry);
    }
  }

  /** @param needed  See the actor. Resolves when it is gone, or goes on. */
  hibernate(entry: RosterEntry, needed?: () => boolean): Promise<void> {
    entry.leaving ??= this.#putAway(entry, needed).finally(() => {
      entry.leaving = null;
    });
    return entry.leaving;
  }

  async #putAway(entry: RosterEntry, needed?: () => boolean): Promise<void> {
    const { log, bus } = this.#dependencies;
    const { address, actor } = entry;
    if (!actor || !(await actor.hibernate(needed))) return;
    try {
      log.info({ ...address, n: actor.replica.head.n }, 'simulator put away');
      await this.#index.remove(address);
    } catch (error) {
      // The list names one too many; its log tells.
      log.warn({ ...address, err: error }, 'simulator not taken off the list');
    }
    this.#remove(entry);
    // What came while the consumer was being closed was heard by nobody.
    const newest = await newestCommand(bus, address).catch(() => Number.POSITIVE_INFINITY);
    if (newest <= actor.settledUntil) return;
    if (await isRunnable(bus, address).catch(() => true)) this.#again(address);
  }

  #remove(entry: RosterEntry): void {
    entry.actor?.drop();
    if (this.#isCurrent(entry)) this.#entries.delete(entry.address.simulatorId);
  }

  #isCurrent(entry: RosterEntry): boolean {
    return this.#entries.get(entry.address.simulatorId) === entry;
  }

  /** Until it lives, has nothing to run, is defective, or belongs to somebody else. */
  async #load(entry: RosterEntry): Promise<void> {
    const { host, ownership } = this.#dependencies;
    let waitMs = RETRY_FIRST_MS;
    while (this.#isCurrent(entry) && ownership.owns(entry.address.simulatorId)) {
      if (await this.#tryOpen(entry)) return;
      await host.sleep(waitMs * (0.5 + host.random()));
      waitMs = Math.min(RETRY_MAX_MS, 2 * waitMs);
    }
    this.#remove(entry);
  }

  /** @returns true when loading is over. */
  async #tryOpen(entry: RosterEntry): Promise<boolean> {
    const { log } = this.#dependencies;
    await this.#enter();
    try {
      return await this.#open(entry);
    } catch (error) {
      if (error instanceof DefectError) {
        this.#halt(entry, error);
        return true;
      }
      log.warn({ ...entry.address, err: error }, 'simulator not loaded yet');
      return false;
    } finally {
      this.#leave();
    }
  }

  /** @returns true when loading is over. */
  async #open(entry: RosterEntry): Promise<boolean> {
    const { bus, authority, ownership, log } = this.#dependencies;
    const { address } = entry;
    const mayContinue = () => {
      if (!this.#isCurrent(entry) || !ownership.owns(address.simulatorId)) {
        throw new NotOwnedError('The lease went away while it was loading.');
      }
    };
    const newest = await bus.last('EVENTS', subjects.event(address));
    const isNew = newest === null;
    const scenarioHash = await findScenarioHash(bus, authority, address, isNew);
    if (scenarioHash === null || (newest && isForking(newest))) {
      this.#remove(entry);
      return true;
    }
    const replica = await recover(this.#dependencies, address, scenarioHash, mayContinue, isNew);
    const admitted = await this.#admitted(replica);
    const commandsUntil = await newestCommand(bus, address);
    entry.refusal = admitted.refusal;
    if (admitted.refusal !== null && commandsUntil <= replica.head.commandSequence) {
      this.#remove(entry);
      return true;
    }
    await this.#enlist(replica, commandsUntil);
    mayContinue();
    const ended = (_: SimulatorActor, error: unknown) => this.#ended(entry, error);
    const actor = new SimulatorActor(this.#dependencies, replica, commandsUntil, admitted, ended);
    entry.actor = actor;
    const opened = await actor.open(() => this.#index.confirm(address));
    if (!opened) entry.actor = null;
    else if (!this.#isCurrent(entry)) actor.drop();
    else log.info({ ...address, n: replica.head.n, epoch: replica.head.epoch }, 'simulator loaded');
    return opened;
  }

  /** One that sleeps is not woken without being asked for; anything else goes on. */
  async #admitted({ address, venue, head }: Replica): Promise<Admitted> {
    if (!venue.clock?.hibernated) return { refusal: null, switches: [] };
    return this.#dependencies.admission(address, head.n);
  }

  /** Before it is awake it is on the list; one that has ended needs not be. */
  async #enlist(replica: Replica, commandsUntil: number): Promise<void> {
    const { address } = replica;
    if (replica.venue.clock?.hibernated) await this.#index.confirm(address);
    else if (!hasEnded(replica, commandsUntil)) await this.#index.add(address);
    else await this.#index.remove(address).catch(() => undefined);
  }

  #halt(entry: RosterEntry, error: unknown): void {
    entry.defect = error;
    const { log, bus } = this.#dependencies;
    log.error({ ...entry.address, err: error }, 'simulator halted by a defect');
    tellHalt(bus, this.#dependencies.workerId, entry.address, error).catch((err: unknown) =>
      log.warn({ ...entry.address, err }, 'halt not told'),
    );
  }

  #ended(entry: RosterEntry, error: unknown): void {
    if (error === null) {
      // Should it fail, the log tells whoever looks.
      void this.#index.remove(entry.address).catch(() => undefined);
      return;
    }
    if (error instanceof DefectError) {
      this.#halt(entry, error);
      return;
    }
    const { log, host } = this.#dependencies;
    log.warn({ ...entry.address, err: error }, 'simulator dropped');
    this.#remove(entry);
    // It may still be ours: a lost answer fences us off from our own log as well.
    host.after(RETRY_FIRST_MS * (1 + host.random()), () => this.#again(entry.address));
  }

  #again(address: SimulatorAddress): void {
    if (this.#dependencies.ownership.owns(address.simulatorId)) this.ensure(address);
  }

  async #enter(): Promise<void> {
    if (this.#loading < LOADING_MAX) this.#loading += 1;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
  }

  #leave(): void {
    const next = this.#queue.shift();
    if (next) next();
    else this.#loading -= 1;
  }
}

/** To whoever watches over the house: an event that is kept. */
async function tellHalt(
  bus: Bus,
  worker: string,
  address: SimulatorAddress,
  error: unknown,
): Promise<void> {
  const reason = (error as Error).message;
  const body = { type: 'simulatorHalted', ...address, worker, reason };
  await bus.publish(subjects.audit('simulators'), body, { stream: 'AUDIT' });
}

async function newestCommand(bus: Bus, address: SimulatorAddress): Promise<number> {
  return (await bus.last('COMMANDS', subjects.commands(address)))?.sequence ?? 0;
}
