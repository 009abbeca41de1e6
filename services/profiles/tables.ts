/** Profiles' tables; see `migrations/0001-identity.ts`. */
import type { Profile } from '@sandpit/schemas/http.ts';
import type { Generated, JSONColumnType } from 'kysely';

export interface ProfilesTable {
  account_id: string;
  preferences: JSONColumnType<Profile>;
  updated_at: Generated<Date>;
}

export interface SavedPortfoliosTable {
  id: string;
  account_id: string;
  name: string;
  /** int8, as text. */
  starting_cash_micros: string;
  currency: string;
  created_at: Generated<Date>;
}

declare module '../platform/database.ts' {
  interface Database {
    profiles: ProfilesTable;
    saved_portfolios: SavedPortfoliosTable;
  }
}
