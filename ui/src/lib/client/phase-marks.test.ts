import type { QuoteFrame } from '@sandpit/schemas/market-data.ts';
import { describe, expect, test } from 'vitest';
import { phaseChange, phaseMarks } from './phase-marks.ts';

const NOW = '2026-01-05T14:30:00.000Z';

describe('phases on the chart', () => {
  const quote = (seconds: number, phase: string, more = {}) =>
    ({
      symbol: 'ACME',
      at: new Date(Date.parse(NOW) + 1_000 * seconds).toISOString(),
      phase,
      ...more,
    }) as QuoteFrame;
  const changes = (quotes: QuoteFrame[]) =>
    quotes.flatMap((each, i) => phaseChange(quotes[i - 1], each) ?? []);

  test('a change is what two quotes disagree on; the first quote is none', () => {
    expect(phaseChange(undefined, quote(1, 'halted'))).toBeNull();
    expect(phaseChange(quote(1, 'halted'), quote(2, 'halted'))).toBeNull();
    expect(phaseChange(quote(1, 'continuous'), quote(2, 'halted'))).toMatchObject({
      phase: 'halted',
      from: 'continuous',
      haltReason: null,
    });
  });

  test('halts and the return of trading, one to a bar', () => {
    const told = changes([
      quote(0, 'continuous'),
      quote(20, 'halted', { haltReason: 'volatility' }),
      quote(80, 'reopeningAuction'),
      quote(100, 'continuous'),
      quote(118, 'halted'),
      quote(119, 'continuous'),
      quote(300, 'closingAuction'),
      quote(310, 'closed'),
    ]);
    const start = Date.parse(NOW) / 1_000;
    expect(phaseMarks(told, 'ACME', 15).map((m) => [m.time - start, m.text, m.isHalt])).toEqual([
      [15, 'Halt: volatility', true],
      [90, 'Reopened', false],
      [105, 'Open', false],
      [300, 'Close', false],
    ]);
    expect(phaseMarks(told, 'OTHER', 15)).toEqual([]);
  });
});
