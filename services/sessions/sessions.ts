/**
 * Sessions: Postgres knows which exist, Redis the newest heartbeat, memory both for those in use.
 *
 * The gate stands on the order path, so it is answered from memory. When another process may have
 * heard newer heartbeats, Redis is asked first; without Redis memory decides alone.
 */
import type {
  CancelOnDisconnect,
  CancelOnDisconnectRequest,
  Gate,
  HeartbeatAnswer,
  HeartbeatRequest,
  Session,
  SessionOverview,
  SessionPatch,
  SessionRequest,
} from '@sandpit/schemas/http.ts';
import type { Cache } from '../platform/cache.ts';
import type { SandpitDatabase } from '../platform/database.ts';
import { problem } from '../platform/errors.ts';
import { Lru } from '../platform/lru.ts';
import { advance, gateOf, HEARTBEAT_INTERVAL_MS, observe, type Quality, UNSEEN } from './gate.ts';
import {
  closeSession,
  createSession,
  findSession,
  IDLE_LIFE_MS,
  listSessions,
  noteSeen,
  resumeSession,
  type SessionRow,
  sweep,
} from './store.ts';

const LIVE_MAX = 20_000;
const SEEN_WRITE_INTERVAL_MS = 60_000;
const SHARED_READ_INTERVAL_MS = HEARTBEAT_INTERVAL_MS;
/** Stands in Redis instead of the quality, should the announcement not reach everybody. */
const ENDED = 'ended';
const REDIS_KEY = (id: string) => `sandpit:session:${id}`;

interface Live {
  row: SessionRow;
  quality: Quality;
  seenWrittenAtMs: number;
  sharedReadAtMs: number;
  /** Under way: whoever comes meanwhile waits for it, too. */
  sharedRead: Promise<boolean> | null;
}

/** What cancels when a session is gone. */
export interface SessionGuards {
  set(
    accountId: string,
    sessionId: string,
    request: CancelOnDisconnectRequest,
  ): Promise<CancelOnDisconnect>;
  view(sessionId: string): Promise<CancelOnDisconnect>;
  back(sessionId: string): Promise<void>;
  seen(sessionId: string): void;
  close(sessionId: string): Promise<void>;
}

export interface SessionsParts {
  db: SandpitDatabase;
  guards: SessionGuards;
  cache: Pick<Cache, 'run'>;
  onExpired(accountId: string, id: string, why: 'idle' | 'displaced'): void;
  /** Tells the other processes to forget what they hold of a session. */
  announceEnded(id: string): void;
  onTrouble(error: unknown, message: string): void;
  now?: () => number;
}

export class Sessions {
  readonly #parts: SessionsParts;
  readonly #now: () => number;
  readonly #live = new Lru<string, Live>(LIVE_MAX);

  constructor(parts: SessionsParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
  }

