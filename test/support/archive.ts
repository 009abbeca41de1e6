/** Compares what PostgreSQL says about a simulator with the fold of its log. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatorAddress } from '@sandpit/bus/subjects.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import pg from 'pg';
import { foldRecords } from '../../services/simulator/simulation/fold.ts';
import { environmentOf } from './log.ts';

const PATIENCE_MS = 15_000;

/** Sentences about what differs; waits until the archive has caught up with the last record. */
export async function archiveViolations(
  home: string,
  { simulatorId }: SimulatorAddress,
  records: readonly EventRecord[],
): Promise<string[]> {
  const client = new pg.Client({ connectionString: environmentOf(home).servers.DATABASE_URL! });
  await client.connect();
  const query = async (text: string) => (await client.query(text, [simulatorId])).rows;
  try {
    const head = records.at(-1)!;
    if (!(await caughtUp(query, head))) return [`the archive never reached record ${head.n}`];
    const state = foldRecords(records);
    return [
      ...differences(
        'orders',
        await query(
          `select order_id || ' ' || status || ' ' || filled_lots as line
           from simulator_orders where simulator_id = $1`,
        ),
        [...state.orders.values()].map(
          (each) => `${each.orderId} ${each.status} ${each.filledLots}`,
        ),
      ),
      ...differences(
        'executions',
        await query(
          `select execution_id || ' ' || quantity_lots || ' ' || price_ticks as line
           from simulator_executions where simulator_id = $1`,
        ),
        state.executions.map(
          (each) => `${each.executionId} ${each.quantityLots} ${each.priceTicks}`,
        ),
      ),
      ...differences(
        'positions',
        await query(
          `select symbol || ' ' || quantity_lots || ' ' || cost_micros as line
           from simulator_positions where simulator_id = $1`,
        ),
        [...state.positions.values()].map(
          (each) => `${each.symbol} ${each.quantityLots} ${each.costMicros}`,
        ),
      ),
    ];
  } finally {
    await client.end();
  }
}

type Query = (text: string) => Promise<Record<string, string>[]>;

async function caughtUp(query: Query, head: EventRecord): Promise<boolean> {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    const [row] = await query('select n, hash from simulator_heads where simulator_id = $1');
    if (Number(row?.n) === head.n) return row!.hash === head.hash;
    await sleep(50);
  }
  return false;
}

function differences(
  what: string,
  rows: readonly Record<string, string>[],
  logged: readonly string[],
): string[] {
  const archived = rows.map(({ line }) => line!).sort();
  const expected = [...logged].sort();
  if (archived.join('\n') === expected.join('\n')) return [];
  const missing = expected.filter((line) => !archived.includes(line));
  const surplus = archived.filter((line) => !expected.includes(line));
  return [`${what}: the archive lacks [${missing}] and has [${surplus}] too many`];
}
