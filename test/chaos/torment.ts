/** Runs rows, one after the other, each with simulators of its own; the checker judges each. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Trader } from '../support/trader.ts';
import { breachesOf, check, type Verdict } from './checker/checker.ts';
import type { Row } from './faults/row.ts';
import { addUp, quantile, type RowOutcome } from './report.ts';
import { Stage } from './stage.ts';
import type { ChaosSystem } from './system.ts';
import { Witness } from './witness.ts';

const TRADERS = 3;
const ORDER_EVERY_MS = 250;
const STREAMS_PER_TRADER = 2;
/** Orders flow undisturbed for so long before the first injection and after the last. */
const AROUND_MS = 1_500;

export interface TormentOptions {
  system: ChaosSystem;
  rows: readonly Row[];
  seed: number;
  /** Multiplies every row's number of injections. */
  times: number;
  /** What earlier rounds found. */
  before?: readonly Verdict[];
  /** Asked before each row. */
  isOver?: () => boolean;
  onRow: (outcome: RowOutcome) => void;
}

export interface Torment {
  rows: RowOutcome[];
  verdicts: Verdict[];
}

export async function torment(options: TormentOptions): Promise<Torment> {
  const { system, rows, seed, times, onRow } = options;
  const witness = await Witness.open(system.home);
  const outcomes: RowOutcome[] = [];
  let verdicts: Verdict[] = [...(options.before ?? [])];
  try {
    const traders: Trader[] = [];
    for (let i = 0; i < TRADERS; i++) traders.push(await Trader.signUp(system.web));
    for (const [i, row] of rows.entries()) {
      if (options.isOver?.()) break;
      const name = `${row.name}-${i}`;
      const stage = new Stage({
        system,
        witness,
        traders,
        name,
        seed: seed + i * 1_000,
        orderEveryMs: ORDER_EVERY_MS,
        streamsPerTrader: row.streamsPerTrader ?? STREAMS_PER_TRADER,
      });
      const run = await runRow(row, stage, times);
      outcomes.push(run.outcome);
      verdicts = addUp(verdicts, run.verdicts);
      onRow(run.outcome);
    }
    return { rows: outcomes, verdicts };
  } finally {
    await witness.close();
  }
}

async function runRow(
  row: Row,
  stage: Stage,
  times: number,
): Promise<{ outcome: RowOutcome; verdicts: Verdict[] }> {
  const refused = () => stage.system.appends?.get('refused') ?? 0;
  const refusedBefore = refused();
  await stage.open();
  await sleep(AROUND_MS);
  let injections = 0;
  for (let i = 0; i < row.injections * times; i++) {
    injections += (await row.inject(stage)) ?? 1;
    await sleep(row.everyMs);
  }
  await sleep(AROUND_MS);
  await stage.settle();
  const histories = await stage.collect();
  const verdicts = check(histories);
  const flows = stage.desks.map(({ flow }) => flow);
  const waits = flows.flatMap(({ timed }) => timed.map(({ tookMs }) => tookMs));
  const resumes = stage.desks.flatMap(({ streams }) =>
    streams.flatMap(({ resumedAfterMs }) => resumedAfterMs),
  );
  const { name, matrix, title } = row;
  const outcome: RowOutcome = {
    name,
    matrix,
    title,
    injections,
    orders: waits.length,
    worstGapMs: Math.max(0, ...waits),
    medianMs: quantile(waits, 0.5),
    resumeP99Ms: resumes.length > 0 ? quantile(resumes, 0.99) : null,
    refusedAppends: stage.system.appends && refused() - refusedBefore,
    breaches: [
      ...breachesOf(verdicts),
      ...flows.flatMap(({ failures }) => failures.map((each) => `order failed: ${each}`)),
      ...(row.verify?.(stage) ?? []),
    ],
  };
  outcome.breaches.push(...lateness(row, outcome));
  return { outcome, verdicts };
}

function lateness(row: Row, { worstGapMs, resumeP99Ms, orders }: RowOutcome): string[] {
  const found: string[] = [];
  if (orders === 0) found.push('no order was answered');
  if (worstGapMs > row.gapMaxMs) {
    found.push(`an order waited ${Math.round(worstGapMs)} ms, more than ${row.gapMaxMs} ms`);
  }
  const limitMs = row.resumeMaxMs ?? Number.POSITIVE_INFINITY;
  if (resumeP99Ms !== null && resumeP99Ms > limitMs) {
    found.push(`screens were back after ${Math.round(resumeP99Ms)} ms, more than ${limitMs} ms`);
  }
  return found;
}
