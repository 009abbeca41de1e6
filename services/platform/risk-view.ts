/** Limits and kill switches: as the engine and the log know them <-> as the wire shows them. Pure. */
import { moneyMicros, moneyText } from '@sandpit/schemas/decimal.ts';
import {
  beyondTier,
  LIMITS_OF_TIER,
  type LimitName,
  type RiskLimits,
  type RiskLimitsRequest,
  type RiskLimitsView,
  type RiskState,
  type RiskTier,
  type RiskView,
  tightened,
} from '@sandpit/schemas/risk.ts';
import type { FieldError } from './errors.ts';

export function limitsView(limits: RiskLimits): RiskLimitsView {
  const { maxOrderNotionalMicros, maxPositionMicros, ...others } = limits;
  const text = (micros: number | null) => (micros === null ? null : moneyText(micros));
  return {
    maxOrderNotional: text(maxOrderNotionalMicros),
    maxPosition: text(maxPositionMicros),
    ...others,
  };
}

export function riskView({ tier, own, killSwitches }: RiskState): RiskView {
  return {
    tier,
    limits: limitsView(tightened(tier, own)),
    tierLimits: limitsView(LIMITS_OF_TIER[tier]),
    ownLimits: limitsView(own),
    killSwitches: killSwitches.map((each) => ({ ...each })),
  };
}

const WIRE_NAMES: Partial<Record<LimitName, keyof RiskLimitsView>> = {
  maxOrderNotionalMicros: 'maxOrderNotional',
  maxPositionMicros: 'maxPosition',
};

/** What is absent is as the tier says. All that is wrong with it at once. */
export function limitsOf(
  request: RiskLimitsRequest,
  tier: RiskTier,
): { limits: RiskLimits; errors: FieldError[] } {
  const errors: FieldError[] = [];
  const micros = (path: 'maxOrderNotional' | 'maxPosition') => {
    const text = request[path] ?? null;
    const amount = text === null ? null : moneyMicros(text);
    if (text !== null && amount === null) {
      errors.push({ path, message: 'takes at most six decimals, and not so much' });
    }
    return amount;
  };
  const limits: RiskLimits = {
    maxOrderNotionalMicros: micros('maxOrderNotional'),
    maxPositionMicros: micros('maxPosition'),
    maxOrderSizePercent: request.maxOrderSizePercent ?? null,
    collarPpm: request.collarPpm ?? null,
    maxOpenOrders: request.maxOpenOrders ?? null,
    ordersPerSecond: request.ordersPerSecond ?? null,
    duplicateWindowMs: request.duplicateWindowMs ?? null,
    borrowPercent: request.borrowPercent ?? null,
  };
  const ofTier = limitsView(LIMITS_OF_TIER[tier]);
  for (const name of beyondTier(tier, limits)) {
    const path = WIRE_NAMES[name] ?? (name as keyof RiskLimitsView);
    errors.push({ path, message: `may only be tighter than the ${tier} tier’s ${ofTier[path]}` });
  }
  return { limits, errors };
}
