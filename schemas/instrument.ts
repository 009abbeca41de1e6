import Type, { type Static } from 'typebox';
import { MarginRates } from './margin.ts';
import { TradingSession } from './session.ts';
import { Decimal, InstrumentSymbol, PositiveDecimal, Timestamp } from './units.ts';

/** What an instrument is and on what grid it trades. The same shape for catalogue, engine and UI. */
export const Instrument = Type.Object(
  {
    symbol: InstrumentSymbol,
    name: Type.String({ minLength: 1, maxLength: 80 }),
    kind: Type.Union([Type.Literal('equity'), Type.Literal('crypto')]),
    currency: Type.String({ pattern: '^[A-Z]{3,5}$' }),
    tickSize: Type.String({
      ...PositiveDecimal,
      description: 'Smallest price step, in currency per unit.',
    }),
    lotSize: Type.String({ ...PositiveDecimal, description: 'Smallest size step, in units.' }),
    tickValueMicros: Type.Integer({
      minimum: 1,
      maximum: 1_000_000_000,
      description: 'Money of one tick on one lot, in millionths: tickSize × lotSize × 10⁶, exact.',
    }),
    maxOrderLots: Type.Integer({ minimum: 1, maximum: 1_000_000_000 }),
    makerFeePpm: Type.Integer({
      minimum: -10_000,
      maximum: 100_000,
      description: 'Fee on notional when resting, parts per million; negative is a rebate.',
    }),
    takerFeePpm: Type.Integer({ minimum: -10_000, maximum: 100_000 }),
    collarPpm: Type.Integer({
      minimum: 1_000,
      maximum: 1_000_000,
      description: 'A limit further than this from the reference price is refused (fat finger).',
    }),
    shortable: Type.Boolean(),
    borrowableLots: Type.Optional(
      Type.Union([Type.Integer({ minimum: 0, maximum: 1_000_000_000 }), Type.Null()], {
        description: 'Lots there are to borrow for a short sale; null or absent = no end of them.',
      }),
    ),
    margin: Type.Optional(
      Type.Unsafe<MarginRates>({ ...MarginRates, description: 'Absent: Regulation T.' }),
    ),
  },
  { $id: 'Instrument', additionalProperties: false },
);
export type Instrument = Static<typeof Instrument>;

/**
 * A stock split that has happened. Prices before it, times `priceFactor`, are on the scale after it;
 * sizes before it are divided by it.
 */
export const StockSplit = Type.Object(
  {
    at: Type.String({ ...Timestamp, description: 'Simulated time.' }),
    newUnits: Type.Integer({ minimum: 1, description: '4 of "4 for 1".' }),
    oldUnits: Type.Integer({ minimum: 1, description: '1 of "4 for 1".' }),
    priceFactor: Type.Number({ exclusiveMinimum: 0, description: 'oldUnits / newUnits.' }),
  },
  { $id: 'StockSplit' },
);
export type StockSplit = Static<typeof StockSplit>;

/** An instrument as one simulator trades it. */
export const SimulatorInstrument = Type.Object(
  {
    ...Instrument.properties,
    splits: Type.Optional(
      Type.Array(StockSplit, {
        description:
          'Those so far, oldest first: whoever joins late brings earlier prices and sizes to the ' +
          'present scale with them. Absent once the simulator has stopped.',
      }),
    ),
  },
  { $id: 'SimulatorInstrument', additionalProperties: false },
);
export type SimulatorInstrument = Static<typeof SimulatorInstrument>;

/** An instrument as it trades in a scenario, for lists. */
export const InstrumentSummary = Type.Object(
  {
    ...Instrument.properties,
    referencePrice: Decimal,
    session: Type.Optional(
      Type.Union([TradingSession, Type.Null()], {
        description: 'Its trading day; null or absent = it trades day and night.',
      }),
    ),
    splits: Type.Optional(
      Type.Array(StockSplit, {
        description: 'Of a running simulator: those so far, oldest first; absent = none.',
      }),
    ),
  },
  { $id: 'InstrumentSummary', additionalProperties: false },
);
export type InstrumentSummary = Static<typeof InstrumentSummary>;
