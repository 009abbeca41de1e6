/**
 * Server-sent events first. Where they prove to be blocked, the same events over a WebSocket.
 *
 * Blocked means: twice in a row an attempt brought no event, or went silent, though nobody of ours
 * refused it and the gateway answered a plain request meanwhile. So a lost network, a gateway that
 * restarts and an expired token change nothing; a proxy that holds streams back does. The choice is
 * kept for half an hour, then server-sent events get another chance.
 */
import { isProblem } from './api-error.ts';
import type { Clock } from './clock.ts';
import type { Opening, OpenSource, Source, SourceHandlers } from './sse-source.ts';

export type Transport = 'sse' | 'socket';

/** The server sends a heartbeat at once: whoever hears nothing for this long hears nothing. */
export const FIRST_EVENT_WITHIN_MS = 6_000;
/** Silence at the end of a connection that counts as one; heartbeats come every 5 s. */
const SILENT_MS = 25_000;
/** A connection that has brought events for this long works. */
const PROVEN_MS = 60_000;
const STRIKES = 2;
export const SOCKET_KEPT_MS = 30 * 60_000;

export interface FallbackOptions {
  open: Record<Transport, OpenSource>;
  clock: Clock;
  /** Whether the gateway answers a plain request now; within a few seconds. */
  canReach(): Promise<boolean>;
  /** Since when a WebSocket is what works here, ms since the epoch; survives a reload. */
  memory: { load(): number | null; save(sinceMs: number | null): void };
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Called when events come over another transport than before; `sse` is taken for granted.
   *
   * @param isNews  False when it was known from before a reload.
   */
  onTransport(transport: Transport, isNews: boolean): void;
}

export class FallbackSource {
  readonly #options: FallbackOptions;
  #transport: Transport = 'sse';
  /** Failures of the transport in a row that look like blocking. */
  #strikes = 0;
  /** Over what the last event came. */
  #shown: Transport = 'sse';

  constructor(options: FallbackOptions) {
    this.#options = options;
    if (this.#remembers()) this.#transport = 'socket';
  }

  readonly open: OpenSource = (opening, handlers) => {
    let inner: Source | null = null;
    let isClosed = false;
    void this.#choose().then((transport) => {
      if (!isClosed) inner = this.#openOver(transport, opening, handlers);
    });
    return {
      close() {
        isClosed = true;
        inner?.close();
      },
      received: () => inner?.received() ?? 0,
    };
  };

  async #choose(): Promise<Transport> {
    if (this.#transport === 'socket' && this.#shown === 'socket' && !this.#remembers()) {
      // Its time is over; one more failure leads straight back.
      this.#use('sse', STRIKES - 1);
    }
    if (this.#strikes >= STRIKES && (await this.#options.canReach())) {
      this.#use(this.#transport === 'sse' ? 'socket' : 'sse', 0);
    }
    return this.#transport;
  }

  #use(transport: Transport, strikes: number): void {
    this.#transport = transport;
    this.#strikes = strikes;
    if (transport === 'sse') this.#options.memory.save(null);
  }

  #remembers(): boolean {
    const sinceMs = this.#options.memory.load();
    const keptMs = sinceMs === null ? null : this.#options.now() - sinceMs;
    return keptMs !== null && keptMs >= 0 && keptMs < SOCKET_KEPT_MS;
  }

  #openOver(transport: Transport, opening: Opening, handlers: SourceHandlers): Source {
    const { clock, open } = this.#options;
    let firstAtMs: number | null = null;
    let lastAtMs = 0;
    let isOver = false;
    const cancelWatch = clock.after(FIRST_EVENT_WITHIN_MS, () => {
      source.close();
      over(true);
      handlers.onEnd(0, '');
    });
    const over = (isMute: boolean) => {
      if (isOver) return;
      isOver = true;
      cancelWatch();
      const isProven = firstAtMs !== null && lastAtMs - firstAtMs >= PROVEN_MS;
      const isSilent = firstAtMs !== null && clock.nowMs() - lastAtMs >= SILENT_MS;
      if (isProven || (firstAtMs !== null && !isSilent)) this.#strikes = 0;
      if (isMute || isSilent) this.#strikes += 1;
    };
    const source = open[transport](opening, {
      onOpen: () => {
        if (!isOver) handlers.onOpen();
      },
      onEvent: (...event) => {
        if (isOver) return;
        lastAtMs = clock.nowMs();
        if (firstAtMs === null) {
          firstAtMs = lastAtMs;
          cancelWatch();
          this.#onWorks(transport);
        }
        handlers.onEvent(...event);
      },
      onEnd: (status, body) => {
        if (isOver) return;
        const isOurs = isProblemText(body);
        over(firstAtMs === null && !isOurs);
        // A refusal that is not ours says nothing about the simulator.
        handlers.onEnd(isOurs || status < 400 ? status : 0, body);
      },
    });
    return {
      close() {
        over(false);
        source.close();
      },
      received: () => source.received(),
    };
  }

  #onWorks(transport: Transport): void {
    const { memory, now, onTransport } = this.#options;
    const isNews = !this.#remembers();
    if (transport === 'socket' && isNews) memory.save(now());
    if (transport === this.#shown) return;
    this.#shown = transport;
    onTransport(transport, isNews);
  }
}

function isProblemText(body: string): boolean {
  try {
    return isProblem(JSON.parse(body));
  } catch {
    return false;
  }
}
