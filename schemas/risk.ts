/**
 * What the venue checks of an order before it matches it, and the switch that stops all trading.
 *
 * A tier is a named set of limits, chosen at the start of a simulator. The trader may set tighter
 * ones of his own, never wider ones. Null = no limit of that kind. What an order opens is judged;
 * lots that only reduce a position count for nothing, so nobody is kept in one.
 */
import Type, { type Static } from 'typebox';
import { Micros, PositiveDecimal, Timestamp } from './units.ts';

const nullable = <T extends Type.TSchema>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description });
const percent = (minimum: number) => Type.Integer({ minimum, maximum: 100 });

/** From the narrowest to the widest. */
export const RISK_TIERS = ['learner', 'standard', 'professional'] as const;
export const RiskTier = Type.Union(
  [Type.Literal('learner'), Type.Literal('standard'), Type.Literal('professional')],
  { $id: 'RiskTier' },
);
export type RiskTier = Static<typeof RiskTier>;
/** Of a start request that names none, for a scenario that prescribes none. */
export const DEFAULT_RISK_TIER: RiskTier = 'standard';
/** Of a simulator whose start says nothing of tiers: nothing was limited then. */
export const UNSAID_RISK_TIER: RiskTier = 'professional';

/** The same in the log and on the wire. */
const common = {
  maxOrderSizePercent: nullable(percent(1), 'Of the largest order that the instrument takes.'),
  collarPpm: nullable(
    Type.Integer({ minimum: 1_000, maximum: 1_000_000 }),
    'Limit prices at most so far from the reference, where the instrument allows more.',
  ),
  maxOpenOrders: nullable(Type.Integer({ minimum: 1, maximum: 200 }), 'Of all instruments.'),
  ordersPerSecond: nullable(
    Type.Integer({ minimum: 1, maximum: 1_000 }),
    'Orders and amendments in one simulated second; cancels are free.',
  ),
  duplicateWindowMs: nullable(
    Type.Integer({ minimum: 1, maximum: 60_000 }),
    'The same symbol, side, type, size and price again within so many simulated ms is refused.',
  ),
  borrowPercent: nullable(percent(0), 'Of what there is to borrow; 0 = no short selling.'),
};
const NOTIONAL = 'Size × limit of one order, at its trigger or the reference price without one.';
const POSITION = 'Of one instrument at the reference price, open orders included.';

/** As the engine and the log know them. */
export const RiskLimits = Type.Object(
  {
    maxOrderNotionalMicros: nullable(Micros, NOTIONAL),
    maxPositionMicros: nullable(Micros, POSITION),
    ...common,
  },
  { $id: 'RiskLimits', additionalProperties: false },
);
export type RiskLimits = Static<typeof RiskLimits>;
export type LimitName = keyof RiskLimits;

export const NO_LIMITS: RiskLimits = {
  maxOrderNotionalMicros: null,
  maxPositionMicros: null,
  maxOrderSizePercent: null,
  collarPpm: null,
  maxOpenOrders: null,
  ordersPerSecond: null,
  duplicateWindowMs: null,
  borrowPercent: null,
};
export const LIMIT_NAMES = Object.keys(NO_LIMITS) as LimitName[];

const money = (units: number) => (units * 1_000_000) as Micros;

/** Nobody is limited in all: the professional has what the instruments and the doors say. */
export const LIMITS_OF_TIER: Readonly<Record<RiskTier, RiskLimits>> = {
  learner: {
    maxOrderNotionalMicros: money(25_000),
    maxPositionMicros: money(50_000),
    maxOrderSizePercent: 10,
    collarPpm: 50_000,
    maxOpenOrders: 20,
    ordersPerSecond: 10,
    duplicateWindowMs: null,
    borrowPercent: 10,
  },
  standard: {
    maxOrderNotionalMicros: money(1_000_000),
    maxPositionMicros: money(5_000_000),
    maxOrderSizePercent: 100,
    collarPpm: null,
    maxOpenOrders: 200,
    ordersPerSecond: 200,
    duplicateWindowMs: null,
    borrowPercent: 50,
  },
  professional: { ...NO_LIMITS, maxOpenOrders: 200, borrowPercent: 100 },
};

/** The tighter of two: the lower number; of two windows the longer one. Null is the widest. */
export function tighter(name: LimitName, a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return name === 'duplicateWindowMs' ? Math.max(a, b) : Math.min(a, b);
}

/** The tier's limits, tightened. */
export function tightened(tier: RiskTier, own: RiskLimits): RiskLimits {
  const ofTier = LIMITS_OF_TIER[tier];
  const entries = LIMIT_NAMES.map((name) => [name, tighter(name, ofTier[name], own[name])]);
  return Object.fromEntries(entries) as unknown as RiskLimits;
}

