/** A scenario: everything that, with a seed and the commands, decides the tape. */
import Type, { type Static } from 'typebox';
import { AccountType, ScenarioAccount } from './account.ts';
import { FeeSchedule } from './fees.ts';
import { Instrument } from './instrument.ts';
import { LabRequest } from './lab.ts';
import { PriceBands } from './price-bands.ts';
import { RiskTier } from './risk.ts';
import { Expectation, ScriptEvent } from './script.ts';
import { Reopening, TradingSession } from './session.ts';
import { Id, InstrumentSymbol, PriceTicks, Timestamp } from './units.ts';

const DepthColumns = Type.Array(
  Type.Array(Type.Integer({ minimum: 0 }), { minItems: 1, maxItems: 20_000 }),
  { minItems: 1, maxItems: 16 },
);

/** A recorded book (level 2): how many lots rested within so many ticks of the best price. */
export const RecordedDepth = Type.Object(
  {
    stepMs: Type.Integer({
      minimum: 1_000,
      maximum: 3_600_000,
      description: 'One row of a column stands for this long; the last one until the end.',
    }),
    withinTicks: Type.Array(Type.Integer({ minimum: 0, maximum: 1_000_000 }), {
      minItems: 1,
      maxItems: 16,
      description: 'Distances from the best price of the side, rising; 0 = at it.',
    }),
    bidLots: { ...DepthColumns, description: 'A column of lots for each of the distances.' },
    askLots: { ...DepthColumns, description: 'The same of the asks.' },
  },
  { $id: 'RecordedDepth', additionalProperties: false },
);
export type RecordedDepth = Static<typeof RecordedDepth>;

/**
 * A recorded day boiled down to what anchors a private book: one row per `stepMs`, columns of equal
 * length. The agents trade around it; they do not copy it, so the trader's orders still count.
 */
export const Recording = Type.Object(
  {
    source: Type.String({ maxLength: 200, description: 'File names and row counts, for people.' }),
    stepMs: Type.Integer({ minimum: 100, maximum: 60_000 }),
    /** Mid price in half ticks, so that a mid between two ticks is exact. */
    midHalfTicks: Type.Array(Type.Integer({ minimum: 1 }), { minItems: 2, maxItems: 200_000 }),
    spreadTicks: Type.Array(Type.Integer({ minimum: 1 })),
    /** Market orders and lots traded in the step: the intensity that the agents follow. */
    trades: Type.Array(Type.Integer({ minimum: 0 })),
    volumeLots: Type.Array(Type.Integer({ minimum: 0 })),
    /** What makers quote by, where the book was recorded and not only its best prices. */
    depth: Type.Optional(RecordedDepth),
  },
  { $id: 'Recording', additionalProperties: false },
);
export type Recording = Static<typeof Recording>;

/**
 * A value that follows others: an index (its members with their weights) or one of a pair (the other,
 * weight 1). What it is apart from them comes back to zero.
 */
export const Basket = Type.Object(
  {
    members: Type.Array(
      Type.Object(
        { symbol: InstrumentSymbol, weight: Type.Number({ minimum: -3, maximum: 3 }) },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: 11, description: 'Instruments listed before this one.' },
    ),
    gapDeviation: Type.Number({
      minimum: 0,
      maximum: 0.1,
      description: 'Standard deviation of the gap in the long run, as a share of the price.',
    }),
    gapHalfLifeSeconds: Type.Number({ minimum: 1, maximum: 1_000_000 }),
  },
  { $id: 'Basket', additionalProperties: false },
);
export type Basket = Static<typeof Basket>;

/** How one instrument's crowd behaves. Rates are per simulated second. */
export const MarketModel = Type.Object(
  {
    referenceTicks: Type.Unsafe<PriceTicks>({ ...PriceTicks, description: 'Price at the open.' }),
    volatilityPerDay: Type.Number({ minimum: 0, maximum: 2 }),
    marketOrdersPerSecond: Type.Number({ minimum: 0.01, maximum: 50 }),
    limitOrdersPerSecond: Type.Number({ minimum: 0.1, maximum: 200 }),
    typicalSpreadTicks: Type.Integer({ minimum: 1, maximum: 1_000 }),
    typicalDepthLots: Type.Integer({ minimum: 1, maximum: 10_000_000 }),
    roundLot: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
    typicalOrderLots: Type.Number({ minimum: 1, maximum: 1_000_000 }),
    sectorCorrelation: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description:
          'Correlation of its news with what all instruments of the scenario share; absent = 0.',
      }),
    ),
    basket: Type.Optional(Basket),
    queueReactive: Type.Optional(
      Type.Object(
        { ordersPerSecond: Type.Number({ minimum: 0.1, maximum: 50 }) },
        {
          additionalProperties: false,
          description:
            'Limit orders at the three best prices whose rates depend on their queues, beside the ' +
            'others; for books in which the spread is a tick. Absent: none.',
        },
      ),
    ),
  },
  { $id: 'MarketModel', additionalProperties: false },
);
export type MarketModel = Static<typeof MarketModel>;

