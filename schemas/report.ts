/** What a session came to: the report and the true cost of an order. */
import Type, { type Static } from 'typebox';
import { OrderStatus, OrderType, Side } from './order.ts';
import { Decimal, Id, InstrumentSymbol, PositiveDecimal, Timestamp } from './units.ts';

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const money = (description: string) => Type.String({ ...Decimal, description });
const ratio = (description: string) => nullable(Type.Number({ description }));

/** Money paid more than at a benchmark; negative = better than it. And the same in basis points. */
export const Slippage = Type.Object(
  { amount: Decimal, bps: nullable(Type.Number()) },
  { $id: 'Slippage' },
);
export type Slippage = Static<typeof Slippage>;

const slippages = {
  slippageArrival: Type.Object(Slippage.properties, {
    description: 'Against the mid when the order arrived.',
  }),
  slippageMid: Type.Object(Slippage.properties, {
    description: 'Against the mid before each fill, known to the second for fills at rest.',
  }),
  slippageVwap: Type.Object(Slippage.properties, {
    description: 'Against what everybody paid on average in this session.',
  }),
};

export const ReportInstrument = Type.Object(
  {
    symbol: InstrumentSymbol,
    orders: Type.Integer(),
    fills: Type.Integer(),
    quantity: Decimal,
    turnover: Decimal,
    fees: Decimal,
    realised: money('Closed by fills, before fees.'),
    unrealised: money('Of what is held at the end, at the mid.'),
    position: Decimal,
    ...slippages,
    timeInMarket: Type.Number({ description: 'Part of the session with a position.' }),
  },
  { $id: 'ReportInstrument' },
);
export type ReportInstrument = Static<typeof ReportInstrument>;

export const ReportOrder = Type.Object(
  {
    orderId: Id,
    clientOrderId: Type.String(),
    symbol: InstrumentSymbol,
    side: Side,
    type: OrderType,
    status: OrderStatus,
    at: Timestamp,
    quantity: Decimal,
    filledQuantity: Decimal,
    averagePrice: nullable(Decimal),
    arrivalPrice: nullable(Decimal),
    fees: Decimal,
    ...slippages,
    shortfall: money(
      'Implementation shortfall: what the fills cost against the arrival mid, fees, and what the part that was not filled has missed until the order ended.',
    ),
  },
  { $id: 'ReportOrder' },
);
export type ReportOrder = Static<typeof ReportOrder>;

export const ReportPoint = Type.Object({
  at: Timestamp,
  equity: Decimal,
  drawdown: Type.Number({ description: 'Below the peak so far, as a part of it.' }),
});
export type ReportPoint = Static<typeof ReportPoint>;

export const SessionReport = Type.Object(
  {
    simulatorId: Id,
    currency: Type.String(),
    from: Timestamp,
    to: Timestamp,
    tapeHash: Type.String(),
    startingCash: Decimal,
    equity: Decimal,
    profit: Decimal,
    fees: Decimal,
    turnover: money('Value of all fills.'),
    maxDrawdown: Type.Object({
      amount: Decimal,
      fraction: Type.Number(),
      peakAt: nullable(Timestamp),
      troughAt: nullable(Timestamp),
    }),
    sharpe: ratio('Of returns per simulated minute, without a risk-free rate; not annualised.'),
    sharpeAnnualised: ratio('The same times the root of 98,280 minutes (252 days of 390).'),
    sortino: ratio('Downside below zero over all minutes; not annualised.'),
    sortinoAnnualised: ratio('The same times the root of 98,280.'),
    roundTrips: Type.Integer({ description: 'From flat to flat, in any instrument.' }),
    winRate: ratio('Part of the round trips that made money after fees.'),
    timeInMarket: Type.Number({ description: 'Part of the session with any position.' }),
    ...slippages,
    shortfall: Decimal,
    instruments: Type.Array(ReportInstrument),
    orders: Type.Array(ReportOrder, { description: 'Oldest first, the newest 500.' }),
    curve: Type.Array(ReportPoint, { description: 'At most 600 points, evenly spaced.' }),
  },
  { $id: 'SessionReport' },
);
export type SessionReport = Static<typeof SessionReport>;

/** One order of the session as it might have been; without any change it is left out. */
export const WhatIfRequest = Type.Object(
  {
    orderId: Id,
    quantity: Type.Optional(PositiveDecimal),
    type: Type.Optional(Type.Union([Type.Literal('market'), Type.Literal('limit')])),
    limitPrice: Type.Optional(PositiveDecimal),
    delaySeconds: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 3_600, description: 'Entered so much later.' }),
    ),
  },
  { $id: 'WhatIfRequest', additionalProperties: false },
);
export type WhatIfRequest = Static<typeof WhatIfRequest>;

/** Costs of a fill: they add up to its slippage against the arrival mid. Positive = paid. */
export const FillCost = Type.Object(
  {
    executionId: Id,
    at: Timestamp,
    price: Decimal,
    quantity: Decimal,
    spread: money('From the mid to the price: half the spread and walking the book.'),
    impact: money('The mid stood elsewhere than in the market without the order.'),
    waiting: money('The market went its own way while the order waited in its queue.'),
  },
  { $id: 'FillCost' },
);
export type FillCost = Static<typeof FillCost>;

export const TrueCost = Type.Object(
  {
    orderId: Id,
    change: Type.String({ description: 'What was done otherwise, in words.' }),
    fills: Type.Array(FillCost),
    spread: Decimal,
    impact: Decimal,
    waiting: Decimal,
    fees: Decimal,
    opportunity: money('What the unfilled part has missed until the order ended.'),
    impactAfter: Type.Array(
      Type.Object({
        seconds: Type.Integer(),
        ticks: Type.Number({
          description: 'Mid with the order minus mid otherwise, in its direction.',
        }),
      }),
      { description: 'How far the market still stood from where it would have been.' },
    ),
    equity: Decimal,
    equityOtherwise: Decimal,
    difference: money('What the order brought to the session: equity minus the other equity.'),
    otherwise: Type.Object({
      status: nullable(OrderStatus),
      filledQuantity: nullable(Decimal),
      averagePrice: nullable(Decimal),
    }),
    paths: Type.Array(
      Type.Object({ at: Timestamp, mid: nullable(Decimal), midOtherwise: nullable(Decimal) }),
      { description: 'Around the order, at most 300 points.' },
    ),
    tapeHash: Type.String(),
    tapeHashOtherwise: Type.String(),
    tookMs: Type.Integer(),
  },
  { $id: 'TrueCost' },
);
export type TrueCost = Static<typeof TrueCost>;
