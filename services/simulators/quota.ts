/** How many simulators an account may run and keep. Counted under the account's lock. */
import { type Kysely, sql } from 'kysely';
import type { Database } from '../platform/database.ts';
import { problem } from '../platform/errors.ts';
import { isWaking } from '../platform/kill-switches.ts';

/** A start that nobody confirmed in this time does not count any more. */
export const STARTING_MAX_MS = 120_000;

export interface Quota {
  /** Awake at once, paused and halted ones too. */
  runningMax: number;
  /** Together with those that hibernate; stopped ones are history and not counted. */
  keptMax: number;
}

export const DEFAULT_QUOTA: Quota = { runningMax: 3, keptMax: 20 };

interface Counts {
  running: string;
  kept: string;
  running_max: number | null;
  kept_max: number | null;
}

/** @throws problem `quotaExceeded`, saying what to do */
export async function checkQuota(
  db: Kysely<Database>,
  accountId: string,
  usual: Quota,
  nowMs: number,
): Promise<void> {
  const { running, kept, runningMax, keptMax } = await counted(db, accountId, usual, nowMs, '');
  if (running >= runningMax) throw problem('quotaExceeded', { detail: full(running, runningMax) });
  if (kept < keptMax) return;
  const detail = `You keep ${kept} simulators and may keep ${keptMax}. Stop one that you need no more.`;
  throw problem('quotaExceeded', { detail });
}

/** Why a simulator of the account that sleeps may not run now, for people; null = it may. */
export async function wakeRefusal(
  db: Kysely<Database>,
  accountId: string,
  simulatorId: string,
  usual: Quota,
  nowMs: number,
): Promise<string | null> {
  const { running, runningMax } = await counted(db, accountId, usual, nowMs, simulatorId);
  return running < runningMax ? null : full(running, runningMax);
}

const full = (running: number, max: number): string =>
  `You run ${running} simulators and may run ${max}. Stop one, or put one away, first.`;

/** @param except  Not counted; empty = all are. */
async function counted(
  db: Kysely<Database>,
  accountId: string,
  usual: Quota,
  nowMs: number,
  except: string,
) {
  const unconfirmed = new Date(nowMs - STARTING_MAX_MS);
  const { rows } = await sql<Counts>`
    select count(*) filter (where state <> 'hibernated'
        or (${isWaking} and woken_at > ${unconfirmed})) as running,
      count(*) as kept,
      (select running_max from account_quotas where account_id = ${accountId}),
      (select kept_max from account_quotas where account_id = ${accountId})
    from simulators
    where account_id = ${accountId} and id <> ${except} and state <> 'stopped'
      and (state <> 'starting' or started_at > ${unconfirmed})`.execute(db);
  const { running, kept, running_max, kept_max } = rows[0] as Counts;
  return {
    running: Number(running),
    kept: Number(kept),
    runningMax: running_max ?? usual.runningMax,
    keptMax: kept_max ?? usual.keptMax,
  };
}
