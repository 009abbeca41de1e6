/**
 * Matching: operations per second of Sandpit's book against npm nodejs-order-book, on the same seeded
 * operations in the same run. Both must have traded the same, or there is no result.
 */
import { type Contender, nodejsOrderBook, sandpitAgents, sandpitBook } from './books.ts';
import { makeOperations, type Operations } from './operations.ts';
import { compact, quantile, type Spread, spreadOf } from './statistics.ts';
import { printTable } from './table.ts';
import { tradersPerSecond } from './trader-path.ts';

const REPEATS = 5;
const SEED = 20_261_121;
const SIZES = [
  { resting: 1_000, operations: 1_000_000, referenceOperations: 50_000 },
  { resting: 10_000, operations: 1_000_000, referenceOperations: 10_000 },
  { resting: 100_000, operations: 1_000_000, referenceOperations: 1_000 },
];
const LATENCY_OPERATIONS = 200_000;

export interface EngineResult {
  resting: number;
  /** Operations per second. Cold: the first repeat, before the compiler has settled. */
  coldPerSecond: number;
  warmPerSecond: Spread;
  /** The agents' path of the exchange: fingerprint and trade reports, no account. */
  agentsPerSecond: number;
  /** The trader's: risk, account, settlement, events. */
  traderPerSecond: number;
  referencePerSecond: number;
  /** Warm median over reference. */
  ratio: number;
  p50Ns: number;
  p999Ns: number;
}

export function benchEngine(): EngineResult[] {
  const results = SIZES.map(({ resting, operations, referenceOperations }) => {
    const all = makeOperations(operations, resting, SEED);
    const [cold, ...warm] = Array.from({ length: REPEATS }, () =>
      measure(sandpitBook(all.count), all),
    );
    const few = makeOperations(referenceOperations, resting, SEED);
    const reference = measureAlike(few);
    const warmPerSecond = spreadOf(warm);
    const { p50Ns, p999Ns } = latencies(all);
    return {
      resting,
      coldPerSecond: cold!,
      warmPerSecond,
      agentsPerSecond: medianOf(() => measure(sandpitAgents(all.count), all)),
      traderPerSecond: medianOf(() => tradersPerSecond(all)),
      referencePerSecond: reference,
      ratio: warmPerSecond.median / reference,
      p50Ns,
      p999Ns,
    };
  });
  print(results);
  return results;
}

const medianOf = (run: () => number) => quantile(Array.from({ length: REPEATS }, run), 0.5);

/** Operations per second after the preload. */
function measure(contender: Contender, operations: Operations): number {
  contender.run(operations, 0, operations.preload);
  const started = performance.now();
  contender.run(operations, operations.preload, operations.count);
  const seconds = (performance.now() - started) / 1_000;
  return (operations.count - operations.preload) / seconds;
}

/** Runs the reference, and checks that our book trades the same on the same operations. */
function measureAlike(operations: Operations): number {
  const reference = nodejsOrderBook();
  const ours = sandpitBook(operations.count);
  const perSecond = measure(reference, operations);
  measure(ours, operations);
  const [theirs, mine] = [reference.traded(), ours.traded()];
  if (JSON.stringify(theirs) !== JSON.stringify(mine)) {
    throw new Error(
      `The books disagree, so there is nothing to compare: ${JSON.stringify({ theirs, mine })}`,
    );
  }
  return perSecond;
}

/** Single operations, timed one by one on a warm book; includes about 30 ns for reading the clock. */
function latencies(operations: Operations): { p50Ns: number; p999Ns: number } {
  const contender = sandpitBook(operations.count);
  contender.run(operations, 0, operations.count - LATENCY_OPERATIONS);
  const nanoseconds: number[] = [];
  for (let i = operations.count - LATENCY_OPERATIONS; i < operations.count; i++) {
    const started = process.hrtime.bigint();
    contender.run(operations, i, i + 1);
    nanoseconds.push(Number(process.hrtime.bigint() - started));
  }
  return { p50Ns: quantile(nanoseconds, 0.5), p999Ns: quantile(nanoseconds, 0.999) };
}

function print(results: readonly EngineResult[]): void {
  printTable(
    'Matching, one thread (operations per second; 50 % adds, 40 % cancels, 10 % marketable)',
    [
      'resting orders',
      'cold',
      'warm min',
      'median',
      'max',
      'agents',
      'trader',
      'nodejs-order-book',
      'ratio',
      'p50',
      'p99.9',
    ],
    results.map((row) => [
      compact(row.resting),
      compact(row.coldPerSecond),
      compact(row.warmPerSecond.min),
      compact(row.warmPerSecond.median),
      compact(row.warmPerSecond.max),
      compact(row.agentsPerSecond),
      compact(row.traderPerSecond),
      compact(row.referencePerSecond),
      `${row.ratio.toFixed(0)} ×`,
      `${row.p50Ns} ns`,
      `${row.p999Ns} ns`,
    ]),
  );
}
