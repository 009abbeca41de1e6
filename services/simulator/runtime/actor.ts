/**
 * The actor: the one place in the world that, for as long as its epoch lasts, runs a simulator.
 *
 * Turns are single-flight: while a record is on its way to EVENTS nothing else happens in the
 * venue, nothing of the turn is shown, and questions wait. The host timer only moves the market; a
 * command moves it too, so an order never waits for the timer.
 *
 *   loading -> live -> fenced      somebody else owns it, or no answer: the venue is thrown away
 *                   -> stopped     its clock has ended: answers questions, takes no commands
 *                   -> halted      a defect: loud, and for a person to look at
 */
import type { Delivery } from '@sandpit/bus/bus.ts';
import type { SimulatorAddress } from '@sandpit/bus/subjects.ts';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import { NS_PER_SECOND } from '@sandpit/schemas/units.ts';
import type { PendingFrame } from '../venue/venue.ts';
import { deadLetter } from './authority.ts';
import { CommandFeed } from './command-feed.ts';
import { commit, type Draft } from './committer.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { DefectError } from './host.ts';
import { Mailbox } from './mailbox.ts';
import { publishFrames } from './publisher.ts';
import { recover } from './recovery.ts';
import { isDecided, type Replica } from './replica.ts';
import { SLICE_NS } from './slices.ts';
import { SnapshotKeeper } from './snapshot-keeper.ts';
import {
  advance,
  ExecutionError,
  executeTurn,
  type Incoming,
  isBehind,
  refusedTurn,
} from './turns.ts';

export type ActorState = 'loading' | 'live' | 'fenced' | 'stopped' | 'halted';

const TASKS_WAITING_MAX = 256;
const CATCH_UP_BUDGET_MS = 8;
const RETRY_MS = 200;
/** A stretch that is worth a snapshot of its own: some 10 ms of work to run it again. */
const LONG_CATCH_UP_NS = 60 * NS_PER_SECOND;
const FRESH_POLL_MS = 20;
const READ_PATIENCE_MS = 1_000;

/** The simulator is not here (any more); the owner is somebody else or nobody yet. */
export class NotOwnedError extends Error {
  override readonly name = 'NotOwnedError';
}

export class SimulatorActor {
  readonly address: SimulatorAddress;
  readonly #dependencies: RuntimeDependencies;
  readonly #mailbox = new Mailbox(TASKS_WAITING_MAX);
  readonly #onEnd: (actor: SimulatorActor, error: unknown) => void;
  readonly #feed: CommandFeed;
  readonly #snapshots: SnapshotKeeper;
  /** Commands up to here were waiting when this owner took over; the first one is marked. */
  #suspectUntil = 0;
  #state: ActorState = 'loading';
  #replica: Replica;
  #catchingUp: Promise<void> | null = null;
  #lastUsedMs: number;

