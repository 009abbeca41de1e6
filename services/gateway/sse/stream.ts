/** One browser's stream: an HTTP answer that does not end by itself. */
import type { ServerResponse } from 'node:http';
import type { MarketDataChannel } from '@sandpit/schemas/market-data.ts';
import type { GoawayFrame } from '@sandpit/schemas/stream.ts';
import type { Principal } from '../../platform/tokens.ts';
import { frame, RETRY } from './frame.ts';
import { Outbox } from './outbox.ts';
import type { LogEntry } from './record-log.ts';

/** Access tokens live minutes; the client gets this long to come back with a fresh one. */
const EXPIRY_GRACE_MS = 30_000;
/** A reader that has taken nothing for this long is gone, whatever TCP believes. */
const BLOCKED_MAX_MS = 15_000;

export interface StreamOptions {
  res: ServerResponse;
  principal: Principal;
  token: string;
  now: () => number;
  onClose(stream: Stream): void;
}

export class Stream {
  readonly principal: Principal;
  readonly token: string;
  /** Sequence of the last record that was sent. */
  position = 0;
  closed = false;
  /** Cut off because the reader was too slow. */
  tooSlow = false;
  readonly #res: ServerResponse;
  readonly #outbox: Outbox;
  readonly #now: () => number;
  readonly #expiry: NodeJS.Timeout;
  #blockedAtMs: number | null = null;
  #drainWaiters: (() => void)[] = [];

  constructor({ res, principal, token, now, onClose }: StreamOptions) {
    this.#res = res;
    this.#now = now;
    this.principal = principal;
    this.token = token;
    this.#outbox = new Outbox({ write: (bytes) => this.#write(bytes) });
    res.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
      Connection: 'keep-alive',
    });
    res.flushHeaders();
    res.socket?.setNoDelay(true);
    res.on('drain', () => this.#onDrain());
    res.on('error', () => this.cut());
    res.once('close', () => {
      this.closed = true;
      clearTimeout(this.#expiry);
      this.#wakeWaiters();
      onClose(this);
    });
    const lifeMs = principal.expiresAtMs + EXPIRY_GRACE_MS - Date.now();
    this.#expiry = setTimeout(() => this.goaway('tokenExpired', 0), Math.max(0, lifeMs));
    this.#outbox.transient(RETRY);
  }

  get conflated(): number {
    return this.#outbox.conflated;
  }

  /** A record in its turn; one that was sent already is passed over. */
  record({ sequence, bytes, count }: LogEntry): void {
    if (this.closed || sequence <= this.position) return;
    this.position = sequence;
    if (!this.#outbox.record(bytes, count)) {
      this.tooSlow = true;
      this.cut();
    }
  }

  market(symbol: string, channel: MarketDataChannel, bytes: Buffer): void {
    if (!this.closed) this.#outbox.market(symbol, channel, bytes);
  }

  transient(bytes: Buffer): void {
    if (!this.closed) this.#outbox.transient(bytes);
  }

  flush(): void {
    if (!this.closed) this.#outbox.flush();
  }

  /** Resolves when the socket has taken what was written, or the stream is over. */
  drained(): Promise<void> {
    if (this.closed || this.#blockedAtMs === null) return Promise.resolve();
    return new Promise((resolve) => this.#drainWaiters.push(resolve));
  }

  /** Cuts off a reader that does not read. */
  checkProgress(): void {
    if (this.#blockedAtMs === null || this.#now() - this.#blockedAtMs < BLOCKED_MAX_MS) return;
    this.tooSlow = true;
    this.cut();
  }

  /** Ends it in order: the client knows why and when to come back. */
  goaway(reason: GoawayFrame['reason'], retryMs: number): void {
    if (this.closed) return;
    // A clean end inside a frame would be taken for an event, so a blocked reader is reset.
    if (this.#blockedAtMs !== null) this.cut();
    else this.#res.end(frame('goaway', { reason, retryMs }));
  }

  /** Ends it with a reset, so that no half frame can be taken for a whole one. */
  cut(): void {
    if (!this.closed) this.#res.destroy();
  }

  #write(bytes: Buffer): boolean {
    if (this.closed) return false;
    const drained = this.#res.write(bytes);
    if (!drained) this.#blockedAtMs ??= this.#now();
    return drained;
  }

  #onDrain(): void {
    this.#blockedAtMs = null;
    this.#outbox.drain();
    if (this.#blockedAtMs === null) this.#wakeWaiters();
  }

  #wakeWaiters(): void {
    for (const wake of this.#drainWaiters.splice(0)) wake();
  }
}