/** Limits that ask for more than the tier allows. One that is not set is the tier's. */
export function beyondTier(tier: RiskTier, own: RiskLimits): LimitName[] {
  const ofTier = LIMITS_OF_TIER[tier];
  return LIMIT_NAMES.filter(
    (name) => own[name] !== null && tighter(name, ofTier[name], own[name]) !== own[name],
  );
}

/** Whose trading a switch stops: this simulator’s, all of the account’s, or everybody’s. */
export const KillScope = Type.Union(
  [Type.Literal('simulator'), Type.Literal('account'), Type.Literal('global')],
  { $id: 'KillScope' },
);
export type KillScope = Static<typeof KillScope>;
/** Who has set it, and who alone can lift it. */
export const KillActor = Type.Union([Type.Literal('trader'), Type.Literal('operator')], {
  $id: 'KillActor',
});
export type KillActor = Static<typeof KillActor>;
export const KillReason = Type.String({ minLength: 1, maxLength: 200, description: 'For people.' });

/** A switch that is on. */
export const KillSwitch = Type.Object(
  { scope: KillScope, by: KillActor, reason: KillReason },
  { $id: 'KillSwitch', additionalProperties: false },
);
export type KillSwitch = Static<typeof KillSwitch>;

/** A switch of an account or of all as the house keeps it, on or off. */
export const StandingSwitch = Type.Object(
  {
    scope: Type.Union([Type.Literal('account'), Type.Literal('global')]),
    by: KillActor,
    engaged: Type.Boolean(),
    reason: KillReason,
    cancelOpenOrders: Type.Boolean(),
  },
  { $id: 'StandingSwitch', additionalProperties: false },
);
export type StandingSwitch = Static<typeof StandingSwitch>;
/** One of each scope and actor. */
export const STANDING_SWITCHES_MAX = 4;

/** Everything that is checked, as it stands in the venue. `own` is what the trader has asked for. */
export const RiskState = Type.Object(
  { tier: RiskTier, own: RiskLimits, killSwitches: Type.Array(KillSwitch, { maxItems: 8 }) },
  { $id: 'RiskState', additionalProperties: false },
);
export type RiskState = Static<typeof RiskState>;

export const riskAtStart = (tier: RiskTier = UNSAID_RISK_TIER): RiskState => ({
  tier,
  own: NO_LIMITS,
  killSwitches: [],
});

/** One switch of each scope and actor. */
export const isSameSwitch = (a: Omit<KillSwitch, 'reason'>, b: Omit<KillSwitch, 'reason'>) =>
  a.scope === b.scope && a.by === b.by;

/** @param heard  Switches that were set by a command that came before the start. */
export function riskFrom(
  tier: RiskTier | undefined,
  given: readonly KillSwitch[],
  heard: readonly KillSwitch[],
): RiskState {
  const others = given.filter((each) => !heard.some((known) => isSameSwitch(known, each)));
  return { ...riskAtStart(tier), killSwitches: [...heard, ...others] };
}

/** On the wire: money as text. */
export const RiskLimitsView = Type.Object(
  {
    maxOrderNotional: nullable(PositiveDecimal, NOTIONAL),
    maxPosition: nullable(PositiveDecimal, POSITION),
    ...common,
  },
  { $id: 'RiskLimitsView', additionalProperties: false },
);
export type RiskLimitsView = Static<typeof RiskLimitsView>;
/** The whole set: what is absent or null is as the tier says. */
export const RiskLimitsRequest = Type.Partial(RiskLimitsView, {
  $id: 'RiskLimitsRequest',
  additionalProperties: false,
});
export type RiskLimitsRequest = Static<typeof RiskLimitsRequest>;

export const RiskView = Type.Object(
  {
    tier: RiskTier,
    /** In force: of the tier's and the trader's own the tighter ones. */
    limits: RiskLimitsView,
    tierLimits: RiskLimitsView,
    ownLimits: RiskLimitsView,
    killSwitches: Type.Array(KillSwitch, { description: 'Those that are on; one is enough.' }),
  },
  { $id: 'RiskView' },
);
export type RiskView = Static<typeof RiskView>;

/** `cancelOpenOrders` is true unless it says otherwise. */
export const KillSwitchRequest = Type.Object(
  {
    engaged: Type.Boolean(),
    reason: Type.Optional(KillReason),
    cancelOpenOrders: Type.Optional(Type.Boolean()),
  },
  { $id: 'KillSwitchRequest', additionalProperties: false },
);
export type KillSwitchRequest = Static<typeof KillSwitchRequest>;

/** A switch of an account, or of all, as it is kept. */
export const KillSwitchView = Type.Object(
  {
    scope: KillScope,
    by: KillActor,
    engaged: Type.Boolean(),
    reason: Type.String(),
    since: Timestamp,
  },
  { $id: 'KillSwitchView' },
);
export type KillSwitchView = Static<typeof KillSwitchView>;
export const KillSwitchList = Type.Object(
  { items: Type.Array(KillSwitchView) },
  { $id: 'KillSwitchList' },
);
