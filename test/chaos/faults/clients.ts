/** Clients that misbehave, and connections that are taken away under a transaction. */
import pg from 'pg';
import { environmentOf } from '../../support/log.ts';
import type { Stage } from '../stage.ts';
import type { Row } from './row.ts';

const SAME_ORDER = 50;
const differing = new WeakMap<Stage, string[]>();

async function storm(stage: Stage): Promise<number> {
  const found = differing.get(stage) ?? [];
  differing.set(stage, found);
  for (const { flow } of stage.desks) {
    const answers = await flow.storm(SAME_ORDER);
    if (answers.size !== 1) found.push(`one order was answered as ${[...answers].join(', ')}`);
  }
  return stage.desks.length * SAME_ORDER;
}

/** @returns how many connections there were. */
async function cutDatabase({ system }: Stage): Promise<number> {
  const connectionString = environmentOf(system.home).servers.DATABASE_URL!;
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rowCount } = await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where pid <> pg_backend_pid() and backend_type = 'client backend'`,
    );
    return rowCount ?? 0;
  } finally {
    await client.end();
  }
}

export const clientRows: Row[] = [
  {
    name: 'same-order',
    matrix: '23',
    title: 'one order is sent fifty times at once',
    everyMs: 300,
    injections: 2,
    gapMaxMs: 10_000,
    inject: storm,
    verify: (stage) => differing.get(stage) ?? [],
  },
  {
    name: 'database-cut',
    matrix: '19',
    title: 'every connection to PostgreSQL is taken away',
    everyMs: 400,
    injections: 8,
    gapMaxMs: 5_000,
    inject: cutDatabase,
  },
];
