/**
 * A pipe that is long and narrow: what goes in comes out later, in the same order, and no faster than
 * it can carry. Pure; the caller brings the time and asks when to come back.
 */

interface Piece {
  bytes: Buffer;
  dueMs: number;
}

export class DelayLine {
  #pieces: Piece[] = [];
  /** Until then what went in before is still being sent off. */
  #busyUntilMs = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** When the next piece is due; null while it is empty. */
  get nextMs(): number | null {
    return this.#pieces[0]?.dueMs ?? null;
  }

  /** A piece comes out whole. @param bytesPerSecond  May be Infinity. */
  push(bytes: Buffer, nowMs: number, delayMs: number, bytesPerSecond: number): void {
    const startMs = Math.max(nowMs, this.#busyUntilMs);
    this.#busyUntilMs = startMs + (bytes.length / bytesPerSecond) * 1_000;
    this.#pieces.push({ bytes, dueMs: this.#busyUntilMs + delayMs });
    this.#bytes += bytes.length;
  }

  /** Takes out what has arrived by `nowMs`. Nothing overtakes: the pipe is a connection. */
  take(nowMs: number): Buffer[] {
    const count = this.#pieces.findIndex(({ dueMs }) => dueMs > nowMs);
    const due = this.#pieces.splice(0, count < 0 ? this.#pieces.length : count);
    for (const { bytes } of due) this.#bytes -= bytes.length;
    return due.map(({ bytes }) => bytes);
  }

  /** Takes out everything, due or not. */
  takeAll(): Buffer[] {
    const all = this.take(Infinity);
    this.#busyUntilMs = 0;
    return all;
  }
}
