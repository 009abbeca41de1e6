/**
 * Cancels in a trader's place. While a session is heard, its guard is renewed by every process that
 * hears it; when it is due, all processes are asked before one of them fires, because one that could
 * not reach Postgres may hear the trader all the same.
 *
 * Firing is claimed first, then every simulator is told by a command whose id names the claim, so a
 * process that dies in between is taken over without cancelling twice.
 */
import type { CancelCause } from '@sandpit/schemas/command.ts';
import type {
  CancelOnDisconnect,
  CancelOnDisconnectRequest,
  DeadManRequest,
  DeadManView,
} from '@sandpit/schemas/http.ts';
import { Lru } from '../../platform/lru.ts';
import type { DueGuard, Guard, GuardKey, GuardSetting, Sign, TimerSign } from './store.ts';

export const GRACE_SECONDS = 10;
const RENEW_INTERVAL_MS = 1_000;
const SESSIONS_MAX = 50_000;
/** That a session has no guard is believed for so long; a change is announced besides. */
const UNGUARDED_BELIEVED_MS = 30_000;
/** A process that does not answer for longer is not waited for. */
const PATIENCE_SECONDS = 15;

export interface GuardStore {
  keep(setting: GuardSetting): Promise<Guard>;
  find(key: GuardKey): Promise<Guard | undefined>;
  renew(signs: readonly Sign[]): Promise<string[]>;
  renewTimers(signs: readonly TimerSign[]): Promise<void>;
  due(): Promise<DueGuard[]>;
  claim(guard: Guard, atOnce?: boolean): Promise<Guard | null>;
  noteTold(guard: Guard, told: number): Promise<void>;
  end(guard: Guard): Promise<void>;
  simulatorsUnder(key: GuardKey): Promise<string[]>;
}

export interface StandInCancel {
  accountId: string;
  simulatorId: string;
  commandId: string;
  cause: CancelCause;
  keepGtc: boolean;
}

export interface GuardsParts {
  store: GuardStore;
  /** Does any process hear the session? `unknown`: one of them did not answer. */
  isHeard(sessionId: string, withinMs: number): Promise<boolean | 'unknown'>;
  /** Sessions with a stream that is open here. */
  streaming(): readonly string[];
  /** Timers that were renewed over NATS since it was asked last. */
  renewals(): TimerSign[];
  /** Resolves when the command is stored. */
  cancel(request: StandInCancel): Promise<void>;
  onFired(guard: Guard, told: number): void;
  onTrouble(error: unknown, message: string): void;
  now?: () => number;
}

interface Known {
  guarded: boolean;
  atMs: number;
}

export class Guards {
  readonly #parts: GuardsParts;
  readonly #now: () => number;
  readonly #known = new Lru<string, Known>(SESSIONS_MAX);
  /** Newest sign of life of each session that this process has heard, ms since the epoch. */
  readonly #signs = new Lru<string, number>(SESSIONS_MAX);
  /** Heard since the last beat. */
  readonly #heard = new Set<string>();

  constructor(parts: GuardsParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
  }

