/** From a delivery to its committed record, or to the reason why it gets none. */
import type { Delivery } from '@sandpit/bus/bus.ts';
import { reducesRisk } from '@sandpit/schemas/command.ts';
import type { SimNs } from '@sandpit/schemas/units.ts';
import { deadLetter } from './authority.ts';
import type { Draft } from './committer.ts';
import { isDecided } from './replica.ts';
import type { Seat } from './seat.ts';
import { SLICE_NS } from './slices.ts';
import { advance, ExecutionError, executeTurn, type Incoming, refusedTurn } from './turns.ts';

const RETRY_MS = 200;

export class CommandRunner {
  readonly #seat: Seat;
  /** Commands up to here were waiting when this owner took over; the first one is marked. */
  #suspectUntil: number;
  #settledUntil = 0;

  constructor(seat: Seat, suspectUntil: number) {
    this.#seat = seat;
    this.#suspectUntil = suspectUntil;
  }

  /**
   * Everything up to this sequence needs no owner any more, also what left no record: repeats, and
   * commands without authority.
   */
  get settledUntil(): number {
    return Math.max(this.#settledUntil, this.#seat.replica.head.commandSequence);
  }

  /**
   * Decides one delivery; nothing else may run in the venue meanwhile.
   *
   * @returns whether a record was committed.
   * @throws NotOwnedError when the seat is lost, DefectError when the market broke, BusError.
   */
  async decide(delivery: Delivery): Promise<boolean> {
    const { bus, authority, reach } = this.#seat.dependencies;
    this.#seat.mayContinue();
    reach('delivered');
    if (delivery.sequence <= this.#seat.replica.head.commandSequence) return this.#done(delivery);
    const verdict = await authority.judge(this.#seat.address, delivery);
    if (verdict.passes === 'later') {
      delivery.retry(RETRY_MS);
      return false;
    }
    if (!verdict.passes) {
      await deadLetter(bus, this.#seat.address, delivery, verdict.reason);
      return this.#done(delivery);
    }
    if (isDecided(this.#seat.replica, verdict.command.commandId)) {
      return this.#done(delivery);
    }
    await this.#execute({ command: verdict.command, sequence: delivery.sequence }, delivery);
    return true;
  }

  async #execute(incoming: Incoming, delivery: Delivery): Promise<void> {
    const { attempts } = this.#seat.dependencies;
    const { simulatorId } = this.#seat.address;
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
    const { limits, bus, host, reach } = this.#seat.dependencies;
    this.#seat.mayContinue();
    const isPoison = deaths >= limits.deathsBeforeQuarantine;
    if (isPoison) {
      const reason = `${deaths} workers died executing it.`;
      await deadLetter(bus, this.#seat.address, delivery, reason);
    }
    const draft = isPoison
      ? refusedTurn(this.#seat.replica, incoming, 'quarantined', host.wallMs())
      : await this.#turn(incoming);
    reach('executed');
    const frames = await this.#seat.commit(draft);
    delivery.ack();
    reach('acknowledged');
    this.#seat.publish(frames);
  }

  async #turn(incoming: Incoming): Promise<Draft> {
    const { host, log } = this.#seat.dependencies;
    const { clock } = this.#seat.replica.venue;
    // It sleeps and may not wake: what reduces risk does not need it to.
    if (clock?.hibernated && !reducesRisk(incoming.command.body)) {
      return refusedTurn(this.#seat.replica, incoming, 'turn', host.wallMs(), 'quotaExceeded');
    }
    const shownNs = this.#seat.replica.venue.nowNs;
    try {
      return executeTurn(this.#seat.replica, incoming, host.wallMs());
    } catch (error) {
      if (!(error instanceof ExecutionError)) throw error;
      const { commandId } = incoming.command;
      log.error({ ...this.#seat.address, commandId, err: error }, 'engine broke, command refused');
      await this.#rebuild(shownNs);
      return refusedTurn(this.#seat.replica, incoming, 'turn', host.wallMs());
    }
  }

  /** Back to the log, then to where the market was last shown; that part is not shown again. */
  async #rebuild(shownNs: SimNs): Promise<void> {
    await this.#seat.rebuild();
    const { venue } = this.#seat.replica;
    while (venue.nowNs < shownNs) advance(venue, shownNs, SLICE_NS);
    venue.takeFrames();
  }

  /** The log has it already, or wants nothing of it. */
  #done(delivery: Delivery): false {
    this.#settledUntil = Math.max(this.#settledUntil, delivery.sequence);
    delivery.ack();
    return false;
  }
}