  /** @param onEnd  Told once when it has stopped being live, with the reason. */
  constructor(
    dependencies: RuntimeDependencies,
    replica: Replica,
    onEnd: (actor: SimulatorActor, error: unknown) => void,
  ) {
    this.address = replica.address;
    this.#dependencies = dependencies;
    this.#replica = replica;
    this.#onEnd = onEnd;
    this.#lastUsedMs = dependencies.host.monotonicMs();
    this.#feed = new CommandFeed(
      dependencies,
      this.address,
      () => this.#replica.head,
      (delivery) => this.#receive(delivery),
    );
    this.#snapshots = new SnapshotKeeper(dependencies, replica.head.n);
  }

  get state(): ActorState {
    return this.#state;
  }

  get replica(): Replica {
    return this.#replica;
  }

  get lastUsedMs(): number {
    return this.#lastUsedMs;
  }

  /** How far the market is behind its clock, in simulated ms. */
  get lagMs(): number {
    const { venue } = this.#replica;
    return (venue.targetNs(this.#dependencies.host.wallMs()) - venue.nowNs) / 1e6;
  }

  /**
   * Takes ownership: the OWNER record stands before anything else of this epoch is emitted.
   *
   * @param commandsUntil  Newest sequence in COMMANDS for this simulator, 0 = none.
   * @returns false when somebody else was quicker.
   */
  async open(commandsUntil: number): Promise<boolean> {
    const { venue, head } = this.#replica;
    if (venue.clock?.state === 'stopped' && commandsUntil <= head.commandSequence) {
      this.#state = 'stopped';
      return true;
    }
    this.#dependencies.reach('recovered');
    this.#suspectUntil = commandsUntil;
    const wallMs = this.#dependencies.host.wallMs();
    const owner: Draft = { type: 'owner', commands: [], events: [], simNs: venue.nowNs, wallMs };
    if (!(await commit(this.#dependencies, this.#replica, owner))) return false;
    this.#mayContinue();
    this.#state = 'live';
    // Opens as soon as the server lets it; questions are answered meanwhile.
    void this.#feed.open();
    return true;
  }

  /** The host timer: moves the market when nothing else is going on. */
  tick(): void {
    if (this.#state !== 'live') return;
    const { venue } = this.#replica;
    const wallMs = this.#dependencies.host.wallMs();
    if (this.#mailbox.idle && venue.clock?.state === 'running') {
      if (isBehind(venue, wallMs)) void this.#catchUp().catch((error) => this.#end(error));
      else this.#run(() => this.#marketTurn(CATCH_UP_BUDGET_MS));
    }
    if (this.#mailbox.idle) this.#snapshots.whenIdle(this.#replica);
  }

  /**
   * Reads committed state: waits until no record is on its way, and a moment for a market that is
   * still catching up.
   *
   * @throws NotOwnedError
   */
  async read<Answer>(question: (replica: Replica) => Answer): Promise<Answer> {
    const { host } = this.#dependencies;
    this.#lastUsedMs = host.monotonicMs();
    if (this.#state === 'live' && isBehind(this.#replica.venue, host.wallMs())) {
      await Promise.race([this.#caughtUp().catch(() => undefined), host.sleep(READ_PATIENCE_MS)]);
    }
    return this.#mailbox.run(() => {
      if (this.#state !== 'live' && this.#state !== 'stopped') throw new NotOwnedError(this.#state);
      return question(this.#replica);
    });
  }

  /** Graceful end: no more commands, a snapshot, and the next owner re-executes nothing. */
  async drain(): Promise<void> {
    if (this.#state !== 'live') return this.drop();
    await this.#feed.close(true);
    await this.#mailbox.run(() => this.#snapshots.take(this.#replica)).catch(() => undefined);
    this.drop();
  }

  /** At once, without a word to anyone: what was not committed never happened. */
  drop(): void {
    if (this.#state === 'fenced') return;
    this.#state = 'fenced';
    void this.#feed.close(false);
  }

  async #receive(delivery: Delivery): Promise<void> {
    if (this.#state !== 'live') return;
    try {
      await this.#caughtUp();
      await this.#mailbox.run(() => this.#decide(delivery));
    } catch (error) {
      this.#end(error);
    }
  }

  async #decide(delivery: Delivery): Promise<void> {
    this.#mayContinue();
    const { bus, authority, reach } = this.#dependencies;
    reach('delivered');
    if (delivery.sequence <= this.#replica.head.commandSequence) return delivery.ack();
    const verdict = await authority.judge(this.address, delivery);
    if (verdict.passes === 'later') return delivery.retry(RETRY_MS);
    if (!verdict.passes) {
      await deadLetter(bus, this.address, delivery, verdict.reason);
      return delivery.ack();
    }
    if (isDecided(this.#replica, verdict.command.commandId)) return delivery.ack();
    await this.#commandTurn({ command: verdict.command, sequence: delivery.sequence }, delivery);
  }

  async #commandTurn(incoming: Incoming, delivery: Delivery): Promise<void> {
    const { attempts } = this.#dependencies;
    const { simulatorId } = this.address;
    const isSuspect = incoming.sequence <= this.#suspectUntil;
    this.#suspectUntil = 0;
    if (!isSuspect) return this.#settle(incoming, delivery, 0);
    const deaths = await attempts.begin(simulatorId, incoming.sequence);
    try {
      await this.#settle(incoming, delivery, deaths);
    } finally {
      // Whatever came of it, this worker has survived it.
      await attempts.finish(simulatorId).catch(() => undefined);
    }
  }

  /** @param deaths  Workers that died executing it, as far as is known. */
  async #settle(incoming: Incoming, delivery: Delivery, deaths: number): Promise<void> {
    const { limits, bus, host, reach } = this.#dependencies;
    this.#mayContinue();
    const isPoison = deaths >= limits.deathsBeforeQuarantine;
    if (isPoison) {
      await deadLetter(bus, this.address, delivery, `${deaths} workers died executing it.`);
    }
    const draft = isPoison
      ? refusedTurn(this.#replica, incoming, 'quarantined', host.wallMs())
      : await this.#execute(incoming);
    reach('executed');
    const frames = await this.#commit(draft);
    delivery.ack();
    reach('acknowledged');
    this.#publish(frames);
    await this.#afterCommand();
  }

  async #execute(incoming: Incoming): Promise<Draft> {
    const { host, log } = this.#dependencies;
    const shownNs = this.#replica.venue.nowNs;
    try {
      return executeTurn(this.#replica, incoming, host.wallMs());
    } catch (error) {
      if (!(error instanceof ExecutionError)) throw error;
      const { commandId } = incoming.command;
      log.error({ ...this.address, commandId, err: error }, 'engine broke, command refused');
      await this.#rebuild(shownNs);
      return refusedTurn(this.#replica, incoming, 'turn', host.wallMs());
    }
  }

  /** The venue as the log has it, brought to where the market was last shown. */
  async #rebuild(shownNs: number): Promise<void> {
    const dependencies = this.#dependencies;
    const { scenarioHash } = this.#replica;
    const mayContinue = () => this.#mayContinue();
    this.#replica = await recover(dependencies, this.address, scenarioHash, mayContinue);
    const { venue } = this.#replica;
    while (venue.nowNs < shownNs) advance(venue, shownNs as typeof venue.nowNs, SLICE_NS);
    venue.takeFrames();
  }

  async #afterCommand(): Promise<void> {
    const { clock } = this.#replica.venue;
    if (clock?.state === 'stopped') {
      await this.#snapshots.take(this.#replica);
      this.#state = 'stopped';
      void this.#feed.close(true);
      this.#onEnd(this, null);
    } else {
      this.#snapshots.afterRecord(this.#replica);
    }
  }

  /** Runs the market for at most `budgetMs`; a step that touched the trader becomes a record. */
  #marketTurn(budgetMs: number): void | Promise<void> {
    this.#mayContinue();
    const { host, ownership } = this.#dependencies;
    if (!ownership.isFresh()) return;
    const { venue } = this.#replica;
    const wallMs = host.wallMs();
    const targetNs = venue.targetNs(wallMs);
    const startedMs = host.monotonicMs();
    const events: VenueEvent[] = [];
    while (venue.nowNs < targetNs && events.length === 0) {
      events.push(...advance(venue, targetNs, SLICE_NS));
      if (host.monotonicMs() - startedMs > budgetMs) break;
    }
    if (events.length === 0) return this.#publish(venue.takeFrames());
    return this.#commitMarket({ type: 'turn', commands: [], events, simNs: venue.nowNs, wallMs });
  }

  async #commitMarket(draft: Draft): Promise<void> {
    this.#publish(await this.#commit(draft));
    this.#snapshots.afterRecord(this.#replica);
  }

  /** Long gaps (takeover, warm-up) in slices, between which the process and questions get a turn. */
  #catchUp(): Promise<void> {
    this.#catchingUp ??= this.#catchUpNow().finally(() => {
      this.#catchingUp = null;
    });
    return this.#catchingUp;
  }

  /** Resolves when a command can be executed at the market's present. */
  async #caughtUp(): Promise<void> {
    const { host } = this.#dependencies;
    while (this.#state === 'live' && isBehind(this.#replica.venue, host.wallMs())) {
      await this.#catchUp();
    }
  }

  async #catchUpNow(): Promise<void> {
    const { host } = this.#dependencies;
    const fromNs = this.#replica.venue.nowNs;
    while (this.#state === 'live' && isBehind(this.#replica.venue, host.wallMs())) {
      // A worker that was suspended first finds out whether the simulator is still its own.
      if (!this.#dependencies.ownership.isFresh()) await host.sleep(FRESH_POLL_MS);
      await this.#mailbox.run(() => this.#marketTurn(CATCH_UP_BUDGET_MS));
      await host.yield();
    }
    if (this.#replica.venue.nowNs - fromNs < LONG_CATCH_UP_NS) return;
    await this.#mailbox.run(() => this.#snapshots.afterCatchUp(this.#replica));
  }

  /** @returns the frames of the turn, which may be shown from here on. */
  async #commit(draft: Draft): Promise<PendingFrame[]> {
    const frames = this.#replica.venue.takeFrames();
    if (!(await commit(this.#dependencies, this.#replica, draft))) {
      throw new NotOwnedError('Another owner writes the log, or the log does not answer.');
    }
    this.#dependencies.reach('committed');
    this.#mayContinue();
    return frames;
  }

  #publish(frames: readonly PendingFrame[]): void {
    const { head } = this.#replica;
    if (frames.length > 0) publishFrames(this.#dependencies.bus, this.address, head.epoch, frames);
  }

  #run(task: () => void | Promise<void>): void {
    this.#mailbox.run(task).catch((error) => this.#end(error));
  }

  /** @throws NotOwnedError when the shard is no longer ours: nothing may be emitted any more. */
  #mayContinue(): void {
    if (this.#state === 'fenced' || !this.#dependencies.ownership.owns(this.address.simulatorId)) {
      throw new NotOwnedError('The lease is not ours any more.');
    }
  }

  #end(error: unknown): void {
    if (this.#state === 'fenced' || this.#state === 'halted') return;
    this.drop();
    if (error instanceof DefectError) this.#state = 'halted';
    this.#onEnd(this, error);
  }
}
