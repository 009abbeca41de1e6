/** The shapes of the REST contract. Decimal strings, ISO times, opaque ids, camelCase. */
import Type, { type Static } from 'typebox';
import { PostOnlyMode, SelfTradePrevention, TriggerReference } from './instructions.ts';
import { CandleInterval } from './market-data.ts';
import { OrderStatus, OrderType, RejectReason, Side, TimeInForce } from './order.ts';
import { Decimal, Id, InstrumentSymbol, PositiveDecimal, Sequence, Timestamp } from './units.ts';

const closed = { additionalProperties: false };
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const Credentials = Type.Object(
  {
    email: Type.String({
      maxLength: 254,
      pattern: '^[^\\s@<>"]{1,64}@[^\\s@<>"]+\\.[^\\s@<>".]{2,}$',
      description: 'E-mail address.',
    }),
    password: Type.String({ minLength: 12, maxLength: 128 }),
  },
  { $id: 'Credentials', ...closed },
);
export type Credentials = Static<typeof Credentials>;

export const AuthAnswer = Type.Object(
  {
    accessToken: Type.String(),
    expiresInSeconds: Type.Integer(),
    user: Type.Object({ id: Id, email: Type.String() }),
  },
  { $id: 'AuthAnswer' },
);
export type AuthAnswer = Static<typeof AuthAnswer>;

export const GateState = Type.Union(
  [
    Type.Literal('healthy'),
    Type.Literal('degraded'),
    Type.Literal('reduceOnly'),
    Type.Literal('closed'),
  ],
  { $id: 'GateState' },
);
export type GateState = Static<typeof GateState>;
export const Gate = Type.Object(
  { state: GateState, reasons: Type.Array(Type.String()) },
  { $id: 'Gate' },
);
export type Gate = Static<typeof Gate>;

export const SessionRequest = Type.Object(
  { resume: Type.Optional(Id) },
  { $id: 'SessionRequest', ...closed },
);
export const Session = Type.Object(
  {
    id: Id,
    state: Type.Union([Type.Literal('active'), Type.Literal('expired'), Type.Literal('closed')]),
    createdAt: Timestamp,
    expiresAt: Timestamp,
    gate: Gate,
  },
  { $id: 'Session' },
);
export type Session = Static<typeof Session>;
export const HeartbeatRequest = Type.Object(
  {
    sequence: Sequence,
    roundTripMs: Type.Optional(Type.Number({ minimum: 0, maximum: 600_000 })),
    lastEventSequence: Type.Optional(Sequence),
    feedAgeMs: Type.Optional(Type.Number({ minimum: 0, maximum: 86_400_000 })),
  },
  { $id: 'HeartbeatRequest', ...closed },
);
export type HeartbeatRequest = Static<typeof HeartbeatRequest>;
export const HeartbeatAnswer = Type.Object(
  { serverTime: Timestamp, expiresAt: Timestamp, gate: Gate },
  { $id: 'HeartbeatAnswer' },
);
export type HeartbeatAnswer = Static<typeof HeartbeatAnswer>;

export const SimulatorRequest = Type.Object(
  {
    sessionId: Id,
    scenario: Id,
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: 0xffff_ffff })),
    speed: Type.Optional(Type.Number({ minimum: 0.1, maximum: 100 })),
    startingCash: Type.Optional(PositiveDecimal),
    portfolioId: Type.Optional(Id),
  },
  { $id: 'SimulatorRequest', ...closed },
);
export type SimulatorRequest = Static<typeof SimulatorRequest>;
export const SimulatorState = Type.Union(
  [
    Type.Literal('starting'),
    Type.Literal('running'),
    Type.Literal('paused'),
    Type.Literal('halted'),
    Type.Literal('stopped'),
  ],
  { $id: 'SimulatorState' },
);
export type SimulatorState = Static<typeof SimulatorState>;
export const Simulator = Type.Object(
  {
    id: Id,
    sessionId: Id,
    scenario: Id,
    seed: Type.Integer(),
    speed: Type.Number(),
    startingCash: Decimal,
    currency: Type.String(),
    state: SimulatorState,
    symbols: Type.Array(InstrumentSymbol),
    startedAt: Timestamp,
    stoppedAt: nullable(Timestamp),
  },
  { $id: 'Simulator' },
);
export type Simulator = Static<typeof Simulator>;
export const SpeedRequest = Type.Object(
  { speed: Type.Number({ minimum: 0.1, maximum: 100 }) },
  { $id: 'SpeedRequest', ...closed },
);

