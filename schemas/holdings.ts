/** What came of orders, on the wire: fills, receipts, dry runs, positions and the account. */
import Type, { type Static } from 'typebox';
import { AccountType } from './account.ts';
import { MarginCallState } from './margin.ts';
import { OrderStatus, RejectReason, Side } from './order.ts';
import { Decimal, Id, InstrumentSymbol, Sequence, Timestamp } from './units.ts';

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const ExecutionView = Type.Object(
  {
    executionId: Id,
    orderId: Id,
    clientOrderId: Type.String(),
    symbol: InstrumentSymbol,
    side: Side,
    price: Decimal,
    quantity: Decimal,
    fee: Decimal,
    commission: Type.Optional(
      Type.String({ ...Decimal, description: 'Part of `fee`; the rest is the venue’s.' }),
    ),
    realised: Decimal,
    liquidity: Type.Union([Type.Literal('maker'), Type.Literal('taker')]),
    liquidation: Type.Optional(
      Type.Boolean({ description: 'Closed by the venue under a margin call.' }),
    ),
    at: Timestamp,
    sequence: Sequence,
  },
  { $id: 'ExecutionView' },
);
export type ExecutionView = Static<typeof ExecutionView>;

/** Why an order stands as it does: one code, the last that applies. */
export const FillExplanation = Type.Union(
  [
    Type.Literal('refused'),
    Type.Literal('awaitsEntry'),
    Type.Literal('waitsForTrigger'),
    Type.Literal('waitsForReference'),
    Type.Literal('behindOthers'),
    Type.Literal('firstInQueue'),
    Type.Literal('tookLiquidity'),
    Type.Literal('reachedTheFront'),
    Type.Literal('endedBeforeEntry'),
    Type.Literal('endedBeforeTrigger'),
    Type.Literal('endedBehindOthers'),
    Type.Literal('endedWithoutTradeAtPrice'),
    Type.Literal('ranOutOfLiquidity'),
  ],
  { $id: 'FillExplanation' },
);
export type FillExplanation = Static<typeof FillExplanation>;

/** A stay of an order in one place. The quantities are of others, at its price and before it. */
export const ReceiptLeg = Type.Object(
  {
    kind: Type.Union([Type.Literal('waiting'), Type.Literal('resting')]),
    price: nullable(Decimal),
    from: Timestamp,
    to: nullable(Timestamp),
    durationNs: Type.Integer({ minimum: 0, description: 'Simulated; so far, while it lasts.' }),
    quantityAheadAtEntry: Decimal,
    tradedAhead: Decimal,
    canceledAhead: Decimal,
  },
  { $id: 'ReceiptLeg' },
);
export type ReceiptLeg = Static<typeof ReceiptLeg>;

/** Why did I get (not) filled. Times in simulated nanoseconds since the order was entered. */
export const FillReceipt = Type.Object(
  {
    orderId: Id,
    clientOrderId: Type.String(),
    status: OrderStatus,
    rejectReason: nullable(RejectReason),
    explanation: FillExplanation,
    enteredAt: Timestamp,
    timeToFirstFillNs: nullable(Type.Integer({ minimum: 0 })),
    timeToLastFillNs: nullable(Type.Integer({ minimum: 0 })),
    filledQuantity: Decimal,
    makerQuantity: Decimal,
    takerQuantity: Decimal,
    averagePrice: nullable(Decimal),
    fees: Decimal,
    commission: Type.Optional(
      Type.String({ ...Decimal, description: 'Part of `fees`; the rest is the venue’s.' }),
    ),
    quantityAhead: Type.String({ ...Decimal, description: 'Before it now.' }),
    legs: Type.Array(ReceiptLeg, { description: 'Oldest first; the newest 16.' }),
    legCount: Type.Integer({ minimum: 0 }),
    fills: Type.Array(ExecutionView, { description: 'Oldest first, as far as they are kept.' }),
    sequence: Sequence,
  },
  { $id: 'FillReceipt' },
);
export type FillReceipt = Static<typeof FillReceipt>;

/** Of a margin account, at the marks; the formulas are in `margin.ts`. */
export const MarginView = Type.Object(
  {
    initial: Type.String({ ...Decimal, description: 'Initial requirement of all positions.' }),
    maintenance: Type.String({ ...Decimal, description: 'Below this equity a call is due.' }),
    availableFunds: Type.String({
      ...Decimal,
      description: 'equity − initial − held for open orders: what new positions may ask for.',
    }),
    excessLiquidity: Type.String({ ...Decimal, description: 'equity − maintenance.' }),
    leverage: Type.Union([Decimal, Type.Null()], {
      description: 'Exposure by equity; null without equity.',
    }),
  },
  { $id: 'MarginView' },
);
export type MarginView = Static<typeof MarginView>;

/** Under a call only orders that reduce a position are taken. */
export const MarginCallView = Type.Object(
  { state: MarginCallState, since: Timestamp, deadline: Timestamp },
  { $id: 'MarginCallView' },
);
export type MarginCallView = Static<typeof MarginCallView>;

