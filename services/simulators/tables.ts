/** The simulators table; see `migrations/0002-simulators.ts`. */
import type { AccountTerms } from '@sandpit/schemas/account.ts';
import type { RiskTier } from '@sandpit/schemas/risk.ts';
import type { ColumnType, Generated, JSONColumnType } from 'kysely';

export interface SimulatorsTable {
  id: string;
  account_id: string;
  session_id: string;
  scenario_id: string;
  scenario_hash: string;
  /** int8: text when read. */
  seed: string | number;
  speed: number;
  /** int8: text when read. */
  starting_cash_micros: string | number;
  currency: string;
  symbols: JSONColumnType<string[]>;
  risk_tier: RiskTier;
  /** Null: started before accounts had terms. */
  account_terms: JSONColumnType<AccountTerms> | null;
  state: 'starting' | 'running' | 'paused' | 'hibernated' | 'halted' | 'stopped';
  started_at: Date;
  stopped_at: Date | null;
  /** Whose past it has begun with. */
  forked_from: ColumnType<string | null, string | null | undefined, string>;
  /** The record that it was last allowed to wake from, and when. */
  woken_n: ColumnType<string | null, number | null | undefined, number>;
  woken_at: ColumnType<Date | null, Date | null | undefined, Date>;
}

type Int8 = ColumnType<string, number, number>;

export interface SavedStatesTable {
  id: string;
  account_id: string;
  name: string;
  simulator_id: string;
  n: Int8;
  sim_ns: Int8;
  simulated_at: Date;
  saved_at: Generated<Date>;
}

declare module '../platform/database.ts' {
  interface Database {
    simulators: SimulatorsTable;
    saved_states: SavedStatesTable;
  }
}
