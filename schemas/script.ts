/**
 * What a scenario lets happen at a simulated time, whoever trades. One shape per type; a scenario's
 * `script` holds them in the order of their times, and of two at the same time the first comes first.
 */
import Type, { type Static } from 'typebox';
import { Side } from './order.ts';
import { HaltReason, TradingPhase } from './session.ts';
import { Id, InstrumentSymbol, PositiveDecimal } from './units.ts';

const at = {
  atSeconds: Type.Integer({
    minimum: 1,
    maximum: 604_800,
    description: 'Simulated seconds since `opensAt`; the warm-up counts.',
  }),
};

/** Trading in an instrument stops. Nothing happens when it is halted already. */
export const HaltEvent = Type.Object(
  {
    ...at,
    type: Type.Literal('halt'),
    symbol: InstrumentSymbol,
    reason: HaltReason,
    seconds: Type.Union([Type.Integer({ minimum: 1, maximum: 604_800 }), Type.Null()], {
      description: 'Until its reopening auction begins; null = until somebody reopens it.',
    }),
  },
  { additionalProperties: false },
);

/** The reopening auction of a halted instrument begins. */
export const ReopenEvent = Type.Object(
  { ...at, type: Type.Literal('reopen'), symbol: InstrumentSymbol },
  { additionalProperties: false },
);

/** An instrument trades without its dividend from here on: the ex-date. Long receives, short pays. */
export const DividendEvent = Type.Object(
  {
    ...at,
    type: Type.Literal('dividend'),
    symbol: InstrumentSymbol,
    amount: Type.String({
      ...PositiveDecimal,
      description: 'Per unit, in the currency; whole millionths on a lot.',
    }),
  },
  { additionalProperties: false },
);

const units = Type.Integer({ minimum: 1, maximum: 1_000 });

/**
 * A stock split: for every `oldUnits` of the instrument there are `newUnits` from here on, at a price
 * that is less by as much. Open orders are canceled. On a quarter of an hour, because there every
 * candle ends: none holds prices of two scales.
 */
export const SplitEvent = Type.Object(
  {
    atSeconds: Type.Integer({
      minimum: 900,
      maximum: 604_800,
      multipleOf: 900,
      description: 'Simulated seconds since `opensAt`, a multiple of 900; the warm-up counts.',
    }),
    type: Type.Literal('split'),
    symbol: InstrumentSymbol,
    newUnits: Type.Unsafe<number>({ ...units, description: '4 of "4 for 1".' }),
    oldUnits: Type.Unsafe<number>({ ...units, description: '1 of "4 for 1".' }),
  },
  { additionalProperties: false },
);
export type SplitEvent = Static<typeof SplitEvent>;

const closed = { additionalProperties: false };
const spell = { minimum: 1, maximum: 3_600 };
const lots = Type.Integer({ minimum: 1, maximum: 10_000_000 });

/** News: it is shown, and the value that informed agents know jumps. Makers learn it in seconds. */
export const HeadlineEvent = Type.Object(
  {
    ...at,
    type: Type.Literal('headline'),
    symbol: Type.Union([InstrumentSymbol, Type.Null()], {
      description: 'null = of no instrument.',
    }),
    text: Type.String({ minLength: 1, maxLength: 200 }),
    jumpBps: Type.Integer({
      minimum: -5_000,
      maximum: 10_000,
      description: 'Jump of the value in hundredths of a per cent; 0 = it is only shown.',
    }),
  },
  closed,
);
/** One order that sweeps the book: somebody has typed a nought too many. */
export const FatFingerEvent = Type.Object(
  {
    ...at,
    type: Type.Literal('fatFinger'),
    symbol: InstrumentSymbol,
    side: Side,
    quantityLots: lots,
    reachBps: Type.Integer({
      minimum: 1,
      maximum: 5_000,
      description: 'How far beyond the best price it takes; what is left ends.',
    }),
  },
  closed,
);
/** The market makers take their quotes out and come back one after another. */
export const MakerWithdrawalEvent = Type.Object(
  {
    ...at,
    type: Type.Literal('makerWithdrawal'),
    symbol: InstrumentSymbol,
    seconds: Type.Integer(spell),
  },
  closed,
);
/** Resting orders come more rarely, so that the book thins out. */
export const LiquidityDroughtEvent = Type.Object(
  {
    ...at,
    type: Type.Literal('liquidityDrought'),
    symbol: InstrumentSymbol,
    seconds: Type.Integer(spell),
    times: Type.Integer({ minimum: 2, maximum: 100, description: 'So many times more rarely.' }),
  },
  closed,
);
/** Makers leave and one seller sells through what is left, a part each second; then they come back. */
export const FlashCrashEvent = Type.Object(
  {
    ...at,
    type: Type.Literal('flashCrash'),
    symbol: InstrumentSymbol,
    seconds: Type.Integer({ minimum: 1, maximum: 600 }),
    quantityLots: lots,
  },
  closed,
);
/** Those who are short must buy, a part each second, while few sell. */
export const ShortSqueezeEvent = Type.Object(
  {
    ...at,
    type: Type.Literal('shortSqueeze'),
    symbol: InstrumentSymbol,
    seconds: Type.Integer({ minimum: 1, maximum: 600 }),
    quantityLots: lots,
  },
  closed,
);