export const OrderRequest = Type.Object(
  {
    clientOrderId: Type.String({ pattern: '^[A-Za-z0-9_-]{1,36}$' }),
    symbol: InstrumentSymbol,
    side: Side,
    type: OrderType,
    quantity: PositiveDecimal,
    limitPrice: Type.Optional(PositiveDecimal),
    timeInForce: Type.Optional(TimeInForce),
    postOnly: Type.Optional(Type.Boolean()),
    stopPrice: Type.Optional(
      Type.String({
        ...PositiveDecimal,
        description: 'Trigger of stop, stopLimit, marketIfTouched and limitIfTouched.',
      }),
    ),
    triggerReference: Type.Optional(TriggerReference),
    expireAt: Type.Optional(
      Type.String({ ...Timestamp, description: 'Simulated time at which a gtd order ends.' }),
    ),
    selfTradePrevention: Type.Optional(SelfTradePrevention),
    postOnlyMode: Type.Optional(PostOnlyMode),
    reduceOnly: Type.Optional(Type.Boolean()),
    minimumQuantity: Type.Optional(
      Type.String({ ...PositiveDecimal, description: 'An ioc order trades this much or nothing.' }),
    ),
    trailAmount: Type.Optional(
      Type.String({ ...PositiveDecimal, description: 'Distance of a trailing stop, as a price.' }),
    ),
    trailPercent: Type.Optional(
      Type.String({ ...PositiveDecimal, description: 'Or in percent, e.g. "1.5".' }),
    ),
    limitOffset: Type.Optional(
      Type.String({
        ...Decimal,
        description: 'Of a trailingStopLimit: how far beyond its trigger the limit may be.',
      }),
    ),
  },
  { $id: 'OrderRequest', ...closed },
);
export type OrderRequest = Static<typeof OrderRequest>;
export const ReplaceRequest = Type.Object(
  {
    quantity: Type.Optional(PositiveDecimal),
    limitPrice: Type.Optional(PositiveDecimal),
    stopPrice: Type.Optional(PositiveDecimal),
  },
  { $id: 'ReplaceRequest', ...closed, minProperties: 1 },
);
export type ReplaceRequest = Static<typeof ReplaceRequest>;

/** Present where the order has them. `stopPrice` is where the trigger stands now. */
const instructionsView = {
  stopPrice: Type.Optional(nullable(Decimal)),
  triggerReference: Type.Optional(TriggerReference),
  trailAmount: Type.Optional(Decimal),
  trailPercent: Type.Optional(Decimal),
  limitOffset: Type.Optional(Decimal),
  triggeredAt: Type.Optional(nullable(Timestamp)),
  expireAt: Type.Optional(Timestamp),
  selfTradePrevention: Type.Optional(SelfTradePrevention),
  postOnlyMode: Type.Optional(PostOnlyMode),
  /** What a post-only order asked for before it slid. */
  slidFrom: Type.Optional(Decimal),
  reduceOnly: Type.Optional(Type.Boolean()),
  minimumQuantity: Type.Optional(Decimal),
};

