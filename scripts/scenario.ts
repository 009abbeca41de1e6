/**
 * `npm run scenario -- check <file>`: is it a scenario, and does its market do what it promises?
 *
 * The market runs without a trader, once for each seed; every expectation must hold in every run.
 */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import type { Expectation } from '@sandpit/schemas/script.ts';
import { NS_PER_SECOND, type SimNs } from '@sandpit/schemas/units.ts';
import { canonicalJson } from '../services/platform/canonical.ts';
import { markHalfTicks } from '../services/simulator/engine/valuation.ts';
import { SimulatedVenue } from '../services/simulator/venue/simulated-venue.ts';
import { ScenarioError } from '../services/simulators/catalogue/check.ts';
import {
  MAX_SCENARIO_BYTES,
  readScenarioFile,
} from '../services/simulators/catalogue/scenario-file.ts';
import type { RunOptions } from './first-run/options.ts';
import { StartError } from './servers/start-error.ts';

const SEEDS = [1, 2, 3];
const USAGE = 'npm run scenario -- check <file.json or file.yaml, .gz or not> [--seed <n>]';

/** What one instrument did, second by second. */
interface Seen {
  /** Ticks; NaN while a side of the book is empty and nothing has traded. */
  mid: number[];
  spread: number[];
  phase: string[];
}

export interface Verdict {
  seed: number;
  expectation: Expectation;
  holds: boolean;
  /** What was seen. */
  seen: string;
}

export async function scenario(_: RunOptions, args: readonly string[]): Promise<number> {
  const [verb, file, flag, seed] = args;
  if (verb !== 'check' || !file || (flag !== undefined && flag !== '--seed')) {
    throw new StartError('It takes the word check and a file.', USAGE);
  }
  if (flag && !/^\d{1,9}$/.test(seed ?? '')) throw new StartError('--seed takes a number.', USAGE);
  const given = readScenario(file);
  const verdicts = (flag ? [Number(seed)] : SEEDS).flatMap((each) => judge(given, each));
  process.stdout.write(text(given, verdicts));
  return verdicts.every(({ holds }) => holds) ? 0 : 1;
}

/** @throws StartError with every reason */
export function readScenario(file: string): Scenario {
  const wrong = (what: string) => new StartError(`${file}: ${what}`, USAGE);
  try {
    if (statSync(file).size > MAX_SCENARIO_BYTES) throw wrong('is larger than 64 MiB');
    return readScenarioFile(readFileSync(file), file);
  } catch (error) {
    if (error instanceof StartError) throw error;
    if (error instanceof ScenarioError) throw new StartError(error.message, USAGE);
    throw wrong((error as Error).message);
  }
}

/** Runs the market as far as its expectations look. */
export function judge(given: Scenario, seed: number): Verdict[] {
  const expectations = given.expect ?? [];
  const until = Math.max(given.warmUpSeconds + 1, ...expectations.map(lastSecond));
  const seen = observe(given, seed, until);
  return expectations.map((expectation) => {
    const own = seen.get(expectation.symbol);
    if (!own) return { seed, expectation, holds: false, seen: 'no such instrument' };
    return { seed, expectation, ...judgeOne(expectation, own) };
  });
}

const lastSecond = (each: Expectation) => (each.type === 'phase' ? each.atSeconds : each.toSeconds);

function observe(given: Scenario, seed: number, until: number): Map<string, Seen> {
  const scenarioHash = createHash('sha256').update(canonicalJson(given)).digest('hex');
  const venue = new SimulatedVenue(given, { simulatorId: 'check', scenarioHash });
  venue.setFramesWanted(false);
  const body = {
    type: 'start' as const,
    sessionId: 'check',
    scenarioId: given.id,
    scenarioHash,
    seed,
    speed: 1,
  };
  const ids = {
    commandId: 'start',
    simulatorId: 'check',
    accountId: 'check',
    correlationId: 'check',
  };
  const times = { receivedAt: '1970-01-01T00:00:00.000Z', deadlineAt: null };
  const cash = { startingCashMicros: 1_000_000_000_000 as never };
  venue.execute({ ...ids, ...times, body: { ...body, ...cash } }, { wallMs: 0, sequence: 1 });
  const seen = venue.exchange.listings.map((): Seen => ({ mid: [], spread: [], phase: [] }));
  for (let second = 1; second <= until; second++) {
    venue.advanceTo((second * NS_PER_SECOND) as SimNs);
    venue.exchange.listings.forEach((listing, i) => {
      const { bestBid, bestAsk } = listing.book;
      const half = markHalfTicks(listing);
      seen[i]!.mid[second] = half === null ? Number.NaN : half / 2;
      seen[i]!.spread[second] = bestBid > 0 && bestAsk > 0 ? bestAsk - bestBid : Number.NaN;
      seen[i]!.phase[second] = listing.phase;
    });
  }
  return new Map(venue.instruments.map(({ symbol }, i) => [symbol, seen[i]!]));
}

function judgeOne(
  each: Expectation,
  { mid, spread, phase }: Seen,
): Pick<Verdict, 'holds' | 'seen'> {
  if (each.type === 'phase') {
    const found = phase[each.atSeconds]!;
    return { holds: found === each.phase, seen: found };
  }
  const { fromSeconds, toSeconds } = each;
  if (each.type === 'spread') {
    const there = spread.slice(fromSeconds, toSeconds + 1).filter((value) => !Number.isNaN(value));
    const mean = there.reduce((sum, value) => sum + value, 0) / there.length;
    return {
      holds: isWithin(mean, each.atLeastTicks, each.atMostTicks),
      seen: `${mean.toFixed(2)} ticks`,
    };
  }
  const start = mid[fromSeconds]!;
  const bps = (value: number) => (value / start - 1) * 10_000;
  if (each.type === 'priceMove') {
    const move = bps(mid[toSeconds]!);
    return {
      holds: isWithin(move, each.atLeastBps, each.atMostBps),
      seen: `${move.toFixed(0)} bps`,
    };
  }
  const moves = mid.slice(fromSeconds, toSeconds + 1).map(bps);
  const far = each.direction === 'up' ? Math.max(...moves) : -Math.min(...moves);
  return { holds: far >= each.atLeastBps, seen: `${far.toFixed(0)} bps ${each.direction}` };
}

/** Not a number is within nothing. */
const isWithin = (
  value: number,
  least = Number.NEGATIVE_INFINITY,
  most = Number.POSITIVE_INFINITY,
) => value >= least && value <= most;

function text(given: Scenario, verdicts: readonly Verdict[]): string {
  const lines = verdicts.map(({ seed, expectation, holds, seen }) => {
    const { type, symbol, ...rest } = expectation;
    return `${holds ? 'ok  ' : 'FAIL'}  seed ${seed}  ${type} ${symbol} ${JSON.stringify(rest)}: ${seen}`;
  });
  const failed = verdicts.filter(({ holds }) => !holds).length;
  const sum =
    verdicts.length === 0
      ? 'It is a usable scenario; it expects nothing.'
      : `It is a usable scenario; ${failed} of ${verdicts.length} expectations failed.`;
  return [`${given.id}: ${given.title}`, ...lines, sum, ''].join('\n');
}
