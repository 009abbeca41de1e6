/** What a request asks to be started, with its defaults and bounds. Pure. */
import {
  type AccountTerms,
  DEFAULT_SETTLEMENT_DAYS,
  type ScenarioAccount,
} from '@sandpit/schemas/account.ts';
import { moneyMicros } from '@sandpit/schemas/decimal.ts';
import { FEE_SCHEDULE_OF_TIER, FEE_SCHEDULES } from '@sandpit/schemas/fees.ts';
import type { SimulatorRequest } from '@sandpit/schemas/http.ts';
import { DEFAULT_MARGIN_TERMS } from '@sandpit/schemas/margin.ts';
import { DEFAULT_RISK_TIER, RISK_TIERS, type RiskTier } from '@sandpit/schemas/risk.ts';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { MICROS_PER_UNIT } from '@sandpit/schemas/units.ts';
import { problem } from '../platform/errors.ts';
import type { Plan } from './store.ts';

export const DEFAULT_STARTING_CASH = '100000.00';
const CASH_MIN_MICROS = 1_000 * MICROS_PER_UNIT;
const CASH_MAX_MICROS = 100_000_000 * MICROS_PER_UNIT;

/**
 * @param portfolioCash  Of the saved portfolio in the request, if it names one.
 * @throws problem `validationFailed`
 */
export function planOf(
  request: SimulatorRequest,
  accountId: string,
  scenario: Scenario,
  scenarioHash: string,
  portfolioCash: string | null,
): Plan {
  const tier = riskTier(request.riskTier, scenario.riskTier);
  return {
    accountId,
    sessionId: request.sessionId,
    scenarioId: scenario.id,
    scenarioHash,
    seed: request.seed ?? null,
    speed: request.speed ?? 1,
    startingCashMicros: cashMicros(request.startingCash ?? portfolioCash ?? DEFAULT_STARTING_CASH),
    currency: scenario.currency,
    symbols: scenario.instruments.map(({ instrument }) => instrument.symbol),
    riskTier: tier,
    account: accountTerms(request, scenario.account ?? {}, tier),
  };
}

/** A scenario's tier is the widest that may be asked for. */
function riskTier(asked: RiskTier | undefined, offered: RiskTier | undefined): RiskTier {
  const tier = asked ?? offered ?? DEFAULT_RISK_TIER;
  if (offered && RISK_TIERS.indexOf(tier) > RISK_TIERS.indexOf(offered)) {
    const allowed = RISK_TIERS.slice(0, RISK_TIERS.indexOf(offered) + 1).join(' or ');
    const message = `This scenario is for the tier ${allowed}; leave it out to get ${offered}`;
    throw problem('validationFailed', { errors: [{ path: 'riskTier', message }] });
  }
  return tier;
}

/** The request's choice, else the scenario's, else the tier's or the default. */
function accountTerms(
  { accountType, feeSchedule }: SimulatorRequest,
  offered: ScenarioAccount,
  tier: RiskTier,
): AccountTerms {
  const schedules = [...(offered.feeSchedules ?? []), ...FEE_SCHEDULES];
  const name = feeSchedule ?? offered.feeSchedule ?? FEE_SCHEDULE_OF_TIER[tier];
  const fees = schedules.find((each) => each.name === name);
  if (!fees) {
    const message = `"${name}" is no fee schedule; take one of ${schedules.map((each) => each.name).join(', ')}`;
    throw problem('validationFailed', { errors: [{ path: 'feeSchedule', message }] });
  }
  const type = accountType ?? offered.type ?? 'collateral';
  return {
    type,
    settlementDays: offered.settlementDays ?? DEFAULT_SETTLEMENT_DAYS,
    fees,
    ...(type === 'margin' && { margin: { ...DEFAULT_MARGIN_TERMS, ...offered.margin } }),
  };
}

function cashMicros(text: string): number {
  const micros = moneyMicros(text);
  if (micros === null || micros < CASH_MIN_MICROS || micros > CASH_MAX_MICROS) {
    const message = 'takes 1000 to 100000000, with at most six decimals';
    throw problem('validationFailed', { errors: [{ path: 'startingCash', message }] });
  }
  return micros;
}
