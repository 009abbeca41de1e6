/**
 * The streams that are open in this process, however they came. The gateway enters them; whoever has
 * to know whether a trader is there, or to end his streams, finds them here.
 */
import type { NoticeFrame } from '@sandpit/schemas/stream.ts';
import type { ServiceBroker } from 'moleculer';

export interface OpenStream {
  id: string;
  sessionId: string;
  simulatorId: string;
  accountId: string;
  /** The log-in whose token it showed last. */
  readonly loginId: string;
  transport: 'sse' | 'socket';
  /** ms since the epoch. */
  openedAtMs: number;
  /** Ends it in order: the client is told why, and after how long to come back. */
  end(reason: string, retryMs: number): void;
  /** Tells it something about the connection; absent where nothing but answers is sent. */
  notice?(notice: NoticeFrame): void;
}

/** Somebody was heard who keeps no stream open. */
export interface Sign {
  sessionId: string;
  accountId: string;
}

export type PresenceListener = (stream: OpenStream, isOpen: boolean) => void;

export class Presence {
  readonly #bySession = new Map<string, Set<OpenStream>>();
  readonly #listeners = new Set<PresenceListener>();
  readonly #signListeners = new Set<(sign: Sign) => void>();

  /** @returns  To be called once when it is closed. */
  enter(stream: OpenStream): () => void {
    const streams = this.#bySession.get(stream.sessionId) ?? new Set();
    this.#bySession.set(stream.sessionId, streams.add(stream));
    this.#tell(stream, true);
    return () => {
      if (!streams.delete(stream)) return;
      if (streams.size === 0) this.#bySession.delete(stream.sessionId);
      this.#tell(stream, false);
    };
  }

  /** Oldest first. */
  ofSession(sessionId: string): OpenStream[] {
    return [...(this.#bySession.get(sessionId) ?? [])];
  }

  /** Sessions with at least one open stream. */
  sessions(): string[] {
    return [...this.#bySession.keys()];
  }

  all(): OpenStream[] {
    return [...this.#bySession.values()].flatMap((streams) => [...streams]);
  }

  /** @returns  Takes the listener off. */
  listen(listener: PresenceListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  sign(sign: Sign): void {
    for (const listener of this.#signListeners) listener(sign);
  }

  /** @returns  Takes the listener off. */
  listenForSigns(listener: (sign: Sign) => void): () => void {
    this.#signListeners.add(listener);
    return () => this.#signListeners.delete(listener);
  }

  #tell(stream: OpenStream, isOpen: boolean): void {
    for (const listener of this.#listeners) listener(stream, isOpen);
  }
}

const presences = new WeakMap<ServiceBroker, Presence>();

/** The process's own. */
export function presenceOf(broker: ServiceBroker): Presence {
  let presence = presences.get(broker);
  if (!presence) {
    presence = new Presence();
    presences.set(broker, presence);
  }
  return presence;
}
