/**
 * Trading on margin: the rates, and what they ask for.
 *
 *   equity               = cash + value of all positions (shorts count negative)
 *   initial requirement  = Σ |value| × initial rate of its side
 *   maintenance          = Σ |value| × maintenance rate of its side
 *   available funds      = equity − initial requirement − held for open orders
 *   excess liquidity     = equity − maintenance
 *   buying power         = available funds / 50 %
 *
 * Values are at the mark: the mid, else the last price. The proceeds of a short are in cash and its
 * value is taken off again, so the 50 % asked for a short are what brokers call 150 %.
 *
 * Source of the rates: Regulation T (12 CFR 220.12: 50 % initial, shorts 150 %) and FINRA rule 4210
 * (maintenance 25 % of longs, 30 % of shorts).
 */
import Type, { type Static } from 'typebox';
import type { Instrument } from './instrument.ts';
import { SimNs } from './units.ts';

const PPM = 1_000_000;

const rate = (description: string) => Type.Integer({ minimum: 0, maximum: PPM, description });

/** Of one instrument, in millionths of the value at the mark. */
export const MarginRates = Type.Object(
  {
    longInitialPpm: rate('Equity asked for when a long is opened.'),
    longMaintenancePpm: rate('Equity below which a call is due.'),
    shortInitialPpm: rate('As for a long; the proceeds of the short come on top.'),
    shortMaintenancePpm: rate('As for a long.'),
    borrowPpm: Type.Integer({
      minimum: 0,
      maximum: 10 * PPM,
      description: 'Fee for borrowing what is sold short: of its value, a year of 360 days.',
    }),
  },
  { $id: 'MarginRates', additionalProperties: false },
);
export type MarginRates = Static<typeof MarginRates>;

export const REGULATION_T: MarginRates = {
  longInitialPpm: 500_000,
  longMaintenancePpm: 250_000,
  shortInitialPpm: 500_000,
  shortMaintenancePpm: 300_000,
  borrowPpm: 2_500,
};

export const marginRatesOf = ({ margin }: Pick<Instrument, 'margin'>): MarginRates =>
  margin ?? REGULATION_T;

/** Of the whole account. */
export const MarginTerms = Type.Object(
  {
    debitInterestPpm: Type.Integer({
      minimum: 0,
      maximum: PPM,
      description: 'Interest on borrowed money, a year of 360 days.',
    }),
    callGraceSeconds: Type.Integer({
      minimum: 0,
      maximum: 604_800,
      description: 'Simulated seconds between a margin call and the liquidation.',
    }),
  },
  { $id: 'MarginTerms', additionalProperties: false },
);
export type MarginTerms = Static<typeof MarginTerms>;

export const DEFAULT_MARGIN_TERMS: MarginTerms = {
  debitInterestPpm: 60_000,
  callGraceSeconds: 300,
};

/** A call is met, and a liquidation over, when equity is this much above maintenance. */
export const CALL_MET_PPM = 1_050_000;

/**
 * - `called`: equity is below maintenance; the trader has until the deadline.
 * - `liquidating`: positions are being closed through the book.
 * - `bankrupt`: nothing is left to close and equity is below zero.
 */
export const MarginCallState = Type.Union(
  [Type.Literal('called'), Type.Literal('liquidating'), Type.Literal('bankrupt')],
  { $id: 'MarginCallState' },
);
export type MarginCallState = Static<typeof MarginCallState>;

/** Under a call only orders that reduce a position are taken. */
export const MarginCall = Type.Object(
  {
    state: MarginCallState,
    sinceNs: Type.Unsafe<SimNs>({ ...SimNs, description: 'When the call was made.' }),
    deadlineNs: SimNs,
  },
  { $id: 'MarginCall', additionalProperties: false },
);
export type MarginCall = Static<typeof MarginCall>;

/** `ppm` millionths of |value|, rounded up to a whole micro. Exact. */
export function requirementMicros(valueMicros: number, ppm: number): number {
  const value = Math.abs(valueMicros);
  const millions = Math.floor(value / PPM);
  return millions * ppm + Math.ceil(((value - millions * PPM) * ppm) / PPM);
}

export interface Requirement {
  initialMicros: number;
  maintenanceMicros: number;
}

/** What a position of this signed value asks for. */
export function requirementOf(valueMicros: number, rates: MarginRates): Requirement {
  const isLong = valueMicros > 0;
  const initialPpm = isLong ? rates.longInitialPpm : rates.shortInitialPpm;
  const maintenancePpm = isLong ? rates.longMaintenancePpm : rates.shortMaintenancePpm;
  return {
    initialMicros: requirementMicros(valueMicros, initialPpm),
    maintenanceMicros: requirementMicros(valueMicros, maintenancePpm),
  };
}

/** What could be bought at the usual 50 %; 0 when nothing. */
export function buyingPowerMicros(availableMicros: number): number {
  return 2 * Math.max(0, availableMicros);
}
