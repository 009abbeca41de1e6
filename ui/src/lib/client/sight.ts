/**
 * What the trader has before him when he sends an order: how old the newest prices are, counted from
 * when the server sent them rather than from when they arrived here.
 */
import type { OrderStamp } from '@sandpit/schemas/http.ts';
import type { ServerClock } from './server-clock.ts';

export class Sight {
  readonly #server: ServerClock;
  /** When the newest event arrived, on the monotonic clock; null before the first. */
  #heardAtMs: number | null = null;
  /** How long events are on their way, as the last heartbeat of the stream told; null: not told yet. */
  #transitMs: number | null = null;

  constructor(server: ServerClock) {
    this.#server = server;
  }

  /** An event has arrived. */
  heard(nowMs: number): void {
    this.#heardAtMs = nowMs;
  }

  /** A heartbeat of the stream, which says when it was sent. */
  heartbeat(serverTimeMs: number, nowMs: number): void {
    this.heard(nowMs);
    const serverNowMs = this.#server.at(nowMs);
    if (serverNowMs !== null) this.#transitMs = Math.max(0, serverNowMs - serverTimeMs);
  }

  /**
   * For an order that is sent now.
   *
   * @returns  Null while server time is not known: the order then goes without one, and the connection
   *           alone is judged.
   */
  stamp(nowMs: number): OrderStamp | null {
    const sentAtMs = this.#server.at(nowMs);
    if (sentAtMs === null) return null;
    const sentAt = new Date(sentAtMs).toISOString();
    if (this.#heardAtMs === null || this.#transitMs === null) return { sentAt };
    const seenAtMs = sentAtMs - (nowMs - this.#heardAtMs) - this.#transitMs;
    return { sentAt, seenAt: new Date(seenAtMs).toISOString() };
  }
}
