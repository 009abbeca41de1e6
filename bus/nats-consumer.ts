/** Durable pull consumers: one delivery at a time, in order, acknowledged by hand. */
import type { Msg, NatsConnection } from 'nats';
import { BusError, type ConsumeOptions, type Delivery, type Stoppable } from './bus.ts';
import { encodeBody, StoredLazyMessage } from './message.ts';
import { type ConsumerInfo, createConsumer, deleteConsumer, isNotFound } from './nats-api.ts';
import { errorNumber } from './nats-errors.ts';
import { deliveryInfo, headersOf } from './nats-messages.ts';
import { Pull } from './pull.ts';
import type { JetStreamApi, StreamName } from './streams.ts';

const ACK = encodeBody(new TextEncoder().encode('+ACK'));
/** After a callback that threw. */
const RETRY_PAUSE_MS = 250;
/** Server codes: name taken with another configuration, or a field that cannot be changed. */
const OTHER_CONFIGURATION = new Set([10012, 10013, 10105, 10148]);

export interface ConsumerDoor {
  nc: NatsConnection;
  api: JetStreamApi;
  inboxPrefix: string;
  isConnected(): boolean;
}

/** Seen by nobody until it is acknowledged, retried, or its time is up. */
class PulledDelivery extends StoredLazyMessage implements Delivery {
  readonly deliveries: number;
  readonly #answer: (data: Uint8Array) => void;

  constructor(message: Msg, answer: (data: Uint8Array) => void) {
    const info = deliveryInfo(message.reply ?? '');
    const { subject, data } = message;
    super(subject, headersOf(message), data, info.streamSequence, info.storedAtMs);
    this.deliveries = info.deliveries;
    this.#answer = answer;
  }

  ack(): void {
    this.#answer(ACK);
  }

  retry(delayMs: number): void {
    this.#answer(new TextEncoder().encode(`-NAK {"delay":${Math.round(delayMs * 1e6)}}`));
  }
}

export class NatsConsumer implements Stoppable {
  readonly #door: ConsumerDoor;
  readonly #options: ConsumeOptions;
  readonly #pull: Pull;
  readonly #queue: Msg[] = [];
  #working: Promise<void> | null = null;
  #stopped = false;

  constructor(door: ConsumerDoor, stream: StreamName, options: ConsumeOptions) {
    this.#door = door;
    this.#options = options;
    this.#pull = new Pull(door.nc, {
      stream,
      consumer: options.durable,
      inboxPrefix: door.inboxPrefix,
      batch: Math.max(64, options.maxAckPending),
      onMessage: (message) => this.#enqueue(message),
      confirm: async () => {
        await door.api.request(`CONSUMER.INFO.${stream}.${options.durable}`).catch((error) => {
          // Away is not lost: the connection comes back, or the next silence asks again.
          if (!(error instanceof BusError) || error.failure === 'refused') throw error;
        });
      },
      onLost: (error) => {
        this.#stopped = true;
        options.onLost(error);
      },
    });
  }

  onReconnected(): void {
    this.#pull.onReconnected();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#pull.stop();
    await this.#working;
  }

  /** The queue holds at most `maxAckPending`: the server sends no more until some are settled. */
  #enqueue(message: Msg): void {
    this.#queue.push(message);
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    for (let message = this.#queue.shift(); message; message = this.#queue.shift()) {
      if (this.#stopped) break;
      const delivery = this.#delivery(message);
      try {
        await this.#options.onMessage(delivery);
      } catch {
        delivery.retry(RETRY_PAUSE_MS);
      }
    }
    this.#working = null;
  }

  #delivery(message: Msg): PulledDelivery {
    return new PulledDelivery(message, (data) => {
      // Not buffered while away: an acknowledgement that is lost only means one more delivery.
      if (this.#door.isConnected() && message.reply) this.#door.nc.publish(message.reply, data);
    });
  }
}

/**
 * Opens the consumer at exactly `startSequence`, where the owner's log says it should stand. One that
 * exists and stands elsewhere is made anew; a reader it still has loses it.
 */
export async function openConsumer(
  door: ConsumerDoor,
  stream: StreamName,
  options: ConsumeOptions,
): Promise<NatsConsumer> {
  if (options.startSequence < 1) {
    throw new BusError('refused', `startSequence is ${options.startSequence}; it counts from 1.`);
  }
  const config = consumerConfiguration(options);
  if (!(await isFresh(createConsumer(door.api, stream, config)))) {
    await dropConsumer(door.api, stream, options.durable);
    await createConsumer(door.api, stream, config);
  }
  return new NatsConsumer(door, stream, options);
}

/** False for one that was there before and has delivered, or that is configured otherwise. */
async function isFresh(creation: Promise<ConsumerInfo>): Promise<boolean> {
  try {
    return (await creation).delivered.consumer_seq === 0;
  } catch (error) {
    if (OTHER_CONFIGURATION.has(errorNumber(error))) return false;
    throw error;
  }
}

function consumerConfiguration(options: ConsumeOptions) {
  return {
    name: options.durable,
    durable_name: options.durable,
    filter_subject: options.filter,
    deliver_policy: 'by_start_sequence',
    opt_start_seq: options.startSequence,
    ack_policy: 'explicit',
    ack_wait: options.ackWaitMs * 1e6,
    max_ack_pending: options.maxAckPending,
    // A limit would skip a message that keeps failing: a lost order.
    max_deliver: -1,
    replay_policy: 'instant',
    inactive_threshold: options.inactiveMs * 1e6,
    ...(options.disposable && { num_replicas: 1, mem_storage: true }),
  };
}

export async function dropConsumer(api: JetStreamApi, stream: StreamName, name: string) {
  await deleteConsumer(api, stream, name).catch((error) => {
    if (!isNotFound(error)) throw error;
  });
}
