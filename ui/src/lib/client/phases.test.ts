import type { QuoteFrame } from '@sandpit/schemas/market-data.ts';
import { expect, test } from 'vitest';
import { phaseText } from './phases.ts';

const indicated = { indicativePrice: '1042.10', indicativeQuantity: '300.000' };

test.each`
  quote                                         | text
  ${null}                                       | ${''}
  ${{}}                                         | ${''}
  ${{ phase: 'continuous' }}                    | ${''}
  ${{ phase: 'preOpen' }}                       | ${'Pre-open'}
  ${{ phase: 'openingAuction', ...indicated }}  | ${'Opening auction 1,042.10 × 300'}
  ${{ phase: 'closed', indicativePrice: null }} | ${'Closed'}
`('$quote: "$text"', ({ quote, text }) => {
  expect(phaseText(quote as QuoteFrame | null)).toBe(text);
});
