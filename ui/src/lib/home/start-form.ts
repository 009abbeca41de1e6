/** Rules of the start form: bounds as the service states them. */
import type { AccountType } from '@sandpit/schemas/account.ts';
import { moneyMicros } from '@sandpit/schemas/decimal.ts';
import type { FeeSchedule, FeeScheduleList } from '@sandpit/schemas/fees.ts';
import { DEFAULT_RISK_TIER, type RiskTier } from '@sandpit/schemas/risk.ts';
import type { ScenarioSummary } from '@sandpit/schemas/scenario.ts';
import { cleanNumber } from '../client/ticket.ts';

export const ACCOUNT_TYPES: Readonly<Record<AccountType, { label: string; help: string }>> = {
  collateral: {
    label: 'Collateral',
    help: 'Pays in full. Shorts are backed by as much cash again.',
  },
  cash: {
    label: 'Cash',
    help: 'Pays in full, sells what it has. Sales of shares settle with the next business day.',
  },
  margin: {
    label: 'Margin',
    help: 'Borrows up to twice its equity, long or short. Too little equity is a margin call.',
  },
};

/**
 * What may be chosen for a scenario, its own schedules first.
 *
 * @param known  Everywhere; one of the scenario's own stands in for one of the same name.
 */
export function schedulesOf(
  { feeSchedules = [] }: Pick<ScenarioSummary, 'feeSchedules'>,
  known: readonly FeeSchedule[],
): FeeSchedule[] {
  const own = new Set(feeSchedules.map(({ name }) => name));
  return [...feeSchedules, ...known.filter(({ name }) => !own.has(name))];
}

/**
 * The schedule of a start that chooses none.
 *
 * @param tier  As chosen; '' = the scenario's own.
 */
export function scheduleOf(
  scenario: Pick<ScenarioSummary, 'feeSchedule' | 'riskTier'>,
  tier: RiskTier | '',
  ofTiers: FeeScheduleList['ofTiers'],
): string {
  return scenario.feeSchedule ?? ofTiers[tier || (scenario.riskTier ?? DEFAULT_RISK_TIER)];
}

/** `per-share` as a trader reads it. */
export const scheduleLabel = (name: string) =>
  name.charAt(0).toUpperCase() + name.slice(1).replaceAll(/[-_]/g, ' ');

export const MAX_SEED = 0xffff_ffff;
export const MIN_CASH = '1000';
export const MAX_CASH = '100000000';
export const SPEEDS = [0.1, 0.5, 1, 2, 5, 10, 20, 50, 100] as const;

export interface StartErrors {
  seed?: string;
  startingCash?: string;
}

export function seedOf(text: string): number | null {
  const plain = text.replace(/[\s,_]/g, '');
  if (!/^\d{1,10}$/.test(plain)) return null;
  const seed = Number(plain);
  return seed <= MAX_SEED ? seed : null;
}

export function cashOf(text: string): string | null {
  const plain = cleanNumber(text);
  if (plain === null || (plain.split('.')[1]?.length ?? 0) > 2) return null;
  const micros = moneyMicros(plain);
  if (micros === null) return null;
  return micros >= (moneyMicros(MIN_CASH) ?? 0) && micros <= (moneyMicros(MAX_CASH) ?? 0)
    ? plain
    : null;
}

export function checkStart(seed: string, startingCash: string): StartErrors {
  const errors: StartErrors = {};
  if (seedOf(seed) === null) errors.seed = 'A whole number from 0 to 4,294,967,295.';
  if (cashOf(startingCash) === null)
    errors.startingCash = 'From 1,000 to 100,000,000, at most two decimals.';
  return errors;
}

/** A seed nobody has to think of. @param random  32 random bits. */
export const diceSeed = (random: number) => String(random % 1_000_000);
