/**
 * The seeded simulation as a programme: which case a seed stands for, and what came of it. Everything
 * follows from the seed, so a case that fails is run again by its number.
 */

import { testScenario } from '../../../services/simulator/market/testing/scenario.ts';
import { CRASH_POINTS, type CrashPoint } from '../../../services/simulator/runtime/crash-points.ts';
import { realVenues } from '../../../services/simulator/runtime/real-venues.ts';
import { ScenarioShelf } from '../../../services/simulator/runtime/scenario-shelf.ts';
import { DOUBLE_WORKLOAD, doubleVenues } from '../../../services/simulator/simulation/doubles.ts';
import {
  type Run,
  type SimulateOptions,
  STORMY,
  simulate,
} from '../../../services/simulator/simulation/simulate.ts';

/**
 * - `crash`: workers die at one step of the commit path in particular.
 * - `owners`: every worker believes that it owns everything.
 * - `engine`: the real engine and its market, instead of the small double.
 */
export type CaseKind = 'crash' | 'owners' | 'engine';

export interface SimulatedCase {
  seed: number;
  kind: CaseKind;
  /** With the kind `crash`. */
  point: CrashPoint | null;
}

export interface CaseOutcome extends SimulatedCase {
  /** Sentences about what is broken; empty when all is well. */
  breaches: string[];
  deaths: ReadonlyMap<CrashPoint, number>;
  commands: number;
  /** Of the last record of each simulator: equal for equal runs. */
  hashes: string[];
}

/**
 * How many cases in a round belong to a step. Most steps are reached with each command; the others only
 * now and then, so workers die there almost every time, and in more cases.
 */
const CASES_OF: Readonly<Record<CrashPoint, number>> = {
  recovered: 2,
  ownerAppended: 2,
  delivered: 1,
  executed: 1,
  appended: 1,
  committed: 1,
  acknowledged: 1,
  putAway: 4,
  snapshotMade: 4,
  snapshotStored: 4,
  commandsPurged: 4,
};
const STEPS = CRASH_POINTS.flatMap((point) => Array<CrashPoint>(CASES_OF[point]).fill(point));
const crashRate = (point: CrashPoint) => (CASES_OF[point] > 1 ? 0.9 : 0.4);
/** Put away often enough to die of it. */
const PUT_AWAY_RATE = 0.5;
const COMMANDS = { crash: 80, owners: 40, engine: 40 } as const;

/** Eight of ten seeds crash, step after step; one has two owners; one has the real engine. */
export function caseOf(seed: number): SimulatedCase {
  const tens = Math.floor(seed / 10);
  const unit = seed % 10;
  if (unit === 8) return { seed, kind: 'owners', point: null };
  if (unit === 9) return { seed, kind: 'engine', point: null };
  return { seed, kind: 'crash', point: STEPS[(tens * 8 + unit) % STEPS.length]! };
}

export async function runCase(given: SimulatedCase): Promise<CaseOutcome> {
  const run = await simulate(optionsOf(given));
  return {
    ...given,
    breaches: breachesOf(run, given.kind),
    deaths: run.deaths,
    commands: run.histories.reduce((sum, { commands }) => sum + commands.length, 0),
    hashes: run.histories.map(({ records }) => records.at(-1)?.body.hash ?? ''),
  };
}

function optionsOf({ seed, kind, point }: SimulatedCase): SimulateOptions {
  const common = { seed, commands: COMMANDS[kind], rates: STORMY };
  if (kind === 'engine') return { ...common, ...realEngine() };
  if (point === 'putAway') common.rates = { ...STORMY, putAway: PUT_AWAY_RATE };
  return {
    ...common,
    venues: doubleVenues,
    workload: DOUBLE_WORKLOAD,
    leasesIgnored: kind === 'owners',
    ...(point && { crashAt: { point, rate: crashRate(point) } }),
  };
}

function realEngine(): Pick<SimulateOptions, 'venues' | 'workload'> {
  const scenario = { ...testScenario(), warmUpSeconds: 5 };
  const [first] = scenario.instruments;
  return {
    venues: () => realVenues(new ScenarioShelf(() => Promise.resolve(scenario))),
    workload: {
      symbols: [first!.instrument.symbol],
      aroundTicks: first!.model.referenceTicks,
      scenarioHash: 'b'.repeat(64),
    },
  };
}

function breachesOf({ breaches, undecided, forgotten }: Run, kind: CaseKind): string[] {
  return [
    ...breaches.map(({ law, detail }) => `${law} ${detail}`),
    // The list of who is awake is kept by leases alone; where there are none it means nothing.
    ...(kind === 'owners' ? [] : forgotten),
    ...(undecided > 0 ? [`${undecided} commands were never decided`] : []),
  ];
}
