/** Accounts and limits under which the engine is compared with the reference. */

import type { AccountTerms } from '@sandpit/schemas/account.ts';
import { FEE_SCHEDULES } from '@sandpit/schemas/fees.ts';
import { LIMITS_OF_TIER, type RiskLimits } from '@sandpit/schemas/risk.ts';
import type { Micros } from '@sandpit/schemas/units.ts';
import type { ListingSetup } from '../exchange.ts';
import { ACME } from './desk.ts';

export const INSTRUMENTS = [
  { ...ACME, tickValueMicros: 333_333, maxOrderLots: 1_000 },
  { ...ACME, symbol: 'NOSHORT', shortable: false, makerFeePpm: -50 },
];
export const OPENING_TICKS = 100;
/** Two instruments that trade day and night. */
export const ALWAYS_OPEN: readonly ListingSetup[] = INSTRUMENTS.map((instrument) => ({
  instrument,
  openingTicks: OPENING_TICKS,
}));
const SESSION = {
  preOpenSeconds: 10,
  openingAuctionSeconds: 10,
  continuousSeconds: 120,
  closingAuctionSeconds: 10,
  closedSeconds: 10,
};
/** The same with a trading day; the first one within price bands. */
export const WITH_DAYS: readonly ListingSetup[] = ALWAYS_OPEN.map((setup, i) => ({
  ...setup,
  session: SESSION,
  reopening: { auctionSeconds: 5, extensionSeconds: 4 },
  priceBands:
    i === 1
      ? null
      : {
          tier: 1,
          doubledFirstSeconds: 20,
          doubledLastSeconds: 20,
          limitStateSeconds: 5,
          pauseSeconds: 12,
        },
}));
export const CASH_MICROS = 12_000_000_000;

/** Instruments, and how they are traded. */
export interface World {
  setups: readonly ListingSetup[];
  account?: Partial<AccountTerms>;
  limits?: Partial<RiskLimits>;
  cashMicros?: number;
  /** Parts of lines that its sessions are there for: a run in which one is missing shows nothing. */
  mustMeet?: readonly string[];
}

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

/** Initial requirements not far above maintenance, and borrowing so dear that seconds show it. */
const thin = WITH_DAYS.map((setup, i) => ({
  ...setup,
  instrument: {
    ...setup.instrument,
    collarPpm: 400_000,
    margin: {
      longInitialPpm: i === 0 ? 60_000 : 300_000,
      longMaintenancePpm: i === 0 ? 55_000 : 280_000,
      shortInitialPpm: 350_000,
      shortMaintenancePpm: 330_000,
      borrowPpm: i === 0 ? 10_000_000 : 2_500,
    },
  },
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
  'a margin account that is called, liquidated and broke': {
    setups: thin,
    account: { type: 'margin', margin: { debitInterestPpm: 1_000_000, callGraceSeconds: 20 } },
    cashMicros: 150_000_000,
    mustMeet: ['call called', 'call met', 'call liquidating', 'call bankrupt', 'marginCall'],
  },
  'tight limits': { setups, limits: TIGHT },
  'a margin account within limits, with commissions': {
    setups: onMargin,
    account: { type: 'margin', fees: schedule('maker-rebate') },
    limits: { maxPositionMicros: 6_000_000_000 as Micros, collarPpm: 40_000, borrowPercent: 100 },
    cashMicros: 3_000_000_000,
  },
};
