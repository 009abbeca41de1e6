import { LIMIT_NAMES, type RiskLimitsView } from '@sandpit/schemas/risk.ts';
import { expect, test } from 'vitest';
import {
  judgeLimits,
  LIMITS,
  type LimitField,
  limitText,
  limitWords,
  switchText,
  tierHelp,
} from './risk-limits.ts';

const NONE: RiskLimitsView = {
  maxOrderNotional: null,
  maxPosition: null,
  maxOrderSizePercent: null,
  collarPpm: null,
  maxOpenOrders: null,
  ordersPerSecond: null,
  duplicateWindowMs: null,
  borrowPercent: null,
};
const TIER: RiskLimitsView = {
  ...NONE,
  maxOrderNotional: '25000.00',
  collarPpm: 50_000,
  maxOpenOrders: 20,
  duplicateWindowMs: 500,
  borrowPercent: 10,
};
const EMPTY = Object.fromEntries(LIMITS.map(({ field }) => [field, ''])) as Record<
  LimitField,
  string
>;
const judge = (typed: Partial<Record<LimitField, string>>) =>
  judgeLimits({ ...EMPTY, ...typed }, TIER);

test('every limit of the venue has words', () => {
  expect(LIMITS).toHaveLength(LIMIT_NAMES.length);
  expect(new Set(LIMITS.map(({ field }) => field))).toEqual(new Set(Object.keys(NONE)));
});

test('what is empty is as the tier says', () => expect(judge({}).request).toEqual(NONE));

test.each<[LimitField, string, string | number]>([
  ['maxOrderNotional', '10,000', '10000'],
  ['collarPpm', '2.5', 25_000],
  ['maxOpenOrders', '5', 5],
  ['duplicateWindowMs', '1000', 1_000],
  ['borrowPercent', '0', 0],
])('%s %s is asked for', (field, text, value) => {
  expect(judge({ [field]: text })).toEqual({ errors: {}, request: { ...NONE, [field]: value } });
});

test.each<[LimitField, string, RegExp]>([
  ['maxOrderNotional', '25000.01', /tier allows at most 25,000\.00/],
  ['collarPpm', '6', /at most 5 %/],
  ['collarPpm', '1.00001', /four decimals/],
  ['maxOpenOrders', '1.5', /whole number/],
  ['maxOpenOrders', '21', /at most 20/],
  ['ordersPerSecond', '0', /whole number/],
  ['ordersPerSecond', '1001', /At most 1,000/],
  ['duplicateWindowMs', '100', /no less than 500 ms/],
  ['borrowPercent', 'x', /whole number/],
])('%s %s is wrong', (field, text, words) => {
  const { errors, request } = judge({ [field]: text });
  expect(request).toBeNull();
  expect(errors[field]).toMatch(words);
});

test('limits in words', () => {
  const shown = LIMITS.map((words) => `${words.field} ${limitWords(words, TIER)}`);
  expect(shown).toContain('maxOrderNotional 25,000.00');
  expect(shown).toContain('collarPpm 5 %');
  expect(shown).toContain('maxPosition none');
  expect(LIMITS.map((words) => limitText(words, TIER))).toContain('25000');
});

test('a switch says whose trading it stops, and who stopped it', () => {
  expect(switchText({ scope: 'simulator', by: 'trader', reason: 'Enough.' })).toBe(
    'Trading of this simulator is stopped: Enough.',
  );
  expect(switchText({ scope: 'global', by: 'operator', reason: 'Drill.' })).toMatch(
    /everybody is stopped by the operator/,
  );
});

test('what a tier allows, in a sentence', () => {
  expect(tierHelp('learner')).toBe('Orders of up to 25,000.00, 10 a second.');
  expect(tierHelp('professional')).not.toMatch(/null|undefined|NaN/);
});
