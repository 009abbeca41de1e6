/**
 * The kill switches of accounts and of all, as they are kept: what holds for simulators that start
 * later. Those that run are told by a command each, and say so in their own logs.
 */
import type {
  KillActor,
  KillScope,
  KillSwitch,
  KillSwitchView,
  StandingSwitch,
} from '@sandpit/schemas/risk.ts';
import { type ColumnType, type Kysely, type Selectable, sql } from 'kysely';
import type { Database } from './database.ts';

export interface KillSwitchesTable {
  scope: Exclude<KillScope, 'simulator'>;
  /** Empty for the global one. */
  account_id: string;
  actor: KillActor;
  engaged: boolean;
  cancel_open_orders: boolean;
  reason: string;
  /** int8: text when read. Counts the changes, and so names them. */
  version: ColumnType<string, number, number>;
  changed_at: Date;
}

declare module './database.ts' {
  interface Database {
    kill_switches: KillSwitchesTable;
  }
}

type Db = Kysely<Database>;
export type KeptSwitch = Selectable<KillSwitchesTable>;
export type SwitchChange = Omit<KeptSwitch, 'version' | 'changed_at'>;

/** Sets or lifts a switch. @returns it as it stands from here on. */
export function keepSwitch(db: Db, change: SwitchChange, nowMs: number): Promise<KeptSwitch> {
  const changed_at = new Date(nowMs);
  return db
    .insertInto('kill_switches')
    .values({ ...change, version: 1, changed_at })
    .onConflict((conflict) =>
      conflict.columns(['scope', 'account_id', 'actor']).doUpdateSet({
        engaged: change.engaged,
        cancel_open_orders: change.cancel_open_orders,
        reason: change.reason,
        version: sql`kill_switches.version + 1`,
        changed_at,
      }),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Those of the account and of all, on or off, oldest change first. */
export function switchesOf(db: Db, accountId: string): Promise<KeptSwitch[]> {
  return db
    .selectFrom('kill_switches')
    .selectAll()
    .where('account_id', 'in', ['', accountId])
    .orderBy('changed_at')
    .execute();
}

/** Those that are on, as a start command carries them. */
export async function engagedSwitches(db: Db, accountId: string): Promise<KillSwitch[]> {
  const kept = await switchesOf(db, accountId);
  return kept
    .filter(({ engaged }) => engaged)
    .map(({ scope, actor: by, reason }) => ({ scope, by, reason }));
}

/** All whose simulators may not have heard yet: those that are on, and what changed of late. */
export function switchesToTell(db: Db, changedAfterMs: number): Promise<KeptSwitch[]> {
  return db
    .selectFrom('kill_switches')
    .selectAll()
    .where((e) => e.or([e('engaged', '=', true), e('changed_at', '>', new Date(changedAfterMs))]))
    .orderBy('changed_at')
    .limit(TOLD_MAX)
    .execute();
}

const TOLD_MAX = 1_000;

/**
 * Of a row of `simulators` in state `hibernated`: it was allowed to wake from the newest record that is
 * projected, so the projection is behind. It counts as awake before it is, and never the other way round.
 */
export const isWaking = sql<boolean>`coalesce(woken_n, 0) >=
  coalesce((select n from simulator_heads where simulator_id = simulators.id), 1)`;

/**
 * Simulators that run or will, and whose trading the switch stops. One that sleeps is not woken for
 * it: it reads the switches when it wakes, after it has said that it does, so one of the two sees
 * the other.
 */
export async function simulatorsUnder(
  db: Db,
  { scope, account_id }: Pick<KeptSwitch, 'scope' | 'account_id'>,
): Promise<{ simulatorId: string; accountId: string; sleeps: boolean }[]> {
  const { rows } = await sql<{ simulatorId: string; accountId: string; sleeps: boolean }>`
    select id as "simulatorId", account_id as "accountId",
      state = 'hibernated' and not (${isWaking}) as sleeps
    from simulators
    where state <> 'stopped' and (${scope} = 'global' or account_id = ${account_id})`.execute(db);
  return rows;
}

/** As a simulator that wakes is given them. */
export const standingSwitch = (kept: KeptSwitch): StandingSwitch => ({
  scope: kept.scope,
  by: kept.actor,
  engaged: kept.engaged,
  reason: kept.reason,
  cancelOpenOrders: kept.cancel_open_orders,
});

export const switchView = (kept: KeptSwitch): KillSwitchView => ({
  scope: kept.scope,
  by: kept.actor,
  engaged: kept.engaged,
  reason: kept.reason,
  since: kept.changed_at.toISOString(),
});
