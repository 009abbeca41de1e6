/** When a simulator's snapshot is due, and what is trimmed once it is stored. */
import { subjects } from '@sandpit/bus/subjects.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { type Replica, storedMemory } from './replica.ts';
import type { SnapshotContent } from './snapshots.ts';

const RETRY_AFTER_MS = 5_000;

export class SnapshotKeeper {
  readonly #dependencies: RuntimeDependencies;
  /** Record on which the newest stored snapshot stands. */
  #storedN: number;
  #seenN: number;
  #changedAtMs: number;
  #notBeforeMs = 0;
  #storing: Promise<void> | null = null;

  constructor(dependencies: RuntimeDependencies, storedN: number) {
    this.#dependencies = dependencies;
    this.#storedN = storedN;
    this.#seenN = storedN;
    this.#changedAtMs = dependencies.host.monotonicMs();
  }

  /** Call when a record was committed and no other turn runs. */
  afterRecord(replica: Replica): void {
    this.#note(replica);
    const { limits } = this.#dependencies;
    if (replica.head.n - this.#storedN >= limits.snapshotEveryRecords) this.#begin(replica);
  }

  /** Call now and then while no turn runs. */
  whenIdle(replica: Replica): void {
    this.#note(replica);
    const { host, limits } = this.#dependencies;
    const idleMs = host.monotonicMs() - this.#changedAtMs;
    if (replica.head.n > this.#storedN && idleMs >= limits.snapshotIdleMs) this.#begin(replica);
  }

  /** After a long stretch of market, which nobody should have to run again. Call while no turn runs. */
  afterCatchUp(replica: Replica): void {
    this.#note(replica);
    if (replica.head.n > this.#storedN) this.#begin(replica);
  }

  /** Takes one now, unless nothing was recorded since the last. Call while no turn runs. */
  async take(replica: Replica): Promise<void> {
    await this.#storing;
    if (replica.head.n > this.#storedN) await this.#store(replica);
  }

  #note({ head }: Replica): void {
    if (head.n === this.#seenN) return;
    this.#seenN = head.n;
    this.#changedAtMs = this.#dependencies.host.monotonicMs();
  }

  #begin(replica: Replica): void {
    if (this.#storing || this.#dependencies.host.monotonicMs() < this.#notBeforeMs) return;
    this.#storing = this.#store(replica).finally(() => {
      this.#storing = null;
    });
  }

  /** The state is taken before the first await: the venue moves on while it is stored. */
  async #store(replica: Replica): Promise<void> {
    const { host, log } = this.#dependencies;
    const { address, head } = replica;
    const content = contentOf(replica);
    try {
      await this.#publish(replica, content);
      this.#storedN = head.n;
    } catch (error) {
      this.#notBeforeMs = host.monotonicMs() + RETRY_AFTER_MS;
      log.warn({ ...address, n: head.n, err: error }, 'snapshot not stored');
    }
  }

  async #publish({ address }: Replica, content: SnapshotContent): Promise<void> {
    const { snapshots, bus, reach } = this.#dependencies;
    const envelope = await snapshots.encode(address.simulatorId, content);
    reach('snapshotMade');
    if (!(await snapshots.store(address, envelope))) return;
    reach('snapshotStored');
    const consumed = content.head.commandSequence + 1;
    await bus.purge('COMMANDS', subjects.commands(address), consumed);
    reach('commandsPurged');
  }
}

function contentOf({ venue, head, memory, scenarioHash }: Replica): SnapshotContent {
  // First: a venue that took over foreign records restarts its market here at the latest.
  const state = venue.snapshot();
  return {
    head,
    engineVersion: venue.engineVersion,
    scenarioHash,
    memory: storedMemory(memory),
    stateHash: venue.stateHash(),
    state,
  };
}
