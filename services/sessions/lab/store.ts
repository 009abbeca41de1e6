/** Network labs in Postgres. At most one of a session runs; a row says when it ends at the latest. */
import type { LabEnd, LabRequest } from '@sandpit/schemas/lab.ts';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import type { LabCounts, LabRecord, OutageEnd } from '../../platform/labs.ts';
import type { LabsTable } from './tables.ts';
import { labView, type OutageTotals } from './view.ts';

type Db = Kysely<Database>;
type LabRow = Selectable<LabsTable>;

/** Of one session, the running one included; older ones are forgotten. */
export const LABS_KEPT_MAX = 20;
/** In the whole house at once. */
const RUNNING_MAX = 1_000;
/** Times without sight are counted up to this many. */
const OUTAGES_MAX = 500;
/** A client that has not come back by then is not waited for. */
export const SYNC_WITHIN_MS = 600_000;

/** @returns the new lab and the one that gave way; null when too many run already. */
export function startLab(
  db: Db,
  of: { sessionId: string; accountId: string },
  request: LabRequest & { seed: number },
  nowMs: number,
): Promise<{ started: string; replaced: string | null } | null> {
  const { sessionId, accountId } = of;
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${sessionId}, 2))`.execute(tx);
    const replaced = await endLab(tx, sessionId, 'replaced', nowMs);
    const { running } = await tx
      .selectFrom('labs')
      .select(({ fn }) => fn.countAll<string>().as('running'))
      .where('ended_at', 'is', null)
      .executeTakeFirstOrThrow();
    if (Number(running) >= RUNNING_MAX) return null;
    const startedAtMs = Math.max(nowMs, (await lastStartMs(tx, sessionId)) + 1);
    const id = newId();
    await tx
      .insertInto('labs')
      .values({
        id,
        session_id: sessionId,
        account_id: accountId,
        seed: request.seed,
        faults: JSON.stringify(request.faults),
        started_at: new Date(startedAtMs),
        ends_at: new Date(startedAtMs + request.seconds * 1_000),
      })
      .execute();
    await sql`delete from labs where id in (select id from labs where session_id = ${sessionId}
      order by started_at desc offset ${LABS_KEPT_MAX})`.execute(tx);
    return { started: id, replaced };
  });
}

/** The newest is the one that began last: of two that are asked for at once, the second in turn. */
async function lastStartMs(db: Db, sessionId: string): Promise<number> {
  const { last } = await db
    .selectFrom('labs')
    .select(({ fn }) => fn.max('started_at').as('last'))
    .where('session_id', '=', sessionId)
    .executeTakeFirstOrThrow();
  return +(last ?? 0);
}

/** @returns the id of the lab that this has ended; null when none ran. */
export async function endLab(
  db: Db,
  sessionId: string,
  by: LabEnd,
  nowMs: number,
): Promise<string | null> {
  const row = await db
    .updateTable('labs')
    .set({
      ended_at: sql<Date>`greatest(started_at, least(ends_at, ${new Date(nowMs)}))`,
      ended_by: by,
    })
    .where('session_id', '=', sessionId)
    .where('ended_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return row?.id ?? null;
}

/** Ends what is due, and what has lost its session. @returns the ids. */
export async function endDueLabs(db: Db, nowMs: number): Promise<string[]> {
  const now = new Date(nowMs);
  const { rows } = await sql<{ id: string }>`
    update labs set ended_at = least(ends_at, ${now}),
      ended_by = case when ends_at <= ${now} then 'timer' else 'sessionEnded' end
    where ended_at is null and (ends_at <= ${now}
      or not exists (select from sessions s where s.id = session_id and s.state = 'active'))
    returning id`.execute(db);
  return rows.map(({ id }) => id);
}

/** The newest of a session. */
export async function newestLab(db: Db, sessionId: string): Promise<string | null> {
  const row = await db
    .selectFrom('labs')
    .select('id')
    .where('session_id', '=', sessionId)
    .orderBy('started_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.id ?? null;
}

/** Those that run, and those whose client is still blind. */
export async function openLabs(db: Db, nowMs: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from labs where ended_at is null
    union
    select lab_id from lab_outages join labs on labs.id = lab_id
    where synced_at is null and ended_at > ${new Date(nowMs - SYNC_WITHIN_MS)}
    limit ${2 * RUNNING_MAX}`.execute(db);
  return rows.map(({ id }) => id);
}

