/** A row of a lab -> what the trader is told. Pure. */
import { moneyText } from '@sandpit/schemas/decimal.ts';
import type { Lab } from '@sandpit/schemas/lab.ts';
import type { Selectable } from 'kysely';
import type { LabsTable } from './tables.ts';

/** Over all outages of a lab. */
export interface OutageTotals {
  outages: number;
  blindMs: number;
  isBlind: boolean;
  resyncMs: number | null;
  fillsMissed: number;
  exposureWorstMicros: number;
  exposureSecondsMicros: number;
}

const NONE: OutageTotals = {
  outages: 0,
  blindMs: 0,
  isBlind: false,
  resyncMs: null,
  fillsMissed: 0,
  exposureWorstMicros: 0,
  exposureSecondsMicros: 0,
};

export function labView(
  row: Selectable<LabsTable>,
  totals: OutageTotals | null,
  nowMs: number,
): Lab {
  // It is over when its time is, whether or not that has been written down.
  const isDue = row.ended_at === null && +row.ends_at <= nowMs;
  const endedAt = isDue ? row.ends_at : row.ended_at;
  const { outages, blindMs, isBlind, resyncMs, fillsMissed, ...exposure } = totals ?? NONE;
  return {
    id: row.id,
    sessionId: row.session_id,
    state: endedAt ? 'ended' : 'running',
    seed: Number(row.seed),
    faults: row.faults,
    startedAt: row.started_at.toISOString(),
    endsAt: row.ends_at.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    endedBy: isDue ? 'timer' : row.ended_by,
    score: {
      requests: Number(row.requests),
      requestsLost: Number(row.requests_lost),
      answersLost: Number(row.answers_lost),
      refused: Number(row.refused),
      repeatsSent: Number(row.repeats_sent),
      duplicatesSent: Number(row.duplicates_sent),
      cancelsMissed: Number(row.cancels_missed),
      outages,
      blindMs,
      isBlind,
      resyncMs,
      fillsMissed,
      exposureWorst: moneyText(exposure.exposureWorstMicros),
      exposureSeconds: moneyText(exposure.exposureSecondsMicros),
    },
  };
}
