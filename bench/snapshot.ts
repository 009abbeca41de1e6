/** Snapshot and restore of a whole venue with many resting orders. */
import { restoreVenue } from '../services/simulator/venue/create.ts';
import { scenarioWith } from '../services/simulator/venue/testing/commands.ts';
import { fullVenue } from '../services/simulator/venue/testing/full-venue.ts';
import { type Spread, spreadOf } from './statistics.ts';
import { printTable } from './table.ts';

const ORDERS = 10_000;
const REPEATS = 25;

export interface SnapshotResult {
  restingOrders: number;
  bytes: number;
  /** Milliseconds; the first of a process beside the later ones. */
  snapshotMs: Spread & { first: number };
  restoreMs: Spread & { first: number };
  hashMs: Spread & { first: number };
}

export function benchSnapshot(): SnapshotResult {
  const venue = fullVenue(ORDERS);
  const scenario = scenarioWith();
  const [snapshots, restores, hashes]: [number[], number[], number[]] = [[], [], []];
  let bytes = 0;
  for (let i = 0; i < REPEATS; i++) {
    const started = performance.now();
    const saved = venue.snapshot();
    const savedAt = performance.now();
    const copy = restoreVenue(scenario, saved);
    const restoredAt = performance.now();
    const hash = copy.stateHash();
    hashes.push(performance.now() - restoredAt);
    snapshots.push(savedAt - started);
    restores.push(restoredAt - savedAt);
    bytes = saved.length;
    if (hash !== venue.stateHash() || Buffer.compare(copy.snapshot(), saved) !== 0) {
      throw new Error('The restored venue is not the one that was saved.');
    }
  }
  const result = {
    restingOrders: ORDERS,
    bytes,
    snapshotMs: spread(snapshots),
    restoreMs: spread(restores),
    hashMs: spread(hashes),
  };
  print(result);
  return result;
}

const spread = ([first, ...later]: number[]) => ({ first: first!, ...spreadOf(later) });

function print({ restingOrders, bytes, snapshotMs, restoreMs, hashMs }: SnapshotResult): void {
  const row = (name: string, { first, min, median, max }: Spread & { first: number }) => [
    name,
    ...[first, min, median, max].map((ms) => `${ms.toFixed(2)} ms`),
  ];
  printTable(
    `A venue with ${restingOrders} resting orders, ${(bytes / 1024).toFixed(0)} kB, byte-stable`,
    ['', 'first', 'min', 'median', 'max'],
    [row('snapshot', snapshotMs), row('restore', restoreMs), row('state hash', hashMs)],
  );
}
