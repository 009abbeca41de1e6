/**
 * Waits for the committed answer to a command: the record in EVENTS that references it.
 *
 * The record normally arrives on the live subscription. Core messages can be lost, and the answer of
 * a repeated command was given long ago, so while waiting the owning worker is asked as well.
 */
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { ServiceBroker } from 'moleculer';
import { problem } from './errors.ts';
import { type LiveFeed, type LiveRecord, liveFeed } from './live.ts';
import { Lru } from './lru.ts';
import { askWorker } from './owners.ts';

export interface CommandAddress {
  accountId: string;
  simulatorId: string;
  commandId: string;
}

/** What a command did. */
export interface Outcome {
  /** Stream sequence of the record. */
  sequence: number;
  /** Only the events that the command caused, in order. */
  events: VenueEvent[];
  /** The command was set aside unexecuted because it kept killing its worker. */
  quarantined: boolean;
}

export interface Expectation {
  /** Null when no committed answer came in time: the outcome is unknown, not negative. */
  readonly outcome: Promise<Outcome | null>;
  /** Asks the owner at once, for a command that is known to have been stored earlier. */
  askNow(): void;
  /** Stops waiting; `outcome` becomes null. */
  cancel(): void;
}

export type AskOutcome = (
  address: CommandAddress,
) => Promise<{ sequence: number; events: VenueEvent[] } | null>;

const MAX_WAITING = 10_000;
/** Kept free for what reduces risk. */
const RESERVED_WAITING = 1_000;
const MAX_RECENT = 10_000;
/** The owner is asked after these waits, should the live record have passed us by. */
const ASK_AFTER_MS = [250, 1_000];

interface Waiting {
  address: CommandAddress;
  settle(outcome: Outcome | null): void;
}

export class OutcomeWaiter {
  readonly #ask: AskOutcome;
  readonly #waiting = new Map<string, Set<Waiting>>();
  /** Simulators somebody waits for, so that other records are not even decoded. */
  readonly #watched = new Map<string, number>();
  readonly #recent = new Lru<string, Outcome>(MAX_RECENT);
  #count = 0;

  constructor(feed: Pick<LiveFeed, 'listen'>, ask: AskOutcome) {
    this.#ask = ask;
    feed.listen((live) => {
      if (this.#watched.has(live.address.simulatorId)) this.#take(live);
    });
  }

  /** An answer this process has already seen; repeats of a request are served from here. */
  recent(simulatorId: string, commandId: string): Outcome | null {
    return this.#recent.get(keyOf(simulatorId, commandId)) ?? null;
  }

  /**
   * Call BEFORE publishing, so that the record cannot pass between.
   *
   * @param isUrgent  It may wait where an order may not.
   * @throws problem `unavailable` when too many requests wait already.
   */
  expect(address: CommandAddress, timeoutMs: number, isUrgent = false): Expectation {
    if (this.#count >= MAX_WAITING + (isUrgent ? RESERVED_WAITING : 0)) {
      throw problem('unavailable', { detail: 'Too many requests wait for an answer. Retry soon.' });
    }
    const timers: NodeJS.Timeout[] = [];
    const { promise, resolve } = Promise.withResolvers<Outcome | null>();
    const waiting: Waiting = {
      address,
      settle: (outcome) => {
        if (!this.#remove(waiting)) return;
        for (const timer of timers) clearTimeout(timer);
        resolve(outcome);
      },
    };
    this.#add(waiting);
    const askNow = () => void this.#askOwner(waiting);
    for (const afterMs of ASK_AFTER_MS) {
      if (afterMs < timeoutMs) timers.push(setTimeout(askNow, afterMs));
    }
    timers.push(setTimeout(() => waiting.settle(null), timeoutMs));
    return { outcome: promise, askNow, cancel: () => waiting.settle(null) };
  }

  #take({ record, sequence, address }: LiveRecord): void {
    for (const { command } of record.commands) {
      const events = record.events.filter((event) => event.causeId === command.commandId);
      const quarantined = record.type === 'quarantined';
      this.#settleAll(keyOf(address.simulatorId, command.commandId), {
        sequence,
        events,
        quarantined,
      });
    }
  }

  async #askOwner(waiting: Waiting): Promise<void> {
    const { simulatorId, commandId } = waiting.address;
    try {
      const answer = await this.#ask(waiting.address);
      if (answer) this.#settleAll(keyOf(simulatorId, commandId), { ...answer, quarantined: false });
    } catch {
      // The owner is away; the record or the next question will tell.
    }
  }

  #settleAll(key: string, outcome: Outcome): void {
    const group = this.#waiting.get(key);
    if (!group) return;
    this.#recent.set(key, outcome);
    for (const waiting of [...group]) waiting.settle(outcome);
  }

  #add(waiting: Waiting): void {
    const { simulatorId, commandId } = waiting.address;
    const key = keyOf(simulatorId, commandId);
    const group = this.#waiting.get(key);
    if (group) group.add(waiting);
    else this.#waiting.set(key, new Set([waiting]));
    this.#watched.set(simulatorId, (this.#watched.get(simulatorId) ?? 0) + 1);
    this.#count += 1;
  }

  /** @returns  False when it was settled before. */
  #remove(waiting: Waiting): boolean {
    const { simulatorId, commandId } = waiting.address;
    const key = keyOf(simulatorId, commandId);
    const group = this.#waiting.get(key);
    if (!group?.delete(waiting)) return false;
    if (group.size === 0) this.#waiting.delete(key);
    const left = (this.#watched.get(simulatorId) ?? 1) - 1;
    if (left > 0) this.#watched.set(simulatorId, left);
    else this.#watched.delete(simulatorId);
    this.#count -= 1;
    return true;
  }
}

const keyOf = (simulatorId: string, commandId: string) => `${simulatorId}/${commandId}`;

const waiters = new WeakMap<ServiceBroker, OutcomeWaiter>();

/** The process's waiter, on its shared live feed. */
export function outcomeWaiter(broker: ServiceBroker): OutcomeWaiter {
  let waiter = waiters.get(broker);
  if (!waiter) {
    // Callers pass envelopes that hold more, and the action takes exactly these.
    waiter = new OutcomeWaiter(liveFeed(broker), ({ accountId, simulatorId, commandId }) =>
      askWorker(broker, simulatorId, 'simulator.outcome', { accountId, simulatorId, commandId }),
    );
    waiters.set(broker, waiter);
  }
  return waiter;
}
