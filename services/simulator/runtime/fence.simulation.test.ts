/** The fence is what keeps two owners apart: with it both lose nothing, without it the laws break. */
import { expect, test } from 'vitest';
import { DOUBLE_WORKLOAD, doubleVenues } from '../simulation/doubles.ts';
import { STORMY, simulate } from '../simulation/simulate.ts';

const SEEDS = [4_001, 4_002, 4_003];

/** Every worker believes that it owns everything: only the log keeps them apart. */
const run = (seed: number, fenceIgnored: boolean) =>
  simulate({
    seed,
    commands: 30,
    rates: STORMY,
    venues: doubleVenues,
    workload: DOUBLE_WORKLOAD,
    leasesIgnored: true,
    fenceIgnored,
  });

test.each(SEEDS)(
  'the log refuses the second owner, and no law is broken (SEED=%i)',
  async (seed) => {
    const { breaches, undecided, fenced } = await run(seed, false);
    expect(fenced.get('conflict')).toBeGreaterThan(10);
    expect(fenced.get('idTaken') ?? 0).toBe(0);
    expect(breaches).toEqual([]);
    expect(undecided).toBe(0);
  },
);

test.each(SEEDS)('with the fence off the laws find two writers (SEED=%i)', async (seed) => {
  const { breaches } = await run(seed, true);
  const broken = new Set(breaches.map(({ law }) => law));
  expect(broken).toContain('I3');
  expect(broken).toContain('I5');
});