  /**
   * Resumes the named session when it is the caller's and not closed; else makes a new one.
   *
   * @throws problem `validationFailed` for a resume without its counter, or `resumeReplayed`.
   */
  async create(
    accountId: string,
    request: SessionRequest = {},
  ): Promise<{ session: Session; resumed: boolean }> {
    const { db, guards } = this.#parts;
    const { cancelOnDisconnect } = request;
    const nowMs = this.#now();
    const wanted = resumeOf(request);
    const resumed = wanted && (await resumeSession(db, accountId, wanted, nowMs));
    const { session, displaced } = resumed ?? (await createSession(db, accountId, nowMs));
    for (const id of displaced) {
      this.#end(id);
      this.#parts.onExpired(accountId, id, 'displaced');
    }
    if (resumed) await this.#write(session.id, null);
    const live = await this.#adopt(session);
    if (resumed) await guards.back(session.id);
    if (cancelOnDisconnect) await guards.set(accountId, session.id, cancelOnDisconnect);
    return { session: await this.#view(live), resumed: resumed !== null };
  }

  async get(accountId: string, id: string): Promise<Session> {
    const live = await this.#find(accountId, id);
    live.quality = advance(live.quality, this.#now());
    return this.#view(live);
  }

  /** @throws problem `sessionExpired` when there is nothing left to guard. */
  async patch(accountId: string, id: string, patch: SessionPatch): Promise<Session> {
    const live = await this.#find(accountId, id);
    if (this.#stateOf(live.row) !== 'active') throw problem('sessionExpired');
    await this.#parts.guards.set(accountId, id, patch.cancelOnDisconnect);
    return this.#view(live);
  }

  async close(accountId: string, id: string): Promise<Session> {
    const row = await closeSession(this.#parts.db, accountId, id, this.#now());
    if (!row) throw problem('notFound');
    this.#end(id);
    await this.#parts.guards.close(id);
    return this.#view({
      row,
      quality: UNSEEN,
      seenWrittenAtMs: 0,
      sharedReadAtMs: 0,
      sharedRead: null,
    });
  }

  /** Those of the account that are active or can be resumed. */
  async list(accountId: string): Promise<Omit<SessionOverview, 'streams'>[]> {
    const rows = await listSessions(this.#parts.db, accountId, this.#now());
    return rows.map((row) => {
      // Memory may have heard it since.
      const known = this.#live.get(row.id)?.row ?? row;
      return {
        id: row.id,
        state: this.#stateOf({ ...row, expiresAtMs: known.expiresAtMs }),
        createdAt: new Date(row.createdAtMs).toISOString(),
        lastSeenAt: new Date(Math.max(row.lastSeenAtMs, known.lastSeenAtMs)).toISOString(),
        expiresAt: new Date(Math.max(row.expiresAtMs, known.expiresAtMs)).toISOString(),
      };
    });
  }

  /** A sign of life without a heartbeat. @throws problem `sessionExpired` */
  async extend(accountId: string, id: string): Promise<Session> {
    const live = await this.#find(accountId, id);
    if (this.#stateOf(live.row) !== 'active') throw problem('sessionExpired');
    this.#seen(live, this.#now());
    return this.#view(live);
  }

  /** When the newest heartbeat came that this process knows of, ms since the epoch. */
  heartbeatAtMs(id: string): number | null {
    return this.#live.get(id)?.quality.lastHeartbeatAtMs ?? null;
  }

  /** @throws problem `sessionExpired` when it ended: create one, resuming this. */
  async heartbeat(accountId: string, id: string, beat: HeartbeatRequest): Promise<HeartbeatAnswer> {
    const live = await this.#find(accountId, id);
    const nowMs = this.#now();
    if (this.#stateOf(live.row) !== 'active') throw problem('sessionExpired');
    live.quality = observe(live.quality, beat, nowMs);
    this.#seen(live, nowMs);
    void this.#write(id, JSON.stringify(live.quality));
    return {
      serverTime: new Date(nowMs).toISOString(),
      expiresAt: new Date(live.row.expiresAtMs).toISOString(),
      gate: gateOf(live.quality),
    };
  }

  /** A program without a stream has said something, or renewed its dead-man timer. */
  async heard(accountId: string, id: string): Promise<void> {
    const live = await this.#find(accountId, id);
    if (this.#stateOf(live.row) === 'active') this.#seen(live, this.#now());
  }

  /** May this session send orders now? Orders count as signs of life, too. */
  async gate(accountId: string, id: string): Promise<Gate> {
    const live = await this.#find(accountId, id);
    const nowMs = this.#now();
    const state = this.#stateOf(live.row);
    if (state === 'closed') return { state: 'closed', reasons: ['sessionClosed'] };
    if (state === 'expired') return { state: 'closed', reasons: ['sessionExpired'] };
    live.quality = advance(live.quality, nowMs);
    this.#seen(live, nowMs);
    return gateOf(live.quality);
  }

  /** Forgets what memory holds of a session that ended elsewhere. */
  forget(id: string): void {
    this.#live.delete(id);
  }

  async sweep(): Promise<number> {
    const expired = await sweep(this.#parts.db, this.#now());
    for (const { id, accountId } of expired) {
      this.#end(id);
      this.#parts.onExpired(accountId, id, 'idle');
    }
    return expired.length;
  }

  async #find(accountId: string, id: string): Promise<Live> {
    const known = this.#live.get(id);
    if (known && known.row.accountId === accountId) {
      const ended = await this.#refreshShared(known);
      // Otherwise Postgres knows better: another process ended it, or has seen it since.
      if (!ended && this.#stateOf(known.row) === 'active') return known;
    }
    const row = await findSession(this.#parts.db, accountId, id);
    // The same answer for unknown and foreign ids.
    if (!row) throw problem('notFound');
    return this.#adopt(row);
  }

  async #adopt(row: SessionRow): Promise<Live> {
    const nowMs = this.#now();
    const known = this.#live.get(row.id);
    const live: Live = {
      row,
      quality: known?.quality ?? UNSEEN,
      seenWrittenAtMs: nowMs,
      sharedReadAtMs: 0,
      sharedRead: null,
    };
    if (row.state === 'active') this.#live.set(row.id, live);
    await this.#refreshShared(live);
    return live;
  }

  /** Takes over newer heartbeats that another process has heard. @returns whether it ended there. */
  async #refreshShared(live: Live): Promise<boolean> {
    if (live.sharedRead) return live.sharedRead;
    const nowMs = this.#now();
    const heardAtMs = live.quality.lastHeartbeatAtMs ?? 0;
    const fresh = nowMs - Math.max(heardAtMs, live.sharedReadAtMs) < SHARED_READ_INTERVAL_MS;
    if (fresh) return false;
    live.sharedReadAtMs = nowMs;
    live.sharedRead = this.#readShared(live).finally(() => {
      live.sharedRead = null;
    });
    return live.sharedRead;
  }

  async #readShared(live: Live): Promise<boolean> {
    try {
      const text = await this.#parts.cache.run((redis) => redis.get(REDIS_KEY(live.row.id)));
      if (!text || text === ENDED) return text === ENDED;
      const shared = JSON.parse(text) as Quality;
      const sharedAtMs = shared.lastHeartbeatAtMs ?? 0;
      if (sharedAtMs <= (live.quality.lastHeartbeatAtMs ?? 0)) return false;
      live.quality = shared;
      live.row.expiresAtMs = Math.max(live.row.expiresAtMs, sharedAtMs + IDLE_LIFE_MS);
    } catch (error) {
      this.#parts.onTrouble(error, 'reading a session from Redis failed; memory decides');
    }
    return false;
  }

  /** Best effort: what does not reach Redis, memory still knows. */
  async #write(id: string, text: string | null): Promise<void> {
    const key = REDIS_KEY(id);
    try {
      await this.#parts.cache.run<unknown>((redis) =>
        text === null ? redis.del(key) : redis.set(key, text, 'PX', IDLE_LIFE_MS),
      );
    } catch (error) {
      this.#parts.onTrouble(error, 'writing a session to Redis failed; memory keeps it');
    }
  }

  #seen(live: Live, nowMs: number): void {
    live.row.lastSeenAtMs = nowMs;
    live.row.expiresAtMs = nowMs + IDLE_LIFE_MS;
    this.#parts.guards.seen(live.row.id);
    if (nowMs - live.seenWrittenAtMs < SEEN_WRITE_INTERVAL_MS) return;
    live.seenWrittenAtMs = nowMs;
    noteSeen(this.#parts.db, live.row.id, nowMs).catch((error: unknown) =>
      this.#parts.onTrouble(error, 'noting a session as seen failed'),
    );
  }

