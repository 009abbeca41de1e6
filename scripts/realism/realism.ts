/**
 * `npm run realism`: is the market lifelike? Runs every invented scenario for five seeds and five
 * days, measures the eighteen statistics and says which are in their band.
 *
 *   npm run realism -- --seeds 5 --days 5 --symbol ACME --no-impact --threads 2 --out realism.html
 *
 * Exits 1 when a gated test fails.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import {
  certificateOf,
  measuredImpact,
  type Subject,
  subjectOf,
  type TestResult,
} from '../../services/simulator/market/realism/certificate.ts';
import { type Curves, meanCurves } from '../../services/simulator/market/realism/curves.ts';
import {
  type Impact,
  parentImpact,
} from '../../services/simulator/market/realism/impact-measures.ts';
import { mean } from '../../services/simulator/market/statistics.ts';
import type { RunOptions } from '../first-run/options.ts';
import { StartError } from '../servers/start-error.ts';
import type { Seen } from './observe-days.ts';
import { pageOf } from './page.ts';
import { Pool } from './pool.ts';
import { failuresOf, printCertificate } from './report.ts';
import { judgedScenarios, withMembers } from './subjects.ts';

const THREADS_DEFAULT = 2;
/** Five sizes each, bought and sold: 210 runs. */
const PARENT_SEEDS = 21;

export interface Judged {
  scenario: string;
  symbol: string;
  name: string;
  subject: Subject;
  results: TestResult[];
  curves: Curves;
  impact: Impact | null;
}

interface Choice {
  seeds: number;
  days: number;
  symbols: string[];
  withImpact: boolean;
  threads: number;
  file: string;
}

export async function realism(_: RunOptions, args: readonly string[]): Promise<number> {
  const choice = readChoice(args);
  const scenarios = await chosenScenarios(choice);
  const pool = new Pool(choice.threads);
  try {
    const began = process.hrtime.bigint();
    const judged = (
      await Promise.all(
        scenarios.map(async (scenario) => {
          const own = await judge(scenario, choice, pool);
          for (const each of own) printCertificate(each);
          return own;
        }),
      )
    ).flat();
    const seconds = Number(process.hrtime.bigint() - began) / 1e9;
    writeFileSync(choice.file, pageOf(judged, choice));
    const failures = failuresOf(judged);
    console.log(`\n  ${choice.seeds} seeds × ${choice.days} days in ${seconds.toFixed(0)} s`);
    console.log(`  charts: ${choice.file}`);
    console.log(
      failures.length === 0
        ? '  every test is in its band'
        : `  out of band: ${failures.join(', ')}`,
    );
    return failures.length === 0 ? 0 : 1;
  } finally {
    await pool.close();
  }
}

/** @throws StartError when an option cannot be read. */
function readChoice(args: readonly string[]): Choice {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seeds: { type: 'string', default: '5' },
        days: { type: 'string', default: '5' },
        symbol: { type: 'string', multiple: true, default: [] },
        'no-impact': { type: 'boolean', default: false },
        threads: {
          type: 'string',
          default: String(Math.min(THREADS_DEFAULT, availableParallelism())),
        },
        out: { type: 'string', default: 'realism.html' },
      },
    });
    const count = (name: 'seeds' | 'days' | 'threads', most: number) => {
      const value = Number(values[name]);
      if (Number.isInteger(value) && value >= 1 && value <= most) return value;
      throw new Error(`--${name} is a whole number from 1 to ${most}`);
    };
    return {
      seeds: count('seeds', 100),
      days: count('days', 50),
      symbols: values.symbol,
      withImpact: !values['no-impact'],
      threads: count('threads', 64),
      file: resolve(process.env.INIT_CWD ?? process.cwd(), values.out),
    };
  } catch (error) {
    throw new StartError(
      (error as Error).message.split('. ')[0]!,
      'The options are --seeds N, --days N, --symbol S (again for more), --no-impact, --threads N, --out file.html.',
    );
  }
}

/** Scenarios cut down to the symbols asked for and what they follow. */
async function chosenScenarios({ symbols }: Choice): Promise<Scenario[]> {
  const scenarios = await judgedScenarios();
  const known = scenarios.flatMap((each) => each.instruments.map((i) => i.instrument.symbol));
  const unknown = symbols.filter((symbol) => !known.includes(symbol));
  if (unknown.length > 0) {
    throw new StartError(
      `There is no instrument ${unknown.join(', ')}.`,
      `The instruments are: ${known.join(', ')}.`,
    );
  }
  if (symbols.length === 0) return scenarios;
  return scenarios
    .map((scenario) => withMembers(scenario, symbols))
    .filter(({ instruments }) => instruments.length > 0);
}

async function judge(scenario: Scenario, choice: Choice, pool: Pool): Promise<Judged[]> {
  const seeds = Array.from({ length: choice.seeds }, (_, i) => i + 1);
  const seen = await Promise.all(
    seeds.map((seed) => pool.run({ kind: 'days', scenario, seed, days: choice.days })),
  );
  const wanted = scenario.instruments
    .map(({ instrument }, index) => ({ index, symbol: instrument.symbol, name: instrument.name }))
    .filter(({ symbol }) => choice.symbols.length === 0 || choice.symbols.includes(symbol));
  return Promise.all(
    wanted.map(async ({ index, symbol, name }) => {
      const own = seen.map((run) => run[index]!);
      const impact = choice.withImpact ? await impactOf(scenario, symbol, own, pool) : null;
      const subject = subjectOf(scenario.instruments[index]!);
      const runs = own.map(({ measured }) => new Map(measured));
      if (impact) for (const [id, value] of measuredImpact(impact)) runs[0]!.set(id, value);
      return {
        scenario: scenario.id,
        symbol,
        name,
        subject,
        results: certificateOf(runs, subject),
        curves: meanCurves(own.map(({ curves }) => curves)),
        impact,
      };
    }),
  );
}

async function impactOf(
  scenario: Scenario,
  symbol: string,
  seen: readonly Seen[],
  pool: Pool,
): Promise<Impact> {
  const dayLots = mean(seen.map((run) => run.dayLots));
  const volatility = mean(seen.map((run) => run.dayVolatility));
  const runs = await Promise.all(
    Array.from({ length: PARENT_SEEDS }, (_, i) =>
      pool.run({ kind: 'parents', scenario, symbol, seed: 1_000 + i, dayLots }),
    ),
  );
  return parentImpact(runs.flat(), volatility);
}
