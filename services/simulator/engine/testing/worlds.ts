/** Accounts and limits under which the engine is compared with the reference. */
import { FEE_SCHEDULES } from '@sandpit/schemas/fees.ts';
import { LIMITS_OF_TIER, type RiskLimits } from '@sandpit/schemas/risk.ts';
import type { Micros } from '@sandpit/schemas/units.ts';
import { WITH_DAYS, type World } from './comparison.ts';

const schedule = (name: string) => FEE_SCHEDULES.find((each) => each.name === name)!;

/** Low enough that orders of a few hundred lots meet each of them. */
const TIGHT: Partial<RiskLimits> = {
  ...LIMITS_OF_TIER.learner,
  maxOrderNotionalMicros: 2_000_000_000 as Micros,
  maxPositionMicros: 4_000_000_000 as Micros,
  maxOpenOrders: 6,
  ordersPerSecond: 3,
  duplicateWindowMs: 4_000,
};

const setups = WITH_DAYS.map((setup, i) => ({
  ...setup,
  instrument: { ...setup.instrument, borrowableLots: i === 0 ? 60 : null },
}));
const margin = {
  longInitialPpm: 400_000,
  longMaintenancePpm: 250_000,
  shortInitialPpm: 600_000,
  shortMaintenancePpm: 300_000,
  borrowPpm: 0,
};
const onMargin = WITH_DAYS.map((setup, i) => ({
  ...setup,
  instrument: { ...setup.instrument, ...(i === 0 && { margin }) },
}));

export const WORLDS: Readonly<Record<string, World>> = {
  'a commission per share, with a minimum and a cap': {
    setups: WITH_DAYS,
    account: { fees: schedule('per-share') },
    cashMicros: 4_000_000_000,
  },
  'rebates and commissions': {
    setups: WITH_DAYS,
    account: { fees: schedule('maker-rebate') },
    cashMicros: 4_000_000_000,
  },
  'a cash account, two days to settle, a fee per trade': {
    setups: WITH_DAYS,
    account: { type: 'cash', settlementDays: 2, fees: schedule('per-trade') },
    cashMicros: 4_000_000_000,
  },
  'a margin account': {
    setups: onMargin,
    account: { type: 'margin' },
    cashMicros: 2_000_000_000,
  },
  'tight limits': { setups, limits: TIGHT },
  'a margin account within limits, with commissions': {
    setups: onMargin,
    account: { type: 'margin', fees: schedule('maker-rebate') },
    limits: { maxPositionMicros: 6_000_000_000 as Micros, collarPpm: 40_000, borrowPercent: 100 },
    cashMicros: 3_000_000_000,
  },
};
