/**
 * `npm run chaos`: faults against real processes while orders flow, judged by the checker.
 *
 * Prints one line for each row and one for each invariant; ends with 1 on any breach. The seed decides
 * orders, victims and moments; what real processes make of it is theirs.
 */
import { parseArgs } from 'node:util';
import type { RunOptions } from '../../scripts/first-run/options.ts';
import { StartError } from '../../scripts/servers/start-error.ts';
import { seeded } from '../../services/simulator/simulation/workload.ts';
import type { Row } from './faults/row.ts';
import { ELSEWHERE, ROWS, SELECTION } from './faults/rows.ts';
import { ROW_HEADINGS, type RowOutcome, rowLine, unproven, verdictLine } from './report.ts';
import { simulateMany } from './simulation/programme.ts';
import { startSystem } from './system.ts';
import { torment } from './torment.ts';

const BREACHES_SHOWN = 12;
const ROW_NAMES = ROWS.map(({ name }) => name);

interface ChaosOptions {
  rows: readonly Row[];
  seed: number;
  minutes: number | null;
  natsCluster: boolean;
  /** So many seeds of the simulation instead of real processes. */
  simulate: number | null;
}

/** @throws StartError naming what cannot be read. */
export function readChaosOptions(args: readonly string[]): ChaosOptions {
  const options = {
    rows: { type: 'string', default: 'all' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    'nats-cluster': { type: 'boolean', default: false },
    simulate: { type: 'string' },
  } as const;
  let values: {
    rows: string;
    seed: string;
    minutes?: string;
    'nats-cluster': boolean;
    simulate?: string;
  };
  try {
    ({ values } = parseArgs({ args: [...args], options }));
  } catch (error) {
    throw new StartError(
      (error as Error).message.split('. ')[0]!,
      `The options are --rows ${ROW_NAMES.slice(0, 2).join(',')},…, --seed N, --minutes N, --nats-cluster, --simulate N.`,
    );
  }
  return {
    rows: rowsOf(values.rows),
    seed: numberOf('--seed', values.seed, 0xffff_ffff),
    minutes: values.minutes === undefined ? null : numberOf('--minutes', values.minutes, 600),
    natsCluster: values['nats-cluster'],
    simulate:
      values.simulate === undefined ? null : numberOf('--simulate', values.simulate, 10_000_000),
  };
}

function rowsOf(text: string): Row[] {
  if (text === 'all') return ROWS.filter(({ isLong }) => !isLong);
  const names = text === 'selection' ? SELECTION : text.split(',');
  return names.map((name) => {
    const row = ROWS.find((each) => each.name === name);
    if (row) return row;
    const known = ['all', 'selection', ...ROW_NAMES].join(', ');
    throw new StartError(`There is no row "${name}".`, `The rows are: ${known}.`);
  });
}

function numberOf(name: string, text: string, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new StartError(
    `${name} ${text} is not a whole number from 1 to ${max}.`,
    `For example: ${name} 1`,
  );
}

export async function chaos(_: RunOptions, args: readonly string[]): Promise<number> {
  const options = readChaosOptions(args);
  const { seed, natsCluster } = options;
  if (options.simulate !== null) return simulateMany(seed, options.simulate);
  const say = (line: string) => console.log(line);
  console.log('starting a system of its own…');
  const random = seeded(seed);
  const system = await startSystem({ random, doors: 2, workers: 3, natsCluster, say });
  // What is asked twice is meant: nothing may outlive this process.
  const end = () => void system.dispose().then(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
  try {
    if (system.nats.reason) console.log(system.nats.reason);
    const rows = options.rows.filter(({ name, unavailable }) => {
      const reason = unavailable?.(system) ?? null;
      if (reason) console.log(`${name}: SKIPPED, ${reason}`);
      return !reason;
    });
    console.log(`seed ${seed}, nats-server ${system.nats.servers} × ${system.nats.version}\n`);
    console.log(ROW_HEADINGS);
    const deadlineMs = performance.now() + (options.minutes ?? 0) * 60_000;
    const outcomes: RowOutcome[] = [];
    let verdicts: Awaited<ReturnType<typeof torment>>['verdicts'] = [];
    for (let round = 0; round === 0 || performance.now() < deadlineMs; round++) {
      const run = await torment({
        system,
        rows,
        seed: seed + round * 100_000,
        times: 1,
        before: verdicts,
        isOver: () => round > 0 && performance.now() > deadlineMs,
        onRow(outcome) {
          outcomes.push(outcome);
          console.log(rowLine(outcome));
          for (const breach of outcome.breaches.slice(0, BREACHES_SHOWN))
            console.log(`  ${breach}`);
        },
      });
      verdicts = run.verdicts;
    }
    return report(outcomes, verdicts, options, system.complaints);
  } finally {
    await system.dispose();
  }
}

function report(
  outcomes: readonly RowOutcome[],
  verdicts: Awaited<ReturnType<typeof torment>>['verdicts'],
  { rows, seed }: ChaosOptions,
  complaints: () => string[],
): number {
  console.log('');
  for (const verdict of verdicts) console.log(verdictLine(verdict));
  const injections = outcomes.reduce((sum, row) => sum + row.injections, 0);
  const notProven = unproven(rows, outcomes);
  for (const line of notProven) console.log(line);
  const found = outcomes.reduce((sum, row) => sum + row.breaches.length, 0);
  const breaches = found + notProven.length;
  const orders = outcomes.reduce((sum, row) => sum + row.orders, 0);
  console.log('\nElsewhere, or not on a machine like this:');
  for (const [matrix, where] of Object.entries(ELSEWHERE)) {
    console.log(`  ${matrix.padEnd(6)} ${where}`);
  }
  console.log(`\n${injections} injections, ${orders} orders, ${breaches} breaches (seed ${seed})`);
  if (breaches === 0) return 0;
  console.log(`\nThe services said:\n${complaints().join('\n')}`);
  return 1;
}
