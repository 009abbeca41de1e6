/** One browser's stream, over whatever carries it. */
import type { MarketDataChannel } from '@sandpit/schemas/market-data.ts';
import type { GoawayFrame, NoticeFrame } from '@sandpit/schemas/stream.ts';
import type { Principal } from '../../platform/tokens.ts';
import type { Carrier, OpenCarrier } from './carrier.ts';
import { frame } from './frame.ts';
import { Outbox } from './outbox.ts';
import type { LogEntry } from './record-log.ts';

/** Access tokens live minutes; the client gets this long to come back with a fresh one. */
const EXPIRY_GRACE_MS = 30_000;
/** … and is told this long before it ends. */
const WARNED_BEFORE_MS = 60_000;
/** A reader that has taken nothing for this long is gone, whatever TCP believes. */
const BLOCKED_MAX_MS = 15_000;

export interface StreamOptions {
  carrier: OpenCarrier;
  principal: Principal;
  token: string;
  now: () => number;
  onClose(stream: Stream): void;
}

export class Stream {
  principal: Principal;
  token: string;
  /** Sequence of the last record that was sent. */
  position = 0;
  closed = false;
  /** Cut off because the reader was too slow. */
  tooSlow = false;
  /** Market data is left out. */
  frozen = false;
  readonly #carrier: Carrier;
  readonly #outbox: Outbox;
  readonly #now: () => number;
  #expiry: NodeJS.Timeout;
  #blockedAtMs: number | null = null;
  #drainWaiters: (() => void)[] = [];

  constructor({ carrier, principal, token, now, onClose }: StreamOptions) {
    this.#now = now;
    this.principal = principal;
    this.token = token;
    this.#outbox = new Outbox({ write: (bytes) => this.#write(bytes) });
    this.#expiry = this.#expireAfter(principal);
    this.#carrier = carrier({
      onDrain: () => this.#onDrain(),
      onClose: () => {
        if (this.closed) return;
        this.closed = true;
        clearTimeout(this.#expiry);
        this.#wakeWaiters();
        onClose(this);
      },
    });
  }

  /** The client has shown a newer token of the same account. */
  renew(principal: Principal, token: string): void {
    if (this.closed) return;
    this.principal = principal;
    this.token = token;
    clearTimeout(this.#expiry);
    this.#expiry = this.#expireAfter(principal);
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
    if (!this.closed && !this.frozen) this.#outbox.market(symbol, channel, bytes);
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

  notice(notice: NoticeFrame): void {
    this.transient(frame('notice', notice));
  }

  /** Ends it in order: the client knows why and when to come back. */
  goaway(reason: GoawayFrame['reason'], retryMs: number): void {
    if (this.closed) return;
    // A clean end inside a frame would be taken for an event, so a blocked reader is reset.
    if (this.#blockedAtMs !== null) this.cut();
    else this.#carrier.end(frame('goaway', { reason, retryMs }));
  }

  /** Ends it with a reset, so that no half frame can be taken for a whole one. */
  cut(): void {
    if (!this.closed) this.#carrier.cut();
  }

  #expireAfter({ expiresAtMs }: Principal): NodeJS.Timeout {
    const lifeMs = expiresAtMs + EXPIRY_GRACE_MS - Date.now();
    const end = () => this.goaway('tokenExpired', 0);
    const warn = () => {
      this.notice({
        kind: 'tokenExpiring',
        at: new Date(expiresAtMs).toISOString(),
        detail: 'Get a new access token and come back with it, or show it on the socket.',
      });
      this.#expiry = setTimeout(end, EXPIRY_GRACE_MS + WARNED_BEFORE_MS);
    };
    const warnMs = lifeMs - EXPIRY_GRACE_MS - WARNED_BEFORE_MS;
    return warnMs > 0 ? setTimeout(warn, warnMs) : setTimeout(end, Math.max(0, lifeMs));
  }

  #write(bytes: Buffer): boolean {
    if (this.closed) return false;
    const drained = this.#carrier.write(bytes);
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
