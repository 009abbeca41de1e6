/**
 * The actor: the one place in the world that, for as long as its epoch lasts, runs a simulator.
 *
 * Turns are single-flight: while a record is on its way to EVENTS nothing else happens in the
 * venue, nothing of the turn is shown, and questions wait. The host timer only moves the market; a
 * command moves it too, so an order never waits for the timer.
 *
 *   loading -> live -> fenced      somebody else owns it, or no answer: the venue is thrown away
 *                   -> stopped     its clock has ended: answers questions, takes no commands
 *                   -> hibernated  nobody needed it: its record says so, and it leaves memory
 *                   -> halted      a defect: loud, and for a person to look at
 */
import type { Delivery } from '@sandpit/bus/bus.ts';
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { StandingSwitch } from '@sandpit/schemas/risk.ts';
import { NS_PER_MS } from '@sandpit/schemas/units.ts';
import type { Hibernation } from '../venue/venue.ts';
import { type Admitted, switchesToSet } from './admission.ts';
import { CommandFeed } from './command-feed.ts';
import { CommandRunner } from './command-runner.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { DefectError } from './host.ts';
import { Mailbox } from './mailbox.ts';
import { MarketRunner } from './market-runner.ts';
import { NotOwnedError } from './not-owned.ts';
import type { Replica } from './replica.ts';
import { Seat } from './seat.ts';
import { SnapshotKeeper } from './snapshot-keeper.ts';

export type ActorState = 'loading' | 'live' | 'fenced' | 'stopped' | 'hibernated' | 'halted';