/** From here on every account pays by another schedule; what an order has paid stays paid. */
export const FeeChangeEvent = Type.Object(
  {
    ...at,
    type: Type.Literal('feeChange'),
    feeSchedule: Type.String({
      ...Id,
      description: 'Name of a known schedule, or of one of the scenario’s `feeSchedules`.',
    }),
  },
  closed,
);

export const ScriptEvent = Type.Union(
  [
    HaltEvent,
    ReopenEvent,
    DividendEvent,
    SplitEvent,
    HeadlineEvent,
    FatFingerEvent,
    MakerWithdrawalEvent,
    LiquidityDroughtEvent,
    FlashCrashEvent,
    ShortSqueezeEvent,
    FeeChangeEvent,
  ],
  { $id: 'ScriptEvent' },
);
export type ScriptEvent = Static<typeof ScriptEvent>;
/** What the crowd carries out; the others are made of these, or are the exchange's. */
export type CrowdEvent = Extract<
  ScriptEvent,
  { type: 'headline' | 'fatFinger' | 'makerWithdrawal' | 'liquidityDrought' }
>;

/** What the exchange itself carries out. */
export type ExchangeEvent = Extract<
  ScriptEvent,
  { type: 'halt' | 'reopen' | 'dividend' | 'split' }
>;

const span = { fromSeconds: at.atSeconds, toSeconds: at.atSeconds };
const bps = Type.Optional(Type.Integer({ minimum: -10_000, maximum: 100_000 }));

/** What must be true of a run of the scenario without a trader: for its author and for CI. */
export const Expectation = Type.Union(
  [
    Type.Object(
      {
        type: Type.Literal('priceMove'),
        symbol: InstrumentSymbol,
        ...span,
        atLeastBps: bps,
        atMostBps: bps,
      },
      { ...closed, description: 'Mid at the end against the mid at the beginning.' },
    ),
    Type.Object(
      {
        type: Type.Literal('swing'),
        symbol: InstrumentSymbol,
        ...span,
        direction: Type.Union([Type.Literal('up'), Type.Literal('down')]),
        atLeastBps: Type.Integer({ minimum: 1, maximum: 100_000 }),
      },
      { ...closed, description: 'The farthest that the mid gets from where it was.' },
    ),
    Type.Object(
      {
        type: Type.Literal('spread'),
        symbol: InstrumentSymbol,
        ...span,
        atLeastTicks: Type.Optional(Type.Number({ minimum: 0 })),
        atMostTicks: Type.Optional(Type.Number({ minimum: 0 })),
      },
      { ...closed, description: 'On average over the seconds that have one.' },
    ),
    Type.Object(
      { type: Type.Literal('phase'), symbol: InstrumentSymbol, ...at, phase: TradingPhase },
      closed,
    ),
  ],
  { $id: 'Expectation' },
);
export type Expectation = Static<typeof Expectation>;
