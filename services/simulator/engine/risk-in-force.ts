/** What a tier, the trader's own limits and the kill switches come to. */
import { LIMIT_NAMES, type RiskLimits, type RiskState, tightened } from '@sandpit/schemas/risk.ts';

/** The tier's limits, tightened by the trader's own. */
export const limitsInForce = ({ tier, own }: RiskState): RiskLimits => tightened(tier, own);

/**
 * Whether there is a limit of an order's size, worth, repetition or rate, or of a position. Those of
 * prices, of borrowing and of open orders bound everybody, and are not meant.
 */
export const boundsOrders = (limits: RiskLimits): boolean =>
  limits.maxOrderSizePercent !== null ||
  limits.maxOrderNotionalMicros !== null ||
  limits.maxPositionMicros !== null ||
  limits.ordersPerSecond !== null ||
  limits.duplicateWindowMs !== null;

/** What the state hash knows of it. */
export function textOfRisk({ tier, own, killSwitches }: RiskState): string {
  const switches = killSwitches.map(({ scope, by, reason }) => `${scope}/${by}/${reason}`);
  return [tier, ...LIMIT_NAMES.map((name) => own[name] ?? '-'), ...switches].join(' ');
}
