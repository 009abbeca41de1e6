/** Tables of the network lab; see the migration of that name. `int8` is text when read. */
import type { LabEnd, LabFault } from '@sandpit/schemas/lab.ts';
import type { ColumnType, JSONColumnType } from 'kysely';

type Int8 = ColumnType<string, number, number>;
type Counter = ColumnType<string, number | undefined, number>;

export interface LabsTable {
  id: string;
  session_id: string;
  account_id: string;
  seed: Int8;
  faults: JSONColumnType<LabFault[]>;
  started_at: Date;
  ends_at: Date;
  ended_at: Date | null;
  ended_by: LabEnd | null;
  requests: Counter;
  requests_lost: Counter;
  answers_lost: Counter;
  refused: Counter;
  repeats_sent: Counter;
  duplicates_sent: Counter;
  cancels_missed: Counter;
}

export interface LabOutagesTable {
  lab_id: string;
  simulator_id: string;
  began_at: Date;
  after_sequence: Int8;
  synced_at: Date | null;
  resync_ms: ColumnType<string | null, number | null | undefined, number>;
  fills_missed: Counter;
  exposure_worst_micros: Counter;
  exposure_seconds_micros: Counter;
}

declare module '../../platform/database.ts' {
  interface Database {
    labs: LabsTable;
    lab_outages: LabOutagesTable;
  }
}