  #end(id: string): void {
    this.#live.delete(id);
    void this.#write(id, ENDED);
    this.#parts.announceEnded(id);
  }

  #stateOf(row: SessionRow): SessionRow['state'] {
    if (row.state === 'active' && row.expiresAtMs <= this.#now()) return 'expired';
    return row.state;
  }

  async #view({ row, quality }: Live): Promise<Session> {
    const state = this.#stateOf(row);
    const ended = { expired: 'sessionExpired', closed: 'sessionClosed' } as const;
    return {
      id: row.id,
      state,
      createdAt: new Date(row.createdAtMs).toISOString(),
      expiresAt: new Date(row.expiresAtMs).toISOString(),
      resumeCounter: row.resumeCounter,
      gate: state === 'active' ? gateOf(quality) : { state: 'closed', reasons: [ended[state]] },
      cancelOnDisconnect: await this.#parts.guards.view(row.id),
    };
  }
}

function resumeOf({ resume, resumeCounter }: SessionRequest) {
  if (resume === undefined) return null;
  if (resumeCounter !== undefined) return { id: resume, counter: resumeCounter };
  const message = 'is needed with `resume`: greater than the resumeCounter of the session';
  throw problem('validationFailed', { errors: [{ path: 'resumeCounter', message }] });
}
