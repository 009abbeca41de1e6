/** When a simulator's snapshot is due, and what is trimmed once it is stored. */
import { subjects } from '@sandpit/bus/subjects.ts';
import { NS_PER_SECOND } from '@sandpit/schemas/units.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { type Replica, storedMemory } from './replica.ts';
import type { SnapshotContent } from './snapshots.ts';

const RETRY_AFTER_MS = 5_000;
/** Market without a record in it: more of it is worth a snapshot, so that nobody runs it all again. */
const QUIET_MARKET_NS = 600 * NS_PER_SECOND;
/** At 100 × it would be due every six seconds. */
const QUIET_MARKET_MS = 60_000;

export class SnapshotKeeper {
  readonly #dependencies: RuntimeDependencies;
  /** Record on which the newest stored snapshot stands, and how far its market had come. */
  #storedN: number;
  #storedNs: number;
  #storedAtMs: number;
  #seenN: number;
  #changedAtMs: number;
  #notBeforeMs = 0;
  #storing: Promise<void> | null = null;

  /** @param replica  As it was loaded. */
  constructor(dependencies: RuntimeDependencies, { head, venue }: Replica) {
    this.#dependencies = dependencies;
    this.#storedN = head.n;
    this.#seenN = head.n;
    this.#storedNs = venue.nowNs;
    this.#changedAtMs = dependencies.host.monotonicMs();
    this.#storedAtMs = this.#changedAtMs;
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
    const nowMs = host.monotonicMs();
    const isIdle = nowMs - this.#changedAtMs >= limits.snapshotIdleMs;
    const isLong =
      nowMs - this.#storedAtMs >= QUIET_MARKET_MS &&
      replica.venue.nowNs - this.#storedNs >= QUIET_MARKET_NS;
    if (isLong || (isIdle && replica.head.n > this.#storedN)) this.#begin(replica);
  }

  /** After a long stretch of market, which nobody should have to run again. Call while no turn runs. */
  afterCatchUp(replica: Replica): void {
    this.#note(replica);
    if (replica.head.n > this.#storedN) this.#begin(replica);
  }

  /**
   * Takes one now, unless the last one says it all: whoever goes on from it runs nothing again. Call while
   * no turn runs.
   */
  async take(replica: Replica): Promise<void> {
    await this.#storing;
    const { head, venue } = replica;
    if (head.n > this.#storedN || venue.nowNs > this.#storedNs) await this.#store(replica);
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
    const { nowNs } = replica.venue;
    const content = contentOf(replica);
    try {
      await this.#publish(replica, content);
      this.#storedN = head.n;
      this.#storedNs = nowNs;
      this.#storedAtMs = host.monotonicMs();
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
