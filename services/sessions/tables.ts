/** The sessions table; see `migrations/0001-identity.ts`. */
import type { Generated } from 'kysely';

export interface SessionsTable {
  id: string;
  account_id: string;
  state: 'active' | 'expired' | 'closed';
  created_at: Date;
  /** Up to a minute behind; the newest heartbeat is in Redis and in memory. */
  last_seen_at: Date;
  expires_at: Date;
  ended_at: Date | null;
  /** int8: text when read. */
  resume_counter: Generated<string>;
}

export type { CancelGuardsTable } from './guards/store.ts';

declare module '../platform/database.ts' {
  interface Database {
    sessions: SessionsTable;
  }
}
