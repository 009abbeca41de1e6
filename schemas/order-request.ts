/** What a trader sends about orders: one, a list of them, a change of one. */
import Type, { type Static } from 'typebox';
import {
  PegPriceType,
  PostOnlyMode,
  SelfTradePrevention,
  TriggerReference,
} from './instructions.ts';
import { Contingency, OrderType, Side, TimeInForce } from './order.ts';
import { Decimal, InstrumentSymbol, PositiveDecimal, Timestamp } from './units.ts';

const closed = { additionalProperties: false };

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
      Type.String({
        ...PositiveDecimal,
        description:
          'Least quantity of a trade: an ioc order trades this much at once or nothing, one that rests ' +
          'is hidden and trades this much at a time.',
      }),
    ),
    allOrNone: Type.Optional(
      Type.Boolean({
        description: 'Trades as a whole or not at all, now or later; hidden until then.',
      }),
    ),
    pegPriceType: Type.Optional(PegPriceType),
    pegOffset: Type.Optional(
      Type.String({
        ...Decimal,
        description: 'Of a pegged order: added to what it follows, e.g. "-0.05". Absent: nothing.',
      }),
    ),
    displayQuantity: Type.Optional(
      Type.String({
        ...Decimal,
        description:
          'What others see of the order at a time (an iceberg), at least a hundredth of it; "0" hides ' +
          'it. For orders that rest at a limit price. Absent: all of it is shown.',
      }),
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
/**
 * `oco`, `ouo`: two to ten orders side by side. `oto`: the first, then those that follow its fills.
 * `bracket`: entry, take-profit, stop-loss. All of one instrument.
 */
export const OrderListRequest = Type.Object(
  {
    clientListId: Type.String({ pattern: '^[A-Za-z0-9_-]{1,36}$' }),
    contingency: Contingency,
    orders: Type.Array(OrderRequest, { minItems: 2, maxItems: 10 }),
  },
  { $id: 'OrderListRequest', ...closed },
);
export type OrderListRequest = Static<typeof OrderListRequest>;

/** The client order id names the order that closes, so that a repeat does not close twice. */
export const ClosePositionRequest = Type.Object(
  { clientOrderId: Type.String({ pattern: '^[A-Za-z0-9_-]{1,36}$' }) },
  { $id: 'ClosePositionRequest', ...closed },
);

export const ReplaceRequest = Type.Object(
  {
    quantity: Type.Optional(PositiveDecimal),
    limitPrice: Type.Optional(PositiveDecimal),
    stopPrice: Type.Optional(PositiveDecimal),
    displayQuantity: Type.Optional(
      Type.String({
        ...Decimal,
        description: 'Another part on show goes to the back of the queue.',
      }),
    ),
    minimumQuantity: Type.Optional(
      Type.String({
        ...Decimal,
        description:
          'Fewest that it may trade at once, of an order that had none, too; "0" = none any more. ' +
          'Another one is a new place in the queue.',
      }),
    ),
    pegOffset: Type.Optional(
      Type.String({
        ...Decimal,
        description: 'Of a pegged order: added to what it follows, whatever the side.',
      }),
    ),
  },
  { $id: 'ReplaceRequest', ...closed, minProperties: 1 },
);
export type ReplaceRequest = Static<typeof ReplaceRequest>;
