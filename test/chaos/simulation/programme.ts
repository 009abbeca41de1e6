/** Many seeds, one after the other: what died where, what broke, and how to see it again. */
import { CRASH_POINTS, type CrashPoint } from '../../../services/simulator/runtime/crash-points.ts';
import { type CaseOutcome, caseOf, runCase } from './cases.ts';

const PROGRESS_EVERY_MS = 10_000;
const FAILURES_SHOWN = 10;

export interface Programme {
  cases: number;
  commands: number;
  deaths: Map<CrashPoint, number>;
  failures: CaseOutcome[];
}

/** @param onCase  Told of each, in order. */
export async function runProgramme(
  firstSeed: number,
  count: number,
  onCase: (outcome: CaseOutcome, programme: Programme) => void = () => {},
): Promise<Programme> {
  const deaths = new Map<CrashPoint, number>(CRASH_POINTS.map((point) => [point, 0]));
  const programme: Programme = { cases: 0, commands: 0, deaths, failures: [] };
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const outcome = await runCase(caseOf(seed));
    programme.cases += 1;
    programme.commands += outcome.commands;
    for (const [point, times] of outcome.deaths) deaths.set(point, deaths.get(point)! + times);
    if (outcome.breaches.length > 0) programme.failures.push(outcome);
    onCase(outcome, programme);
  }
  return programme;
}

/** `npm run chaos -- --simulate N`. @returns the exit code. */
export async function simulateMany(firstSeed: number, count: number): Promise<number> {
  const startedMs = performance.now();
  let toldMs = startedMs;
  const programme = await runProgramme(firstSeed, count, (outcome, { cases, failures }) => {
    if (outcome.breaches.length > 0) tellFailure(outcome);
    if (performance.now() - toldMs < PROGRESS_EVERY_MS) return;
    toldMs = performance.now();
    console.log(`  ${cases} of ${count} cases, ${failures.length} broken`);
  });
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  for (const line of summary(programme)) console.log(line);
  console.log(`${seconds} s, seeds ${firstSeed} to ${firstSeed + count - 1}`);
  return programme.failures.length === 0 ? 0 : 1;
}

/** A line for each step of the commit path, and the sum. */
export function summary({ cases, commands, deaths, failures }: Programme): string[] {
  const lines = [...deaths].map(([point, times]) => `${point.padEnd(15)} ${times} deaths`);
  return [...lines, `${cases} cases, ${commands} commands, ${failures.length} broken`];
}

function tellFailure({ seed, kind, point, breaches }: CaseOutcome): void {
  const what = point ? `${kind} at ${point}` : kind;
  console.log(`\nseed ${seed} (${what}):`);
  for (const breach of breaches.slice(0, FAILURES_SHOWN)) console.log(`  ${breach}`);
  console.log(`  again: npm run chaos -- --simulate 1 --seed ${seed}\n`);
}
