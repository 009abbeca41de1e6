/** The JetStream API: JSON out, JSON in, errors as BusError. */

import { BusError } from './bus.ts';
import { decodeJson, encodeBody } from './message.ts';
import { type ServerError, serverError } from './nats-errors.ts';
import type { Requests } from './requests.ts';
import { differences, type JetStreamApi } from './streams.ts';

const API_TIMEOUT_MS = 5_000;
const EMPTY = new Uint8Array();

export function jetStreamApi(requests: Requests): JetStreamApi {
  return {
    async request(subject, body) {
      const data = body === undefined ? EMPTY : encodeBody(body);
      const reply = await requests.send(`$JS.API.${subject}`, data, { timeoutMs: API_TIMEOUT_MS });
      const answer = decodeJson(reply.data) as { error?: ServerError } & Record<string, unknown>;
      if (answer.error) throw serverError(subject, answer.error);
      return answer;
    },
  };
}

export interface ConsumerInfo {
  name: string;
  config: Record<string, unknown>;
  num_pending: number;
  delivered: { consumer_seq: number };
  /** Only where several servers hold the stream together. */
  cluster?: object;
}

/**
 * Creates a consumer under the subject that names its filter, so that permissions can name it too.
 *
 * @throws BusError; `refused` when the server keeps another configuration than the one asked for.
 */
export async function createConsumer(
  api: JetStreamApi,
  stream: string,
  config: { name: string; filter_subject: string } & Record<string, unknown>,
): Promise<ConsumerInfo> {
  const answer = (await api.request(
    `CONSUMER.CREATE.${stream}.${config.name}.${config.filter_subject}`,
    { stream_name: stream, config },
  )) as unknown as ConsumerInfo;
  const wrong = differences(config, answer.config);
  if (wrong.length > 0) {
    throw new BusError(
      'refused',
      `Consumer ${config.name} on ${stream}: the server does not keep ${wrong.join(', ')}.`,
    );
  }
  return answer;
}

export const consumerInfo = async (api: JetStreamApi, stream: string, name: string) =>
  (await api.request(`CONSUMER.INFO.${stream}.${name}`)) as unknown as ConsumerInfo;

export const deleteConsumer = (api: JetStreamApi, stream: string, name: string) =>
  api.request(`CONSUMER.DELETE.${stream}.${name}`);

/** True when a call failed because the thing asked for does not exist. */
export const isNotFound = (error: unknown): boolean =>
  error instanceof BusError && (error.cause as ServerError | undefined)?.code === 404;
