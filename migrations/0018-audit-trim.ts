/** Old audit entries may be taken out by the one command that says so; still nobody changes any. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create or replace function audit_entries_stay() returns trigger language plpgsql as $$
    begin
      if tg_op = 'DELETE' and current_setting('sandpit.audit_trim', true) = 'yes' then
        return null;
      end if;
      raise exception 'The audit trail is only ever added to.';
    end $$`.execute(db);
}
