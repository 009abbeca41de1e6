import type { ScenarioSummary } from '@sandpit/schemas/scenario.ts';
import { describe, expect, test } from 'vitest';
import { matching, shelved } from './shelf.ts';

const scenario = (
  id: string,
  kind: 'synthetic' | 'replay',
  day: string,
  title = id,
): ScenarioSummary => ({
  id,
  title,
  description: '',
  kind,
  currency: 'USD',
  opensAt: `${day}T14:30:00.000Z`,
  symbols: ['ACME'],
  hash: '0'.repeat(64),
  source: null,
});

test('the open invented market first, the other invented ones, the sample day, then recorded days by date', () => {
  const listed = [
    scenario('old-day', 'replay', '2019-03-01'),
    scenario('b-same-day', 'replay', '2024-06-03'),
    scenario('new-day', 'replay', '2025-02-07'),
    scenario('a-same-day', 'replay', '2024-06-03'),
    scenario('sample-day', 'replay', '2018-01-01'),
    scenario('opening-bell', 'synthetic', '2026-01-05'),
    scenario('synthetic-day', 'synthetic', '2017-01-01'),
  ];
  expect(shelved(listed).map(({ id }) => id)).toEqual([
    'synthetic-day',
    'opening-bell',
    'sample-day',
    'new-day',
    'a-same-day',
    'b-same-day',
    'old-day',
  ]);
});

describe('the filter', () => {
  const all = [
    { ...scenario('flash-crash', 'synthetic', '2026-01-05', 'Flash crash'), symbols: ['ACME'] },
    { ...scenario('btc', 'replay', '2024-08-08', 'A day'), symbols: ['BTC-USD'] },
    { ...scenario('fees', 'synthetic', '2026-01-05'), description: 'A crash course in fees.' },
  ];
  test.each([
    ['', ['flash-crash', 'btc', 'fees']],
    ['   ', ['flash-crash', 'btc', 'fees']],
    ['CRASH', ['flash-crash', 'fees']],
    ['crash acme', ['flash-crash', 'fees']],
    ['crash flash', ['flash-crash']],
    ['btc-', ['btc']],
    ['recorded', ['btc']],
    ['nothing like it', []],
  ])('%j', (asked, ids) => {
    expect(matching(all, asked).map(({ id }) => id)).toEqual(ids);
  });
});
