/** Stored messages, one question each: put, last, subjects, state, purge. */
import type { StoreOptions } from './bucket.ts';
import type { Published, StoredMessage } from './bus.ts';
import { decodeJson, encodeBody } from './message.ts';
import { isNotFound } from './nats-api.ts';
import { errorNumber, type ServerError, serverError } from './nats-errors.ts';
import { fromRaw, type RawStored, toHeaders } from './nats-messages.ts';
import type { Requests } from './requests.ts';
import type { JetStreamApi, StreamName } from './streams.ts';

const PUBLISH_TIMEOUT_MS = 2_000;
/** "No message found"; a stream that does not exist is another number, and trouble. */
const NO_MESSAGE = 10037;

/** Never its newest: an empty subject would let anybody write a second first record (0 is "empty"). */
const KEPT_WHOLE: StreamName = 'EVENTS';

interface PublishAck {
  error?: ServerError;
  seq: number;
  duplicate?: boolean;
}

export class NatsStore {
  readonly #requests: Requests;
  readonly #api: JetStreamApi;

  constructor(requests: Requests, api: JetStreamApi) {
    this.#requests = requests;
    this.#api = api;
  }

  async put(
    subject: string,
    body: unknown,
    { stream, id, after, headers, timeoutMs }: StoreOptions,
  ): Promise<Published> {
    const sent = toHeaders(headers ?? {});
    // Another stream that happened to listen on the subject would acknowledge too.
    sent.set('Nats-Expected-Stream', stream);
    if (id !== undefined) sent.set('Nats-Msg-Id', id);
    if (after !== undefined) sent.set('Nats-Expected-Last-Subject-Sequence', `${after}`);
    const reply = await this.#requests.send(subject, encodeBody(body), {
      timeoutMs: timeoutMs ?? PUBLISH_TIMEOUT_MS,
      headers: sent,
    });
    const ack = decodeJson(reply.data) as PublishAck;
    if (ack.error) throw serverError(subject, ack.error);
    return { sequence: ack.seq, duplicate: ack.duplicate ?? false };
  }

  async last(stream: string, subject: string): Promise<StoredMessage | null> {
    try {
      const answer = await this.#api.request(`STREAM.MSG.GET.${stream}`, { last_by_subj: subject });
      return fromRaw(answer.message as RawStored);
    } catch (error) {
      if (isNotFound(error) && errorNumber(error) === NO_MESSAGE) return null;
      throw error;
    }
  }

  async subjects(stream: string, filter: string): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for (;;) {
      const { state, total } = (await this.#api.request(`STREAM.INFO.${stream}`, {
        subjects_filter: filter,
        offset: found.size,
      })) as { state: { subjects?: Record<string, number> }; total?: number };
      const page = Object.entries(state.subjects ?? {});
      for (const [subject, count] of page) found.set(subject, count);
      if (page.length === 0 || found.size >= (total ?? 0)) return found;
    }
  }

  async state(stream: string) {
    const { created, state } = (await this.#api.request(`STREAM.INFO.${stream}`)) as {
      created: string;
      state: { first_seq: number; last_seq: number };
    };
    return {
      incarnation: Date.parse(created).toString(36),
      firstSequence: state.first_seq,
      lastSequence: state.last_seq,
    };
  }

  async purge(stream: string, subject: string, beforeSequence: number): Promise<void> {
    let seq = beforeSequence;
    if (stream === KEPT_WHOLE) {
      const last = await this.last(stream, subject);
      if (!last) return;
      seq = Math.min(seq, last.sequence);
    }
    if (seq > 1) await this.#api.request(`STREAM.PURGE.${stream}`, { filter: subject, seq });
  }
}
