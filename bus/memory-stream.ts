/** One stream in memory: the server's rules for storing, refusing and forgetting, and no others. */
import { StoredLazyMessage } from './message.ts';
import { serverError } from './nats-errors.ts';
import type { StreamConfiguration } from './streams.ts';

export interface IncomingMessage {
  subject: string;
  data: Uint8Array;
  headers: Readonly<Record<string, string>>;
  id?: string | undefined;
  after?: number | undefined;
}

export interface StoreResult {
  sequence: number;
  duplicate: boolean;
  /** Null for a duplicate. */
  message: StoredLazyMessage | null;
  /** Sequence of the subject's message before this one; 0 = none. */
  previousSequence: number;
}

export class MemoryStream {
  readonly name: string;
  readonly incarnation: string;
  readonly #rules: StreamConfiguration;
  #messages: StoredLazyMessage[] = [];
  readonly #bySubject = new Map<string, StoredLazyMessage[]>();
  readonly #ids = new Map<string, { sequence: number; atMs: number }>();
  #lastSequence = 0;

  constructor(rules: StreamConfiguration, createdMs: number) {
    this.name = rules.name;
    this.incarnation = createdMs.toString(36);
    this.#rules = rules;
  }

  get lastSequence(): number {
    return this.#lastSequence;
  }

  get firstSequence(): number {
    return this.#messages[0]?.sequence ?? this.#lastSequence + 1;
  }

  listensOn(subject: string): boolean {
    return this.#rules.subjects.some((filter) => matches(filter, subject));
  }

  /** @throws BusError as the server would answer. */
  store({ subject, data, headers, id, after }: IncomingMessage, nowMs: number): StoreResult {
    const known = id === undefined ? undefined : this.#known(id, nowMs);
    if (known !== undefined) {
      return { sequence: known, duplicate: true, message: null, previousSequence: 0 };
    }
    const stored = this.#bySubject.get(subject) ?? [];
    const previousSequence = stored.at(-1)?.sequence ?? 0;
    if (after !== undefined && after !== previousSequence) {
      throw serverError(subject, {
        code: 400,
        err_code: 10071,
        description: `wrong last sequence: ${previousSequence}`,
      });
    }
    this.#refuseTooMuch(subject, data, stored.length);
    const sequence = ++this.#lastSequence;
    const message = new StoredLazyMessage(subject, headers, data, sequence, nowMs);
    this.#messages.push(message);
    stored.push(message);
    this.#bySubject.set(subject, stored);
    if (id !== undefined) this.#ids.set(id, { sequence, atMs: nowMs });
    this.#discardOldest(stored);
    return { sequence, duplicate: false, message, previousSequence };
  }

  last(subject: string): StoredLazyMessage | null {
    if (isExact(subject)) return this.#bySubject.get(subject)?.at(-1) ?? null;
    return this.#messages.findLast((message) => matches(subject, message.subject)) ?? null;
  }

  /** Matching messages from a sequence on, oldest first. */
  from(filter: string, sequence: number): StoredLazyMessage[] {
    const candidates = isExact(filter) ? (this.#bySubject.get(filter) ?? []) : this.#messages;
    return candidates
      .slice(firstAtOrAfter(candidates, sequence))
      .filter((message) => matches(filter, message.subject));
  }

  /** The first matching message at or after a sequence. */
  next(filter: string, sequence: number): StoredLazyMessage | null {
    const candidates = isExact(filter) ? (this.#bySubject.get(filter) ?? []) : this.#messages;
    for (let i = firstAtOrAfter(candidates, sequence); i < candidates.length; i++) {
      const message = candidates[i] as StoredLazyMessage;
      if (matches(filter, message.subject)) return message;
    }
    return null;
  }

  subjects(filter: string): Map<string, number> {
    const found = new Map<string, number>();
    for (const [subject, stored] of this.#bySubject) {
      if (stored.length > 0 && matches(filter, subject)) found.set(subject, stored.length);
    }
    return found;
  }

  /** Forgets a subject's messages below a sequence. @throws BusError when the stream forbids it. */
  purge(subject: string, beforeSequence: number): void {
    if (this.#rules.deny_purge) {
      throw serverError(subject, {
        code: 400,
        err_code: 10110,
        description: 'purge not permitted',
      });
    }
    for (const [each, stored] of this.#bySubject) {
      if (matches(subject, each)) this.#remove(stored, firstAtOrAfter(stored, beforeSequence));
    }
  }

  #known(id: string, nowMs: number): number | undefined {
    const windowMs = (this.#rules.duplicate_window as number) / 1e6;
    for (const [old, { atMs }] of this.#ids) {
      if (nowMs - atMs <= windowMs) break;
      this.#ids.delete(old);
    }
    return this.#ids.get(id)?.sequence;
  }

  #refuseTooMuch(subject: string, data: Uint8Array, storedOnSubject: number): void {
    const sizeMax = (this.#rules.max_msg_size as number | undefined) ?? Number.MAX_SAFE_INTEGER;
    if (data.length > sizeMax) {
      const description = 'message size exceeds maximum allowed';
      throw serverError(subject, { code: 400, err_code: 10054, description });
    }
    if (this.#rules.discard_new_per_subject && storedOnSubject >= this.#perSubjectMax) {
      const description = 'maximum messages per subject exceeded';
      throw serverError(subject, { code: 503, err_code: 10077, description });
    }
  }

  get #perSubjectMax(): number {
    return (this.#rules.max_msgs_per_subject as number | undefined) ?? Number.MAX_SAFE_INTEGER;
  }

  #discardOldest(stored: StoredLazyMessage[]): void {
    if (stored.length > this.#perSubjectMax)
      this.#remove(stored, stored.length - this.#perSubjectMax);
  }

  #remove(stored: StoredLazyMessage[], count: number): void {
    if (count <= 0) return;
    const gone = new Set(stored.splice(0, count));
    this.#messages = this.#messages.filter((message) => !gone.has(message));
  }
}

/** Position of the first message with this sequence or a later one. */
function firstAtOrAfter(messages: readonly StoredLazyMessage[], sequence: number): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((messages[middle] as StoredLazyMessage).sequence < sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}

const isExact = (filter: string) => !filter.includes('*') && !filter.includes('>');

/** NATS wildcards: `*` is one token, `>` is the rest. */
export function matches(filter: string, subject: string): boolean {
  if (isExact(filter)) return filter === subject;
  const wanted = filter.split('.');
  const tokens = subject.split('.');
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === '>') return tokens.length > i;
    if (tokens[i] === undefined || (wanted[i] !== '*' && wanted[i] !== tokens[i])) return false;
  }
  return tokens.length === wanted.length;
}
