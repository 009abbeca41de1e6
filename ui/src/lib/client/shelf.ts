/** The order in which scenarios are offered; the first is what a new simulator starts with. */
import type { ScenarioSummary } from '@sandpit/schemas/scenario.ts';

const FIRST = 'synthetic-day';
const SAMPLE_DAY = 'sample-day';

/** What trades at once and needs no choice comes first. */
function rank({ id, kind }: ScenarioSummary): number {
  if (id === FIRST) return 0;
  if (kind === 'synthetic') return 1;
  return id === SAMPLE_DAY ? 2 : 3;
}

/** The open market, the other invented ones, the sample day, then recorded days, the latest first. */
export function shelved(scenarios: readonly ScenarioSummary[]): ScenarioSummary[] {
  return scenarios.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      Date.parse(b.opensAt) - Date.parse(a.opensAt) ||
      a.title.localeCompare(b.title, 'en'),
  );
}

/** Those in whose title, description, symbols or kind every word occurs; all when nothing is asked. */
export function matching(
  scenarios: readonly ScenarioSummary[],
  asked: string,
): readonly ScenarioSummary[] {
  const words = asked.toLocaleLowerCase('en').split(/\s+/).filter(Boolean);
  if (words.length === 0) return scenarios;
  return scenarios.filter(({ id, title, description, symbols, kind }) => {
    const kindWords = kind === 'replay' ? 'recorded day' : 'synthetic';
    const text = [id, title, description, ...symbols, kindWords].join(' ').toLocaleLowerCase('en');
    return words.every((word) => text.includes(word));
  });
}
