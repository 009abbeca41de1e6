/** The certificate as text, and what fails it. */

import { printTable } from '../../bench/table.ts';
import type { Part } from '../../services/simulator/market/realism/bands.ts';
import type { PartResult } from '../../services/simulator/market/realism/certificate.ts';
import type { Impact } from '../../services/simulator/market/realism/impact-measures.ts';
import type { Judged } from './realism.ts';

/**
 * Tests that are shown but do not fail the run, by symbol or `*`, each with its reason. Whatever is
 * not named here is gated.
 */
export const NOT_GATED: readonly { symbol: string; test: string; reason: string }[] = [];

export function isGated(symbol: string, test: string): boolean {
  return !NOT_GATED.some((each) => each.test === test && ['*', symbol].includes(each.symbol));
}

export function printCertificate({ symbol, name, subject, results, impact }: Judged): void {
  const rows = results.flatMap(({ test, parts }) =>
    parts.map((part, i) => [
      i === 0 ? `${test.id} ${test.name}` : '',
      part.part.name,
      numberText(part.value),
      bandText(part.part),
      errorText(part.part, impact) ?? rangeText(part),
      verdictText(part, isGated(symbol, test.id)),
    ]),
  );
  const within = results.filter((result) => result.isWithin).length;
  printTable(
    `${symbol}, ${name} (${subject.tickClass}-tick): ${within} of ${results.length} tests in band`,
    ['test', 'statistic', 'median', 'band', 'over seeds', ''],
    rows,
  );
}

/** `ACME R4` for every gated test out of its band. */
export const failuresOf = (judged: readonly Judged[]) =>
  judged.flatMap(({ symbol, results }) =>
    results
      .filter((result) => !result.isWithin && isGated(symbol, result.test.id))
      .map(({ test }) => `${symbol} ${test.id}`),
  );

function verdictText({ isWithin }: PartResult, gated: boolean): string {
  if (isWithin) return 'in';
  return gated ? 'OUT' : 'out (not gated)';
}

export function numberText(value: number): string {
  if (!Number.isFinite(value)) return 'not measured';
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

export function bandText({ low, high }: Part): string {
  const limit = (value: number) => String(Math.abs(value) < 1e-6 ? 0 : Number(value.toFixed(6)));
  if (low === high) return limit(low);
  if (high === Number.POSITIVE_INFINITY) return `≥ ${limit(low)}`;
  if (low === Number.NEGATIVE_INFINITY) return `≤ ${limit(high)}`;
  return `${limit(low)} … ${limit(high)}`;
}

export const rangeText = ({ values }: PartResult) =>
  values.length < 2
    ? ''
    : `${numberText(Math.min(...values))} … ${numberText(Math.max(...values))}`;

/** Standard error of a statistic of the parent orders; null for the others, which have a range. */
export function errorText({ id }: Part, impact: Impact | null): string | null {
  if (!impact) return null;
  const { exponent, prefactor, remaining } = impact.error;
  const error = {
    'R14.exponent': exponent,
    'R14.prefactor': prefactor,
    'R14.remaining': remaining,
  }[id];
  return error === undefined ? null : `± ${numberText(error)}`;
}
