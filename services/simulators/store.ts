/** Rows of simulators. The account is part of every statement: a foreign id is an unknown one. */
import type { AccountTerms } from '@sandpit/schemas/account.ts';
import { moneyText } from '@sandpit/schemas/decimal.ts';
import { INSTRUMENT_FEES } from '@sandpit/schemas/fees.ts';
import type { Simulator } from '@sandpit/schemas/http.ts';
import type { RiskTier } from '@sandpit/schemas/risk.ts';
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { Database } from '../platform/database.ts';
import { problem } from '../platform/errors.ts';
import { newId } from '../platform/ids.ts';
import { checkQuota, DEFAULT_QUOTA, type Quota, STARTING_MAX_MS } from './quota.ts';
import type { SimulatorsTable } from './tables.ts';

const LISTED_MAX = 100;

type Db = Kysely<Database>;
export type SimulatorRow = Selectable<SimulatorsTable>;

export interface Plan {
  accountId: string;
  sessionId: string;
  scenarioId: string;
  scenarioHash: string;
  /** Null: any. */
  seed: number | null;
  speed: number;
  startingCashMicros: number;
  currency: string;
  symbols: string[];
  riskTier: RiskTier;
  account: AccountTerms;
}

/**
 * Writes the row of a new simulator, in state `starting`. The same plan whose start was never
 * confirmed gives that row again, so that repeating an unanswered request starts nothing twice.
 *
 * @throws problem `quotaExceeded`
 */
export function reserve(
  db: Db,
  plan: Plan,
  drawnSeed: number,
  nowMs: number,
  quota: Quota = DEFAULT_QUOTA,
  id: string = newId(),
) {
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${plan.accountId}, 2))`.execute(tx);
    const pending = await findPending(tx, plan, nowMs);
    if (pending) return pending;
    await checkQuota(tx, plan.accountId, quota, nowMs);
    return insert(tx, plan, id, drawnSeed, nowMs);
  });
}

/** The row of a fork, in state `starting`. @throws problem `quotaExceeded` */
export function reserveFork(
  db: Db,
  parent: SimulatorRow,
  id: string,
  nowMs: number,
  quota: Quota = DEFAULT_QUOTA,
) {
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${parent.account_id}, 2))`.execute(tx);
    await checkQuota(tx, parent.account_id, quota, nowMs);
    const { symbols, account_terms } = parent;
    return tx
      .insertInto('simulators')
      .values({
        ...parent,
        id,
        seed: Number(parent.seed),
        starting_cash_micros: Number(parent.starting_cash_micros),
        symbols: JSON.stringify(symbols),
        account_terms: JSON.stringify(account_terms),
        state: 'starting',
        started_at: new Date(nowMs),
        stopped_at: null,
        forked_from: parent.id,
        woken_n: null,
        woken_at: null,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
  });
}

function insert(
  tx: Transaction<Database>,
  plan: Plan,
  id: string,
  drawnSeed: number,
  nowMs: number,
) {
  return tx
    .insertInto('simulators')
    .values({
      id,
      account_id: plan.accountId,
      session_id: plan.sessionId,
      scenario_id: plan.scenarioId,
      scenario_hash: plan.scenarioHash,
      seed: plan.seed ?? drawnSeed,
      speed: plan.speed,
      starting_cash_micros: plan.startingCashMicros,
      currency: plan.currency,
      symbols: JSON.stringify(plan.symbols),
      risk_tier: plan.riskTier,
      account_terms: JSON.stringify(plan.account),
      state: 'starting',
      started_at: new Date(nowMs),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

async function findPending(
  tx: Transaction<Database>,
  plan: Plan,
  nowMs: number,
): Promise<SimulatorRow | undefined> {
  let query = tx
    .selectFrom('simulators')
    .selectAll()
    .where('account_id', '=', plan.accountId)
    .where('session_id', '=', plan.sessionId)
    .where('scenario_hash', '=', plan.scenarioHash)
    .where('speed', '=', plan.speed)
    .where('starting_cash_micros', '=', plan.startingCashMicros)
    .where(sql<boolean>`account_terms = ${JSON.stringify(plan.account)}::jsonb`)
    .where('risk_tier', '=', plan.riskTier)
    .where('state', '=', 'starting')
    .where('started_at', '>', new Date(nowMs - STARTING_MAX_MS));
  if (plan.seed !== null) query = query.where('seed', '=', plan.seed);
  return query.orderBy('started_at', 'desc').limit(1).executeTakeFirst();
}

/** The started record was seen. The projection of EVENTS comes to the same, a little later. */
export async function markStarted(db: Db, { id }: SimulatorRow): Promise<void> {
  await db
    .updateTable('simulators')
    .set({ state: 'running' })
    .where('id', '=', id)
    .where('state', '=', 'starting')
    .execute();
}

export async function markStopped(db: Db, { id }: SimulatorRow, nowMs: number): Promise<void> {
  await db
    .updateTable('simulators')
    .set({ state: 'stopped', stopped_at: new Date(nowMs) })
    .where('id', '=', id)
    .where('state', '!=', 'stopped')
    .execute();
}

/** Its start command was certainly never stored: it does not exist. */
export async function forget(db: Db, { id }: SimulatorRow): Promise<void> {
  await db.deleteFrom('simulators').where('id', '=', id).where('state', '=', 'starting').execute();
}

/** Newest first. */
export function listOwned(db: Db, accountId: string): Promise<SimulatorRow[]> {
  return db
    .selectFrom('simulators')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('started_at', 'desc')
    .limit(LISTED_MAX)
    .execute();
}

/** @throws problem `notFound`, for somebody else's simulator too. */
export async function getOwned(db: Db, accountId: string, id: string): Promise<SimulatorRow> {
  const row = await db
    .selectFrom('simulators')
    .selectAll()
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  if (!row) throw problem('notFound');
  return row;
}

export function viewOf(row: SimulatorRow): Simulator {
  return {
    id: row.id,
    sessionId: row.session_id,
    scenario: row.scenario_id,
    seed: Number(row.seed),
    speed: row.speed,
    startingCash: moneyText(Number(row.starting_cash_micros)),
    currency: row.currency,
    accountType: row.account_terms?.type ?? 'collateral',
    feeSchedule: row.account_terms?.fees.name ?? INSTRUMENT_FEES,
    state: row.state,
    symbols: row.symbols,
    startedAt: row.started_at.toISOString(),
    stoppedAt: row.stopped_at?.toISOString() ?? null,
    riskTier: row.risk_tier,
    ...(row.forked_from !== null && { forkedFrom: row.forked_from }),
  };
}
