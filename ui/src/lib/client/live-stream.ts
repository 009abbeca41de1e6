/**
 * Keeps one simulator's stream alive and hands on whole records, in order, each once.
 *
 *     connecting -> live <-> stale
 *         ^          |  \-> recovering | halted    (what the venue says of itself)
 *         |          v
 *        reconnecting <-> offline                  ended: nothing more will come
 *
 * Resumes from the last record that was applied, never from the last one received.
 */

import type {
  GateFrame,
  GoawayFrame,
  HeartbeatFrame,
  LabFrame,
  NoticeFrame,
} from '@sandpit/schemas/stream.ts';
import { ApiError } from './api-error.ts';
import { backoffMs } from './backoff.ts';
import type { LinkState, LinkStatus, LiveStreamOptions, MarketEvent } from './link.ts';
import {
  type DeltaEvent,
  isLossless,
  type LosslessEvent,
  RecordAssembler,
} from './record-assembler.ts';
import type { Source, StreamEventType } from './sse-source.ts';
import { MAX_TOLD_WAIT_MS, problemIn, problemOf, toldWaitMs } from './stream-refusal.ts';

/** No event for this long: prices may be wrong, say so. */
export const STALE_AFTER_MS = 12_000;
/** No event for this long: the connection is dead whatever TCP thinks. */
export const SILENT_AFTER_MS = 30_000;
const OPEN_TIMEOUT_MS = 15_000;
/** The head may be ahead of us for this long before we believe that something was lost. */
const RESYNC_AFTER_MS = 2_000;
/** The browser keeps every received character; start afresh before that hurts. */
const RECYCLE_AFTER_CHARACTERS = 8 * 1_024 * 1_024;
const MAX_GOAWAY_MS = 10_000;
/** Sent away because something is broken there, not because something is planned. */
const BROKEN: ReadonlySet<string> = new Set(['failed', 'unavailable']);
/** Say nothing of the venue. */
const ABOUT_THE_CONNECTION: ReadonlySet<StreamEventType> = new Set([
  'gate',
  'lab',
  'notice',
  'goaway',
]);
/** A connection that lasts so long, or brings a record, has succeeded; until then it may be one of many. */
const STEADY_AFTER_MS = 5_000;
/** Where backing off begins again for one that did not last: up to a second. */
const FLAPPING_ATTEMPT = 2;
const MIN_WAIT_WHEN_REFUSED_MS = 2_000;
const FINAL_STATUSES: ReadonlySet<number> = new Set([403, 404, 409, 410]);

export class LiveStream {
  readonly #options: LiveStreamOptions;
  readonly #assembler = new RecordAssembler();
  #source: Source | null = null;
  /** Counts connections, so that a late answer of an older one is ignored. */
  #generation = 0;
  #running = false;
  #attempt = 0;
  #breaksWithoutProgress = 0;
  /** When the newest connection brought its first event; null before. */
  #firstEventAtMs: number | null = null;
  /** This connection has brought a record that was new. */
  #hasAdvanced = false;
  /** Nothing of the venue has come since the last one. */
  #wasSentAway = false;
  #heardAtMs = 0;
  /** When the newest event came, over whichever connection; before the first, when it was started. */
  #eventAtMs = 0;
  #venue: HeartbeatFrame['venue'] = 'live';
  #status: LinkStatus = { state: 'connecting', attempt: 0, error: null };
  #cancelRetry: (() => void) | null = null;
  #cancelWatch: (() => void) | null = null;
  #cancelResync: (() => void) | null = null;
  #stopNetwork: (() => void) | null = null;

  constructor(options: LiveStreamOptions) {
    this.#options = options;
  }

  /** Stream sequence of the last applied record: the one cursor. */
  get sequence(): number | null {
    return this.#assembler.sequence;
  }

  /** Milliseconds since anything was heard on this connection. */
  get silenceMs(): number {
    return this.#options.clock.nowMs() - this.#heardAtMs;
  }

  /** Age of what is shown: opening a connection does not make it younger. */
  get feedAgeMs(): number {
    return this.#options.clock.nowMs() - this.#eventAtMs;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#eventAtMs = this.#options.clock.nowMs();
    this.#stopNetwork = this.#options.network.watch((change) => this.#onNetwork(change));
    this.#connect();
  }

