/** Watches the newest message of every subject of a stream, across losses of all kinds. */
import { createInbox, type NatsConnection } from 'nats';
import type { Stoppable, StoredMessage } from './bus.ts';
import { createConsumer } from './nats-api.ts';
import { deliveryInfo, storedMessage } from './nats-messages.ts';
import { Pull } from './pull.ts';
import type { JetStreamApi } from './streams.ts';

const WATCH_BATCH = 256;
const REOPEN_PAUSE_MS = 250;
/** The server forgets the consumer of a watcher that went away. */
const FORGOTTEN_AFTER_MS = 30_000;

export interface WatchDoor {
  nc: NatsConnection;
  api: JetStreamApi;
  inboxPrefix: string;
  /** Tells of reconnections; returns how to leave. */
  onReconnected(listener: () => void): () => void;
}

/**
 * The newest message of every subject, then each new one. Opened anew after a loss it sees the newest
 * again and passes on only what is newer than what it had.
 */
export class Watcher implements Stoppable {
  readonly #door: WatchDoor;
  readonly #stream: string;
  readonly #filter: string;
  readonly #onMessage: (message: StoredMessage) => void;
  readonly #leave: () => void;
  #sequence = 0;
  #pull: Pull | null = null;
  #reopen: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    door: WatchDoor,
    stream: string,
    filter: string,
    onMessage: (message: StoredMessage) => void,
  ) {
    this.#door = door;
    this.#stream = stream;
    this.#filter = filter;
    this.#onMessage = onMessage;
    // What was under way when the connection went is lost: begin again from the newest.
    this.#leave = door.onReconnected(() => this.#openAgain());
  }

  /** Resolves when all that was there has been handed over. */
  async open(): Promise<void> {
    const { nc, api, inboxPrefix } = this.#door;
    const consumer = createInbox('w').replace('.', '-');
    const info = await createConsumer(api, this.#stream, {
      name: consumer,
      filter_subject: this.#filter,
      deliver_policy: 'last_per_subject',
      ack_policy: 'none',
      replay_policy: 'instant',
      inactive_threshold: FORGOTTEN_AFTER_MS * 1e6,
      num_replicas: 1,
      mem_storage: true,
    });
    if (this.#stopped) return;
    let left = info.num_pending;
    await new Promise<void>((resolve) => {
      if (left === 0) resolve();
      this.#pull = new Pull(nc, {
        stream: this.#stream,
        consumer,
        inboxPrefix,
        batch: WATCH_BATCH,
        onMessage: (message) => {
          const info = deliveryInfo(message.reply ?? '');
          if (info.streamSequence > this.#sequence) {
            this.#sequence = info.streamSequence;
            this.#onMessage(storedMessage(message, info));
          }
          if (--left === 0) resolve();
        },
        confirm: async () => {
          await api.request(`CONSUMER.INFO.${this.#stream}.${consumer}`);
        },
        onLost: () => {
          resolve();
          this.#openAgain();
        },
      });
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#reopen);
    this.#pull?.stop();
    this.#leave();
  }

  #openAgain(): void {
    this.#pull?.stop();
    clearTimeout(this.#reopen);
    if (this.#stopped) return;
    this.#reopen = setTimeout(() => {
      this.open().catch(() => this.#openAgain());
    }, REOPEN_PAUSE_MS);
  }
}
