/**
 * What a market costs: simulated seconds per CPU second for each scenario, and how many live
 * simulators at 1x one core carries. Processor time, not the clock on the wall, so that a busy
 * machine changes little; the reference is real time itself.
 */
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { NS_PER_SECOND, type SimNs } from '@sandpit/schemas/units.ts';
import { isStepDue } from '../services/simulator/runtime/cadence.ts';
import { openVenue } from '../services/simulator/venue/create.ts';
import { command, HASH, startBody } from '../services/simulator/venue/testing/commands.ts';
import type { Venue } from '../services/simulator/venue/venue.ts';
import { builtInScenarios } from '../services/simulators/catalogue/catalogue.ts';
import { quantile, type Spread, spreadOf } from './statistics.ts';
import { printTable } from './table.ts';

const STARTED_MS = 1_800_000_000_000;
const DEFAULT_SCENARIO = 'synthetic-day';
/** Longer than any scenario's opening auction takes to be over. */
const SETTLE_SECONDS = 120;
const STRETCH_SECONDS = 300;
const STRETCHES = 5;
/** As the worker's timer. */
const TICK_MS = 25;
const FRAME_MS = 100;
const LIVE_COUNTS = [10, 100, 300];
const LIVE_SECONDS = 10;
/** The rest of a core is for commands, leases and garbage. */
const HEADROOM = 0.7;

interface MarketCost {
  scenario: string;
  instruments: number;
  /** Simulated seconds per CPU second, frames not built. */
  rate: Spread;
  tradesPerSecond: number;
}

interface LiveCost {
  simulators: number;
  watched: boolean;
  /** Share of one core. */
  cpuShare: number;
  /** How many of them would fill HEADROOM of a core. */
  perCore: number;
  kbEach: number;
  /** Host milliseconds from when a tick was due to when its last simulator had moved. */
  lateMs: { p50: number; p99: number };
}

export async function benchMarket(): Promise<{ markets: MarketCost[]; live: LiveCost[] }> {
  const scenarios = await builtInScenarios();
  const markets = scenarios.map(costOf);
  printMarkets(markets);
  const scenario = scenarios.find(({ id }) => id === DEFAULT_SCENARIO)!;
  const crowd = new Crowd(scenario);
  const live: LiveCost[] = [];
  for (const simulators of LIVE_COUNTS) {
    crowd.growTo(simulators);
    for (const watched of [false, true]) live.push(await crowd.run(watched));
  }
  printLive(live);
  return { markets, live };
}

/** Running, with the market's past behind it. */
function startedVenue(scenario: Scenario, seed: number, wallMs = STARTED_MS): Venue {
  const venue = openVenue(scenario, { simulatorId: 'sim', scenarioHash: HASH });
  const start = { ...startBody(1, seed), scenarioId: scenario.id };
  const [answer] = venue.execute(command('start', start), { wallMs, sequence: 1 });
  if (venue.clock?.state !== 'running') throw new Error(`bench: ${JSON.stringify(answer)}`);
  venue.setFramesWanted(false);
  venue.advanceTo(venue.targetNs(wallMs));
  return venue;
}

function costOf(scenario: Scenario): MarketCost {
  const venue = startedVenue(scenario, 1);
  const run = (seconds: number) => {
    const untilNs = venue.nowNs + seconds * NS_PER_SECOND;
    // In the slices that the worker runs.
    while (venue.nowNs < untilNs) venue.advanceTo((venue.nowNs + NS_PER_SECOND) as SimNs);
  };
  run(SETTLE_SECONDS);
  const traded = () =>
    venue.instruments.reduce(
      (sum, { symbol }) => sum + (venue.trades(symbol, 1)?.[0]?.tradeId ?? 0),
      0,
    );
  const before = traded();
  const rates = Array.from({ length: STRETCHES }, () => {
    const cpu = process.cpuUsage();
    run(STRETCH_SECONDS);
    return STRETCH_SECONDS / cpuSeconds(cpu);
  });
  return {
    scenario: scenario.id,
    instruments: venue.instruments.length,
    rate: spreadOf(rates),
    tradesPerSecond: (traded() - before) / (STRETCHES * STRETCH_SECONDS),
  };
}

/** Simulators that live side by side in this process, as in a worker. */
class Crowd {
  readonly #scenario: Scenario;
  readonly #venues: Venue[] = [];
  readonly #bytesBefore = heldBytes();
  /** Host time for the venues: stands still between two runs. */
  #wallMs = STARTED_MS;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
  }

  growTo(count: number): void {
    while (this.#venues.length < count) {
      const seed = this.#venues.length + 1;
      // Nobody starts his simulator in the very millisecond in which all others did.
      const startedMs = this.#wallMs + ((seed * 37) % FRAME_MS);
      this.#venues.push(startedVenue(this.#scenario, seed, startedMs));
    }
  }

  async run(watched: boolean): Promise<LiveCost> {
    for (const venue of this.#venues) venue.setFramesWanted(watched);
    const startedAt = performance.now();
    const fromMs = this.#wallMs;
    const cpu = process.cpuUsage();
    const late: number[] = [];
    for (let tick = 1; tick <= (LIVE_SECONDS * 1_000) / TICK_MS; tick++) {
      const dueAt = startedAt + tick * TICK_MS;
      await until(dueAt);
      this.#wallMs = fromMs + Math.floor(performance.now() - startedAt);
      this.#step(watched);
      late.push(performance.now() - dueAt);
    }
    const cpuShare = cpuSeconds(cpu) / ((performance.now() - startedAt) / 1_000);
    const simulators = this.#venues.length;
    return {
      simulators,
      watched,
      cpuShare,
      perCore: Math.floor((simulators * HEADROOM) / cpuShare),
      kbEach: (heldBytes() - this.#bytesBefore) / simulators / 1_024,
      lateMs: { p50: quantile(late, 0.5), p99: quantile(late, 0.99) },
    };
  }

  #step(watched: boolean): void {
    for (const venue of this.#venues) {
      const targetNs = venue.targetNs(this.#wallMs);
      if (!isStepDue(venue, targetNs, watched)) continue;
      venue.advanceTo(targetNs);
      for (const { frame } of venue.takeFrames()) JSON.stringify(frame);
    }
  }
}

/** Garbage included: an upper bound. */
function heldBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const until = (atMs: number) =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, atMs - performance.now())));

function cpuSeconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

function printMarkets(markets: readonly MarketCost[]): void {
  printTable(
    'Simulated seconds per CPU second, the whole scenario (real time = 1)',
    ['scenario', 'instruments', 'trades/s', 'min', 'median', 'max'],
    markets.map(({ scenario, instruments, tradesPerSecond, rate }) => [
      scenario,
      String(instruments),
      tradesPerSecond.toFixed(2),
      ...[rate.min, rate.median, rate.max].map((value) => value.toFixed(0)),
    ]),
  );
}

function printLive(live: readonly LiveCost[]): void {
  printTable(
    `Live simulators of ${DEFAULT_SCENARIO} at 1x, a step every ${TICK_MS} ms, in one process`,
    ['simulators', 'frames', 'of a core', `at ${HEADROOM * 100} %`, 'kB each', 'p50', 'p99 late'],
    live.map(({ simulators, watched, cpuShare, perCore, kbEach, lateMs }) => [
      String(simulators),
      watched ? 'built' : 'none',
      `${(cpuShare * 100).toFixed(1)} %`,
      String(perCore),
      kbEach.toFixed(0),
      `${lateMs.p50.toFixed(1)} ms`,
      `${lateMs.p99.toFixed(1)} ms`,
    ]),
  );
}
