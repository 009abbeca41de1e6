/**
 * A client of the stream as somebody else would write it: resumes from the last record that it has
 * applied whole, comes back by itself, and writes down everything it was sent. Where no event stream
 * gets through it goes over to the WebSocket, and resumes there from the same place.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientRecording, RecordedFrame } from '../checker/history.ts';
import { CHANNELS, type Channel, type ChannelName, type Outcome } from './channels.ts';

const OPEN_WITHIN_MS = 6_000;
const BACKOFF_FIRST_MS = 100;
const BACKOFF_MAX_MS = 2_000;
/** Streams that nobody answers, one after the other, before the other channel is tried. */
const SILENT_MAX = 2;

export interface StreamClientOptions {
  client: string;
  /** Where its first connection goes. */
  channel: ChannelName;
  /** Address of the simulator, now: asked at each connect. */
  simulator: () => string;
  token: () => Promise<string>;
  /** Longest that a stream may be silent from its beginning; 6 s. */
  openWithinMs?: number;
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
  /** Connects that ended without a stream. */
  refusals = 0;
  /** Channel of the newest connection. */
  channel: ChannelName;
  readonly #options: StreamClientOptions;
  readonly #connections: OpenConnection[] = [];
  #lastId: string | null = null;
  #open: Channel | null = null;
  #isStopped = false;
  #lostAtMs: number | null = null;
  /** As the server asked, when it sent this client away. */
  #sentAwayForMs: number | null = null;
  /** Where the server stood at the first heartbeat of this connection. */
  #headN: number | null = null;
  #running: Promise<void> | null = null;

  constructor(options: StreamClientOptions) {
    this.#options = options;
    this.channel = options.channel;
  }

  /** Also once more after a stop: it goes on from what it has applied. */
  start(): void {
    this.#isStopped = false;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#open?.abort();
    await this.#running;
  }

  /** @param shouldReach  Record that it was given the time to see. */
  recording(shouldReach: number): ClientRecording {
    return { client: this.#options.client, connections: this.#connections, shouldReach };
  }

  async #run(): Promise<void> {
    let failures = 0;
    let silent = 0;
    while (!this.#isStopped) {
      const outcome = await this.#connect().catch((): Outcome => 'refused');
      if (this.#isStopped) return;
      this.#lostAtMs ??= performance.now();
      failures = outcome === 'served' ? 0 : failures + 1;
      if (outcome !== 'served') this.refusals += 1;
      silent = outcome === 'silent' ? silent + 1 : 0;
      if (silent >= SILENT_MAX) {
        this.channel = 'socket';
        silent = 0;
      }
      const limitMs = Math.min(BACKOFF_FIRST_MS * 2 ** failures, BACKOFF_MAX_MS);
      await sleep(this.#sentAwayForMs ?? limitMs * this.#options.random());
      this.#sentAwayForMs = null;
    }
  }

  async #connect(): Promise<Outcome> {
    const token = await this.#options.token();
    if (this.#isStopped) return 'refused';
    const resumedFrom = this.#lastId;
    const connection: OpenConnection = { resumedFrom, frames: [] };
    this.#headN = null;
    this.#open = CHANNELS[this.channel]({
      simulator: this.#options.simulator(),
      token,
      resumedFrom,
      openWithinMs: this.#options.openWithinMs ?? OPEN_WITHIN_MS,
      onOpen: () => this.#connections.push(connection),
      onFrame: (frame) => this.#take(frame, connection),
    });
    return this.#open.outcome;
  }

  #take(frame: RecordedFrame, { frames }: OpenConnection): void {
    frames.push(frame);
    const { event, id, data } = frame;
    if (event === 'heartbeat') this.#headN ??= data.headN;
    if (event === 'goaway') this.#sentAwayForMs = data.retryMs;
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