export const ScenarioInstrument = Type.Object(
  {
    instrument: Instrument,
    model: MarketModel,
    recording: Type.Union([Recording, Type.Null()]),
    session: Type.Optional(
      Type.Union([TradingSession, Type.Null()], {
        description: 'null or absent = it trades day and night.',
      }),
    ),
    reopening: Type.Optional(
      Type.Object(Reopening.properties, {
        additionalProperties: false,
        description: 'Absent = an auction of 60 s, prolonged by 300 s.',
      }),
    ),
    priceBands: Type.Optional(
      Type.Union([PriceBands, Type.Null()], { description: 'null or absent = none.' }),
    ),
  },
  { additionalProperties: false },
);
export type ScenarioInstrument = Static<typeof ScenarioInstrument>;

export const Scenario = Type.Object(
  {
    version: Type.Literal(1),
    id: Id,
    title: Type.String({ minLength: 1, maxLength: 80 }),
    description: Type.String({ maxLength: 500 }),
    kind: Type.Union([Type.Literal('synthetic'), Type.Literal('replay')]),
    currency: Type.String({ pattern: '^[A-Z]{3,5}$' }),
    opensAt: Type.String({ ...Timestamp, description: 'Simulated time 0 as a date.' }),
    holidays: Type.Optional(
      Type.Array(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }), {
        maxItems: 100,
        description:
          'UTC dates on which nothing settles, beside Saturdays and Sundays. When there is trading ' +
          'is a matter of `session`.',
      }),
    ),
    /** Simulated and traded before the trader arrives, so that there is a past to look at. */
    warmUpSeconds: Type.Integer({ minimum: 0, maximum: 7_200 }),
    /** The widest that a start may ask for, and the one it gets unless it asks. Absent: any. */
    riskTier: Type.Optional(RiskTier),
    instruments: Type.Array(ScenarioInstrument, { minItems: 1, maxItems: 12 }),
    account: Type.Optional(ScenarioAccount),
    script: Type.Optional(
      Type.Array(ScriptEvent, {
        maxItems: 200,
        description: 'What happens by itself, in the order of its times.',
      }),
    ),
    lab: Type.Optional(
      Type.Object(LabRequest.properties, {
        additionalProperties: false,
        description:
          'A network lab that begins with the simulator, on its session. In real seconds; drawn from the ' +
          'simulator’s seed unless it has its own. The market takes no part in it.',
      }),
    ),
    expect: Type.Optional(
      Type.Array(Expectation, {
        maxItems: 50,
        description: 'What `npm run scenario -- check` finds in every run without a trader.',
      }),
    ),
  },
  { $id: 'Scenario', additionalProperties: false },
);
export type Scenario = Static<typeof Scenario>;

export const ScenarioSummary = Type.Object(
  {
    id: Id,
    title: Type.String(),
    description: Type.String(),
    kind: Type.Union([Type.Literal('synthetic'), Type.Literal('replay')]),
    currency: Type.String(),
    opensAt: Timestamp,
    symbols: Type.Array(InstrumentSymbol),
    hash: Type.String({ description: 'SHA-256 of the scenario: what "the same scenario" means.' }),
    source: Type.Union([Type.String(), Type.Null()]),
    accountType: Type.Optional(AccountType),
    /** The widest that it may be started with, and what it gets otherwise. */
    riskTier: Type.Optional(RiskTier),
    feeSchedule: Type.Optional(
      Type.String({ ...Id, description: 'Absent: that of the tier; see GET /fee-schedules.' }),
    ),
    feeSchedules: Type.Optional(
      Type.Array(FeeSchedule, {
        description: 'Of its own, beside those that are known everywhere.',
      }),
    ),
  },
  { $id: 'ScenarioSummary' },
);
export type ScenarioSummary = Static<typeof ScenarioSummary>;
