import { expect, test } from 'vitest';
import { DoubleVenue } from '../simulation/double-venue.ts';
import { STORMY, simulate } from '../simulation/simulate.ts';
import type { VenueFactory } from './recovery.ts';

const SEEDS = process.env.SEED
  ? [Number(process.env.SEED)]
  : Array.from({ length: Number(process.env.SEEDS ?? 60) }, (_, i) => i + 1);

const HASH = 'a'.repeat(64);

const doubles = (): VenueFactory => ({
  engineVersion: 'double-1',
  open: async (hash, id) => new DoubleVenue(id, hash),
  restore: async (hash, state) => new DoubleVenue('', hash, 'double-1', state),
});

test.each(SEEDS)('whole system under faults (SEED=%i)', async (seed) => {
  const run = await simulate({
    seed,
    commands: 60,
    rates: STORMY,
    venues: doubles,
    workload: { symbols: ['ACME'], aroundTicks: 100, scenarioHash: HASH },
  });
  expect(run.breaches).toEqual([]);
  expect(run.undecided).toBe(0);
});
