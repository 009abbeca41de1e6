/** Moves a simulator's market along with its clock; a step that touches the trader is a record. */
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import { NS_PER_SECOND } from '@sandpit/schemas/units.ts';
import { isStepDue, unseenNs } from './cadence.ts';
import type { Draft } from './committer.ts';
import type { Mailbox } from './mailbox.ts';
import { Pacer } from './pacer.ts';
import type { Seat } from './seat.ts';
import { SLICE_NS } from './slices.ts';
import type { SnapshotKeeper } from './snapshot-keeper.ts';
import { advance, isBehind } from './turns.ts';

const TURN_BUDGET_MS = 8;
/** A stretch that is worth a snapshot of its own: some 10 ms of work to run it again. */
const LONG_CATCH_UP_NS = 60 * NS_PER_SECOND;
const FRESH_POLL_MS = 20;

export class MarketRunner {
  readonly #seat: Seat;
  readonly #mailbox: Mailbox;
  readonly #snapshots: SnapshotKeeper;
  readonly #pacer = new Pacer();
  #catchingUp: Promise<void> | null = null;

  constructor(seat: Seat, mailbox: Mailbox, snapshots: SnapshotKeeper) {
    this.#seat = seat;
    this.#mailbox = mailbox;
    this.#snapshots = snapshots;
  }

  /** Is there more to run than fits into a turn? */
  get isBehind(): boolean {
    return isBehind(this.#seat.replica.venue, this.#seat.dependencies.host.wallMs());
  }

  /** Does a step or a jump run? It does as much as the process lets it. */
  get isSeeking(): boolean {
    return this.#seat.replica.venue.seekNs !== null;
  }

  /** Is a step of the host's timer worth it? */
  get isDue(): boolean {
    const { venue } = this.#seat.replica;
    const targetNs = venue.targetNs(this.#seat.dependencies.host.wallMs());
    return isStepDue(venue, targetNs, this.#isWatched);
  }

  get #isWatched(): boolean {
    return this.#seat.audience.isThere(this.#seat.dependencies.host.monotonicMs());
  }

  /** One step of the host's timer. Rejects as a turn does. */
  step(): Promise<void> {
    if (this.isBehind || this.isSeeking) return this.catchUp();
    return this.#mailbox.run(() => this.#turn());
  }

  /**
   * Resolves when the market has come to its present or the end of a seek, or the seat is lost.
   * Long gaps (takeover, warm-up) are run in slices, between which the process and questions get
   * their turn.
   */
  catchUp(): Promise<void> {
    this.#catchingUp ??= this.#catchUp().finally(() => {
      this.#catchingUp = null;
    });
    return this.#catchingUp;
  }

  async #catchUp(): Promise<void> {
    const { host, ownership } = this.#seat.dependencies;
    const fromNs = this.#seat.replica.venue.nowNs;
    while (!this.#seat.isLost && (this.isBehind || this.isSeeking)) {
      // A worker that was suspended first finds out whether the simulator is still its own.
      if (!ownership.isFresh()) await host.sleep(FRESH_POLL_MS);
      await this.#mailbox.run(() => this.#turn());
      await host.yield();
    }
    if (this.#seat.isLost || this.#seat.replica.venue.nowNs - fromNs < LONG_CATCH_UP_NS) return;
    await this.#mailbox.run(() => this.#snapshots.afterCatchUp(this.#seat.replica));
  }

  #turn(): void | Promise<void> {
    this.#seat.mayContinue();
    const { host, ownership } = this.#seat.dependencies;
    if (!ownership.isFresh()) return;
    const { venue } = this.#seat.replica;
    const wallMs = host.wallMs();
    const targetNs = venue.seekNs ?? venue.targetNs(wallMs);
    const startedMs = host.monotonicMs();
    const isWatched = this.#isWatched;
    const wantsFrames = this.#seat.audience.wantsFrames(startedMs);
    const events: VenueEvent[] = [];
    while (venue.nowNs < targetNs && events.length === 0) {
      const unseen = isWatched ? 0 : unseenNs(venue, targetNs);
      const stepNs = Math.min(SLICE_NS, unseen || SLICE_NS);
      events.push(...advance(venue, targetNs, stepNs, wantsFrames && unseen === 0));
      if (host.monotonicMs() - startedMs > TURN_BUDGET_MS) break;
    }
    const pacedTo = this.#pacer.judge(venue, targetNs, host.monotonicMs());
    if (pacedTo !== undefined) events.push(...venue.pace(pacedTo, wallMs));
    if (events.length === 0) return this.#seat.publish(venue.takeFrames());
    const draft: Draft = { type: 'turn', commands: [], events, simNs: venue.nowNs, wallMs };
    return this.#commit(pacedTo === undefined ? draft : { ...draft, pacedTo });
  }

  async #commit(draft: Draft): Promise<void> {
    this.#seat.publish(await this.#seat.commit(draft));
    this.#snapshots.afterRecord(this.#seat.replica);
  }
}
