/**
 * The units of the house. Inside the engine and the log everything is a whole number with a unit;
 * on the public wire prices, sizes and money are decimal strings.
 */
import Type, { type Static } from 'typebox';

declare const unit: unique symbol;
/** A whole number that the compiler will not let you mix with another unit. */
export type Unit<Name extends string> = number & { readonly [unit]: Name };

const MAX = Number.MAX_SAFE_INTEGER;

/** Price in whole ticks; one tick is `instrument.tickSize`. Integer ≥ 1. */
export type PriceTicks = Unit<'ticks'>;
export const PriceTicks = Type.Unsafe<PriceTicks>(
  Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: 'Price in whole ticks.' }),
);

/** Order size in whole lots; one lot is `instrument.lotSize`. Integer ≥ 1. */
export type QuantityLots = Unit<'lots'>;
export const QuantityLots = Type.Unsafe<QuantityLots>(
  Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: 'Size in whole lots.' }),
);

/** Money in millionths of the account's currency. Safe integer, may be negative. */
export type Micros = Unit<'micros'>;
export const Micros = Type.Unsafe<Micros>(
  Type.Integer({ minimum: -MAX, maximum: MAX, description: 'Money in millionths of a unit.' }),
);
export const MICROS_PER_UNIT = 1_000_000;

/** Simulated nanoseconds since the scenario's start. Safe integer: good for 104 days. */
export type SimNs = Unit<'simNs'>;
export const SimNs = Type.Unsafe<SimNs>(
  Type.Integer({ minimum: 0, maximum: MAX, description: 'Simulated ns since the start.' }),
);
export const NS_PER_MS = 1_000_000;
export const NS_PER_SECOND = 1_000_000_000;

/** JetStream stream sequence, or a count. Safe integer ≥ 0. */
export const Sequence = Type.Integer({ minimum: 0, maximum: MAX });

/** A decimal number as text, so that no reader rounds it: "101.25", "-0.5". */
export const Decimal = Type.String({
  pattern: '^-?(0|[1-9]\\d{0,15})(\\.\\d{1,9})?$',
  description: 'A decimal number as text.',
});
export type Decimal = Static<typeof Decimal>;

/** A decimal greater than zero, as text. */
export const PositiveDecimal = Type.String({
  pattern: '^(?=.*[1-9])(0|[1-9]\\d{0,15})(\\.\\d{1,9})?$',
  description: 'A decimal number greater than zero, as text.',
});
export type PositiveDecimal = Static<typeof PositiveDecimal>;

/** UTC with milliseconds: 2026-01-05T14:30:00.000Z. */
export const Timestamp = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$',
  description: 'ISO 8601, UTC, milliseconds.',
});

/** Subject-safe opaque id. */
export const Id = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Opaque id.' });

/** Subject-safe instrument name: ACME, BTC-USD. */
export const InstrumentSymbol = Type.String({
  pattern: '^[A-Z0-9][A-Z0-9-]{0,15}$',
  description: 'Instrument symbol.',
});
