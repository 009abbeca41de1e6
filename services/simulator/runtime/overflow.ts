/** Snapshots too large for a message: table `snapshots` of Postgres, newest two per simulator. */
import type { Kysely } from 'kysely';
import type { OverflowStore } from './snapshots.ts';

const KEPT_PER_SIMULATOR = 2;

/** @param open  The database, and with it its library: most workers never need either. */
export function postgresOverflow<Database>(open: () => Promise<Kysely<Database>>): OverflowStore {
  const load = async () => ({ database: await open(), sql: (await import('kysely')).sql });
  return {
    async put(simulatorId, n, bytes) {
      const { database, sql } = await load();
      const state = Buffer.from(bytes);
      await sql`
        insert into snapshots (simulator_id, n, state) values (${simulatorId}, ${n}, ${state})
        on conflict (simulator_id, n) do update set state = excluded.state, stored_at = now()
      `.execute(database);
      await sql`
        delete from snapshots where simulator_id = ${simulatorId} and n not in (
          select n from snapshots where simulator_id = ${simulatorId}
          order by stored_at desc limit ${KEPT_PER_SIMULATOR})
      `.execute(database);
      return `${simulatorId}/${n}`;
    },
    async get(pointer) {
      const { database, sql } = await load();
      const [simulatorId, n] = pointer.split('/');
      const query = sql<{ state: Buffer }>`
        select state from snapshots where simulator_id = ${simulatorId} and n = ${Number(n)}`;
      const { rows } = await query.execute(database);
      return rows[0]?.state ?? null;
    },
  };
}
