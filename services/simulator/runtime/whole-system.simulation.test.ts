import { expect, test } from 'vitest';
import { testScenario } from '../market/testing/scenario.ts';
import { DOUBLE_WORKLOAD, doubleVenues } from '../simulation/doubles.ts';
import { type FaultRates, type Run, STORMY, simulate } from '../simulation/simulate.ts';
import { CRASH_POINTS, type CrashPoint } from './crash-points.ts';
import { realVenues } from './real-venues.ts';
import { ScenarioShelf } from './scenario-shelf.ts';

/** SEED=17 replays one run exactly; SEEDS=1000 runs more of them. */
const seedsFrom = (first: number, count: number) =>
  process.env.SEED
    ? [Number(process.env.SEED)]
    : Array.from({ length: Number(process.env.SEEDS ?? count) }, (_, i) => first + i);

function expectLawful({ breaches, undecided, forgotten }: Run): void {
  expect(breaches).toEqual([]);
  expect(forgotten).toEqual([]);
  // Everything that was accepted is decided once the storm is over.
  expect(undecided).toBe(0);
}

const died = new Map<CrashPoint, number>();
const doubles = (seed: number, rates: FaultRates, leasesIgnored = false) =>
  simulate({
    seed,
    commands: leasesIgnored ? 40 : 60,
    rates,
    venues: doubleVenues,
    workload: DOUBLE_WORKLOAD,
    leasesIgnored,
  });

test.each(seedsFrom(1, 20))(
  'the laws hold through crashes and lost answers (SEED=%i)',
  async (seed) => {
    const run = await doubles(seed, STORMY);
    for (const [point, count] of run.deaths) died.set(point, (died.get(point) ?? 0) + count);
    expectLawful(run);
  },
);

test.each(seedsFrom(1_001, 10))(
  'with two owners at once, only the log decides (SEED=%i)',
  async (seed) => {
    const run = await doubles(seed, STORMY, true);
    // The lists are fenced by the leases' epochs, which are all the same here.
    expectLawful({ ...run, forgotten: [] });
    const owners = run.histories.flatMap(({ records }) =>
      records.filter(({ body }) => body.type === 'owner'),
    );
    // Otherwise the fence was never exercised.
    expect(owners.length).toBeGreaterThan(10);
  },
);

test.skipIf(process.env.SEED)('workers died at every named step', async () => {
  for (let seed = 2_001; CRASH_POINTS.some((point) => !died.has(point)); seed++) {
    expect(seed).toBeLessThan(2_040);
    const run = await doubles(seed, { ...STORMY, crash: 0.04 });
    expectLawful(run);
    for (const [point, count] of run.deaths) died.set(point, (died.get(point) ?? 0) + count);
  }
});

const scenario = { ...testScenario(), warmUpSeconds: 5 };
const [first] = scenario.instruments;

test.each(seedsFrom(3_001, 8))('the real engine and its market (SEED=%i)', async (seed) => {
  const run = await simulate({
    seed,
    commands: 40,
    rates: STORMY,
    venues: () => realVenues(new ScenarioShelf(() => Promise.resolve(scenario))),
    workload: {
      symbols: [first!.instrument.symbol],
      aroundTicks: first!.model.referenceTicks,
      scenarioHash: 'b'.repeat(64),
    },
  });
  expectLawful(run);
  const filled = run.histories.flatMap(({ records }) =>
    records.flatMap(({ body }) => body.events.filter(({ type }) => type === 'orderFilled')),
  );
  expect(filled.length).toBeGreaterThan(0);
});
