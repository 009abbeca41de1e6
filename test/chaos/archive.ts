/** PostgreSQL's rows of a simulator, once it has caught up with the log. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { environmentOf } from '../support/log.ts';
import type { ArchiveRows } from './checker/history.ts';

const CATCH_UP_MS = 45_000;

/**
 * Waits until the archive stands at record `headN`, and reads.
 *
 * @returns the rows as they stand; where the archive did not catch up, the checker will say so.
 */
export async function archiveOf(
  home: string,
  simulatorId: string,
  headN: number,
): Promise<ArchiveRows> {
  const connectionString = environmentOf(home).servers.DATABASE_URL!;
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  await client.connect();
  const query = async (text: string) => (await client.query(text, [simulatorId])).rows;
  try {
    const deadline = performance.now() + CATCH_UP_MS;
    while ((await nOf(query)) < headN && performance.now() < deadline) await sleep(100);
    return await read(query, headN);
  } finally {
    await client.end();
  }
}

// biome-ignore lint/suspicious/noExplicitAny: rows as the driver gives them; int8 is text.
type Query = (text: string) => Promise<any[]>;

async function nOf(query: Query): Promise<number> {
  const [head] = await query('select n from simulator_heads where simulator_id = $1');
  return Number(head?.n ?? 0);
}

async function read(query: Query, shouldReach: number): Promise<ArchiveRows> {
  const of = (table: string) => query(`select * from ${table} where simulator_id = $1`);
  const [head] = await of('simulator_heads');
  const [account] = await of('simulator_accounts');
  return {
    shouldReach,
    head: head
      ? { n: Number(head.n), hash: head.hash, sequence: Number(head.sequence), fault: head.fault }
      : null,
    records: (await of('event_records')).map(({ n, hash, sequence }) => ({
      n: Number(n),
      hash,
      sequence: Number(sequence),
    })),
    orders: (await of('simulator_orders')).map((row) => ({
      orderId: row.order_id,
      status: row.status,
      filledLots: Number(row.filled_lots),
    })),
    executions: (await of('simulator_executions')).map((row) => ({
      executionId: row.execution_id,
      quantityLots: Number(row.quantity_lots),
      priceTicks: Number(row.price_ticks),
    })),
    positions: (await of('simulator_positions')).map((row) => ({
      symbol: row.symbol,
      quantityLots: Number(row.quantity_lots),
      costMicros: Number(row.cost_micros),
    })),
    account: account
      ? {
          cashMicros: Number(account.cash_micros),
          realisedMicros: Number(account.realised_micros),
          feesMicros: Number(account.fees_micros),
        }
      : null,
  };
}
