/** Stored and live messages: header text, and bodies that are decoded when somebody looks. */
import type { LiveMessage, StoredMessage } from './bus.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes go as they are, everything else as JSON. */
export const encodeBody = (body: unknown): Uint8Array =>
  body instanceof Uint8Array ? body : encoder.encode(JSON.stringify(body));

export const decodeJson = (data: Uint8Array): unknown => JSON.parse(decoder.decode(data));

/** Decodes its JSON on first use, so that whoever only forwards bytes pays nothing. */
export class LazyMessage implements LiveMessage {
  readonly subject: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly data: Uint8Array;
  #body: unknown;
  #decoded = false;

  constructor(subject: string, headers: Readonly<Record<string, string>>, data: Uint8Array) {
    this.subject = subject;
    this.headers = headers;
    this.data = data;
  }

  /** @throws SyntaxError when the bytes are no JSON. */
  get body(): unknown {
    if (!this.#decoded) {
      this.#body = this.data.length === 0 ? null : decodeJson(this.data);
      this.#decoded = true;
    }
    return this.#body;
  }
}

export class StoredLazyMessage extends LazyMessage implements StoredMessage {
  readonly sequence: number;
  readonly storedAtMs: number;

  constructor(
    subject: string,
    headers: Readonly<Record<string, string>>,
    data: Uint8Array,
    sequence: number,
    storedAtMs: number,
  ) {
    super(subject, headers, data);
    this.sequence = sequence;
    this.storedAtMs = storedAtMs;
  }
}

/** Headers as they stand in a stored message: a version line, then `Name: value` lines. */
export function parseHeaderBlock(block: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of block.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon)] = line.slice(colon + 1).trim();
  }
  return headers;
}
