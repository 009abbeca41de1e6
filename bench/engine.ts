/**
 * Matching on one core: three sizes of book, against npm nodejs-order-book on the same seeded
 * operations in the same run. Both must have made the same trades, or there is no result.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { EngineResult, PathResult } from './engine-run.ts';
import { benchSnapshot } from './snapshot.ts';
import { compact } from './statistics.ts';
import { printTable } from './table.ts';
import { MANY_OPEN_ORDERS } from './trader-path.ts';

const WORKLOADS = [
  { resting: 1_000, referenceOperations: 100_000 },
  { resting: 10_000, referenceOperations: 50_000 },
  { resting: 100_000, referenceOperations: 5_000 },
];
const TIMEOUT_MS = 300_000;

export async function benchEngine() {
  const workloads: EngineResult[] = [];
  for (const { resting, referenceOperations } of WORKLOADS) {
    const file = join(import.meta.dirname, 'engine-run.ts');
    const args = [file, `${resting}`, `${referenceOperations}`];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: TIMEOUT_MS });
    workloads.push(JSON.parse(stdout));
  }
  print(workloads);
  return { workloads, snapshot: benchSnapshot() };
}

function print(results: readonly EngineResult[]): void {
  printTable(
    'One core, 1 M operations: about 50 % adds near the touch, 40 % cancels, 10 % marketable (operations per second)',
    ['', 'cold', 'warm min', 'median', 'max', 'p50', 'p99', 'p99.9', 'allocated'],
    results.flatMap(({ resting, book, agents, trader, maker, events }) => [
      row(`${compact(resting)} resting: book`, book),
      row('   exchange, agents', agents),
      row('   exchange, trader: risk, account, events', trader),
      row(`   with ${MANY_OPEN_ORDERS} open orders`, maker),
      row('   the event objects of the trader’s path alone', events),
    ]),
  );
  printTable(
    'Against npm nodejs-order-book, identical trades checked',
    ['resting orders', 'at the end', 'trades', 'nodejs-order-book', 'book', 'ratio', 'peak memory'],
    results.map((each) => [
      compact(each.resting),
      `${each.restingAtEnd}`,
      `${each.trades}`,
      compact(each.referencePerSecond),
      compact(each.book.warmPerSecond.median),
      `${each.ratio.toFixed(0)} ×`,
      `${each.peakMegabytes.toFixed(0)} MB`,
    ]),
  );
}

const row = (name: string, path: PathResult): string[] => [
  name,
  compact(path.coldPerSecond),
  compact(path.warmPerSecond.min),
  compact(path.warmPerSecond.median),
  compact(path.warmPerSecond.max),
  `${path.p50Ns} ns`,
  `${path.p99Ns} ns`,
  `${path.p999Ns} ns`,
  `${path.bytesPerOperation.toFixed(1)} B`,
];
