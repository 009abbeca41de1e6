/** Phases, halts, dividends and splits of instruments, on the wire. */
import Type, { type Static } from 'typebox';
import { StockSplit } from './instrument.ts';
import { HaltReason, TradingPhase } from './session.ts';
import { Decimal, InstrumentSymbol, Timestamp } from './units.ts';

/** Stops trading in one instrument of one's own simulator. */
export const HaltRequest = Type.Object(
  {
    reason: Type.Optional(
      Type.Union(
        HaltReason.anyOf.filter((each) => each.const !== 'volatility'),
        { description: 'regulatory unless given.' },
      ),
    ),
    seconds: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1, maximum: 604_800 }), Type.Null()], {
        description:
          'Simulated time until its reopening auction; until you reopen it unless given.',
      }),
    ),
  },
  { $id: 'HaltRequest', additionalProperties: false },
);

export type HaltRequest = Static<typeof HaltRequest>;

/** In which phase an instrument is, and until when. */
export const InstrumentPhase = Type.Object(
  {
    symbol: InstrumentSymbol,
    phase: TradingPhase,
    endsAt: Type.Union([Timestamp, Type.Null()], {
      description: 'Simulated time; null = not by itself.',
    }),
    haltReason: Type.Union([HaltReason, Type.Null()]),
    auctionExtensions: Type.Integer({
      minimum: 0,
      description: 'How often the reopening auction was prolonged.',
    }),
  },
  { $id: 'InstrumentPhase' },
);
export type InstrumentPhase = Static<typeof InstrumentPhase>;

/** A dividend on its ex-date. */
export const DividendView = Type.Object(
  {
    symbol: InstrumentSymbol,
    amount: Type.String({ ...Decimal, description: 'Per unit.' }),
    quantity: Type.String({ ...Decimal, description: 'The position that it is for.' }),
    cash: Type.String({ ...Decimal, description: 'Received; negative: paid.' }),
  },
  { $id: 'DividendView' },
);
export type DividendView = Static<typeof DividendView>;

/** A split at the moment it takes effect, and what it does to the position. */
export const SplitView = Type.Object(
  {
    symbol: InstrumentSymbol,
    ...StockSplit.properties,
    price: Type.String({ ...Decimal, description: 'The last price on the new scale.' }),
    fromQuantity: Type.String({ ...Decimal, description: 'The position before.' }),
    quantity: Type.String({ ...Decimal, description: 'The position after.' }),
    cash: Type.String({
      ...Decimal,
      description: 'Cash in lieu of less than a lot; negative: paid.',
    }),
  },
  { $id: 'SplitView' },
);
export type SplitView = Static<typeof SplitView>;
