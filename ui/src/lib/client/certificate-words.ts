/** The realism certificate in words. */
import type { CertificatePart, CertificateVerdict } from '@sandpit/schemas/certificate.ts';

export const VERDICT_WORDS: Readonly<Record<CertificateVerdict, string>> = {
  within: 'in band',
  strays: 'near the band',
  outside: 'out of band',
  tooShort: 'too short to say',
  notMeasured: 'not measured',
};

const UNITS = {
  minutes: 'minutes of trading',
  marketOrders: 'market orders',
  days: 'whole days',
} as const;

export function bandWords({ low, high }: Pick<CertificatePart, 'low' | 'high'>): string {
  if (low !== null && low === high) return limitWords(low);
  if (low !== null && high !== null) return `${limitWords(low)} to ${limitWords(high)}`;
  if (low !== null) return `at least ${limitWords(low)}`;
  return high === null ? 'any' : `at most ${limitWords(high)}`;
}

/** Some limits are "more than nothing", a billionth away from it. */
const limitWords = (value: number) => String(Number(value.toFixed(6)));

export function valueWords(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

/** Why nothing is told; empty when something is. */
export function needWords({ verdict, need }: Pick<CertificatePart, 'verdict' | 'need'>): string {
  if (verdict === 'tooShort' && need) {
    const count = (value: number) => value.toLocaleString('en-US');
    return `takes ${count(need.least)} ${UNITS[need.of]}, here are ${count(need.has)}`;
  }
  if (verdict !== 'notMeasured') return '';
  return need ? 'nothing of the kind happened' : 'takes paired runs with orders of its own';
}
