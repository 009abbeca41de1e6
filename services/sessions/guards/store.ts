/**
 * Guards in Postgres: what cancels in a trader's place, and when. All times are the database's, so
 * that processes whose clocks differ agree on what is due.
 *
 *     armed -- due, and claimed by one process --> firing --> fired -- heard again --> armed
 */
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database } from '../../platform/database.ts';

export interface CancelGuardsTable {
  kind: 'disconnect' | 'deadMan';
  /** A session, or for a dead-man timer a simulator. */
  subject_id: string;
  account_id: string;
  enabled: boolean;
  keep_gtc: boolean;
  period_seconds: number;
  state: 'armed' | 'firing' | 'fired';
  /** Counts how often it was armed, and so names what it cancels by. */
  round: number;
  due_at: Date;
  claimed_at: Date | null;
  /** When it was claimed the last time, by whoever finished it; kept when it is armed again. */
  fired_at: Date | null;
  /** Simulators that have their command. */
  told: number;
}

declare module '../../platform/database.ts' {
  interface Database {
    cancel_guards: CancelGuardsTable;
  }
}

type Db = Kysely<Database>;
export type Guard = Selectable<CancelGuardsTable>;
export type GuardKey = Pick<Guard, 'kind' | 'subject_id'>;
export type GuardSetting = GuardKey &
  Pick<Guard, 'account_id' | 'enabled' | 'keep_gtc' | 'period_seconds'>;

/** A claim as old as this has lost its process. */
export const CLAIM_LIFE_SECONDS = 5;
const DUE_MAX = 300;

const now = sql<Date>`now()`;
/** As a Date keeps it, so that it can be compared with what was read. */
const nowMs = sql<Date>`date_trunc('milliseconds', now())`;
const seconds = (count: number) => sql<Date>`now() + ${count} * interval '1 second'`;

