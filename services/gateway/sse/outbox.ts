/**
 * What one stream still has to send. Two classes on one connection: records are never merged or
 * dropped, and a reader too far behind is cut off (it resumes); market data waits its turn as the
 * newest state per symbol, and is sent only when the socket has drained.
 */
import type { MarketDataChannel } from '@sandpit/schemas/market-data.ts';

export const LOSSLESS_EVENTS_MAX = 1_000;
export const LOSSLESS_BYTES_MAX = 1024 * 1024;

/** How many frames of a channel may wait; a new one beyond that drops the oldest. */
const WAITING_MAX: Record<MarketDataChannel, number> = {
  // Full state: the newest says everything.
  book: 1,
  quote: 1,
  status: 1,
  // Each says what happened since the one before.
  trade: 64,
  candle: 16,
};

/** The part of an HTTP response that is needed. */
export interface Sink {
  /** False when its buffer is full and a `drain` will follow. */
  write(bytes: Buffer): boolean;
}

export class Outbox {
  readonly #sink: Sink;
  #lossless: { bytes: Buffer; count: number }[] = [];
  #losslessEvents = 0;
  #losslessBytes = 0;
  readonly #lossy = new Map<string, Buffer[]>();
  #drained = true;
  /** Market data frames that a newer one replaced. */
  conflated = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** @returns  False when the reader is too far behind and must be cut off. */
  record(bytes: Buffer, count: number): boolean {
    if (this.#drained && this.#lossless.length === 0) {
      this.#write(bytes);
      return true;
    }
    this.#lossless.push({ bytes, count });
    this.#losslessEvents += count;
    this.#losslessBytes += bytes.length;
    return this.#losslessEvents <= LOSSLESS_EVENTS_MAX && this.#losslessBytes <= LOSSLESS_BYTES_MAX;
  }

  market(symbol: string, channel: MarketDataChannel, bytes: Buffer): void {
    const key = `${channel} ${symbol}`;
    const waiting = this.#lossy.get(key);
    if (!waiting) {
      this.#lossy.set(key, [bytes]);
      return;
    }
    waiting.push(bytes);
    if (waiting.length > WAITING_MAX[channel]) {
      waiting.shift();
      this.conflated += 1;
    }
  }

  /** For what is worthless later: sent now, or not at all. */
  transient(bytes: Buffer): void {
    if (this.#drained) this.#write(bytes);
  }

  /** Sends the market data that waits, if the socket has drained. */
  flush(): void {
    if (!this.#drained || this.#lossy.size === 0) return;
    const frames = [...this.#lossy.values()].flat();
    this.#lossy.clear();
    this.#write(frames.length === 1 ? frames[0] : Buffer.concat(frames));
  }

  /** The socket has drained: records first. */
  drain(): void {
    this.#drained = true;
    while (this.#drained && this.#lossless.length > 0) {
      const next = this.#lossless.shift() as { bytes: Buffer; count: number };
      this.#losslessEvents -= next.count;
      this.#losslessBytes -= next.bytes.length;
      this.#write(next.bytes);
    }
    this.flush();
  }

  #write(bytes: Buffer): void {
    this.#drained = this.#sink.write(bytes);
  }
}
