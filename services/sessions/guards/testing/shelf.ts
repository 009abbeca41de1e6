/** Guards in memory, by the rules that `store.ts` states in SQL, on a clock of the test's. */

import type { GuardStore } from '../guards.ts';
import type { DueGuard, Guard, GuardKey, GuardSetting, Sign, TimerSign } from '../store.ts';

const CLAIM_LIFE_MS = 5_000;

export class Shelf implements GuardStore {
  readonly rows = new Map<string, Guard>();
  readonly closed = new Set<string>();
  nowMs = Date.UTC(2026, 0, 5);
  /** Every statement fails while it is. */
  away = false;

  async keep(setting: GuardSetting): Promise<Guard> {
    this.#reach();
    const due_at = new Date(this.nowMs + setting.period_seconds * 1_000);
    const known = this.rows.get(keyOf(setting));
    const fresh = { claimed_at: null, fired_at: null, told: 0, state: 'armed', round: 1 } as const;
    const row: Guard = { ...fresh, ...known, ...setting, due_at };
    if (known?.state === 'fired') Object.assign(row, { state: 'armed', round: known.round + 1 });
    this.rows.set(keyOf(setting), row);
    return { ...row };
  }

  async find(key: GuardKey): Promise<Guard | undefined> {
    this.#reach();
    const row = this.rows.get(keyOf(key));
    return row && { ...row };
  }

  async renew(signs: readonly Sign[]): Promise<string[]> {
    this.#reach();
    return signs.flatMap(({ sessionId, ageMs }) => {
      const row = this.rows.get(keyOf({ kind: 'disconnect', subject_id: sessionId }));
      if (!row?.enabled) return [];
      const atMs = this.nowMs - ageMs;
      row.due_at = new Date(Math.max(+row.due_at, atMs + row.period_seconds * 1_000));
      if (row.state === 'fired' && atMs > +row.fired_at!) {
        Object.assign(row, { state: 'armed', round: row.round + 1 });
      }
      return [sessionId];
    });
  }

  async renewTimers(signs: readonly TimerSign[]): Promise<void> {
    this.#reach();
    for (const { accountId, simulatorId, ageMs } of signs) {
      const row = this.rows.get(keyOf({ kind: 'deadMan', subject_id: simulatorId }));
      if (!row?.enabled || row.state !== 'armed' || row.account_id !== accountId) continue;
      const dueMs = this.nowMs - ageMs + row.period_seconds * 1_000;
      row.due_at = new Date(Math.max(+row.due_at, dueMs));
    }
  }

  async due(): Promise<DueGuard[]> {
    this.#reach();
    const isDue = (row: Guard) =>
      row.state === 'armed'
        ? row.enabled && +row.due_at <= this.nowMs
        : row.state === 'firing' && +row.claimed_at! < this.nowMs - CLAIM_LIFE_MS;
    return [...this.rows.values()].filter(isDue).map((row) => ({
      ...row,
      closed: this.closed.has(row.subject_id),
      overdueSeconds: (this.nowMs - +row.due_at) / 1_000,
    }));
  }

  async claim(guard: Guard, atOnce = false): Promise<Guard | null> {
    const row = this.#ofRound(guard);
    if (!row || row.state !== guard.state) return null;
    if (guard.state === 'firing') {
      if (+row.claimed_at! !== +guard.claimed_at!) return null;
      row.claimed_at = new Date(this.nowMs);
      return { ...row };
    }
    if (!row.enabled || (!atOnce && +row.due_at > this.nowMs)) return null;
    const nowAt = new Date(this.nowMs);
    Object.assign(row, { state: 'firing', claimed_at: nowAt, fired_at: nowAt, told: 0 });
    if (atOnce) row.enabled = false;
    return { ...row };
  }

  async noteTold(guard: Guard, told: number): Promise<void> {
    const row = this.#ofRound(guard);
    if (row?.state === 'firing') row.told = told;
  }

  async end(guard: Guard): Promise<void> {
    const row = this.#ofRound(guard);
    if (row?.state !== 'firing') return;
    const isBack = +row.due_at > +row.fired_at!;
    row.fired_at = row.claimed_at;
    row.claimed_at = null;
    row.state = isBack ? 'armed' : 'fired';
    if (isBack) row.round += 1;
  }

  async simulatorsUnder({ subject_id }: GuardKey): Promise<string[]> {
    this.#reach();
    return [`${subject_id}-a`, `${subject_id}-b`];
  }

  #ofRound(guard: Guard): Guard | null {
    this.#reach();
    const row = this.rows.get(keyOf(guard));
    return row?.round === guard.round ? row : null;
  }

  #reach(): void {
    if (this.away) throw new Error('away');
  }
}

const keyOf = ({ kind, subject_id }: GuardKey) => `${kind}/${subject_id}`;
