/** The order in which scenarios are offered; the first is what a new simulator starts with. */
import type { ScenarioSummary } from '@sandpit/schemas/scenario.ts';

const SAMPLE_DAY = 'sample-day';

/** What starts at once and needs no choice comes first. */
function rank({ id, kind }: ScenarioSummary): number {
  if (kind === 'synthetic') return 0;
  return id === SAMPLE_DAY ? 1 : 2;
}

/** Invented markets, then the built-in sample day, then recorded days, the latest first. */
export function shelved(scenarios: readonly ScenarioSummary[]): ScenarioSummary[] {
  return scenarios.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      Date.parse(b.opensAt) - Date.parse(a.opensAt) ||
      a.title.localeCompare(b.title, 'en'),
  );
}
