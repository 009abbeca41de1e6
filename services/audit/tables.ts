/** The audit trail's table; see `migrations/0012-audit.ts`. */
export interface AuditEntriesTable {
  /** int8: text when read. */
  n: string;
  id: string;
  incarnation: string;
  sequence: string;
  at: Date;
  account_id: string | null;
  /** Canonical JSON of the `AuditEntry`. */
  entry: string;
  previous_hash: string;
  hash: string;
}

declare module '../platform/database.ts' {
  interface Database {
    audit_entries: AuditEntriesTable;
  }
}
