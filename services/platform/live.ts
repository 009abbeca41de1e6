/**
 * The one subscription of a process to committed records (`sandpit.v1.live.>`), shared by everyone
 * in it who waits for outcomes or streams to browsers. A listener decides by the address whether the
 * record is worth decoding.
 */
import type { Bus, Stoppable } from '@sandpit/bus/bus.ts';
import { parseSubject, type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import type { ServiceBroker } from 'moleculer';

/** A committed record as it went by. */
export interface LiveRecord {
  address: SimulatorAddress;
  /** Stream sequence in EVENTS: the cursor of the whole house. */
  sequence: number;
  /** Stream sequence of the same simulator's record before this one; 0 = none. */
  previousSequence: number;
  readonly record: EventRecord;
}

export type LiveListener = (live: LiveRecord) => void;

/** Headers that the server adds when it republishes a stored message. */
const SEQUENCE = 'Nats-Sequence';
const PREVIOUS_SEQUENCE = 'Nats-Last-Sequence';

export class LiveFeed {
  readonly #listeners = new Set<LiveListener>();
  readonly #subscription: Stoppable;

  constructor(bus: Pick<Bus, 'follow'>, onError: (error: unknown) => void) {
    this.#subscription = bus.follow(subjects.all('live'), (message) => {
      const address = parseSubject(message.subject);
      const sequence = Number(message.headers[SEQUENCE]);
      // Only the server republishes here; without its header it is nobody's record.
      if (!address || !Number.isSafeInteger(sequence)) return;
      const live: LiveRecord = {
        address: { accountId: address.accountId, simulatorId: address.simulatorId },
        sequence,
        previousSequence: Number(message.headers[PREVIOUS_SEQUENCE] ?? 0),
        get record() {
          return message.body as EventRecord;
        },
      };
      for (const listener of this.#listeners) {
        try {
          listener(live);
        } catch (error) {
          // One listener's trouble with a record is not the others'.
          onError(error);
        }
      }
    });
  }

  /** @returns  Takes the listener off. */
  listen(listener: LiveListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stop(): Promise<void> {
    this.#listeners.clear();
    return this.#subscription.stop();
  }
}

const feeds = new WeakMap<ServiceBroker, LiveFeed>();

/** The process's feed; the first caller opens the subscription. The bus closes it. */
export function liveFeed(broker: ServiceBroker): LiveFeed {
  let feed = feeds.get(broker);
  if (!feed) {
    feed = new LiveFeed(broker.bus, (err) =>
      broker.logger.error({ err }, 'a record broke its reader'),
    );
    feeds.set(broker, feed);
  }
  return feed;
}
