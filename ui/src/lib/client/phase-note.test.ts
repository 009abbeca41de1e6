import type { QuoteFrame } from '@sandpit/schemas/market-data.ts';
import { describe, expect, test } from 'vitest';
import { phaseNote } from './phase-note.ts';

const indicated = { indicativePrice: '1042.10', indicativeQuantity: '300.000' };
const NOW = '2026-01-05T14:30:00.000Z';
const endsAt = '2026-01-05T14:31:05.000Z';

describe('the note above the book', () => {
  const at = { phaseEndsAt: endsAt };
  const halted = { phase: 'halted', haltReason: 'newsPending' };
  const reopening = { phase: 'reopeningAuction', haltReason: 'volatility', ...at };
  const bands = { limitUpPrice: '1890.00', limitDownPrice: '1710.00' };
  test.each`
    quote                                                         | title                                             | detail                                      | indication
    ${{ ...halted, ...at }}                                       | ${'Halted: news pending'}                         | ${'Reopening auction in 1:05'}              | ${''}
    ${{ ...halted, phaseEndsAt: null }}                           | ${'Halted: news pending'}                         | ${'Until it is reopened'}                   | ${''}
    ${{ ...reopening, ...indicated }}                             | ${'Reopening auction: volatility'}                | ${'Reopens in 1:05'}                        | ${'1,042.10 × 300'}
    ${{ ...reopening, auctionExtensions: 2 }}                     | ${'Reopening auction: volatility, prolonged 2 ×'} | ${'Reopens in 1:05'}                        | ${'No match yet'}
    ${{ phase: 'preOpen', ...at }}                                | ${'Pre-open'}                                     | ${'Opening auction in 1:05'}                | ${'No match yet'}
    ${{ phase: 'closed', ...at }}                                 | ${'Closed'}                                       | ${'Pre-open in 1:05'}                       | ${''}
    ${{ ...bands, phase: 'continuous', limitState: 'limitUp' }}   | ${'Limit up at 1,890.00'}                         | ${'Trading halts if the quote stays there'} | ${''}
    ${{ ...bands, phase: 'continuous', limitState: 'limitDown' }} | ${'Limit down at 1,710.00'}                       | ${'Trading halts if the quote stays there'} | ${''}
  `('$quote.phase: $title', ({ quote, title, detail, indication }) => {
    expect(phaseNote(quote, Date.parse(NOW))).toMatchObject({ title, detail, indication });
  });

  test.each([null, {}, { phase: 'continuous' }, { phase: 'continuous', limitState: 'none' }])(
    'none for %j',
    (quote) => expect(phaseNote(quote as QuoteFrame | null, 0)).toBeNull(),
  );

  test('only what is against the timetable alarms', () => {
    const alarms = (quote: object) => phaseNote(quote as QuoteFrame, 0)?.isAlarm;
    expect(alarms(halted)).toBe(true);
    expect(alarms({ phase: 'closingAuction' })).toBe(false);
    expect(alarms({ phase: 'continuous', limitState: 'limitUp' })).toBe(true);
    expect(alarms({ phase: 'continuous', limitState: 'straddle' })).toBe(false);
  });
});
