import type { EventRecord } from '@sandpit/schemas/record.ts';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createDatabase, type SandpitDatabase } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { archived } from '../commands/restore.ts';
import { longStopped } from '../commands/trim.ts';

let db: SandpitDatabase;
beforeAll(() => {
  db = createDatabase({
    url: inject('servers').databaseUrl,
    connectionsMax: 2,
    onError: () => {},
    applicationName: 'archive-test',
  });
});
afterAll(() => db.destroy());

let sequence = Date.now();

async function archive(simulatorId: string, ns: readonly number[]): Promise<void> {
  for (const n of ns) {
    const record = { version: 1, simulatorId, n, hash: `h${n}` } as EventRecord;
    const data = Buffer.from(JSON.stringify(record));
    await sql`insert into event_records
      (incarnation, sequence, simulator_id, account_id, n, hash, stored_at, data)
      values ('t', ${sequence++}, ${simulatorId}, 'a', ${n}, ${record.hash}, now(), ${data})`.execute(
      db,
    );
  }
}

async function stopped(daysAgo: number, ns: readonly number[], fault: string | null = null) {
  const id = newId();
  await sql`insert into simulators (id, account_id, session_id, scenario_id, scenario_hash, seed, speed,
      starting_cash_micros, currency, symbols, state, started_at, stopped_at)
    values (${id}, 'a', 's', 'x', 'h', 1, 1, 1, 'USD', '[]', 'stopped', now(),
      now() - make_interval(days => ${daysAgo}))`.execute(db);
  await sql`insert into simulator_heads (simulator_id, account_id, n, hash, sequence, fault)
    values (${id}, 'a', ${Math.max(...ns)}, 'h', 1, ${fault})`.execute(db);
  await archive(id, ns);
  return id;
}

test('the archive gives back every record once, in order, however long the log is', async () => {
  const id = newId();
  const ns = Array.from({ length: 2_003 }, (_, i) => i + 1);
  await sql`insert into event_records
      (incarnation, sequence, simulator_id, account_id, n, hash, stored_at, data)
    select 't', ${sequence}::bigint + n, ${id}, 'a', n, 'h' || n, now(),
      convert_to(json_build_object('version', 1, 'n', n, 'hash', 'h' || n)::text, 'UTF8')
    from generate_series(1, ${ns.length}) as n`.execute(db);
  sequence += 3_000;
  await archive(id, [5, 6, 7]);
  const records = await archived(db, id);
  expect(records.map(({ record }) => record.n)).toEqual(ns);
});

test('only what stopped long ago and is archived whole may leave the stream', async () => {
  const [old, recent, holed, broken] = [
    await stopped(40, [1, 2, 3, 3]),
    await stopped(10, [1, 2]),
    await stopped(40, [1, 3]),
    await stopped(40, [1, 2], 'record 3 names another predecessor'),
  ];
  // Its trader wants to come back to it.
  const saved = await stopped(40, [1, 2]);
  await sql`insert into saved_states (id, account_id, name, simulator_id, n, sim_ns, simulated_at)
    values (${newId()}, 'a', ${saved}, ${saved}, 2, 1, now())`.execute(db);
  const found = (await longStopped(db, 30)).map(({ id }) => id);
  expect(found).toContain(old);
  for (const id of [recent, holed, broken, saved]) expect(found).not.toContain(id);
  expect((await longStopped(db, 5)).map(({ id }) => id)).toContain(recent);
});