/** An order on the wire. `sequence` is the stream sequence of the record that last changed it. */
export const OrderView = Type.Object(
  {
    orderId: Id,
    clientOrderId: Type.String(),
    symbol: InstrumentSymbol,
    side: Side,
    type: OrderType,
    timeInForce: TimeInForce,
    postOnly: Type.Boolean(),
    quantity: Decimal,
    limitPrice: nullable(Decimal),
    status: OrderStatus,
    filledQuantity: Decimal,
    leavesQuantity: Decimal,
    averagePrice: nullable(Decimal),
    fees: Decimal,
    rejectReason: nullable(RejectReason),
    ...instructionsView,
    createdAt: Timestamp,
    updatedAt: Timestamp,
    sequence: Sequence,
  },
  { $id: 'OrderView' },
);
export type OrderView = Static<typeof OrderView>;

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
    realised: Decimal,
    liquidity: Type.Union([Type.Literal('maker'), Type.Literal('taker')]),
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
    Type.Literal('waitsForTrigger'),
    Type.Literal('behindOthers'),
    Type.Literal('firstInQueue'),
    Type.Literal('tookLiquidity'),
    Type.Literal('reachedTheFront'),
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
    quantityAhead: Type.String({ ...Decimal, description: 'Before it now.' }),
    legs: Type.Array(ReceiptLeg, { description: 'Oldest first; the newest 16.' }),
    legCount: Type.Integer({ minimum: 0 }),
    fills: Type.Array(ExecutionView, { description: 'Oldest first, as far as they are kept.' }),
    sequence: Sequence,
  },
  { $id: 'FillReceipt' },
);
export type FillReceipt = Static<typeof FillReceipt>;

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
    }),
    sequence: Sequence,
  },
  { $id: 'OrderPreview' },
);
export type OrderPreview = Static<typeof OrderPreview>;

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
  },
  { $id: 'PositionView' },
);
export type PositionView = Static<typeof PositionView>;

export const AccountView = Type.Object(
  {
    currency: Type.String(),
    startingCash: Decimal,
    cash: Decimal,
    reserved: Decimal,
    buyingPower: Decimal,
    equity: Decimal,
    exposure: Decimal,
    unrealised: Decimal,
    realised: Decimal,
    fees: Decimal,
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

/** `limit` at most 500, `since` exclusive, both from the one cursor of the simulator. */
export const ListQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
    since: Type.Optional(Sequence),
  },
  { $id: 'ListQuery', ...closed },
);
export type ListQuery = Static<typeof ListQuery>;
export const CandleQuery = Type.Object(
  {
    interval: Type.Optional(CandleInterval),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_000 })),
  },
  { $id: 'CandleQuery', ...closed },
);
export const listOf = <T extends Type.TSchema>($id: string, items: T) =>
  Type.Object({ items: Type.Array(items), nextSince: Sequence }, { $id });

export const Profile = Type.Object(
  {
    displayName: Type.String({ maxLength: 60 }),
    theme: Type.Union([Type.Literal('dark'), Type.Literal('light'), Type.Literal('system')]),
    colours: Type.Union([
      Type.Literal('greenUp'),
      Type.Literal('redUp'),
      Type.Literal('blueOrange'),
    ]),
    confirmOrders: Type.Boolean(),
    timeZone: Type.Union([Type.Literal('utc'), Type.Literal('local')]),
    watchList: Type.Array(InstrumentSymbol, { maxItems: 50 }),
  },
  { $id: 'Profile', ...closed },
);
export type Profile = Static<typeof Profile>;
export const ProfilePatch = Type.Partial(Profile, { $id: 'ProfilePatch', ...closed });

export const NatsCredentialRequest = Type.Object(
  { name: Type.String({ pattern: '^[A-Za-z0-9 _-]{1,40}$' }) },
  { $id: 'NatsCredentialRequest', ...closed },
);
/** `creds` is shown once, at creation. */
export const NatsCredential = Type.Object(
  {
    id: Id,
    name: Type.String(),
    createdAt: Timestamp,
    expiresAt: Timestamp,
    servers: Type.Array(Type.String()),
    subjects: Type.Array(Type.String()),
    creds: Type.Optional(Type.String()),
  },
  { $id: 'NatsCredential' },
);
export type NatsCredential = Static<typeof NatsCredential>;
