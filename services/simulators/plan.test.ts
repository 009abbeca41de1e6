import { FEE_SCHEDULES, type FeeSchedule } from '@sandpit/schemas/fees.ts';
import type { SimulatorRequest } from '@sandpit/schemas/http.ts';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { expect, test } from 'vitest';
import { builtInScenarios } from './catalogue/catalogue.ts';
import { planOf } from './plan.ts';

const [scenario] = (await builtInScenarios()) as [Scenario];
const house = { ...FEE_SCHEDULES[1], name: 'house' } as FeeSchedule;
const request: SimulatorRequest = { sessionId: 'session', scenario: scenario.id };
const plan = (change: Partial<SimulatorRequest>, portfolioCash: string | null = null) =>
  planOf({ ...request, ...change }, 'ada', scenario, 'hash', portfolioCash);

test('defaults: any seed, the speed of life, a hundred thousand', () => {
  expect(plan({})).toMatchObject({ seed: null, speed: 1, startingCashMicros: 100_000_000_000 });
});

test.each`
  asked          | portfolio    | micros
  ${'1000'}      | ${null}      | ${1_000_000_000}
  ${'100000000'} | ${null}      | ${100_000_000_000_000}
  ${'2500.25'}   | ${null}      | ${2_500_250_000}
  ${undefined}   | ${'5000.00'} | ${5_000_000_000}
  ${'7000'}      | ${'5000.00'} | ${7_000_000_000}
`('cash $asked with a portfolio of $portfolio is $micros', ({ asked, portfolio, micros }) => {
  const change = asked === undefined ? {} : { startingCash: asked };
  expect(plan(change, portfolio).startingCashMicros).toBe(micros);
});

test('account: collateral on the instrument’s rates, unless the scenario or the request say otherwise', () => {
  expect(plan({}).account).toMatchObject({ type: 'collateral', fees: { name: 'instrument' } });
  const account = { type: 'cash', settlementDays: 2, feeSchedule: 'house', feeSchedules: [house] };
  const offering = { ...scenario, account } as Scenario;
  const of = (change: Partial<SimulatorRequest>) =>
    planOf({ ...request, ...change }, 'ada', offering, 'hash', null).account;
  expect(of({})).toEqual({ type: 'cash', settlementDays: 2, fees: house });
  expect(of({ accountType: 'collateral', feeSchedule: 'per-share' })).toMatchObject({
    type: 'collateral',
    fees: { name: 'per-share', commission: { minimumMicros: 1_000_000 } },
  });
});

test.each`
  asked             | offered           | feeSchedule  | fees
  ${undefined}      | ${undefined}      | ${undefined} | ${'instrument'}
  ${'learner'}      | ${undefined}      | ${undefined} | ${'commission-free'}
  ${'standard'}     | ${undefined}      | ${undefined} | ${'instrument'}
  ${'professional'} | ${undefined}      | ${undefined} | ${'maker-rebate'}
  ${undefined}      | ${'learner'}      | ${undefined} | ${'commission-free'}
  ${'learner'}      | ${'professional'} | ${undefined} | ${'commission-free'}
  ${'professional'} | ${undefined}      | ${'house'}   | ${'house'}
`(
  'tier $asked of a scenario for $offered that says $feeSchedule: $fees',
  ({ asked, offered, feeSchedule, fees }) => {
    const account = { feeSchedules: [house], ...(feeSchedule && { feeSchedule }) };
    const offering = { ...scenario, account, ...(offered && { riskTier: offered }) } as Scenario;
    const of = (change: Partial<SimulatorRequest>) =>
      planOf({ ...request, riskTier: asked, ...change }, 'ada', offering, 'hash', null).account;
    expect(of({}).fees.name).toBe(fees);
    expect(of({ feeSchedule: 'per-trade' }).fees.name).toBe('per-trade');
  },
);

test('margin: the usual terms, or what the scenario says of them', () => {
  const usual = { debitInterestPpm: 60_000, callGraceSeconds: 300 };
  expect(plan({ accountType: 'margin' }).account).toMatchObject({ type: 'margin', margin: usual });
  expect(plan({ accountType: 'cash' }).account.margin).toBeUndefined();
  const strict = { ...scenario, account: { margin: { callGraceSeconds: 10 } } } as Scenario;
  const terms = planOf({ ...request, accountType: 'margin' }, 'ada', strict, 'hash', null).account;
  expect(terms.margin).toEqual({ ...usual, callGraceSeconds: 10 });
});

test('an unknown fee schedule is refused, and the known ones are named', () => {
  expect(() => plan({ feeSchedule: 'house' })).toThrow(
    expect.objectContaining({
      type: 'validationFailed',
      data: {
        errors: [{ path: 'feeSchedule', message: expect.stringMatching(/"house".*per-share/) }],
      },
    }),
  );
});

test.each(['999.999999', '100000000.01', '5000.0000001'])(
  'cash of %s is refused',
  (startingCash) => {
    expect(() => plan({ startingCash })).toThrow(
      expect.objectContaining({
        type: 'validationFailed',
        data: { errors: [expect.objectContaining({ path: 'startingCash' })] },
      }),
    );
  },
);

test.each`
  scenario          | asked             | tier
  ${undefined}      | ${undefined}      | ${'standard'}
  ${undefined}      | ${'professional'} | ${'professional'}
  ${'learner'}      | ${undefined}      | ${'learner'}
  ${'professional'} | ${undefined}      | ${'professional'}
  ${'standard'}     | ${'learner'}      | ${'learner'}
  ${'standard'}     | ${'professional'} | ${null}
  ${'learner'}      | ${'standard'}     | ${null}
`(
  'a scenario of tier $scenario, asked for $asked: $tier',
  ({ scenario: riskTier, asked, tier }) => {
    const offering = { ...scenario, ...(riskTier && { riskTier }) };
    const of = () =>
      planOf({ ...request, ...(asked && { riskTier: asked }) }, 'ada', offering, 'hash', null);
    if (tier) expect(of().riskTier).toBe(tier);
    else {
      const errors = [expect.objectContaining({ path: 'riskTier' })];
      expect(of).toThrow(expect.objectContaining({ type: 'validationFailed', data: { errors } }));
    }
  },
);
