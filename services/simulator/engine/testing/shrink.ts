/** Makes a failing sequence as short and as plain as it gets, and shows it as a table. */
import { type Difference, firstDifference } from './comparison.ts';
import { type Step, stepText } from './steps.ts';

/** Sequences tried at most, and for how long: a test must say what it has found before its time is up. */
const MAX_TRIALS = 4_000;
const MAX_MS = 30_000;

/** The shortest sequence found that still differs; `steps` must differ. */
export function shrink(
  steps: readonly Step[],
  compare: (steps: readonly Step[]) => Difference | null = firstDifference,
): { steps: Step[]; difference: Difference } {
  let difference = compare(steps)!;
  let best = steps.slice(0, difference.step + 1);
  let trials = 0;
  const startMs = Date.now();
  const isBetter = (candidate: Step[]): boolean => {
    if (trials++ >= MAX_TRIALS || Date.now() - startMs > MAX_MS) return false;
    const found = compare(candidate);
    if (!found) return false;
    best = candidate.slice(0, found.step + 1);
    difference = found;
    return true;
  };
  for (let chunk = best.length >> 1; chunk >= 1; chunk >>= 1) {
    for (let from = 0; from < best.length; ) {
      if (!isBetter([...best.slice(0, from), ...best.slice(from + chunk)])) from += chunk;
    }
  }
  // Time that passes in a row passes at once.
  for (let at = best.length - 2; at >= 0; at--) {
    const [first, second] = [best[at], best[at + 1]];
    if (first?.by !== 'time' || second?.by !== 'time') continue;
    const both = { by: 'time' as const, seconds: first.seconds + second.seconds };
    isBetter([...best.slice(0, at), both, ...best.slice(at + 2)]);
  }
  for (let at = 0; at < best.length; at++) {
    for (const plainer of plainerThan(best[at])) {
      if (isBetter(best.with(at, plainer))) break;
    }
  }
  return { steps: best, difference };
}

/** Smaller sizes, plainest first. */
function plainerThan(step: Step): Step[] {
  if (!('order' in step)) return [];
  const lots = Number(/\d+/.exec(step.order)![0]);
  return [1, 2, 5, 10, lots >> 1]
    .filter((fewer) => fewer >= 1 && fewer < lots)
    .map((fewer) => ({ ...step, order: step.order.replace(/\d+/, String(fewer)) }));
}

/** What a person needs to see the defect: the steps, then both accounts of the last one. */
export function report(steps: readonly Step[], { engine, reference }: Difference): string {
  const lines = steps.map((step, i) => `${String(i + 1).padStart(4)}  ${stepText(step)}`);
  const rows = Array.from({ length: Math.max(engine.length, reference.length) }, (_, i) => [
    engine[i] ?? '',
    reference[i] ?? '',
  ]);
  const width = Math.max('engine'.length, ...rows.map(([left]) => left.length));
  const table = [['engine', 'reference'], ...rows].map(([left, right]) => {
    const mark = left === right || left === 'engine' ? ' ' : '≠';
    return `   ${mark} ${left.padEnd(width)} │ ${right}`;
  });
  return ['', ...lines, '', ...table, ''].join('\n');
}
