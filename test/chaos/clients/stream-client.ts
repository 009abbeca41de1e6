/**
 * A client of the stream as somebody else would write it: resumes from the last record that it has
 * applied whole, comes back by itself, and writes down everything it was sent.
 */
import { createHash } from 'node:crypto';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientRecording, RecordedFrame } from '../checker/history.ts';

/** Two heartbeats and a half. */
const SILENCE_MAX_MS = 12_000;
const BACKOFF_FIRST_MS = 100;
const BACKOFF_MAX_MS = 2_000;
const MARKET_DATA = new Set(['book', 'quote', 'trade', 'candle', 'status']);

export interface StreamClientOptions {
  client: string;
  /** Where the stream is, now: asked at each connect. */
  url: () => string;
  token: () => Promise<string>;
  /** Between 0 and 1; spreads the reconnects. */
  random: () => number;
}

interface OpenConnection {
  resumedFrom: string | null;
  frames: RecordedFrame[];
}

export class StreamClient {
  /** From each loss until everything was there that had happened by then, ms. */
  readonly resumedAfterMs: number[] = [];
  /** Record that was applied last. */
  n = 0;
  readonly #options: StreamClientOptions;
  readonly #connections: OpenConnection[] = [];
  #lastId: string | null = null;
  #asked: ClientRequest | null = null;
  #isStopped = false;
  #lostAtMs: number | null = null;
  /** Where the server stood at the first heartbeat of this connection. */
  #headN: number | null = null;
  #running: Promise<void> | null = null;

  constructor(options: StreamClientOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#asked?.destroy();
    await this.#running;
  }

  /** @param shouldReach  Record that it was given the time to see. */
  recording(shouldReach: number): ClientRecording {
    return { client: this.#options.client, connections: this.#connections, shouldReach };
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#isStopped) {
      const served = await this.#connect().catch(() => false);
      if (this.#isStopped) return;
      this.#lostAtMs ??= performance.now();
      failures = served ? 0 : failures + 1;
      const limitMs = Math.min(BACKOFF_FIRST_MS * 2 ** failures, BACKOFF_MAX_MS);
      await sleep(limitMs * this.#options.random());
    }
  }

  /** @returns whether the stream was opened; resolves when it is over. */
  async #connect(): Promise<boolean> {
    const token = await this.#options.token();
    const resumedFrom = this.#lastId;
    const answer = await this.#open({
      authorization: `Bearer ${token}`,
      accept: 'text/event-stream',
      ...(resumedFrom && { 'last-event-id': resumedFrom }),
    });
    if (answer.statusCode !== 200) {
      answer.resume();
      return false;
    }
    const connection: OpenConnection = { resumedFrom, frames: [] };
    this.#connections.push(connection);
    this.#headN = null;
    await this.#read(answer, connection);
    return true;
  }

  #open(headers: Record<string, string>): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const asked = request(this.#options.url(), { headers, agent: false });
      this.#asked = asked;
      asked.setTimeout(SILENCE_MAX_MS, () => asked.destroy(new Error('silence')));
      asked.on('error', reject);
      asked.once('response', resolve);
      asked.end();
    });
  }

  /** Resolves at the end of the stream, however it ends. */
  #read(answer: IncomingMessage, connection: OpenConnection): Promise<void> {
    let text = '';
    answer.setEncoding('utf8');
    answer.on('data', (chunk: string) => {
      text += chunk;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const frame = parse(text.slice(0, end));
        text = text.slice(end + 2);
        if (frame) this.#take(frame, connection);
      }
    });
    return new Promise((resolve) => {
      answer.on('error', () => resolve());
      answer.on('close', () => resolve());
    });
  }

  #take(frame: RecordedFrame, { frames }: OpenConnection): void {
    frames.push(frame);
    const { event, id, data } = frame;
    if (event === 'heartbeat') this.#headN ??= data.headN;
    // A whole record moves the resume point; a part of one does not.
    if (id !== null && (event === 'snapshot' || data.last)) {
      this.n = data.n;
      this.#lastId = id;
    }
    if (this.#lostAtMs === null || this.#headN === null || this.n < this.#headN) return;
    this.resumedAfterMs.push(performance.now() - this.#lostAtMs);
    this.#lostAtMs = null;
  }
}

/** Null for what is no event. Market data is kept as its digest: there is much of it. */
function parse(block: string): RecordedFrame | null {
  const fields = new Map(
    block.split('\n').map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)] as const;
    }),
  );
  const text = fields.get('data');
  const event = fields.get('event') as RecordedFrame['event'] | undefined;
  if (text === undefined || !event) return null;
  const data = JSON.parse(text);
  if (!MARKET_DATA.has(event)) return { event, id: fields.get('id') ?? null, data };
  const { symbol, sequence, epoch, ...content } = data;
  const digest = createHash('sha1').update(JSON.stringify(content)).digest('base64');
  return { event, id: fields.get('id') ?? null, data: { symbol, sequence, epoch, digest } };
}
