/** How many simulators an account may run and keep. Counted under the account's lock. */
import { type Kysely, sql } from 'kysely';
import type { Database } from '../platform/database.ts';
import { problem } from '../platform/errors.ts';

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
  const unconfirmed = new Date(nowMs - STARTING_MAX_MS);
  const { rows } = await sql<Counts>`
    select count(*) filter (where state <> 'hibernated') as running, count(*) as kept,
      (select running_max from account_quotas where account_id = ${accountId}),
      (select kept_max from account_quotas where account_id = ${accountId})
    from simulators
    where account_id = ${accountId} and state <> 'stopped'
      and (state <> 'starting' or started_at > ${unconfirmed})`.execute(db);
  const { running, kept, running_max, kept_max } = rows[0] as Counts;
  const { runningMax, keptMax } = {
    runningMax: running_max ?? usual.runningMax,
    keptMax: kept_max ?? usual.keptMax,
  };
  const detail =
    Number(running) >= runningMax
      ? `You run ${running} simulators and may run ${runningMax}. Stop one, or put one away, first.`
      : `You keep ${kept} simulators and may keep ${keptMax}. Stop one that you need no more.`;
  if (Number(running) >= runningMax || Number(kept) >= keptMax) {
    throw problem('quotaExceeded', { detail });
  }
}
