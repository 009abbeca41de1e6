/** Messages of the client library, as the bus hands them out. */
import { type Msg, type MsgHdrs, headers as newHeaders } from 'nats';
import { LazyMessage, parseHeaderBlock, StoredLazyMessage } from './message.ts';

export function headersOf(message: Msg): Record<string, string> {
  const headers: Record<string, string> = {};
  if (message.headers) for (const [key, values] of message.headers) headers[key] = values[0] ?? '';
  return headers;
}

export function toHeaders(record: Readonly<Record<string, string>>): MsgHdrs {
  const headers = newHeaders();
  for (const key in record) headers.set(key, record[key] as string);
  return headers;
}

export const liveMessage = (message: Msg) =>
  new LazyMessage(message.subject, headersOf(message), message.data);

export interface DeliveryInfo {
  deliveries: number;
  streamSequence: number;
  consumerSequence: number;
  storedAtMs: number;
  /** Matching messages behind this one. */
  pending: number;
}

/**
 * The reply subject of a delivery:
 * `$JS.ACK.[<domain>.<account>.]<stream>.<consumer>.<deliveries>.<sseq>.<cseq>.<ns>.<pending>[.<token>]`.
 */
export function deliveryInfo(reply: string): DeliveryInfo {
  const parts = reply.split('.');
  const at = parts.length === 9 ? 4 : 6;
  return {
    deliveries: Number(parts[at]),
    streamSequence: Number(parts[at + 1]),
    consumerSequence: Number(parts[at + 2]),
    storedAtMs: Math.floor(Number(parts[at + 3]) / 1e6),
    pending: Number(parts[at + 4]),
  };
}

export function storedMessage(message: Msg, info: DeliveryInfo): StoredLazyMessage {
  return new StoredLazyMessage(
    message.subject,
    headersOf(message),
    message.data,
    info.streamSequence,
    info.storedAtMs,
  );
}

/** Answer of `STREAM.MSG.GET`. */
export interface RawStored {
  subject: string;
  seq: number;
  data?: string;
  hdrs?: string;
  time: string;
}

export function fromRaw(raw: RawStored): StoredLazyMessage {
  return new StoredLazyMessage(
    raw.subject,
    raw.hdrs ? parseHeaderBlock(Buffer.from(raw.hdrs, 'base64').toString()) : {},
    raw.data ? new Uint8Array(Buffer.from(raw.data, 'base64')) : new Uint8Array(),
    raw.seq,
    Date.parse(raw.time),
  );
}