const TASKS_WAITING_MAX = 256;
const READ_PATIENCE_MS = 1_000;
/** Long enough to answer what waits in COMMANDS; whatever comes later is asked about anew. */
const VISIT_MS = 2_000;

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
  #admitted: Admitted;
  #confirm: () => Promise<void> = async () => {};
  readonly #openedMs: number;
  #state: ActorState = 'loading';
  #lastUsedMs: number;

  /**
   * @param commandsUntil  Newest sequence in COMMANDS for this simulator, 0 = none.
   * @param admitted       For one that sleeps. Refused, it goes on sleeping: it is visited, to answer
   *                       the commands that wait for it.
   * @param onEnd          Told once when it has stopped being live, with the reason; null = stopped.
   */
  constructor(
    dependencies: RuntimeDependencies,
    replica: Replica,
    commandsUntil: number,
    admitted: Admitted,
    onEnd: (actor: SimulatorActor, error: unknown) => void,
  ) {
    this.address = replica.address;
    this.#dependencies = dependencies;
    this.#commandsUntil = commandsUntil;
    this.#admitted = admitted;
    this.#onEnd = onEnd;
    this.#openedMs = dependencies.host.monotonicMs();
    this.#lastUsedMs = this.#openedMs;
    this.#seat = new Seat(dependencies, replica);
    this.#snapshots = new SnapshotKeeper(dependencies, replica);
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

  /** It sleeps, and may not wake. */
  get isVisit(): boolean {
    return this.#admitted.refusal !== null;
  }

  get replica(): Replica {
    return this.#seat.replica;
  }

  /** Commands up to this sequence need no owner any more. */
  get settledUntil(): number {
    return this.#commands.settledUntil;
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
   * @param confirm  Throws when another worker owns the shard by now. Asked between the owner record and
   *                 the one that wakes it: a later owner has put it away before, or sees that record.
   * @returns false when somebody else was quicker.
   */
  async open(confirm: () => Promise<void>): Promise<boolean> {
    const { venue } = this.replica;
    if (hasEnded(this.replica, this.#commandsUntil)) {
      this.#state = 'stopped';
      return true;
    }
    this.#dependencies.reach('recovered');
    if (!(await this.#seat.claim())) return false;
    // Whatever it is loaded for, somebody needs it; on a visit it sleeps on.
    this.#confirm = confirm;
    if (venue.clock?.hibernated) {
      await confirm();
      if (!this.isVisit) await this.#wake();
    }
    this.#state = 'live';
    // Opens as soon as the server lets it; questions are answered meanwhile.
    void this.#feed.open();
    return true;
  }

  /** The host timer: moves the market when nothing else is going on. */
  tick(): void {
    if (this.#state !== 'live' || !this.#mailbox.idle) return;
    if (this.replica.venue.clock?.state === 'running' && this.#market.isDue) {
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
    this.#seat.audience.expect(this.#lastUsedMs);
    if (this.#state === 'live' && this.#market.isDue) {
      const caughtUp = this.#market.step().catch((error) => this.#end(error));
      await Promise.race([caughtUp, host.sleep(READ_PATIENCE_MS)]);
    }
    return this.#mailbox.run(() => {
      if (this.#state !== 'live' && this.#state !== 'stopped') throw new NotOwnedError(this.#state);
      return question(this.replica);
    });
  }

  /** Has nobody asked, ordered or watched for so long that it may be put away? */
  isAbandoned(): boolean {
    if (this.#state !== 'live' || this.#market.isSeeking) return false;
    const { host, limits } = this.#dependencies;
    if (this.isVisit) return host.monotonicMs() - this.#openedMs >= VISIT_MS;
    const { venue, memory } = this.replica;
    // Halted: it waits for a person, and its state says so.
    if (memory.halted) return false;
    const isAtStake =
      venue.openOrders().length > 0 || venue.positions().some((each) => each.quantityLots !== 0);
    const patienceMs = isAtStake ? limits.unattendedMs : limits.idleMs;
    return host.monotonicMs() - this.#lastUsedMs >= patienceMs;
  }

  /**
   * Puts it away where it stands: a record that says so, a snapshot, no consumer.
   *
   * @param needed  Asked when nothing else runs in it any more.
   * @returns false when it goes on.
   */
  async hibernate(needed: () => boolean = () => !this.isAbandoned()): Promise<boolean> {
    try {
      if (!(await this.#mailbox.run(() => this.#putAway(needed)))) return false;
      // Not inside the mailbox: a command that waits there must be let go first.
      await this.#feed.close(true);
      await this.#mailbox.run(() => this.#snapshots.take(this.replica));
      await this.#dropSettled();
      return true;
    } catch (error) {
      this.#end(error);
      return false;
    }
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

  async #putAway(needed: () => boolean): Promise<boolean> {
    if (this.#state !== 'live' || needed()) return false;
    this.#seat.mayContinue();
    const { clock } = this.replica.venue;
    // One that never started, or has ended, has no clock that could stand still.
    if (clock && clock.state !== 'stopped') await this.#hibernation('begins');
    this.#dependencies.reach('putAway');
    this.#state = 'hibernated';
    return true;
  }

  #wake(): Promise<void> {
    const { venue } = this.replica;
    return this.#hibernation('ends', switchesToSet(venue.risk(), this.#admitted.switches));
  }

  /** What comes after a refusal may find room: its trader has stopped another one meanwhile. */
  async #askAgain(): Promise<void> {
    const { admission, log } = this.#dependencies;
    try {
      const admitted = await admission(this.address, this.replica.head.n);
      if (admitted.refusal !== null) return;
      await this.#confirm();
      this.#admitted = admitted;
    } catch (err) {
      // Nobody to ask, or not the owner any more: it is refused as before, or by the log.
      log.warn({ ...this.address, err }, 'not asked again whether it may wake');
      return;
    }
    await this.#wake();
  }

  /** What left no record lies behind no snapshot, and would wake it for nothing. */
  async #dropSettled(): Promise<void> {
    const { bus, log } = this.#dependencies;
    const filter = subjects.commands(this.address);
    await bus
      .purge('COMMANDS', filter, this.settledUntil + 1)
      .catch((err: unknown) => log.warn({ ...this.address, err }, 'settled commands not purged'));
  }

  /** @param switches  Set in the same record, so that no order comes before them. */
  async #hibernation(hibernation: Hibernation, switches: StandingSwitch[] = []): Promise<void> {
    const { venue } = this.replica;
    const wallMs = this.#dependencies.host.wallMs();
    const events = venue.hibernate(hibernation, wallMs);
    if (switches.length > 0) events.push(...venue.setSwitches(switches));
    const draft = { type: 'turn' as const, commands: [], events, simNs: venue.nowNs, wallMs };
    const given = { hibernation, ...(switches.length > 0 && { switches }) };
    this.#seat.publish(await this.#seat.commit({ ...draft, ...given }));
  }

  async #receive(delivery: Delivery): Promise<void> {
    this.#lastUsedMs = this.#dependencies.host.monotonicMs();
    try {
      while (this.#state === 'live' && this.#market.isBehind) await this.#market.catchUp();
      if (this.#state === 'live') await this.#mailbox.run(() => this.#decide(delivery));
    } catch (error) {
      this.#end(error);
    }
  }

  async #decide(delivery: Delivery): Promise<void> {
    // Put away while it waited: the consumer of the next epoch brings it again.
    if (this.#state !== 'live') return;
    if (this.isVisit && delivery.sequence > this.#commandsUntil) await this.#askAgain();
    if (!(await this.#commands.decide(delivery))) return;
    if (this.replica.venue.nowNs === 0) await this.#seat.adoptPast();
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

/** Its clock has ended, and nobody waits for an answer. */
export const hasEnded = ({ venue, head }: Replica, commandsUntil: number): boolean =>
  venue.clock?.state === 'stopped' && commandsUntil <= head.commandSequence;