/** Sets it and starts its time anew; one that has fired is armed again. */
export function keepGuard(db: Db, setting: GuardSetting): Promise<Guard> {
  const { enabled, keep_gtc, period_seconds } = setting;
  return db
    .insertInto('cancel_guards')
    .values({ ...setting, state: 'armed', round: 1, due_at: seconds(period_seconds), told: 0 })
    .onConflict((conflict) =>
      conflict.columns(['kind', 'subject_id']).doUpdateSet({
        enabled,
        keep_gtc,
        period_seconds,
        due_at: seconds(period_seconds),
        // What is being fired is fired to its end.
        state: sql`case when cancel_guards.state = 'firing' then 'firing' else 'armed' end`,
        round: sql`cancel_guards.round + (cancel_guards.state = 'fired')::int`,
      }),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
}

export function findGuard(db: Db, { kind, subject_id }: GuardKey): Promise<Guard | undefined> {
  return db
    .selectFrom('cancel_guards')
    .selectAll()
    .where('kind', '=', kind)
    .where('subject_id', '=', subject_id)
    .executeTakeFirst();
}

/** A session was heard so long ago: ages, because clocks differ. */
export interface Sign {
  sessionId: string;
  ageMs: number;
}

/**
 * The traders of these sessions are there: their time starts anew, and what has fired before is armed
 * again. @returns those that have a guard.
 */
export async function renewGuards(db: Db, signs: readonly Sign[]): Promise<string[]> {
  if (signs.length === 0) return [];
  const ids = signs.map(({ sessionId }) => sessionId);
  const ages = signs.map(({ ageMs }) => ageMs);
  const { rows } = await sql<{ id: string }>`
    update cancel_guards g set
      due_at = greatest(due_at, sign.at + period_seconds * interval '1 second'),
      round = round + (state = 'fired' and sign.at > fired_at)::int,
      state = case when state = 'fired' and sign.at > fired_at then 'armed' else state end
    from (
      select id, now() - age * interval '1 millisecond' as at
      from unnest(${ids}::text[], ${ages}::float8[]) as heard (id, age)) sign
    where g.kind = 'disconnect' and g.subject_id = sign.id and g.enabled
    returning g.subject_id as id`.execute(db);
  return rows.map(({ id }) => id);
}

/** A timer was renewed so long ago. */
export interface TimerSign {
  accountId: string;
  simulatorId: string;
  ageMs: number;
}

/** Renews timers that run; one that has stopped or expired stays as it is. */
export async function renewTimers(db: Db, signs: readonly TimerSign[]): Promise<void> {
  if (signs.length === 0) return;
  const accounts = signs.map(({ accountId }) => accountId);
  const simulators = signs.map(({ simulatorId }) => simulatorId);
  const ages = signs.map(({ ageMs }) => ageMs);
  await sql`
    update cancel_guards g set
      due_at = greatest(due_at, sign.at + period_seconds * interval '1 second')
    from (
      select account, simulator, now() - age * interval '1 millisecond' as at
      from unnest(${accounts}::text[], ${simulators}::text[], ${ages}::float8[])
        as said (account, simulator, age)) sign
    where g.kind = 'deadMan' and g.subject_id = sign.simulator and g.account_id = sign.account
      and g.enabled and g.state = 'armed'`.execute(db);
}

export interface DueGuard extends Guard {
  /** Of a session: it has been closed, so nobody can come back to it. */
  closed: boolean;
  overdueSeconds: number;
}

/** What is due, and what was claimed by a process that did not finish. Most overdue first. */
export async function dueGuards(db: Db): Promise<DueGuard[]> {
  const { rows } = await sql<DueGuard>`
    select g.*, coalesce(s.state = 'closed', false) as closed,
      extract(epoch from now() - g.due_at)::float8 as "overdueSeconds"
    from cancel_guards g
    left join sessions s on g.kind = 'disconnect' and s.id = g.subject_id
    where g.state in ('armed', 'firing') and (
      (g.state = 'armed' and g.enabled and g.due_at <= now()) or
      (g.state = 'firing' and g.claimed_at < now() - ${CLAIM_LIFE_SECONDS} * interval '1 second'))
    order by g.due_at limit ${DUE_MAX}`.execute(db);
  return rows;
}

/**
 * Claims it for this process: of all that try, one gets it, and none when the trader came first.
 * @param atOnce  Also before it is due, and for the last time.
 */
export async function claimGuard(db: Db, guard: Guard, atOnce = false): Promise<Guard | null> {
  const claim = ofRound(db, guard);
  if (guard.state === 'firing') {
    const taken = await claim
      .set({ claimed_at: nowMs })
      .where('state', '=', 'firing')
      .where('claimed_at', '=', guard.claimed_at)
      .returningAll()
      .executeTakeFirst();
    return taken ?? null;
  }
  const taken = await claim
    .set({
      state: 'firing',
      claimed_at: nowMs,
      fired_at: nowMs,
      told: 0,
      ...(atOnce && { enabled: false }),
    })
    .where('state', '=', 'armed')
    .where('enabled', '=', true)
    .$if(!atOnce, (query) => query.where('due_at', '<=', now))
    .returningAll()
    .executeTakeFirst();
  return taken ?? null;
}

export async function noteTold(db: Db, guard: Guard, told: number): Promise<void> {
  await ofRound(db, guard).set({ told }).where('state', '=', 'firing').execute();
}

/** All have been told, or its trader is back: armed again when it was set or renewed meanwhile. */
export async function endFiring(db: Db, guard: Guard): Promise<void> {
  await ofRound(db, guard)
    .set({
      state: sql`case when due_at > fired_at then 'armed' else 'fired' end`,
      round: sql`round + (due_at > fired_at)::int`,
      // Whoever finished it canceled what was open then: signs from before are dealt with.
      fired_at: sql`claimed_at`,
      claimed_at: null,
    })
    .where('state', '=', 'firing')
    .execute();
}

const ofRound = (db: Db, { kind, subject_id, round }: Guard) =>
  db
    .updateTable('cancel_guards')
    .where('kind', '=', kind)
    .where('subject_id', '=', subject_id)
    .where('round', '=', round);

/**
 * Simulators that it cancels in. One that is put away and has nothing open, as the archive knows it,
 * is not woken up for nothing.
 */
export async function simulatorsUnder(db: Db, { kind, subject_id }: GuardKey): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from simulators s where state <> 'stopped' and
      ${kind === 'disconnect' ? sql`session_id` : sql`id`} = ${subject_id} and
      (state <> 'hibernated' or exists (
        select from simulator_orders o
        where o.simulator_id = s.id and o.status in ('new', 'partiallyFilled')))`.execute(db);
  return rows.map(({ id }) => id);
}
