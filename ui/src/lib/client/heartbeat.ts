/**
 * Tells the server every five seconds that this trader is here and how good the connection is; the
 * server answers with the order gate. Never two at once: a slow answer skips a beat, it does not pile up.
 */
import type { HeartbeatAnswer, HeartbeatRequest } from '@sandpit/schemas/http.ts';
import type { Clock } from './clock.ts';

export const HEARTBEAT_EVERY_MS = 5_000;

export interface HeartbeatOptions {
  clock: Clock;
  /** Counts on across tabs and reloads, so that the server can tell a missed beat from a restart. */
  nextSequence(): number;
  send(beat: HeartbeatRequest): Promise<HeartbeatAnswer>;
  /** Age of the market data and the cursor, as the stream knows them. */
  measure(): Pick<HeartbeatRequest, 'lastEventSequence' | 'feedAgeMs'>;
  /** @param sentMs  On the clock. */
  onAnswer(answer: HeartbeatAnswer, roundTripMs: number, sentMs: number): void;
  onError(error: unknown): void;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #roundTripMs: number | null = null;
  #cancel: (() => void) | null = null;
  #running = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#beat();
  }

  stop(): void {
    this.#running = false;
    this.#cancel?.();
    this.#cancel = null;
  }

  /** Beats before its time, unless one is under way: something has changed that the server judges by. */
  now(): void {
    if (!this.#running || !this.#cancel) return;
    this.#cancel();
    void this.#beat();
  }

  async #beat(): Promise<void> {
    this.#cancel = null;
    const { clock, send, measure, nextSequence, onAnswer, onError } = this.#options;
    const startedMs = clock.nowMs();
    const beat: HeartbeatRequest = { sequence: nextSequence(), ...measure() };
    if (this.#roundTripMs !== null) beat.roundTripMs = this.#roundTripMs;
    try {
      const answer = await send(beat);
      this.#roundTripMs = Math.round((clock.nowMs() - startedMs) * 10) / 10;
      if (this.#running) onAnswer(answer, this.#roundTripMs, startedMs);
    } catch (error) {
      if (this.#running) onError(error);
    }
    if (!this.#running) return;
    const tookMs = clock.nowMs() - startedMs;
    this.#cancel = clock.after(Math.max(0, HEARTBEAT_EVERY_MS - tookMs), () => void this.#beat());
  }
}
