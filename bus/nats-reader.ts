/** Reads stored messages in order, from a sequence to where the stream ended when the read began. */
import { createInbox, type Msg, type NatsConnection } from 'nats';
import { BusError, type ReadOptions, type StoredMessage } from './bus.ts';
import { encodeBody } from './message.ts';
import { createConsumer, deleteConsumer } from './nats-api.ts';
import { deliveryInfo, storedMessage } from './nats-messages.ts';
import type { JetStreamApi } from './streams.ts';

export interface ReaderDoor {
  nc: NatsConnection;
  api: JetStreamApi;
  inboxPrefix: string;
}

const BATCH = 512;
const SILENCE_MAX_MS = 5_000;
const FORGOTTEN_AFTER_MS = 15_000;

/** @throws BusError `unknown` when the server falls silent: nothing says where it stopped. */
export async function* readStored(
  door: ReaderDoor,
  stream: string,
  { filter, from, limit = Number.MAX_SAFE_INTEGER }: ReadOptions,
): AsyncGenerator<StoredMessage> {
  if (from < 1) throw new BusError('refused', `A read starts at 1 or later, not at ${from}.`);
  const name = createInbox('r').replace('.', '-');
  const info = await createConsumer(door.api, stream, {
    name,
    filter_subject: filter,
    // Old servers refuse "all" for some readers and retry in silence; a sequence always works.
    deliver_policy: 'by_start_sequence',
    opt_start_seq: from,
    ack_policy: 'none',
    replay_policy: 'instant',
    inactive_threshold: FORGOTTEN_AFTER_MS * 1e6,
    num_replicas: 1,
    mem_storage: true,
  });
  try {
    // Counted by the server at creation: the head, without a second question.
    yield* pullExactly(door, stream, name, Math.min(info.num_pending, limit));
  } finally {
    deleteConsumer(door.api, stream, name).catch(() => {
      // The server forgets it by itself after `FORGOTTEN_AFTER_MS`.
    });
  }
}

async function* pullExactly(
  { nc, inboxPrefix }: ReaderDoor,
  stream: string,
  consumer: string,
  wanted: number,
): AsyncGenerator<StoredMessage> {
  if (wanted === 0) return;
  const inbox = createInbox(inboxPrefix);
  const arrivals = new Arrivals();
  const subscription = nc.subscribe(inbox, {
    callback: (_error, message) => arrivals.push(message),
  });
  try {
    for (let next = 1; next <= wanted; ) {
      const end = Math.min(next + BATCH, wanted + 1);
      nc.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, request(end - next), {
        reply: inbox,
      });
      for (; next < end; next++) {
        const message = await arrivals.shift();
        if (!message) throw new BusError('unknown', `${stream}: silent for ${SILENCE_MAX_MS} ms.`);
        // A status instead of a message: what was counted has been purged meanwhile.
        if (isStatus(message)) return;
        const info = deliveryInfo(message.reply ?? '');
        if (info.consumerSequence !== next) {
          throw new BusError(
            'unknown',
            `${stream}: a message went missing on its way; read again.`,
          );
        }
        yield storedMessage(message, info);
      }
    }
  } finally {
    subscription.unsubscribe();
  }
}

const request = (batch: number) => encodeBody({ batch, expires: (SILENCE_MAX_MS - 500) * 1e6 });
const isStatus = ({ headers }: Msg) => headers !== undefined && headers.code >= 100;

/** What has arrived and not been taken; at most one batch. */
class Arrivals {
  readonly #messages: Msg[] = [];
  #wake: (() => void) | null = null;

  push(message: Msg): void {
    this.#messages.push(message);
    this.#wake?.();
  }

  /** The next one, or undefined after too long a silence. */
  async shift(): Promise<Msg | undefined> {
    if (this.#messages.length === 0) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, SILENCE_MAX_MS);
      });
      clearTimeout(timer);
      this.#wake = null;
    }
    return this.#messages.shift();
  }
}
