/**
 * What an order asks for beyond side, size, limit and time in force, and how far that has come.
 *
 * Every field may be absent, which means its default: so a plain order carries nothing of this, and
 * what an earlier version recorded stays readable.
 */
import Type, { type Static } from 'typebox';
import { PriceTicks, QuantityLots, SimNs } from './units.ts';

const nullable = <T extends Type.TSchema>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]));

/** `quote`: a buy looks at the best ask, a sell at the best bid. `mid`: halfway between them. */
export const TriggerReference = Type.Union(
  [Type.Literal('last'), Type.Literal('quote'), Type.Literal('mid')],
  { $id: 'TriggerReference' },
);
export type TriggerReference = Static<typeof TriggerReference>;

/** What happens when an order meets one of the trader's own; the taker's mode decides. */
export const SelfTradePrevention = Type.Union(
  [
    Type.Literal('expireTaker'),
    Type.Literal('expireMaker'),
    Type.Literal('expireBoth'),
    Type.Literal('decrement'),
  ],
  { $id: 'SelfTradePrevention' },
);
export type SelfTradePrevention = Static<typeof SelfTradePrevention>;

/** `slide`: a post-only order that would take rests one tick behind the other side instead. */
export const PostOnlyMode = Type.Union([Type.Literal('reject'), Type.Literal('slide')], {
  $id: 'PostOnlyMode',
});
export type PostOnlyMode = Static<typeof PostOnlyMode>;

/** What a pegged order follows: the best price of its own side, halfway, or of the other side. */
export const PegPriceType = Type.Union(
  [Type.Literal('primary'), Type.Literal('mid'), Type.Literal('market')],
  { $id: 'PegPriceType' },
);
export type PegPriceType = Static<typeof PegPriceType>;

const Ticks = Type.Integer({ minimum: 1, maximum: 1_000_000_000 });

/**
 * Set once by the ticket; a replace may change `stopTicks`, `displayLots`, `minimumLots` and
 * `pegOffsetTicks`.
 */
export const OrderInstructions = Type.Object(
  {
    stopTicks: nullable(PriceTicks),
    triggerReference: Type.Optional(TriggerReference),
    trailTicks: nullable(Ticks),
    trailPpm: nullable(Type.Integer({ minimum: 1, maximum: 999_999 })),
    limitOffsetTicks: nullable(Type.Integer({ minimum: 0, maximum: 1_000_000_000 })),
    expireNs: nullable(SimNs),
    selfTradePrevention: Type.Optional(SelfTradePrevention),
    postOnlyMode: Type.Optional(PostOnlyMode),
    reduceOnly: Type.Optional(Type.Boolean()),
    minimumLots: nullable(QuantityLots),
    /** FIX ExecInst G: it trades as a whole or not at all. */
    allOrNone: Type.Optional(Type.Boolean()),
    /** FIX DisplayQty: an iceberg's part on show; 0 = hidden; null or absent = all of it. */
    displayLots: nullable(Type.Integer({ minimum: 0, maximum: 2_147_483_647 })),
    pegPriceType: Type.Optional(PegPriceType),
    /** FIX PegOffsetValue: added to the reference, whatever the side. */
    pegOffsetTicks: nullable(Type.Integer({ minimum: -1_000_000_000, maximum: 1_000_000_000 })),
  },
  { $id: 'OrderInstructions', additionalProperties: false },
);
export type OrderInstructions = Static<typeof OrderInstructions>;

/** Kept by the venue for orders with instructions. A trailing trigger moves without an event. */
export const OrderProgress = Type.Object(
  {
    triggerTicks: nullable(PriceTicks),
    triggeredNs: nullable(SimNs),
    heldTicks: nullable(PriceTicks),
    /** Limit that a post-only order asked for before it slid. */
    slidFromTicks: nullable(PriceTicks),
    /** Where a pegged order stands; null = it has no reference. Moves without an event. */
    pegTicks: nullable(PriceTicks),
  },
  { $id: 'OrderProgress', additionalProperties: false },
);
export type OrderProgress = Static<typeof OrderProgress>;
