/** What is asked of a simulator. One message on COMMANDS each; the id makes a resend harmless. */
import Type, { type Static } from 'typebox';
import { AccountTerms } from './account.ts';
import { Contingency, OrderTicket, Side } from './order.ts';
import { KillActor, KillReason, KillScope, KillSwitch, RiskLimits, RiskTier } from './risk.ts';
import { HaltReason } from './session.ts';
import {
  Id,
  InstrumentSymbol,
  Micros,
  PriceTicks,
  QuantityLots,
  Sequence,
  SimNs,
  Timestamp,
} from './units.ts';

const clock = { minimum: 0.1, maximum: 100 };
/** How far ahead a step or a jump may go: a trading day, some seconds of work. */
export const MAX_SEEK_SECONDS = 28_800;
export const StepUnit = Type.Union(
  [Type.Literal('event'), Type.Literal('second'), Type.Literal('minute')],
  { $id: 'StepUnit' },
);
export type StepUnit = Static<typeof StepUnit>;

/** Opens the venue. The first command of every simulator. */
export const StartCommand = Type.Object({
  type: Type.Literal('start'),
  sessionId: Id,
  scenarioId: Id,
  scenarioHash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  seed: Type.Integer({ minimum: 0, maximum: 0xffff_ffff }),
  startingCashMicros: Micros,
  speed: Type.Number(clock),
  account: Type.Optional(AccountTerms),
  riskTier: Type.Optional(
    Type.Unsafe<RiskTier>({ ...RiskTier, description: 'Absent: professional.' }),
  ),
  /** Switches that were on already for the account, or for all. */
  killSwitches: Type.Optional(Type.Array(KillSwitch, { maxItems: 8 })),
});
export const StopCommand = Type.Object({ type: Type.Literal('stop') });
export const PauseCommand = Type.Object({ type: Type.Literal('pause') });
export const ResumeCommand = Type.Object({ type: Type.Literal('resume') });
export const SpeedCommand = Type.Object({ type: Type.Literal('speed'), speed: Type.Number(clock) });
/** Runs on by so much and stands still there. An event is one of any book, own or not. */
export const StepCommand = Type.Object({
  type: Type.Literal('step'),
  unit: StepUnit,
  count: Type.Integer({ minimum: 1, maximum: 1_000 }),
});
/** Runs to a simulated time, as fast as it can, and stands still there. */
export const JumpToTimeCommand = Type.Object({ type: Type.Literal('jumpToTime'), toNs: SimNs });
/** Runs until something happens to one of the trader's orders, and stands still there. */
export const JumpToOwnEventCommand = Type.Object({
  type: Type.Literal('jumpToOwnEvent'),
  withinSeconds: Type.Integer({ minimum: 1, maximum: MAX_SEEK_SECONDS }),
});
export const NewOrderCommand = Type.Object({ type: Type.Literal('newOrder'), ticket: OrderTicket });
export const CancelOrderCommand = Type.Object({ type: Type.Literal('cancelOrder'), orderId: Id });
/** A lower size and nothing else keeps the queue place; anything else loses it. */
export const ReplaceOrderCommand = Type.Object({
  type: Type.Literal('replaceOrder'),
  orderId: Id,
  quantityLots: Type.Union([QuantityLots, Type.Null()], { description: 'null = unchanged.' }),
  limitTicks: Type.Union([PriceTicks, Type.Null()], { description: 'null = unchanged.' }),
  stopTicks: Type.Optional(
    Type.Union([PriceTicks, Type.Null()], { description: 'null or absent = unchanged.' }),
  ),
  displayLots: Type.Optional(
    Type.Union([Type.Integer({ minimum: 0, maximum: 2_147_483_647 }), Type.Null()], {
      description: 'null or absent = unchanged.',
    }),
  ),
  minimumLots: Type.Optional(
    Type.Union([Type.Integer({ minimum: 0, maximum: 2_147_483_647 }), Type.Null()], {
      description: 'null or absent = unchanged; 0 = none any more.',
    }),
  ),
  pegOffsetTicks: Type.Optional(
    Type.Union([Type.Integer({ minimum: -1_000_000_000, maximum: 1_000_000_000 }), Type.Null()], {
      description: 'null or absent = unchanged.',
    }),
  ),
});
/** What cancels in a trader's place: his connection is gone, or his program stopped renewing. */
export const CancelCause = Type.Union([Type.Literal('disconnect'), Type.Literal('deadMan')], {
  $id: 'CancelCause',
});
export type CancelCause = Static<typeof CancelCause>;
/** With a `cause` it is the house's and takes an operator's token. */
export const CancelAllCommand = Type.Object({
  type: Type.Literal('cancelAll'),
  symbol: Type.Union([InstrumentSymbol, Type.Null()]),
  side: Type.Union([Side, Type.Null()]),
  keepGtc: Type.Optional(
    Type.Boolean({
      description: 'Orders that are good till canceled or till a date stay. Absent: all end.',
    }),
  ),
  cause: Type.Optional(CancelCause),
});

