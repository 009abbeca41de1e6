/**
 * Listens in on one connection between a worker and NATS, and tells what the log made of each append:
 * the server's own word, also where the worker has long ceased to wait for it.
 */

/** `refused`: another record stands where this one was to stand. */
export type AppendOutcome = 'stored' | 'duplicate' | 'refused' | 'failed';

const APPENDS = 'sandpit.v1.evt.';
const WRONG_SEQUENCE = new Set([10071, 10164]);
const LINE_END = Buffer.from('\r\n');
const NOTHING: Buffer = Buffer.alloc(0);
/** Longer than anything that either side says in one line or one message. */
const BUFFERED_MAX = 8 * 1024 * 1024;
const REPLIES_MAX = 10_000;

export class NatsTap {
  readonly #onAppend: (outcome: AppendOutcome) => void;
  readonly #toServer = new Messages((message) => this.#asked(message));
  readonly #toClient = new Messages((message) => this.#answered(message));
  /** Subjects on which answers to appends are due. */
  readonly #due = new Set<string>();

  constructor(onAppend: (outcome: AppendOutcome) => void) {
    this.#onAppend = onAppend;
  }

  /** Bytes that have reached the other side. */
  passed(way: 'toServer' | 'toClient', bytes: Buffer): void {
    if (way === 'toServer') this.#toServer.take(bytes);
    else this.#toClient.take(bytes);
  }

  #asked({ verb, subject, reply }: Message): void {
    if (!verb.endsWith('PUB') || !reply || !subject.startsWith(APPENDS)) return;
    if (this.#due.size < REPLIES_MAX) this.#due.add(reply);
  }

  #answered({ subject, payload }: Message): void {
    if (!this.#due.delete(subject)) return;
    this.#onAppend(outcomeOf(payload));
  }
}

function outcomeOf(payload: Buffer): AppendOutcome {
  try {
    const { error, duplicate } = JSON.parse(payload.toString());
    if (error) return WRONG_SEQUENCE.has(error.err_code) ? 'refused' : 'failed';
    return duplicate ? 'duplicate' : 'stored';
  } catch {
    // No responders, for one: an empty message with a status in its headers.
    return 'failed';
  }
}

interface Message {
  verb: string;
  subject: string;
  reply: string | null;
  payload: Buffer;
}

/** The messages of one direction. After bytes that make no sense it hears no more: some were lost. */
class Messages {
  readonly #onMessage: (message: Message) => void;
  #buffer = NOTHING;
  #isLost = false;

  constructor(onMessage: (message: Message) => void) {
    this.#onMessage = onMessage;
  }

  take(bytes: Buffer): void {
    if (this.#isLost) return;
    this.#buffer = this.#buffer.length > 0 ? Buffer.concat([this.#buffer, bytes]) : bytes;
    while (this.#next()) {
      // One after the other.
    }
    if (this.#buffer.length > BUFFERED_MAX) this.#lose();
  }

  #lose(): void {
    this.#isLost = true;
    this.#buffer = NOTHING;
  }

  /** @returns whether there may be another. */
  #next(): boolean {
    const end = this.#buffer.indexOf(LINE_END);
    if (end < 0) return false;
    const words = this.#buffer.toString('latin1', 0, end).split(' ');
    const verb = words[0]!;
    const from = end + LINE_END.length;
    if (!/^H?(PUB|MSG)$/.test(verb)) {
      this.#buffer = this.#buffer.subarray(from);
      return true;
    }
    const [head, total] = sizesOf(verb, words);
    if (head === undefined || total === undefined || head > total) {
      this.#lose();
      return false;
    }
    const until = from + total;
    if (this.#buffer.length < until + LINE_END.length) return false;
    const payload = this.#buffer.subarray(from + head, until);
    this.#buffer = this.#buffer.subarray(until + LINE_END.length);
    this.#onMessage({ verb, subject: words[1]!, reply: replyOf(verb, words), payload });
    return true;
  }
}

/** Bytes of the headers, and of headers and payload together. */
function sizesOf(verb: string, words: readonly string[]): [number?, number?] {
  const numbers = words.slice(verb.startsWith('H') ? -2 : -1).map(Number);
  if (numbers.some((each) => !Number.isInteger(each) || each < 0)) return [];
  return numbers.length === 2 ? [numbers[0], numbers[1]] : [0, numbers[0]];
}

/** `PUB subject [reply] size`, `MSG subject sid [reply] size`; with headers there are two sizes. */
function replyOf(verb: string, words: readonly string[]): string | null {
  const before = verb.endsWith('PUB') ? 2 : 3;
  const after = verb.startsWith('H') ? 2 : 1;
  return words.length === before + after + 1 ? words[before]! : null;
}
