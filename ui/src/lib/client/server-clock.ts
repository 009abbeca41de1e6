/**
 * The server's clock, as far as this side can know it: from the answers to heartbeats, on top of a clock
 * that never runs backwards. The trader's own wall clock may be wrong by hours and does not matter.
 *
 * An answer says that the server's clock stood at `serverTime` at some moment between the sending and
 * the arrival, so the offset lies in an interval as wide as the round trip. The offset lies in all of the
 * intervals; a new one that does not overlap says that a clock has jumped (a device that slept), and
 * starts over. Source: Marzullo and Owicki, Maintaining the time in a distributed system (1983).
 */

/** How far apart two clocks may drift; ordinary crystals are within 100 ppm. */
const DRIFT = 200e-6;
/** Server times are cut to milliseconds; */
const GRID_MS = 1;
/** those of a `Date` header to seconds, by a timer that may be late. */
const DATE_GRID_MS = 1_250;
/** While heartbeats are answered, nothing else is asked: a proxy may have dates of its own. */
const HEARTBEATS_COUNT_FOR_MS = 30_000;
/** Wider than this it is no knowledge that an order should be judged by. */
const TRUSTED_WITHIN_MS = 2_000;

interface Interval {
  lowMs: number;
  highMs: number;
}

export class ServerClock {
  #offset: Interval | null = null;
  #atMs = 0;
  #heartbeatAtMs = -Infinity;

  /**
   * The answer to a heartbeat.
   *
   * @param sentMs, receivedMs  Of the request, on the monotonic clock.
   */
  observe(serverTimeMs: number, sentMs: number, receivedMs: number): void {
    this.#heartbeatAtMs = receivedMs;
    this.#learn(serverTimeMs, sentMs, receivedMs, GRID_MS);
  }

  /** The `Date` of any other answer: for a tab that does not beat, because another one does. */
  observeDate(dateMs: number, sentMs: number, receivedMs: number): void {
    if (receivedMs - this.#heartbeatAtMs < HEARTBEATS_COUNT_FOR_MS) return;
    this.#learn(dateMs, sentMs, receivedMs, DATE_GRID_MS);
  }

  /** @param gridMs  The server's clock may have been so much further than it says. */
  #learn(serverTimeMs: number, sentMs: number, receivedMs: number, gridMs: number): void {
    const seen = {
      lowMs: serverTimeMs - receivedMs,
      highMs: serverTimeMs + gridMs - sentMs,
    };
    const known = this.#at(receivedMs);
    const lowMs = Math.max(seen.lowMs, known?.lowMs ?? -Infinity);
    const highMs = Math.min(seen.highMs, known?.highMs ?? Infinity);
    this.#offset = lowMs <= highMs ? { lowMs, highMs } : seen;
    this.#atMs = receivedMs;
  }

  /**
   * Server time, ms since the epoch.
   *
   * @param atMs  On the monotonic clock.
   * @returns     Null while it is not known to two seconds: then nothing should be judged by it.
   */
  at(atMs: number): number | null {
    const offset = this.#at(atMs);
    if (!offset || offset.highMs - offset.lowMs > 2 * TRUSTED_WITHIN_MS) return null;
    return atMs + (offset.lowMs + offset.highMs) / 2;
  }

  /** The clock below it has stood still: nothing is known until the next answer. */
  forget(): void {
    this.#offset = null;
    this.#heartbeatAtMs = -Infinity;
  }

  /** What is known, as wide as drift has made it. */
  #at(atMs: number): Interval | null {
    if (!this.#offset) return null;
    const driftMs = Math.abs(atMs - this.#atMs) * DRIFT;
    return { lowMs: this.#offset.lowMs - driftMs, highMs: this.#offset.highMs + driftMs };
  }
}