/**
 * Orders that depend on each other. `oco` and `ouo`: two to ten peers. `oto`: a parent and its children.
 * `bracket`: entry, take-profit and stop-loss. All of one instrument; accepted together or not at all.
 */
export const NewOrderListCommand = Type.Object({
  type: Type.Literal('newOrderList'),
  clientListId: Type.String({ pattern: '^[A-Za-z0-9_-]{1,36}$' }),
  contingency: Contingency,
  tickets: Type.Array(OrderTicket, { minItems: 2, maxItems: 10 }),
});
export const CancelListCommand = Type.Object({ type: Type.Literal('cancelList'), listId: Id });
/**
 * Cancels the open orders of an instrument and closes its position at market, or with `reverse`
 * turns it into one of the same size on the other side.
 */
export const ClosePositionCommand = Type.Object({
  type: Type.Literal('closePosition'),
  symbol: InstrumentSymbol,
  clientOrderId: Type.String({ pattern: '^[A-Za-z0-9_-]{1,36}$' }),
  reverse: Type.Boolean(),
});

/** Replaces the whole set of the trader's own limits; null is as the tier says. */
export const RiskLimitsCommand = Type.Object({
  type: Type.Literal('riskLimits'),
  limits: RiskLimits,
});
/**
 * While any switch is on, nothing is taken but cancels. One of scope and actor is set or lifted here.
 * `by: 'operator'` takes an operator's token.
 */
export const KillSwitchCommand = Type.Object({
  type: Type.Literal('killSwitch'),
  scope: KillScope,
  by: KillActor,
  engaged: Type.Boolean(),
  reason: KillReason,
  cancelOpenOrders: Type.Boolean(),
});
/** Stops trading in an instrument. `seconds`: until its reopening auction; null = until `reopenInstrument`. */
export const HaltInstrumentCommand = Type.Object({
  type: Type.Literal('haltInstrument'),
  symbol: InstrumentSymbol,
  reason: HaltReason,
  seconds: Type.Union([Type.Integer({ minimum: 1, maximum: 604_800 }), Type.Null()]),
});
/** Begins the reopening auction of a halted instrument. */
export const ReopenInstrumentCommand = Type.Object({
  type: Type.Literal('reopenInstrument'),
  symbol: InstrumentSymbol,
});

/**
 * Ends the halt that a command has left which kept killing its workers. Takes an operator's token, and
 * is answered by the runtime: the clock as it runs (`clockChanged`).
 */
export const UnhaltCommand = Type.Object({ type: Type.Literal('unhalt'), reason: KillReason });

export const CommandBody = Type.Union([
  StartCommand,
  StopCommand,
  PauseCommand,
  ResumeCommand,
  SpeedCommand,
  StepCommand,
  JumpToTimeCommand,
  JumpToOwnEventCommand,
  NewOrderCommand,
  CancelOrderCommand,
  ReplaceOrderCommand,
  CancelAllCommand,
  NewOrderListCommand,
  CancelListCommand,
  ClosePositionCommand,
  RiskLimitsCommand,
  KillSwitchCommand,
  UnhaltCommand,
  HaltInstrumentCommand,
  ReopenInstrumentCommand,
]);
export type CommandBody = Static<typeof CommandBody>;
export type CommandType = CommandBody['type'];

/** Passes when a simulator is halted: it can only make the trader's risk smaller. */
export const reducesRisk = ({ type }: CommandBody): boolean =>
  type === 'cancelOrder' ||
  type === 'cancelAll' ||
  type === 'cancelList' ||
  type === 'killSwitch' ||
  type === 'stop';

/** The envelope. The bearer token travels in the message header, never in the stored body. */
export const Command = Type.Object(
  {
    commandId: Type.String({ pattern: '^[A-Za-z0-9_-]{1,48}$' }),
    simulatorId: Id,
    accountId: Id,
    correlationId: Id,
    receivedAt: Timestamp,
    deadlineAt: Type.Union([Timestamp, Type.Null()], {
      description: 'The engine refuses it (deadlineExceeded) when it gets to it later than this.',
    }),
    body: CommandBody,
  },
  { $id: 'Command', additionalProperties: false },
);
export type Command = Static<typeof Command>;

/** A command as it stands in a record: what was asked and where it was stored. */
export const RecordedCommand = Type.Object({
  sequence: Type.Integer({ ...Sequence, description: 'Stream sequence in COMMANDS.' }),
  command: Command,
});
export type RecordedCommand = Static<typeof RecordedCommand>;
