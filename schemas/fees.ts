/**
 * What trading costs. Two parts, posted together:
 *
 * - the venue's fee, of each fill, by whether the order rested (maker) or came (taker): millionths of
 *   the notional plus an amount per unit; either may be negative, a rebate;
 * - the broker's commission, of each order over all its fills, with a minimum and a cap.
 */
import Type, { type Static } from 'typebox';
import { RiskTier } from './risk.ts';
import { Id } from './units.ts';

const MAX_PER_UNIT_MICROS = 1_000_000_000;

const Ppm = Type.Integer({
  minimum: -10_000,
  maximum: 100_000,
  description: 'Millionths of the notional; 100 ppm = 1 basis point; negative is a rebate.',
});

/** Of one fill. `perUnitMicros` is money per unit (per share), in millionths. */
export const VenueFee = Type.Object(
  {
    ppm: Ppm,
    perUnitMicros: Type.Integer({ minimum: -MAX_PER_UNIT_MICROS, maximum: MAX_PER_UNIT_MICROS }),
  },
  { $id: 'VenueFee', additionalProperties: false },
);
export type VenueFee = Static<typeof VenueFee>;

/** Of one order: min(cap, max(minimum, ppm × notional + perUnit × units)). Never negative. */
export const Commission = Type.Object(
  {
    ppm: Type.Integer({ minimum: 0, maximum: 100_000 }),
    perUnitMicros: Type.Integer({ minimum: 0, maximum: MAX_PER_UNIT_MICROS }),
    minimumMicros: Type.Integer({
      minimum: 0,
      maximum: 1_000_000_000,
      description: 'Of an order that trades at all.',
    }),
    capPpm: Type.Union([Type.Integer({ minimum: 1, maximum: 1_000_000 }), Type.Null()], {
      description: 'At most these millionths of the order’s notional; wins over the minimum.',
    }),
  },
  { $id: 'Commission', additionalProperties: false },
);
export type Commission = Static<typeof Commission>;

export const FeeSchedule = Type.Object(
  {
    name: Id,
    description: Type.String({ maxLength: 200 }),
    maker: Type.Union([VenueFee, Type.Null()], { description: 'null = as the instrument says.' }),
    taker: Type.Union([VenueFee, Type.Null()], { description: 'null = as the instrument says.' }),
    commission: Type.Union([Commission, Type.Null()]),
  },
  { $id: 'FeeSchedule', additionalProperties: false },
);
export type FeeSchedule = Static<typeof FeeSchedule>;

const free: VenueFee = { ppm: 0, perUnitMicros: 0 };

/** The name that means: nothing but the instrument's own maker and taker rates. */
export const INSTRUMENT_FEES = 'instrument';

/** Known everywhere; a scenario may add its own. */
export const FEE_SCHEDULES: readonly FeeSchedule[] = [
  {
    name: INSTRUMENT_FEES,
    description: 'The maker and taker rates of each instrument, nothing else.',
    maker: null,
    taker: null,
    commission: null,
  },
  {
    name: 'commission-free',
    description: 'No fees at all.',
    maker: free,
    taker: free,
    commission: null,
  },
  {
    name: 'per-share',
    description: '0.005 per share, at least 1.00 and at most 1 % of each order; venue included.',
    maker: free,
    taker: free,
    commission: { ppm: 0, perUnitMicros: 5_000, minimumMicros: 1_000_000, capPpm: 10_000 },
  },
  {
    name: 'maker-rebate',
    description:
      'Makers earn 0.002 per share, takers pay 0.003; and 0.0035 per share, at least 0.35 and at ' +
      'most 1 % of each order.',
    maker: { ppm: 0, perUnitMicros: -2_000 },
    taker: { ppm: 0, perUnitMicros: 3_000 },
    commission: { ppm: 0, perUnitMicros: 3_500, minimumMicros: 350_000, capPpm: 10_000 },
  },
  {
    name: 'per-trade',
    description: '10 basis points, at least 5.00 for each order, on top of the instrument’s rates.',
    maker: null,
    taker: null,
    commission: { ppm: 1_000, perUnitMicros: 0, minimumMicros: 5_000_000, capPpm: null },
  },
];

/** What an account of a tier pays unless its start or its scenario says otherwise. */
export const FEE_SCHEDULE_OF_TIER: Readonly<Record<RiskTier, string>> = {
  learner: 'commission-free',
  standard: INSTRUMENT_FEES,
  professional: 'maker-rebate',
};

export const FeeScheduleList = Type.Object(
  {
    items: Type.Array(FeeSchedule),
    ofTiers: Type.Record(RiskTier, Id, {
      description: 'By tier: the schedule of a start that names none, where its scenario does not.',
    }),
  },
  { $id: 'FeeScheduleList' },
);
export type FeeScheduleList = Static<typeof FeeScheduleList>;
