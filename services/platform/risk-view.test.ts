import { LIMITS_OF_TIER, NO_LIMITS, RISK_TIERS, tighter } from '@sandpit/schemas/risk.ts';
import { expect, test } from 'vitest';
import { limitsOf, limitsView, riskView } from './risk-view.ts';

test('each tier allows at least what the narrower one allows', () => {
  for (let i = 1; i < RISK_TIERS.length; i++) {
    const [narrow, wide] = [LIMITS_OF_TIER[RISK_TIERS[i - 1]!], LIMITS_OF_TIER[RISK_TIERS[i]!]];
    for (const name of Object.keys(NO_LIMITS) as (keyof typeof NO_LIMITS)[]) {
      expect(tighter(name, narrow[name], wide[name]), name).toBe(narrow[name]);
    }
  }
});

test('in force is the tighter one of each; of two windows the longer', () => {
  const own = { ...NO_LIMITS, maxOpenOrders: 3, duplicateWindowMs: 100 };
  const view = riskView({ tier: 'learner', own, killSwitches: [] });
  expect(view.limits).toMatchObject({
    maxOpenOrders: 3,
    duplicateWindowMs: 100,
    ordersPerSecond: 10,
    maxOrderNotional: '25000.00',
  });
  expect(view.tierLimits.maxOpenOrders).toBe(20);
  expect(view.ownLimits).toEqual(limitsView(own));
});

test.each`
  request                             | tier          | path                  | message
  ${{ maxOrderNotional: '25000.01' }} | ${'learner'}  | ${'maxOrderNotional'} | ${/learner tier’s 25000.00/}
  ${{ maxPosition: '0.0000001' }}     | ${'learner'}  | ${'maxPosition'}      | ${/six decimals/}
  ${{ maxOpenOrders: 21 }}            | ${'learner'}  | ${'maxOpenOrders'}    | ${/20/}
  ${{ collarPpm: 50_001 }}            | ${'learner'}  | ${'collarPpm'}        | ${/50000/}
  ${{ borrowPercent: 51 }}            | ${'standard'} | ${'borrowPercent'}    | ${/50/}
`('$request in $tier is refused at $path', ({ request, tier, path, message }) => {
  expect(limitsOf(request, tier).errors).toEqual([
    { path, message: expect.stringMatching(message) },
  ]);
});

test('all that is wrong is told at once, and nothing else', () => {
  const wide = { maxOpenOrders: 200, ordersPerSecond: 999, maxOrderNotional: '1.00' };
  expect(limitsOf(wide, 'learner').errors.map(({ path }) => path)).toEqual([
    'maxOpenOrders',
    'ordersPerSecond',
  ]);
  expect(limitsOf(wide, 'professional')).toEqual({
    limits: {
      ...NO_LIMITS,
      maxOpenOrders: 200,
      ordersPerSecond: 999,
      maxOrderNotionalMicros: 1_000_000,
    },
    errors: [],
  });
  expect(limitsOf({}, 'learner')).toEqual({ limits: NO_LIMITS, errors: [] });
});
