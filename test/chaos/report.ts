/** What a run says: a line for each row while it runs, and one for each invariant at the end. */
import type { Verdict } from './checker/checker.ts';
import type { Row } from './faults/row.ts';

export interface RowOutcome {
  name: string;
  matrix: string;
  title: string;
  injections: number;
  orders: number;
  /** Longest wait for an answer, ms. */
  worstGapMs: number;
  /** Half of all orders were answered within, ms. */
  medianMs: number;
  /** 99th percentile of the times until a screen had everything again, ms; null without a loss. */
  resumeP99Ms: number | null;
  /** Appends that the log refused; null where nobody listened in. */
  refusedAppends: number | null;
  /** Broken invariants, orders that failed, and criteria of the row. */
  breaches: string[];
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(2)} s`;

export const ROW_HEADINGS = [
  'row'.padEnd(17),
  'matrix'.padEnd(7),
  'injections'.padStart(10),
  'orders'.padStart(7),
  'breaches'.padStart(9),
  'median'.padStart(8),
  'worst gap'.padStart(10),
  'resume p99'.padStart(11),
  'refused'.padStart(8),
].join(' ');

export function rowLine(row: RowOutcome): string {
  return [
    row.name.padEnd(17),
    row.matrix.padEnd(7),
    `${row.injections}`.padStart(10),
    `${row.orders}`.padStart(7),
    `${row.breaches.length}`.padStart(9),
    seconds(row.medianMs).padStart(8),
    seconds(row.worstGapMs).padStart(10),
    (row.resumeP99Ms === null ? '-' : seconds(row.resumeP99Ms)).padStart(11),
    `${row.refusedAppends ?? '-'}`.padStart(8),
  ].join(' ');
}

/**
 * Rows that are there to show the fence, and in which the log had nothing to refuse in the whole run:
 * they have proven nothing.
 */
export function unproven(rows: readonly Row[], outcomes: readonly RowOutcome[]): string[] {
  return rows
    .filter(({ provesFence }) => provesFence)
    .flatMap(({ name }) => {
      const own = outcomes.filter((outcome) => outcome.name === name);
      const seen = own.flatMap(({ refusedAppends }) => refusedAppends ?? []);
      const isProven = own.length === 0 || seen.length === 0 || seen.some((count) => count > 0);
      return isProven ? [] : [`${name}: not proven, the log refused no append`];
    });
}

/** The same invariants of several rows, added up. */
export function addUp(total: readonly Verdict[], more: readonly Verdict[]): Verdict[] {
  if (total.length === 0) return [...more];
  return total.map((verdict) => {
    const other = more.find(({ law }) => law === verdict.law);
    if (!other) return verdict;
    const breaches = [...verdict.breaches, ...other.breaches];
    return { ...verdict, checked: verdict.checked + other.checked, breaches };
  });
}

export const verdictLine = ({ law, title, checked, what, breaches }: Verdict): string =>
  `${law.padEnd(4)} ${title.padEnd(21)} ${`${checked}`.padStart(9)} ${what.padEnd(9)} ` +
  `${breaches.length} ${breaches.length === 1 ? 'breach' : 'breaches'}`;

/** @param share  Between 0 and 1. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
