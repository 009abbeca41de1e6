/** What an import did, as text for a terminal. */
import { priceText } from '@sandpit/schemas/decimal.ts';
import type { Imported } from './import-files.ts';
import type { FileReport } from './row-tally.ts';

const OUTCOMES = {
  published: 'imported',
  replaced: 'imported in place of the old one',
  unchanged: 'was there already, unchanged',
  checked: 'checked, not written (dry run)',
} as const;

export function summaryText(imports: readonly Imported[]): string {
  return imports.map(scenarioText).join('\n\n');
}

function scenarioText({ scenario, summary, publication, reports }: Imported): string {
  const { instrument, model, recording } = scenario.instruments[0]!;
  const rows = recording!.midHalfTicks.length;
  const seconds = ((rows - 1) * recording!.stepMs) / 1_000;
  const price = priceText(model.referenceTicks, instrument);
  return [
    `${scenario.id}: ${OUTCOMES[publication]}`,
    `  ${scenario.title}; opens ${scenario.opensAt}`,
    `  ${instrument.symbol}, ${Math.round(seconds)} s in ${rows} steps of ${recording!.stepMs} ms, from ${price} ${instrument.currency}`,
    `  model: spread ${model.typicalSpreadTicks} ticks, touch ${model.typicalDepthLots} lots, ` +
      `${model.marketOrdersPerSecond} market orders/s of about ${model.typicalOrderLots} lots, ` +
      `volatility ${(100 * model.volatilityPerDay).toFixed(2)} % a day`,
    ...reports.flatMap(reportLines),
    `  hash ${summary.hash}`,
  ].join('\n');
}

function reportLines({ file, format, rows, used, leftOut, bad, badLines }: FileReport): string[] {
  const reasons = Object.entries(leftOut).map(([reason, count]) => `${count} ${reason}`);
  const listed =
    bad > badLines.length ? [`      … and ${bad - badLines.length} more bad rows`] : [];
  return [
    `  ${file} (${format}): ${rows} rows, ${used} used, ${bad} bad`,
    ...(reasons.length > 0 ? [`      left out: ${reasons.join(', ')}`] : []),
    ...badLines.map((line) => `      ${line}`),
    ...listed,
  ];
}