  stop(): void {
    this.#running = false;
    this.#stopNetwork?.();
    this.#stopNetwork = null;
    this.#drop();
  }

  /** The trader's "try now". */
  reconnectNow(): void {
    if (!this.#running || this.#status.state === 'ended') return;
    this.#drop();
    this.#showLost();
    this.#connect();
  }

  #connect(): void {
    const generation = ++this.#generation;
    const isCurrent = () => this.#running && generation === this.#generation;
    this.#heardAtMs = this.#options.clock.nowMs();
    this.#firstEventAtMs = null;
    this.#hasAdvanced = false;
    this.#cancelWatch = this.#options.clock.after(OPEN_TIMEOUT_MS, () => {
      if (isCurrent()) this.#lose();
    });
    this.#options
      .accessToken()
      .then((token) => {
        if (isCurrent()) this.#open(token, isCurrent);
      })
      .catch((error: unknown) => {
        if (!isCurrent()) return;
        if (error instanceof ApiError && error.code === 'signedOut') this.#end(error);
        else this.#lose(toldWaitMs(error));
      });
  }

  #open(token: string, isCurrent: () => boolean): void {
    const opening = { token, resume: this.#assembler.id };
    this.#source = this.#options.openSource(opening, {
      onOpen: () => {
        if (isCurrent()) this.#watchSilence();
      },
      onEvent: (type, data, id) => {
        if (isCurrent()) this.#onEvent(type, data, id);
      },
      onEnd: (status, body) => {
        if (isCurrent()) this.#onEnd(status, body, token);
      },
    });
  }

  #onEnd(status: number, body: string, token: string): void {
    if (status === 401) {
      this.#options.invalidateToken(token);
      this.#lose();
    } else if (FINAL_STATUSES.has(status)) {
      this.#end(problemOf(status, body));
    } else {
      const toldMs = toldWaitMs(problemIn(body));
      const refusedMs = status === 429 ? MIN_WAIT_WHEN_REFUSED_MS : 0;
      this.#lose(Math.max(refusedMs, toldMs));
    }
  }

  #onEvent(type: StreamEventType, data: string, id: string | null): void {
    let frame: unknown;
    try {
      frame = JSON.parse(data);
    } catch {
      // Cut in half: the connection ended inside a frame.
      this.#lose();
      return;
    }
    this.#heardAtMs = this.#options.clock.nowMs();
    this.#firstEventAtMs ??= this.#heardAtMs;
    if (!ABOUT_THE_CONNECTION.has(type)) {
      this.#eventAtMs = this.#heardAtMs;
      this.#wasSentAway = false;
    }
    if (isLossless(type)) this.#onLossless({ type, frame } as LosslessEvent, id);
    else this.#onLossy(type, frame);
    if (this.#source && this.#source.received() > RECYCLE_AFTER_CHARACTERS) this.#reopenQuietly(0);
  }

  #onLossless(event: LosslessEvent, id: string | null): void {
    const result = this.#assembler.accept(event, id);
    if (result.kind === 'broken') {
      this.#breakOff();
      return;
    }
    if (result.kind === 'pending' || result.kind === 'duplicate') return;
    this.#breaksWithoutProgress = 0;
    this.#hasAdvanced ||= result.kind === 'record';
    if (result.kind === 'snapshot') this.#options.sink.onSnapshot(result.frame);
    else this.#options.sink.onRecord(result.events);
    // A new owner's first record is the end of a recovery; the next heartbeat only confirms it.
    if (result.kind === 'record' && result.events.some(isOwnerChange)) this.#venue = 'live';
    this.#showConnected();
  }

  #onLossy(type: StreamEventType, frame: unknown): void {
    const { sink } = this.#options;
    if (type === 'heartbeat') this.#onHeartbeat(frame as HeartbeatFrame);
    else if (type === 'goaway') this.#onGoaway(frame as GoawayFrame);
    else if (type === 'gate') sink.onGate(frame as GateFrame);
    else if (type === 'lab') sink.onLab(frame as LabFrame);
    else if (type === 'notice') sink.onNotice(frame as NoticeFrame);
    else {
      sink.onMarket({ type, frame } as MarketEvent);
      if (this.#assembler.n !== null) this.#showConnected();
    }
  }

  #onGoaway({ reason, retryMs }: GoawayFrame): void {
    // Sent from door to door without a word of the venue, the desk would look live and be blind.
    if (BROKEN.has(reason) || this.#wasSentAway) this.#lose(Math.min(retryMs, MAX_TOLD_WAIT_MS));
    else this.#reopenQuietly(retryMs);
    this.#wasSentAway = true;
  }

  #onHeartbeat(frame: HeartbeatFrame): void {
    this.#venue = frame.venue;
    this.#options.sink.onHeartbeat(frame);
    const { n } = this.#assembler;
    if (n === null) return;
    this.#showConnected();
    if (frame.headN <= n || this.#cancelResync) return;
    this.#cancelResync = this.#options.clock.after(RESYNC_AFTER_MS, () => {
      this.#cancelResync = null;
      if ((this.#assembler.n ?? 0) < frame.headN) this.#breakOff();
    });
  }

  #watchSilence(): void {
    this.#cancelWatch?.();
    const waitMs = (silentMs: number) =>
      (silentMs < STALE_AFTER_MS ? STALE_AFTER_MS : SILENT_AFTER_MS) - silentMs;
    const check = () => {
      if (this.silenceMs >= SILENT_AFTER_MS) {
        this.#lose();
        return;
      }
      if (this.silenceMs >= STALE_AFTER_MS) this.#show('stale');
      this.#cancelWatch = this.#options.clock.after(waitMs(this.silenceMs), check);
    };
    this.#cancelWatch = this.#options.clock.after(waitMs(this.silenceMs), check);
  }

  #onNetwork(change: 'online' | 'offline' | 'visible'): void {
    if (!this.#running || this.#status.state === 'ended') return;
    if (change === 'offline') {
      if (this.#source === null) this.#showLost();
    } else if (this.#source === null || this.silenceMs >= STALE_AFTER_MS) {
      this.reconnectNow();
    }
  }

  /** Planned: the trader sees nothing of it unless it fails. */
  #reopenQuietly(waitMs: number): void {
    this.#drop();
    this.#retryIn(Math.min(waitMs, MAX_GOAWAY_MS));
  }

  /** The connection is gone or not to be trusted: try again from the last applied record. */
  #lose(minimumMs = 0): void {
    this.#drop();
    const waitMs = backoffMs(this.#attempt, this.#options.random());
    this.#attempt += 1;
    this.#showLost();
    // On top: a crowd that was refused together must not come back together.
    this.#retryIn(minimumMs + waitMs);
  }

  /** Records are missing. The second time without progress resuming cannot mend it: ask for everything. */
  #breakOff(): void {
    if (++this.#breaksWithoutProgress > 1) this.#assembler.reset();
    this.#lose();
  }

  #retryIn(ms: number): void {
    this.#cancelRetry = this.#options.clock.after(ms, () => {
      this.#cancelRetry = null;
      if (this.#running) this.#connect();
    });
  }

  #end(error: ApiError): void {
    this.#drop();
    this.#show('ended', error);
  }

  #drop(): void {
    this.#generation += 1;
    this.#assembler.discardPending();
    this.#cancelRetry?.();
    this.#cancelWatch?.();
    this.#cancelResync?.();
    this.#cancelRetry = this.#cancelWatch = this.#cancelResync = null;
    this.#source?.close();
    this.#source = null;
  }

  #showConnected(): void {
    const lastedMs = this.#heardAtMs - (this.#firstEventAtMs ?? this.#heardAtMs);
    if (this.#hasAdvanced || lastedMs >= STEADY_AFTER_MS) this.#attempt = 0;
    else this.#attempt = Math.min(this.#attempt, FLAPPING_ATTEMPT);
    this.#show(this.#venue, null, 0);
  }

  #showLost(): void {
    const { network } = this.#options;
    if (!network.isOnline()) this.#show('offline');
    else this.#show(this.#assembler.n === null ? 'connecting' : 'reconnecting');
  }

  #show(state: LinkState, error: ApiError | null = null, attempt = this.#attempt): void {
    const { state: before, attempt: attemptBefore } = this.#status;
    if (state === before && attempt === attemptBefore && error === null) return;
    this.#status = { state, attempt, error };
    this.#options.sink.onStatus(this.#status);
  }
}

const isOwnerChange = (event: DeltaEvent) =>
  event.type === 'session' && event.frame.kind === 'owner';