export async function countLab(db: Db, labId: string, counts: LabCounts): Promise<void> {
  const more = (column: string, by: number) => sql<number>`${sql.ref(column)} + ${by}`;
  await db
    .updateTable('labs')
    .set({
      requests: more('requests', counts.requests),
      requests_lost: more('requests_lost', counts.requestsLost),
      answers_lost: more('answers_lost', counts.answersLost),
      refused: more('refused', counts.refused),
      repeats_sent: more('repeats_sent', counts.repeatsSent),
      duplicates_sent: more('duplicates_sent', counts.duplicatesSent),
      cancels_missed: more('cancels_missed', counts.cancelsMissed),
    })
    .where('id', '=', labId)
    .execute();
}

/** Nothing when one of that simulator is open already. @returns whether it is new. */
export async function beginOutage(
  db: Db,
  labId: string,
  at: { simulatorId: string; beganAtMs: number; afterSequence: number },
): Promise<boolean> {
  const { rows } = await sql`
    insert into lab_outages (lab_id, simulator_id, began_at, after_sequence)
    select id, ${at.simulatorId}, ${new Date(at.beganAtMs)}, ${at.afterSequence} from labs
    where id = ${labId} and (select count(*) from lab_outages where lab_id = ${labId}) < ${OUTAGES_MAX}
    on conflict do nothing returning lab_id`.execute(db);
  return rows.length > 0;
}

/** @returns false when it had ended already. */
export async function endOutage(
  db: Db,
  labId: string,
  simulatorId: string,
  end: OutageEnd,
): Promise<boolean> {
  const row = await db
    .updateTable('lab_outages')
    .set({
      synced_at: new Date(end.syncedAtMs),
      resync_ms: end.resyncMs,
      fills_missed: end.fillsMissed,
      exposure_worst_micros: end.exposureWorstMicros,
      exposure_seconds_micros: end.exposureSecondsMicros,
    })
    .where('lab_id', '=', labId)
    .where('simulator_id', '=', simulatorId)
    .where('synced_at', 'is', null)
    .returning('lab_id')
    .executeTakeFirst();
  return row !== undefined;
}

export async function labRecords(
  db: Db,
  ids: readonly string[],
  nowMs: number,
): Promise<LabRecord[]> {
  if (ids.length === 0) return [];
  const rows: LabRow[] = await db.selectFrom('labs').selectAll().where('id', 'in', ids).execute();
  const [totals, open] = await Promise.all([outageTotals(db, ids, nowMs), openOutages(db, ids)]);
  return rows.map((row) => ({
    lab: labView(row, totals.get(row.id) ?? null, nowMs),
    accountId: row.account_id,
    outages: open.filter(({ labId }) => labId === row.id).map(({ labId: _, ...outage }) => outage),
  }));
}

async function outageTotals(
  db: Db,
  ids: readonly string[],
  nowMs: number,
): Promise<Map<string, OutageTotals>> {
  const until = sql`coalesce(synced_at, ${new Date(nowMs)})`;
  const { rows } = await sql<OutageTotals & { labId: string }>`
    select lab_id as "labId", count(*)::int as outages,
      round(sum(extract(epoch from ${until} - began_at) * 1000))::float8 as "blindMs",
      bool_or(synced_at is null) as "isBlind", max(resync_ms)::float8 as "resyncMs",
      sum(fills_missed)::float8 as "fillsMissed",
      max(exposure_worst_micros)::float8 as "exposureWorstMicros",
      sum(exposure_seconds_micros)::float8 as "exposureSecondsMicros"
    from lab_outages where lab_id in (${sql.join(ids)}) group by lab_id`.execute(db);
  return new Map(rows.map((row) => [row.labId, row]));
}

async function openOutages(db: Db, ids: readonly string[]) {
  const rows = await db
    .selectFrom('lab_outages')
    .selectAll()
    .where('lab_id', 'in', ids)
    .where('synced_at', 'is', null)
    .execute();
  return rows.map((row) => ({
    labId: row.lab_id,
    simulatorId: row.simulator_id,
    beganAtMs: +row.began_at,
    afterSequence: Number(row.after_sequence),
  }));
}
