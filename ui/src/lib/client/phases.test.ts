import type { QuoteFrame } from '@sandpit/schemas/market-data.ts';
import { expect, test } from 'vitest';
import { bandText, phaseText } from './phases.ts';

const indicated = { indicativePrice: '1042.10', indicativeQuantity: '300.000' };

test.each`
  quote                                                                                          | text
  ${null}                                                                                        | ${''}
  ${{}}                                                                                          | ${''}
  ${{ phase: 'continuous' }}                                                                     | ${''}
  ${{ phase: 'preOpen' }}                                                                        | ${'Pre-open'}
  ${{ phase: 'openingAuction', ...indicated }}                                                   | ${'Opening auction 1,042.10 × 300'}
  ${{ phase: 'closed', indicativePrice: null }}                                                  | ${'Closed'}
  ${{ phase: 'continuous', limitState: 'limitUp' }}                                              | ${'Limit up'}
  ${{ phase: 'continuous', limitState: 'none' }}                                                 | ${''}
  ${{ phase: 'halted', haltReason: 'newsPending' }}                                              | ${'Halted: news pending'}
  ${{ phase: 'reopeningAuction', haltReason: 'volatility', auctionExtensions: 2, ...indicated }} | ${'Reopening auction: volatility 1,042.10 × 300, prolonged 2×'}
`('$quote: "$text"', ({ quote, text }) => {
  expect(phaseText(quote as QuoteFrame | null)).toBe(text);
});

const at = (time: string) => Date.parse(`2026-01-05T${time}Z`);
test.each([
  ['14:29:18.200', 'Pre-open, 0:42 left'],
  ['14:18:00', 'Pre-open, 12:00 left'],
  ['12:24:55', 'Pre-open, 2:05:05 left'],
  ['14:30:03', 'Pre-open, 0:00 left'],
])('at %s: %s', (time, text) => {
  const quote = { phase: 'preOpen', phaseEndsAt: '2026-01-05T14:30:00.000Z' } as QuoteFrame;
  expect(phaseText(quote, at(time))).toBe(text);
  expect(phaseText(quote)).toBe('Pre-open');
});

test('the bands, where there are any', () => {
  expect(bandText({ limitDownPrice: '1620.04', limitUpPrice: '1980.06' })).toBe(
    '1,620.04 – 1,980.06',
  );
  expect(bandText({ limitDownPrice: null })).toBe('');
});
