/** Orders as the engine and the log know them: whole ticks and lots. FIX names where FIX has one. */
import Type, { type Static } from 'typebox';
import { OrderInstructions, OrderProgress } from './instructions.ts';
import { Id, InstrumentSymbol, Micros, PriceTicks, QuantityLots, SimNs } from './units.ts';

export const Side = Type.Union([Type.Literal('buy'), Type.Literal('sell')], { $id: 'Side' });
export type Side = Static<typeof Side>;

export const OrderType = Type.Union(
  [
    Type.Literal('market'),
    Type.Literal('limit'),
    Type.Literal('stop'),
    Type.Literal('stopLimit'),
    Type.Literal('marketIfTouched'),
    Type.Literal('limitIfTouched'),
    Type.Literal('trailingStop'),
    Type.Literal('trailingStopLimit'),
    Type.Literal('marketToLimit'),
    Type.Literal('pegged'),
  ],
  { $id: 'OrderType' },
);
export type OrderType = Static<typeof OrderType>;

export const TimeInForce = Type.Union(
  [
    Type.Literal('day'),
    Type.Literal('gtc'),
    Type.Literal('gtd'),
    Type.Literal('ioc'),
    Type.Literal('fok'),
    Type.Literal('opg'),
    Type.Literal('cls'),
  ],
  {
    $id: 'TimeInForce',
    description:
      'opg and cls, at the open and at the close: for the next auction of that name only.',
  },
);
export type TimeInForce = Static<typeof TimeInForce>;

/** FIX OrdStatus in camelCase. */
export const OrderStatus = Type.Union(
  [
    Type.Literal('pendingNew'),
    Type.Literal('new'),
    Type.Literal('partiallyFilled'),
    Type.Literal('filled'),
    Type.Literal('pendingCancel'),
    Type.Literal('canceled'),
    Type.Literal('replaced'),
    Type.Literal('rejected'),
    Type.Literal('expired'),
  ],
  { $id: 'OrderStatus' },
);
export type OrderStatus = Static<typeof OrderStatus>;

/**
 * Why the venue says no. A closed list in the order in which the checks run, so the first reason is
 * always the same one.
 */
export const RejectReason = Type.Union(
  [
    Type.Literal('simulatorHalted'),
    Type.Literal('quotaExceeded'),
    Type.Literal('deadlineExceeded'),
    Type.Literal('timeNotAhead'),
    Type.Literal('duplicateClientOrderId'),
    Type.Literal('unknownOrder'),
    Type.Literal('tooLateToCancel'),
    Type.Literal('unknownSymbol'),
    Type.Literal('killSwitchEngaged'),
    Type.Literal('limitBeyondTier'),
    Type.Literal('instrumentHalted'),
    Type.Literal('instrumentNotHalted'),
    Type.Literal('marketClosed'),
    Type.Literal('invalidPrice'),
    Type.Literal('invalidQuantity'),
    Type.Literal('invalidInstructions'),
    Type.Literal('notInThisPhase'),
    Type.Literal('quantityBelowFilled'),
    Type.Literal('priceOutsideCollar'),
    Type.Literal('orderSizeExceeded'),
    Type.Literal('orderNotionalExceeded'),
    Type.Literal('tooManyOpenOrders'),
    Type.Literal('orderLimitReached'),
    Type.Literal('orderRateExceeded'),
    Type.Literal('duplicateOrder'),
    Type.Literal('notShortable'),
    Type.Literal('borrowUnavailable'),
    Type.Literal('positionLimitExceeded'),
    Type.Literal('reduceOnlyWouldIncrease'),
    Type.Literal('triggerPriceReached'),
    Type.Literal('postOnlyWouldCross'),
    Type.Literal('marginCall'),
    Type.Literal('insufficientBuyingPower'),
    Type.Literal('insufficientMargin'),
    Type.Literal('priceOutsideBands'),
    Type.Literal('noLiquidity'),
    Type.Literal('fillOrKillNotFilled'),
    Type.Literal('minimumQuantityNotMet'),
    Type.Literal('selfTrade'),
    Type.Literal('contingency'),
    Type.Literal('sessionDisconnected'),
    Type.Literal('deadManExpired'),
    Type.Literal('corporateAction'),
    Type.Literal('internalError'),
  ],
  { $id: 'RejectReason' },
);
export type RejectReason = Static<typeof RejectReason>;

