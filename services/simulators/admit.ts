/** Lets a simulator wake that was put away: counted like a start, and told what stands against trading. */
import type { StandingSwitch } from '@sandpit/schemas/risk.ts';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../platform/database.ts';
import { type KeptSwitch, standingSwitch, switchesOf } from '../platform/kill-switches.ts';
import { type Quota, wakeRefusal } from './quota.ts';
import './tables.ts';

/** A command that set a switch earlier than this is no longer stored anywhere. */
const COMMANDS_KEPT_MS = 24 * 3_600_000;

export interface Waking {
  simulatorId: string;
  accountId: string;
  /** Newest record of its log. */
  n: number;
}

export interface Admittance {
  /** Why it may not run now, for people; null = it may, and counts as running from here on. */
  refusal: string | null;
  /** As they stand, on or off. */
  switches: StandingSwitch[];
  /**
   * Switches may also wait among its commands, in states that are over: it has to be told again how
   * they stand, after those.
   */
  tellAgain: boolean;
}

/**
 * The mark is committed before the switches are read: whoever sets one meanwhile either sees the mark,
 * and sends the simulator a command, or has set it early enough to be read here.
 */
export async function admit(
  db: Kysely<Database>,
  { simulatorId, accountId, n }: Waking,
  quota: Quota,
  nowMs: number,
): Promise<Admittance> {
  const refusal = await db.transaction().execute(async (tx) => {
    // The lock of starts.
    await sql`select pg_advisory_xact_lock(hashtextextended(${accountId}, 2))`.execute(tx);
    const reason = await wakeRefusal(tx, accountId, simulatorId, quota, nowMs);
    if (reason !== null) return reason;
    await tx
      .updateTable('simulators')
      .set({ woken_n: n, woken_at: new Date(nowMs) })
      .where('id', '=', simulatorId)
      .where('account_id', '=', accountId)
      .execute();
    return null;
  });
  const kept = refusal === null ? await switchesOf(db, accountId) : [];
  const isRecent = ({ changed_at }: KeptSwitch) => changed_at.getTime() > nowMs - COMMANDS_KEPT_MS;
  return { refusal, switches: kept.map(standingSwitch), tellAgain: kept.some(isRecent) };
}
