/** Reads stored messages in order, from a sequence to where the stream ended when the read began. */
import { createInbox, type Msg, type NatsConnection, type Subscription } from 'nats';
import { BusError, type ReadOptions, type StoredMessage } from './bus.ts';
import { encodeBody } from './message.ts';
import { consumerInfo, createConsumer, deleteConsumer, isNotFound } from './nats-api.ts';
import { deliveryInfo, type RawStored, storedMessage } from './nats-messages.ts';
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
  const pull = new Pull(door, stream, name, from - 1);
  try {
    // Counted by the server at creation: the head, without a second question.
    yield* pull.take(Math.min(info.num_pending, limit));
    if (info.cluster) yield* untilHead(door.api, stream, filter, limit, pull);
  } finally {
    pull.stop();
    deleteConsumer(door.api, stream, name).catch(() => {
      // The server forgets it by itself after `FORGOTTEN_AFTER_MS`.
    });
  }
}

/**
 * The consumer stands on one server, whose copy of the stream may be a moment behind the others: what it
 * did not count at creation is no proof that there is nothing. The stream's leader says where the head is.
 */
async function* untilHead(
  api: JetStreamApi,
  stream: string,
  filter: string,
  limit: number,
  pull: Pull,
): AsyncGenerator<StoredMessage> {
  let head = await headOf(api, stream, filter);
  while (pull.reached < head && pull.taken < limit) {
    const { num_pending: pending } = await consumerInfo(api, stream, pull.consumer);
    const before = pull.taken;
    // With none there yet, one is waited for.
    yield* pull.take(Math.min(Math.max(pending, 1), limit - pull.taken));
    if (pull.taken > before) continue;
    const now = await headOf(api, stream, filter);
    // It was purged meanwhile, unless it still stands where it stood.
    if (now === head) throw new BusError('unknown', `${stream}: a server lags behind; read again.`);
    head = now;
  }
}

/** Sequence of the newest message that matches; 0 = there is none. */
async function headOf(api: JetStreamApi, stream: string, filter: string): Promise<number> {
  try {
    const answer = await api.request(`STREAM.MSG.GET.${stream}`, { last_by_subj: filter });
    return (answer.message as RawStored).seq;
  } catch (error) {
    if (isNotFound(error)) return 0;
    throw error;
  }
}

/** One consumer's messages, asked for in batches. */
class Pull {
  readonly consumer: string;
  /** Messages so far. */
  taken = 0;
  /** Stream sequence up to which it has read. */
  reached: number;
  readonly #nc: NatsConnection;
  readonly #stream: string;
  readonly #inbox: string;
  readonly #arrivals = new Arrivals();
  #subscription: Subscription | null = null;

  constructor({ nc, inboxPrefix }: ReaderDoor, stream: string, consumer: string, reached: number) {
    this.reached = reached;
    this.consumer = consumer;
    this.#nc = nc;
    this.#stream = stream;
    this.#inbox = createInbox(inboxPrefix);
  }

  stop(): void {
    this.#subscription?.unsubscribe();
  }

  /** So many, or fewer when the server says that there are no more. */
  async *take(wanted: number): AsyncGenerator<StoredMessage> {
    if (wanted === 0) return;
    this.#subscription ??= this.#nc.subscribe(this.#inbox, {
      callback: (_error, message) => this.#arrivals.push(message),
    });
    const last = this.taken + wanted;
    while (this.taken < last) {
      const end = Math.min(this.taken + BATCH, last);
      const subject = `$JS.API.CONSUMER.MSG.NEXT.${this.#stream}.${this.consumer}`;
      this.#nc.publish(subject, request(end - this.taken), { reply: this.#inbox });
      while (this.taken < end) {
        const message = await this.#next();
        // A status instead of a message: what was counted has been purged meanwhile.
        if (!message) return;
        yield message;
      }
    }
  }

  async #next(): Promise<StoredMessage | null> {
    const message = await this.#arrivals.shift();
    const where = this.#stream;
    if (!message) throw new BusError('unknown', `${where}: silent for ${SILENCE_MAX_MS} ms.`);
    if (isStatus(message)) return null;
    const info = deliveryInfo(message.reply ?? '');
    if (info.consumerSequence !== this.taken + 1) {
      throw new BusError('unknown', `${where}: a message went missing on its way; read again.`);
    }
    this.taken += 1;
    this.reached = info.streamSequence;
    return storedMessage(message, info);
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