/**
 * Never the engine's own answer to a command: the runtime gave it. `internalError`: the command was
 * not executed, or its execution was thrown away. `quotaExceeded`: the simulator was not woken for it.
 */
export const isRuntimeReason = (reason: RejectReason): boolean =>
  reason === 'internalError' || reason === 'quotaExceeded';

/** What a trader asks for, on the engine's grid. `limitTicks` is null for a market order. */
export const OrderTicket = Type.Object(
  {
    clientOrderId: Type.String({ pattern: '^[A-Za-z0-9_-]{1,36}$' }),
    symbol: InstrumentSymbol,
    side: Side,
    type: OrderType,
    quantityLots: QuantityLots,
    limitTicks: Type.Union([PriceTicks, Type.Null()], { description: 'null = market order.' }),
    timeInForce: TimeInForce,
    postOnly: Type.Boolean(),
    instructions: Type.Optional(OrderInstructions),
  },
  { $id: 'OrderTicket', additionalProperties: false },
);
export type OrderTicket = Static<typeof OrderTicket>;

/** How the orders of a list depend on each other. */
export const Contingency = Type.Union(
  [Type.Literal('oco'), Type.Literal('ouo'), Type.Literal('oto'), Type.Literal('bracket')],
  { $id: 'Contingency' },
);
export type Contingency = Static<typeof Contingency>;

export const ListRole = Type.Union(
  [Type.Literal('parent'), Type.Literal('child'), Type.Literal('peer')],
  { $id: 'ListRole' },
);

/** An order's part in a list. `askedLots` is its ticket's size; its quantity follows the list. */
export const ListMembership = Type.Object(
  {
    listId: Id,
    clientListId: Type.String(),
    contingency: Contingency,
    role: ListRole,
    askedLots: QuantityLots,
  },
  { $id: 'ListMembership', additionalProperties: false },
);
export type ListMembership = Static<typeof ListMembership>;

/** An order with all that has happened to it. `notionalMicros` is the sum over its fills. */
export const Order = Type.Object(
  {
    orderId: Id,
    clientOrderId: Type.String(),
    symbol: InstrumentSymbol,
    side: Side,
    type: OrderType,
    timeInForce: TimeInForce,
    postOnly: Type.Boolean(),
    quantityLots: QuantityLots,
    limitTicks: Type.Union([PriceTicks, Type.Null()]),
    filledLots: Type.Integer({ minimum: 0 }),
    leavesLots: Type.Integer({ minimum: 0, description: 'Still open; 0 once terminal.' }),
    notionalMicros: Micros,
    feesMicros: Micros,
    commissionMicros: Type.Optional(
      Type.Unsafe<Micros>({ ...Micros, description: 'Part of the fees; absent without one.' }),
    ),
    status: OrderStatus,
    rejectReason: Type.Union([RejectReason, Type.Null()]),
    createdNs: SimNs,
    updatedNs: SimNs,
    instructions: Type.Optional(OrderInstructions),
    progress: Type.Optional(OrderProgress),
    list: Type.Optional(ListMembership),
    liquidation: Type.Optional(
      Type.Boolean({
        description: 'Entered by the venue to close a position under a margin call.',
      }),
    ),
  },
  { $id: 'Order', additionalProperties: false },
);
export type Order = Static<typeof Order>;

export const TERMINAL_STATUSES: ReadonlySet<OrderStatus> = new Set<OrderStatus>([
  'filled',
  'canceled',
  'rejected',
  'expired',
]);
