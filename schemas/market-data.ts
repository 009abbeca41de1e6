/**
 * Public market data of one private venue, as published on `sandpit.v1.md.…` and over SSE.
 *
 * Frames are cut on a grid of simulated time and numbered per symbol and channel, so they are the
 * same, number for number, whichever worker derives them. `book` and `quote` frames are full state:
 * a reader that misses some needs only the next one. Trades carry their own contiguous ids.
 */
import Type, { type Static } from 'typebox';
import { StockSplit } from './instrument.ts';
import { Side } from './order.ts';
import { LimitState } from './price-bands.ts';
import { HaltReason, TradingPhase } from './session.ts';
import { Decimal, Id, InstrumentSymbol, Timestamp } from './units.ts';

export const MARKET_DATA_CHANNELS = ['book', 'quote', 'trade', 'candle', 'status'] as const;
export type MarketDataChannel = (typeof MARKET_DATA_CHANNELS)[number];

const header = {
  symbol: InstrumentSymbol,
  sequence: Type.Integer({ minimum: 1, description: 'Per symbol and channel, no gaps.' }),
  epoch: Type.Integer({ minimum: 1, description: 'Of the publishing owner; older is stale.' }),
  at: Type.String({ ...Timestamp, description: 'Simulated time.' }),
};

export const BookLevel = Type.Object({
  price: Decimal,
  quantity: Decimal,
  orders: Type.Integer({ minimum: 1 }),
});
export type BookLevel = Static<typeof BookLevel>;

/** Best first, at most 20 levels a side. */
export const BookFrame = Type.Object(
  { ...header, bids: Type.Array(BookLevel), asks: Type.Array(BookLevel) },
  { $id: 'BookFrame' },
);
export type BookFrame = Static<typeof BookFrame>;

const nullable = Type.Union([Decimal, Type.Null()]);
export const QuoteFrame = Type.Object(
  {
    ...header,
    bid: nullable,
    bidQuantity: nullable,
    ask: nullable,
    askQuantity: nullable,
    last: nullable,
    /** Price 24 h, or since the start, ago: for the change shown in a watch-list. */
    open: nullable,
    high: nullable,
    low: nullable,
    volume: Decimal,
    phase: Type.Optional(TradingPhase),
    phaseEndsAt: Type.Optional(
      Type.Union([Timestamp, Type.Null()], {
        description: 'Simulated time at which the phase ends by itself; null = it does not.',
      }),
    ),
    haltReason: Type.Optional(
      Type.Union([HaltReason, Type.Null()], {
        description: 'While halted and in the reopening auction.',
      }),
    ),
    auctionExtensions: Type.Optional(
      Type.Integer({ minimum: 0, description: 'How often this reopening auction was prolonged.' }),
    ),
    limitDownPrice: Type.Optional(
      Type.Union([Decimal, Type.Null()], {
        description: 'Lower price band: nothing trades below it. null without bands.',
      }),
    ),
    limitUpPrice: Type.Optional(nullable),
    limitState: Type.Optional(LimitState),
    indicativePrice: Type.Optional(
      Type.Union([Decimal, Type.Null()], {
        description: 'Where the auction under way would trade now; null without one.',
      }),
    ),
    indicativeQuantity: Type.Optional(nullable),
  },
  { $id: 'QuoteFrame' },
);
export type QuoteFrame = Static<typeof QuoteFrame>;

export const Trade = Type.Object(
  {
    tradeId: Type.Integer({ minimum: 1, description: 'Per symbol, contiguous.' }),
    at: Timestamp,
    price: Decimal,
    quantity: Decimal,
    aggressor: Side,
  },
  { $id: 'Trade' },
);
export type Trade = Static<typeof Trade>;
export const TradeFrame = Type.Object(
  { ...header, trades: Type.Array(Trade) },
  { $id: 'TradeFrame' },
);
export type TradeFrame = Static<typeof TradeFrame>;

export const CandleInterval = Type.Union(
  [
    Type.Literal('1s'),
    Type.Literal('5s'),
    Type.Literal('15s'),
    Type.Literal('1m'),
    Type.Literal('5m'),
    Type.Literal('15m'),
  ],
  { $id: 'CandleInterval' },
);
export type CandleInterval = Static<typeof CandleInterval>;

/** `start` is the first instant of the interval, simulated time. */
export const Candle = Type.Object(
  {
    start: Timestamp,
    open: Decimal,
    high: Decimal,
    low: Decimal,
    close: Decimal,
    volume: Decimal,
    trades: Type.Integer({ minimum: 0 }),
  },
  { $id: 'Candle' },
);
export type Candle = Static<typeof Candle>;
/**
 * Candles as they were traded, and the splits that they do not know of: what begins before a split is
 * on the scale before it. None holds prices of two scales.
 */
export const CandleList = Type.Object(
  {
    items: Type.Array(Candle),
    splits: Type.Array(StockSplit, { description: 'So far, oldest first.' }),
  },
  { $id: 'CandleList' },
);
export type CandleList = Static<typeof CandleList>;

/** The one-second candle in progress (and the one just closed); longer ones are sums of these. */
export const CandleFrame = Type.Object(
  { ...header, interval: Type.Literal('1s'), candles: Type.Array(Candle) },
  { $id: 'CandleFrame' },
);
export type CandleFrame = Static<typeof CandleFrame>;

export const StatusFrame = Type.Object(
  {
    ...header,
    state: Type.Union([
      Type.Literal('trading'),
      Type.Literal('paused'),
      Type.Literal('halted'),
      Type.Literal('stopped'),
    ]),
    speed: Type.Number(),
    simulatorId: Id,
    phase: Type.Optional(TradingPhase),
  },
  { $id: 'StatusFrame' },
);
export type StatusFrame = Static<typeof StatusFrame>;

export interface MarketDataFrames {
  book: BookFrame;
  quote: QuoteFrame;
  trade: TradeFrame;
  candle: CandleFrame;
  status: StatusFrame;
}
