import type {
  DisconnectMode,
  DrillAnswer,
  Gate,
  HeartbeatAnswer,
  HeartbeatRequest,
  Session as SessionView,
} from '@sandpit/schemas/http.ts';
import type { Api } from '../client/api.ts';
import { ApiError } from '../client/api-error.ts';
import { browserClock } from '../client/clock.ts';
import { cancelNews } from '../client/disconnect-words.ts';
import { Heartbeat, type HeartbeatOptions } from '../client/heartbeat.ts';
import { LatencySamples } from '../client/latency.ts';
import type { ServerClock } from '../client/server-clock.ts';

const STORED = 'sandpit.session';
const OPEN: Gate = { state: 'healthy', reasons: [] };

/** The trader's connection context: survives reloads, shared by the tabs, judged by the server. */
export class Session {
  current = $state.raw<SessionView | null>(null);
  gate = $state.raw<Gate>(OPEN);
  roundTripP50Ms = $state<number | null>(null);
  roundTripP95Ms = $state<number | null>(null);
  readonly serverClock: ServerClock;
  readonly #api: Api;
  readonly #latency = new LatencySamples();
  #heartbeat: Heartbeat | null = null;
  #release: (() => void) | null = null;

  constructor(api: Api, serverClock: ServerClock) {
    this.#api = api;
    this.serverClock = serverClock;
  }

  /** Resumes `id`, else the one this browser used last, else makes a new one. @throws ApiError */
  async open(id = localStorage.getItem(STORED)): Promise<SessionView> {
    let session: SessionView | null = null;
    if (id) {
      try {
        session = await this.#resume(id);
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

  /** A counter that somebody else has used, another tab or another device, is taken once more. */
  async #resume(id: string): Promise<SessionView> {
    const send = (resumeCounter: number) =>
      this.#api.post<SessionView>('/sessions', { resume: id, resumeCounter });
    try {
      return await send(nextResume(id, Date.now()));
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'resumeReplayed') throw error;
      const { resumeCounter } = await this.#api.get<SessionView>(`/sessions/${id}`);
      return send(nextResume(id, resumeCounter + 1));
    }
  }

  /** Says what becomes of open orders when this session is gone. @throws ApiError */
  async protect(mode: DisconnectMode, graceSeconds: number): Promise<void> {
    const id = this.current?.id;
    if (!id) return;
    const cancelOnDisconnect = { mode, graceSeconds };
    this.current = await this.#api.patch<SessionView>(`/sessions/${id}`, { cancelOnDisconnect });
  }

  /** Cuts this session's streams on purpose. @returns what the server did. @throws ApiError */
  async drill(seconds: number): Promise<DrillAnswer | null> {
    const id = this.current?.id;
    return id ? this.#api.post<DrillAnswer>(`/sessions/${id}/drill`, { seconds }) : null;
  }

  /** Asks how the session stands. @throws ApiError */
  async look(): Promise<void> {
    const id = this.current?.id;
    if (id) this.current = await this.#api.get<SessionView>(`/sessions/${id}`);
  }

  /**
   * How long the session of this browser lives without another sign of life. Asking is none.
   *
   * @returns null when there is none, or none any more. @throws ApiError
   */
  async left(): Promise<{ state: SessionView['state']; leftMs: number } | null> {
    const id = this.current?.id ?? localStorage.getItem(STORED);
    if (!id) return null;
    try {
      const { state, expiresAt } = await this.#api.get<SessionView>(`/sessions/${id}`);
      const nowMs = this.serverClock.at(performance.now()) ?? Date.now();
      return { state, leftMs: Date.parse(expiresAt) - nowMs };
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }
  }

  /** A sign of life from a page that has no stream; one that has ended begins again. @throws ApiError */
  async stay(): Promise<void> {
    const id = this.current?.id ?? localStorage.getItem(STORED);
    if (!id) return;
    try {
      this.current = await this.#api.post<SessionView>(`/sessions/${id}/extend`);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'sessionExpired') throw error;
      await this.open(id);
    }
  }

  /** What a trader who is back must hear, once in this browser; null when there is nothing. */
  takeNews(): string | null {
    if (!this.current) return null;
    const { id, cancelOnDisconnect } = this.current;
    const key = `sandpit.fired.${id}`;
    const news = cancelNews(cancelOnDisconnect, localStorage.getItem(key));
    if (news && cancelOnDisconnect.fired) localStorage.setItem(key, cancelOnDisconnect.fired.at);
    return news;
  }

  /**
   * Starts beating. Of several tabs on one session only one beats: two would look like one with a
   * jumping sequence. The next tab takes over when this one goes.
   *
   * @param onLine  Carries a beat over an open connection; null when there is none.
   */
  beat(
    measure: HeartbeatOptions['measure'],
    onLine: (beat: HeartbeatRequest) => Promise<HeartbeatAnswer> | null = () => null,
  ): void {
    const id = this.current?.id;
    if (!id || this.#heartbeat) return;
    const heartbeat = new Heartbeat({
      clock: browserClock,
      nextSequence: () => nextSequence(id),
      send: (beat) =>
        onLine(beat) ??
        this.#api.post<HeartbeatAnswer>(`/sessions/${this.current?.id ?? id}/heartbeat`, beat),
      measure,
      onAnswer: (...answer) => this.#onAnswer(...answer),
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

  /** The stream speaks again: the server should know before the next beat is due. */
  hurry(): void {
    this.#heartbeat?.now();
  }

  /** The device has slept, and its clock with it: nothing is known of the server's until it answers. */
  wake(): void {
    this.serverClock.forget();
    this.hurry();
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

  #onAnswer({ gate, serverTime }: HeartbeatAnswer, roundTripMs: number, sentMs: number): void {
    this.gate = gate;
    this.serverClock.observe(Date.parse(serverTime), sentMs, sentMs + roundTripMs);
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

/** At least `floor`, and greater than any that this browser has sent for the session. */
function nextResume(sessionId: string, floor: number): number {
  const key = `sandpit.resume.${sessionId}`;
  const next = Math.max(Number(localStorage.getItem(key) ?? '0') + 1, floor);
  localStorage.setItem(key, String(next));
  return next;
}