  /** Sets what happens when the session is gone; its time starts now. */
  async set(
    accountId: string,
    sessionId: string,
    { mode, graceSeconds = GRACE_SECONDS }: CancelOnDisconnectRequest,
  ): Promise<CancelOnDisconnect> {
    const guard = await this.#parts.store.keep({
      kind: 'disconnect',
      subject_id: sessionId,
      account_id: accountId,
      enabled: mode !== 'off',
      keep_gtc: mode === 'cancelExceptGtc',
      period_seconds: graceSeconds,
    });
    this.#signs.set(sessionId, this.#now());
    this.forget(sessionId);
    return viewOf(guard);
  }

  /** Starts a simulator's timer anew, or with 0 stops it. Nobody is asked before it fires. */
  async setDeadMan(
    accountId: string,
    simulatorId: string,
    { timeoutSeconds }: DeadManRequest,
  ): Promise<DeadManView> {
    const guard = await this.#parts.store.keep({
      kind: 'deadMan',
      subject_id: simulatorId,
      account_id: accountId,
      enabled: timeoutSeconds > 0,
      keep_gtc: false,
      period_seconds: Math.max(1, timeoutSeconds),
    });
    return deadManView(guard);
  }

  async deadMan(simulatorId: string): Promise<DeadManView> {
    return deadManView(await this.#parts.store.find({ kind: 'deadMan', subject_id: simulatorId }));
  }

  async view(sessionId: string): Promise<CancelOnDisconnect> {
    return viewOf(await this.#parts.store.find({ kind: 'disconnect', subject_id: sessionId }));
  }

  /**
   * A sign of life of the session; told to Postgres with the next beat, when there is a guard.
   * @param isLast  It may be the last one for a while, so it counts to the millisecond.
   */
  seen(sessionId: string, isLast = false): void {
    const nowMs = this.#now();
    this.#signs.set(sessionId, nowMs);
    const known = this.#known.get(sessionId);
    const ageMs = known ? nowMs - known.atMs : Infinity;
    const believedMs = known?.guarded ? RENEW_INTERVAL_MS : UNGUARDED_BELIEVED_MS;
    if (ageMs < believedMs && !(isLast && known?.guarded)) return;
    if (this.#heard.size < SESSIONS_MAX) this.#heard.add(sessionId);
  }

  /** When this process last heard of the session, ms since the epoch; 0 = never. */
  heardAtMs(sessionId: string): number {
    return this.#signs.get(sessionId) ?? 0;
  }

  /** What is known of a session has changed elsewhere. */
  forget(sessionId: string): void {
    this.#known.delete(sessionId);
  }

  /** A trader is back: counts before the answer does. @throws when Postgres is away. */
  async back(sessionId: string): Promise<void> {
    this.#signs.set(sessionId, this.#now());
    await this.#renew([sessionId]);
  }

  /** Renews those that are heard, and fires what is due. Called twice a second. */
  async beat(): Promise<void> {
    for (const id of this.#parts.streaming()) this.seen(id);
    await this.flush();
    await this.#parts.store.renewTimers(this.#parts.renewals());
    const due = await this.#parts.store.due();
    // Side by side: a process that is silent must not hold up those that nobody asks it about.
    const judged = await Promise.allSettled(due.map((guard) => this.#judge(guard)));
    const failed = judged.find(({ status }) => status === 'rejected');
    if (failed) throw (failed as PromiseRejectedResult).reason;
  }

  /** Tells Postgres of those that were heard. @throws when it is away. */
  async flush(): Promise<void> {
    const heard = [...this.#heard];
    this.#heard.clear();
    try {
      await this.#renew(heard);
    } catch (error) {
      // Later then: whoever was back meanwhile has a guard that must be armed again.
      for (const id of heard) this.#heard.add(id);
      throw error;
    }
  }

  /** The session is closed, so nobody will come back to it: due now. */
  async close(sessionId: string): Promise<void> {
    const guard = await this.#parts.store.find({ kind: 'disconnect', subject_id: sessionId });
    const claimed = guard?.state === 'armed' && (await this.#parts.store.claim(guard, true));
    if (claimed) await this.#fire(claimed);
  }

  async #renew(sessionIds: readonly string[]): Promise<void> {
    const atMs = this.#now();
    const signs = sessionIds.map((sessionId) => ({
      sessionId,
      ageMs: atMs - this.heardAtMs(sessionId),
    }));
    const guarded = new Set(await this.#parts.store.renew(signs));
    for (const id of sessionIds) this.#known.set(id, { guarded: guarded.has(id), atMs });
  }

  async #judge(guard: DueGuard): Promise<void> {
    const { store, isHeard } = this.#parts;
    // Its process did not finish, and the trader was back since: that claim is over.
    if (guard.state === 'firing' && +guard.due_at > +guard.fired_at!) return store.end(guard);
    if (guard.kind === 'disconnect' && !guard.closed) {
      const heard = await isHeard(guard.subject_id, guard.period_seconds * 1_000);
      if (heard === 'unknown' && guard.overdueSeconds < PATIENCE_SECONDS) return;
      if (heard === true) {
        await this.back(guard.subject_id);
        if (guard.state === 'firing') await store.end(guard);
        return;
      }
    }
    const claimed = await store.claim(guard);
    if (claimed) await this.#fire(claimed);
  }

  /** What fails stays claimed, and is taken up again when the claim is old. */
  async #fire(guard: Guard): Promise<void> {
    const { store, cancel, onFired, onTrouble } = this.#parts;
    const { kind: cause, account_id: accountId, keep_gtc: keepGtc } = guard;
    const commandId = commandIdOf(guard);
    let told = 0;
    try {
      for (const simulatorId of await store.simulatorsUnder(guard)) {
        await cancel({ accountId, simulatorId, commandId, cause, keepGtc });
        await store.noteTold(guard, ++told);
      }
      await store.end(guard);
      onFired(guard, told);
    } catch (error) {
      onTrouble(error, 'cancel in a trader’s place not sent, tried again in a moment');
    }
  }
}

/** The same for whoever fires the same claim. */
export const commandIdOf = ({ kind, round, fired_at }: Guard): string =>
  `${kind === 'disconnect' ? 'cod' : 'dms'}-${round}-${fired_at!.getTime().toString(36)}`;

export function viewOf(guard: Guard | undefined): CancelOnDisconnect {
  if (!guard) return { mode: 'off', graceSeconds: GRACE_SECONDS, fired: null };
  const { enabled, keep_gtc, period_seconds: graceSeconds, fired_at, told } = guard;
  const mode = !enabled ? 'off' : keep_gtc ? 'cancelExceptGtc' : 'cancel';
  const fired = fired_at && { at: fired_at.toISOString(), simulators: told, detail: FIRED };
  return { mode, graceSeconds, fired };
}

const FIRED =
  'Open orders were canceled because the session was gone: no stream of it was open and no ' +
  'heartbeat came for its grace period, or it was closed.';

export function deadManView(guard: Guard | undefined): DeadManView {
  if (!guard) return { timeoutSeconds: 0, expiresAt: null, expiredAt: null };
  const { enabled, state, period_seconds, due_at, fired_at } = guard;
  return {
    timeoutSeconds: enabled ? period_seconds : 0,
    expiresAt: enabled && state === 'armed' ? due_at.toISOString() : null,
    expiredAt: fired_at?.toISOString() ?? null,
  };
}