/** What the venue would do with an order now. `after` is how things would stand then. */
export const OrderPreview = Type.Object(
  {
    accepted: Type.Boolean(),
    rejectReason: nullable(RejectReason),
    waitsForTrigger: Type.Boolean(),
    fills: Type.Array(Type.Object({ price: Decimal, quantity: Decimal }), {
      description: 'One per price, best first.',
    }),
    filledQuantity: Decimal,
    restingQuantity: Type.String({ ...Decimal, description: 'What would stay open.' }),
    averagePrice: nullable(Decimal),
    notional: Decimal,
    fees: Decimal,
    after: Type.Object({
      position: Decimal,
      cash: Decimal,
      reserved: Decimal,
      buyingPower: Type.String({ ...Decimal, description: 'Negative: short of that much.' }),
      margin: Type.Optional(MarginView),
    }),
    sequence: Sequence,
  },
  { $id: 'OrderPreview' },
);
export type OrderPreview = Static<typeof OrderPreview>;

/**
 * Nothing is wrong with the list, but somebody should know.
 * - `exitsExceedEntry`: exits that do not cancel each other (`oto`) trade more together than their
 *   entry opens; the last of them may turn the position. Those that are reduce-only do not count.
 */
export const ListWarning = Type.Literal('exitsExceedEntry', { $id: 'ListWarning' });
export type ListWarning = Static<typeof ListWarning>;

/**
 * Each order by itself, in the order of the request. Those that come alive with another's fills are
 * empty: nothing of them trades or rests yet.
 */
export const OrderListPreview = Type.Object(
  {
    accepted: Type.Boolean(),
    rejectReason: Type.Union([RejectReason, Type.Null()], {
      description: 'Of the list: none of it is accepted then.',
    }),
    warnings: Type.Array(ListWarning),
    orders: Type.Array(OrderPreview),
    sequence: Sequence,
  },
  { $id: 'OrderListPreview' },
);
export type OrderListPreview = Static<typeof OrderListPreview>;

/** The same position under first in, first out. `averagePrice` is of the lots that are left. */
export const FifoView = Type.Object(
  { cost: Decimal, averagePrice: nullable(Decimal), unrealised: Decimal, realised: Decimal },
  { $id: 'FifoView' },
);

/**
 * `quantity` and `cost` are signed alike; `averagePrice` is `cost` per unit, rounded. `mark` is the
 * mid (else last) price; `unrealised` is against it.
 */
export const PositionView = Type.Object(
  {
    symbol: InstrumentSymbol,
    quantity: Decimal,
    cost: Decimal,
    averagePrice: nullable(Decimal),
    mark: nullable(Decimal),
    unrealised: Decimal,
    realised: Decimal,
    fees: Decimal,
    exposure: Type.Optional(
      Type.String({ ...Decimal, description: 'Signed value at the mark, or at cost without one.' }),
    ),
    fifo: Type.Optional(FifoView),
    borrowFees: Type.Optional(
      Type.String({ ...Decimal, description: 'Charged so far, for being short on margin.' }),
    ),
    dividends: Type.Optional(
      Type.String({ ...Decimal, description: 'Received less paid; absent: none so far.' }),
    ),
    borrowAccrued: Type.Optional(
      Type.String({ ...Decimal, description: 'Owed, and charged at midnight.' }),
    ),
  },
  { $id: 'PositionView' },
);
export type PositionView = Static<typeof PositionView>;

export const AccountView = Type.Object(
  {
    type: Type.Optional(AccountType),
    feeSchedule: Type.Optional(Id),
    currency: Type.String(),
    startingCash: Decimal,
    cash: Decimal,
    unsettled: Type.Optional(
      Type.String({
        ...Decimal,
        description: 'Part of `cash` that cannot be spent yet, and of `reserved`.',
      }),
    ),
    reserved: Decimal,
    buyingPower: Decimal,
    equity: Decimal,
    exposure: Decimal,
    unrealised: Decimal,
    realised: Decimal,
    fees: Decimal,
    dividends: Type.Optional(
      Type.String({ ...Decimal, description: 'Received less paid; absent: none so far.' }),
    ),
    margin: Type.Optional(MarginView),
    marginCall: Type.Optional(nullable(MarginCallView)),
    borrowFees: Type.Optional(
      Type.String({ ...Decimal, description: 'Charged so far, of a margin account.' }),
    ),
    interest: Type.Optional(
      Type.String({ ...Decimal, description: 'Charged so far, of a margin account.' }),
    ),
    accrued: Type.Optional(
      Type.String({
        ...Decimal,
        description: 'Borrow fees and interest that are owed, and charged at midnight.',
      }),
    ),
    netExposure: Type.Optional(
      Type.String({ ...Decimal, description: 'Longs less shorts; `exposure` adds them up.' }),
    ),
    dayOpenEquity: Type.Optional(
      Type.String({ ...Decimal, description: 'Equity at the last midnight of simulated time.' }),
    ),
    dayProfit: Type.Optional(
      Type.String({ ...Decimal, description: 'equity − dayOpenEquity, fees included.' }),
    ),
    totalProfit: Type.Optional(
      Type.String({ ...Decimal, description: 'equity − startingCash, fees included.' }),
    ),
    sequence: Sequence,
  },
  { $id: 'AccountView' },
);
export type AccountView = Static<typeof AccountView>;
