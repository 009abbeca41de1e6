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
import { NS_PER_MS } from '@sandpit/schemas/units.ts';
import { CommandFeed } from './command-feed.ts';
import { CommandRunner } from './command-runner.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { DefectError } from './host.ts';
import { Mailbox } from './mailbox.ts';
import { MarketRunner } from './market-runner.ts';
import type { Replica } from './replica.ts';
import { NotOwnedError, Seat } from './seat.ts';
import { SnapshotKeeper } from './snapshot-keeper.ts';

export type ActorState = 'loading' | 'live' | 'fenced' | 'stopped' | 'halted';

const TASKS_WAITING_MAX = 256;
const READ_PATIENCE_MS = 1_000;

export class SimulatorActor {
  readonly address: SimulatorAddress;
  readonly #dependencies: RuntimeDependencies;
  readonly #seat: Seat;
  readonly #mailbox = new Mailbox(TASKS_WAITING_MAX);
  readonly #snapshots: SnapshotKeeper;
  readonly #market: MarketRunner;
  readonly #commands: CommandRunner;
  readonly #feed: CommandFeed;
  readonly #commandsUntil: number;
  readonly #onEnd: (actor: SimulatorActor, error: unknown) => void;
  #state: ActorState = 'loading';
  #lastUsedMs: number;

  /**
   * @param commandsUntil  Newest sequence in COMMANDS for this simulator, 0 = none.
   * @param onEnd          Told once when it has stopped being live, with the reason; null = stopped.
   */
  constructor(
    dependencies: RuntimeDependencies,
    replica: Replica,
    commandsUntil: number,
    onEnd: (actor: SimulatorActor, error: unknown) => void,
  ) {
    this.address = replica.address;
    this.#dependencies = dependencies;
    this.#commandsUntil = commandsUntil;
    this.#onEnd = onEnd;
    this.#lastUsedMs = dependencies.host.monotonicMs();
    this.#seat = new Seat(dependencies, replica);
    this.#snapshots = new SnapshotKeeper(dependencies, replica.head.n);
    this.#market = new MarketRunner(this.#seat, this.#mailbox, this.#snapshots);
    this.#commands = new CommandRunner(this.#seat, commandsUntil);
    this.#feed = new CommandFeed(
      dependencies,
      this.address,
      () => this.replica.head,
      (delivery) => this.#receive(delivery),
    );
  }

  get state(): ActorState {
    return this.#state;
  }

  get replica(): Replica {
    return this.#seat.replica;
  }

  get lastUsedMs(): number {
    return this.#lastUsedMs;
  }

  /** How far the market is behind its clock, in simulated ms. */
  get lagMs(): number {
    const { venue } = this.replica;
    return (venue.targetNs(this.#dependencies.host.wallMs()) - venue.nowNs) / NS_PER_MS;
  }

  /**
   * Takes ownership: the OWNER record stands before anything else of this epoch is emitted. A
   * simulator that has ended and has nothing to decide stays as it is.
   *
   * @returns false when somebody else was quicker.
   */
  async open(): Promise<boolean> {
    const { venue, head } = this.replica;
    if (venue.clock?.state === 'stopped' && this.#commandsUntil <= head.commandSequence) {
      this.#state = 'stopped';
      return true;
    }
    this.#dependencies.reach('recovered');
    if (!(await this.#seat.claim())) return false;
    this.#state = 'live';
    // Opens as soon as the server lets it; questions are answered meanwhile.
    void this.#feed.open();
    return true;
  }

  /** The host timer: moves the market when nothing else is going on. */
  tick(): void {
    if (this.#state !== 'live' || !this.#mailbox.idle) return;
    if (this.replica.venue.clock?.state === 'running') {
      this.#market.step().catch((error) => this.#end(error));
    }
    if (this.#mailbox.idle) this.#snapshots.whenIdle(this.replica);
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
    if (this.#state === 'live' && (this.#market.isBehind || this.#market.isSeeking)) {
      const caughtUp = this.#market.catchUp().catch((error) => this.#end(error));
      await Promise.race([caughtUp, host.sleep(READ_PATIENCE_MS)]);
    }
    return this.#mailbox.run(() => {
      if (this.#state !== 'live' && this.#state !== 'stopped') throw new NotOwnedError(this.#state);
      return question(this.replica);
    });
  }

  /** Graceful end: no more commands, a snapshot, and the next owner re-executes nothing. */
  async drain(): Promise<void> {
    if (this.#state === 'live') {
      await this.#feed.close(true);
      await this.#mailbox.run(() => this.#snapshots.take(this.replica)).catch(() => undefined);
    }
    this.drop();
  }

  /** At once, without a word to anyone: what was not committed never happened. */
  drop(): void {
    if (this.#state === 'fenced') return;
    this.#state = 'fenced';
    this.#seat.lose();
    void this.#feed.close(false);
  }

  async #receive(delivery: Delivery): Promise<void> {
    try {
      while (this.#state === 'live' && this.#market.isBehind) await this.#market.catchUp();
      if (this.#state === 'live') await this.#mailbox.run(() => this.#decide(delivery));
    } catch (error) {
      this.#end(error);
    }
  }

  async #decide(delivery: Delivery): Promise<void> {
    if (!(await this.#commands.decide(delivery))) return;
    if (this.replica.venue.clock?.state !== 'stopped') {
      this.#snapshots.afterRecord(this.replica);
      return;
    }
    await this.#snapshots.take(this.replica);
    if (this.#state !== 'live') return;
    this.#state = 'stopped';
    void this.#feed.close(true);
    this.#onEnd(this, null);
  }

  #end(error: unknown): void {
    if (this.#state === 'fenced' || this.#state === 'halted') return;
    this.drop();
    if (error instanceof DefectError) this.#state = 'halted';
    this.#onEnd(this, error);
  }
}
