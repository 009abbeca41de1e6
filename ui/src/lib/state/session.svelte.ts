import type { Gate, HeartbeatAnswer, Session as SessionView } from '@sandpit/schemas/http.ts';
import type { Api } from '../client/api.ts';
import { ApiError } from '../client/api-error.ts';
import { browserClock } from '../client/clock.ts';
import { Heartbeat, type HeartbeatOptions } from '../client/heartbeat.ts';
import { LatencySamples } from '../client/latency.ts';

const STORED = 'sandpit.session';
const OPEN: Gate = { state: 'healthy', reasons: [] };

/** The trader's connection context: survives reloads, shared by the tabs, judged by the server. */
export class Session {
  current = $state.raw<SessionView | null>(null);
  gate = $state.raw<Gate>(OPEN);
  roundTripP50Ms = $state<number | null>(null);
  roundTripP95Ms = $state<number | null>(null);
  readonly #api: Api;
  readonly #latency = new LatencySamples();
  #heartbeat: Heartbeat | null = null;
  #release: (() => void) | null = null;

  constructor(api: Api) {
    this.#api = api;
  }

  /** Resumes `id`, else the one this browser used last, else makes a new one. @throws ApiError */
  async open(id = localStorage.getItem(STORED)): Promise<SessionView> {
    let session: SessionView | null = null;
    if (id) {
      try {
        session = await this.#api.post<SessionView>('/sessions', { resume: id });
      } catch (error) {
        // 404: another trader's or forgotten; 409: expired. Both mean: start afresh.
        if (!(error instanceof ApiError) || ![404, 409, 422].includes(error.status)) throw error;
      }
    }
    session ??= await this.#api.post<SessionView>('/sessions', {});
    localStorage.setItem(STORED, session.id);
    this.current = session;
    this.gate = session.gate;
    return session;
  }

  /**
   * Starts beating. Of several tabs on one session only one beats: two would look like one with a
   * jumping sequence. The next tab takes over when this one goes.
   */
  beat(measure: HeartbeatOptions['measure']): void {
    const id = this.current?.id;
    if (!id || this.#heartbeat) return;
    const heartbeat = new Heartbeat({
      clock: browserClock,
      nextSequence: () => nextSequence(id),
      send: (beat) =>
        this.#api.post<HeartbeatAnswer>(`/sessions/${this.current?.id ?? id}/heartbeat`, beat),
      measure,
      onAnswer: (answer, roundTripMs) => this.#onAnswer(answer, roundTripMs),
      onError: (error) => this.#onLost(error),
    });
    this.#heartbeat = heartbeat;
    const locks: LockManager | undefined = navigator.locks;
    if (!locks) {
      heartbeat.start();
      return;
    }
    const gone = new AbortController();
    const held = Promise.withResolvers<void>();
    this.#release = () => {
      gone.abort();
      held.resolve();
    };
    locks
      .request(`sandpit-heartbeat-${id}`, { signal: gone.signal }, () => {
        heartbeat.start();
        return held.promise;
      })
      .catch(() => {
        // Aborted while waiting: the tab closed or left the desk before its turn came.
      });
  }

  rest(): void {
    this.#heartbeat?.stop();
    this.#heartbeat = null;
    this.#release?.();
    this.#release = null;
  }

  /** A device that slept may have slept through its session; anything else the next beat mends. */
  #onLost(error: unknown): void {
    if (!(error instanceof ApiError) || error.code !== 'sessionExpired') return;
    this.open(this.current?.id ?? null).catch(() => {
      // Not now; the next beat fails the same way and comes here again.
    });
  }

  #onAnswer({ gate }: HeartbeatAnswer, roundTripMs: number): void {
    this.gate = gate;
    this.#latency.add(roundTripMs);
    this.roundTripP50Ms = this.#latency.percentile(0.5);
    this.roundTripP95Ms = this.#latency.percentile(0.95);
  }
}

/** Counts per session across tabs and reloads. */
function nextSequence(sessionId: string): number {
  const key = `sandpit.beat.${sessionId}`;
  const next = Number(localStorage.getItem(key) ?? '0') + 1;
  localStorage.setItem(key, String(next));
  return next;
}
