/** The shapes of the REST contract. Decimal strings, ISO times, opaque ids, camelCase. */
import Type, { type Static } from 'typebox';
import { AccountType } from './account.ts';
import { ClockView, SimulatorState } from './clock.ts';
import { FEE_SCHEDULES } from './fees.ts';
import {
  PegPriceType,
  PostOnlyMode,
  SelfTradePrevention,
  TriggerReference,
} from './instructions.ts';
import { CandleInterval } from './market-data.ts';
import {
  Contingency,
  ListRole,
  OrderStatus,
  OrderType,
  RejectReason,
  Side,
  TimeInForce,
} from './order.ts';
import { RiskTier } from './risk.ts';
import { Decimal, Id, InstrumentSymbol, PositiveDecimal, Sequence, Timestamp } from './units.ts';

export * from './clock.ts';
export * from './connection.ts';
export * from './holdings.ts';
export * from './order-request.ts';
export * from './order-stamp.ts';
export * from './phase-views.ts';

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

export const SimulatorRequest = Type.Object(
  {
    sessionId: Id,
    scenario: Id,
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: 0xffff_ffff })),
    speed: Type.Optional(Type.Number({ minimum: 0.1, maximum: 100 })),
    startingCash: Type.Optional(PositiveDecimal),
    portfolioId: Type.Optional(Id),
    riskTier: Type.Optional(RiskTier),
    accountType: Type.Optional(AccountType),
    feeSchedule: Type.Optional(
      Type.String({
        ...Id,
        description: `Absent: the scenario’s, else that of the risk tier. One of the scenario’s own schedules, or: ${FEE_SCHEDULES.map(({ name, description }) => `\`${name}\` (${description.replace(/\.$/, '')})`).join('; ')}.`,
      }),
    ),
  },
  { $id: 'SimulatorRequest', ...closed },
);
export type SimulatorRequest = Static<typeof SimulatorRequest>;
export const Simulator = Type.Object(
  {
    id: Id,
    sessionId: Id,
    scenario: Id,
    seed: Type.Integer(),
    speed: Type.Number(),
    startingCash: Decimal,
    currency: Type.String(),
    accountType: AccountType,
    feeSchedule: Id,
    state: SimulatorState,
    symbols: Type.Array(InstrumentSymbol),
    startedAt: Timestamp,
    stoppedAt: nullable(Timestamp),
    riskTier: Type.Optional(RiskTier),
    forkedFrom: Type.Optional(
      Type.Unsafe<string>({
        ...Id,
        description:
          'The simulator whose past it has begun with: a fork, or a start from a saved state. Not told ' +
          'by the snapshot of a stream.',
      }),
    ),
    clock: Type.Optional(
      Type.Object(ClockView.properties, { description: 'In answers to a step or a jump.' }),
    ),
  },
  { $id: 'Simulator' },
);
export type Simulator = Static<typeof Simulator>;
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
  allOrNone: Type.Optional(Type.Boolean()),
  pegPriceType: Type.Optional(PegPriceType),
  pegOffset: Type.Optional(Decimal),
  /** Where a pegged order stands now; null while it has nothing to follow. */
  pegPrice: Type.Optional(nullable(Decimal)),
  /** Of an iceberg, the size of a tip; "0" = hidden. Absent: all of it is shown. */
  displayQuantity: Type.Optional(Decimal),
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
    listId: Type.Optional(Id),
    contingency: Type.Optional(Contingency),
    listRole: Type.Optional(ListRole),
    liquidation: Type.Optional(
      Type.Boolean({ description: 'Entered by the venue under a margin call.' }),
    ),
    createdAt: Timestamp,
    updatedAt: Timestamp,
    sequence: Sequence,
  },
  { $id: 'OrderView' },
);
export type OrderView = Static<typeof OrderView>;

/** A list as its command left it, its orders as they were entered. */
export const OrderListView = Type.Object(
  {
    listId: Id,
    clientListId: Type.String(),
    contingency: Contingency,
    orders: Type.Array(OrderView),
  },
  { $id: 'OrderListView' },
);
export type OrderListView = Static<typeof OrderListView>;
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
