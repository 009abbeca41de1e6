/**
 * The seat of a simulator's owner for one epoch: its state in memory, and the one way in which a turn
 * becomes true. Whoever lost the seat can commit nothing and shows nothing.
 */
import type { SimulatorAddress } from '@sandpit/bus/subjects.ts';
import type { PendingFrame } from '../venue/venue.ts';
import { Audience } from './audience.ts';
import { commit, type Draft } from './committer.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { NotOwnedError } from './not-owned.ts';
import { publishFrames } from './publisher.ts';
import { recover } from './recovery.ts';
import type { Replica } from './replica.ts';

export class Seat {
  readonly address: SimulatorAddress;
  readonly dependencies: RuntimeDependencies;
  readonly audience = new Audience();
  #replica: Replica;
  #isLost = false;

  constructor(dependencies: RuntimeDependencies, replica: Replica) {
    this.address = replica.address;
    this.dependencies = dependencies;
    this.#replica = replica;
  }

  get replica(): Replica {
    return this.#replica;
  }

  /** Given up, taken away or broken: final for this epoch. */
  get isLost(): boolean {
    return this.#isLost;
  }

  lose(): void {
    this.#isLost = true;
  }

  /** @throws NotOwnedError when the shard is no longer ours: nothing may be emitted any more. */
  mayContinue(): void {
    if (this.#isLost || !this.dependencies.ownership.owns(this.address.simulatorId)) {
      throw new NotOwnedError('The lease is not ours any more.');
    }
  }

  /** The OWNER record of a new epoch. @returns false when somebody else was quicker. */
  async claim(): Promise<boolean> {
    const { venue } = this.#replica;
    const wallMs = this.dependencies.host.wallMs();
    const owner: Draft = { type: 'owner', commands: [], events: [], simNs: venue.nowNs, wallMs };
    if (!(await commit(this.dependencies, this.#replica, owner))) return false;
    this.mayContinue();
    return true;
  }

  /**
   * Stores what the venue has just done.
   *
   * @returns the frames of the turn, which may be shown from here on.
   * @throws NotOwnedError when it is not stored, or nobody knows: the seat is lost then.
   */
  async commit(draft: Draft): Promise<PendingFrame[]> {
    const frames = this.#replica.venue.takeFrames();
    if (!(await commit(this.dependencies, this.#replica, draft))) {
      throw new NotOwnedError('Another owner writes the log, or the log does not answer.');
    }
    this.dependencies.reach('committed');
    this.mayContinue();
    return frames;
  }

  /** Its past is behind it at once, if it was run beforehand: it is the one it would run now. */
  async adoptPast(): Promise<void> {
    const { scenarioHash, memory, venue } = this.#replica;
    if (!memory.life || venue.nowNs > 0) return;
    const { venues } = this.dependencies;
    const after = await venues.withPast?.(scenarioHash, memory.life.seed, venue);
    if (after) this.#replica = { ...this.#replica, venue: after };
  }

  publish(frames: readonly PendingFrame[]): void {
    if (frames.length === 0) return;
    const { bus, host } = this.dependencies;
    const { audience } = this;
    const onUnheard = audience.asks(host.monotonicMs()) ? audience.unheard : null;
    publishFrames(bus, this.address, this.#replica.head.epoch, frames, onUnheard);
  }

  /** Throws away what was not committed: the state as the log has it. */
  async rebuild(): Promise<void> {
    const { scenarioHash } = this.#replica;
    this.#replica = await recover(this.dependencies, this.address, scenarioHash, () =>
      this.mayContinue(),
    );
  }
}
