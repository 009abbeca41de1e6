/** What happened to the trader: the private events that a record of EVENTS holds. */
import Type, { type Static } from 'typebox';
import { AccountTerms, AccountType } from './account.ts';
import { FeeSchedule } from './fees.ts';
import { MarginCall } from './margin.ts';
import { Order, RejectReason, Side } from './order.ts';
import { RiskState } from './risk.ts';
import { HaltReason, TradingPhase } from './session.ts';
import {
  Decimal,
  Id,
  InstrumentSymbol,
  Micros,
  PriceTicks,
  QuantityLots,
  SimNs,
  Timestamp,
} from './units.ts';

/** `causeId` is the command that caused it, or null when the market did. */
const common = {
  atNs: SimNs,
  causeId: Type.Union([Type.String(), Type.Null()]),
};

/** One fill of the trader's. `executionId` is unique in the simulator and counts from 1. */
export const Execution = Type.Object(
  {
    executionId: Id,
    orderId: Id,
    clientOrderId: Type.String(),
    symbol: InstrumentSymbol,
    side: Side,
    priceTicks: PriceTicks,
    quantityLots: QuantityLots,
    notionalMicros: Micros,
    feeMicros: Micros,
    commissionMicros: Type.Optional(
      Type.Unsafe<Micros>({ ...Micros, description: 'Part of the fee; absent without one.' }),
    ),
    realisedMicros: Type.Unsafe<Micros>({
      ...Micros,
      description: 'Profit or loss closed by it, before fees.',
    }),
    liquidity: Type.Union([Type.Literal('maker'), Type.Literal('taker')]),
    liquidation: Type.Optional(Type.Boolean()),
    atNs: SimNs,
  },
  { $id: 'Execution', additionalProperties: false },
);
export type Execution = Static<typeof Execution>;

/** `quantityLots` is signed: negative is short. `costMicros` is what was paid for it (signed alike). */
export const Position = Type.Object(
  {
    symbol: InstrumentSymbol,
    quantityLots: Type.Integer(),
    costMicros: Micros,
    realisedMicros: Micros,
    feesMicros: Micros,
    fifoCostMicros: Type.Optional(
      Type.Unsafe<Micros>({ ...Micros, description: 'Cost of the lots left under FIFO.' }),
    ),
    fifoRealisedMicros: Type.Optional(Micros),
    borrowFeesMicros: Type.Optional(
      Type.Unsafe<Micros>({ ...Micros, description: 'Charged so far, of a margin account.' }),
    ),
    dividendsMicros: Type.Optional(
      Type.Unsafe<Micros>({ ...Micros, description: 'Received less paid; absent: none so far.' }),
    ),
  },
  { $id: 'Position', additionalProperties: false },
);
export type Position = Static<typeof Position>;

/** Money that does not depend on the mark. Equity and unrealised P&L are derived by the reader. */
export const Account = Type.Object(
  {
    currency: Type.String(),
    startingCashMicros: Micros,
    cashMicros: Micros,
    reservedMicros: Type.Unsafe<Micros>({
      ...Micros,
      description: 'Held for open orders and as collateral of shorts, and not yet settled.',
    }),
    realisedMicros: Micros,
    feesMicros: Micros,
    dayOpenEquityMicros: Type.Optional(
      Type.Unsafe<Micros>({
        ...Micros,
        description: 'Equity at the last midnight of simulated time, or at the start.',
      }),
    ),
    type: Type.Optional(
      Type.Unsafe<AccountType>({ ...AccountType, description: 'Absent: collateral.' }),
    ),
    feeSchedule: Type.Optional(Id),
    borrowFeesMicros: Type.Optional(
      Type.Unsafe<Micros>({ ...Micros, description: 'Charged so far; absent without margin.' }),
    ),
    interestMicros: Type.Optional(
      Type.Unsafe<Micros>({ ...Micros, description: 'Charged so far; absent without margin.' }),
    ),
    marginCall: Type.Optional(Type.Union([MarginCall, Type.Null()])),
    dividendsMicros: Type.Optional(
      Type.Unsafe<Micros>({ ...Micros, description: 'Received less paid; absent: none so far.' }),
    ),
    unsettledMicros: Type.Optional(
      Type.Unsafe<Micros>({ ...Micros, description: 'Proceeds of sales still to settle.' }),
    ),
  },
  { $id: 'Account', additionalProperties: false },
);
export type Account = Static<typeof Account>;

/** The market runs as fast as it can to a place ahead, and stands still there. */
export const Seek = Type.Object(
  {
    until: Type.Union(
      [Type.Literal('time'), Type.Literal('marketEvent'), Type.Literal('ownEvent')],
      {
        description:
          '`marketEvent`: something is entered, canceled or traded in any book. `ownEvent`: ' +
          'something happens to one of the trader’s orders.',
      },
    ),
    toNs: Type.Unsafe<SimNs>({ ...SimNs, description: 'It ends here at the latest.' }),
    left: Type.Integer({ minimum: 1, description: 'Market events still to come.' }),
  },
  { $id: 'Seek', additionalProperties: false },
);
export type Seek = Static<typeof Seek>;

export const ClockState = Type.Object(
  {
    state: Type.Union([Type.Literal('running'), Type.Literal('paused'), Type.Literal('stopped')]),
    speed: Type.Number(),
    anchorSimNs: SimNs,
    anchorWall: Timestamp,
    /** While a step or a jump is under way; simulated time then does not follow host time. */
    seek: Type.Optional(Seek),
    lagging: Type.Optional(
      Type.Object(
        { realSpeed: Type.Number({ exclusiveMinimum: 0 }) },
        {
          additionalProperties: false,
          description: 'Its machine cannot keep up with `speed`: it runs at this one instead.',
        },
      ),
    ),
    hibernated: Type.Optional(
      Type.Union([Type.Literal('running'), Type.Literal('paused')], {
        description:
          'Only while `paused`: nobody was there, so its worker has put it away. With the next ' +
          'request, command or stream it goes back to this state by itself.',
      }),
    ),
  },
  { $id: 'ClockState', additionalProperties: false },
);
export type ClockState = Static<typeof ClockState>;

export const VenueEvent = Type.Union(
  [
    Type.Object({
      type: Type.Literal('started'),
      ...common,
      scenarioId: Id,
      scenarioHash: Type.String(),
      seed: Type.Integer(),
      symbols: Type.Array(InstrumentSymbol),
      clock: ClockState,
      account: Account,
      terms: Type.Optional(AccountTerms),
    }),
    Type.Object({ type: Type.Literal('clockChanged'), ...common, clock: ClockState }),
    Type.Object({ type: Type.Literal('orderAccepted'), ...common, order: Order }),
    Type.Object({
      type: Type.Literal('orderRejected'),
      ...common,
      order: Order,
      reason: RejectReason,
    }),
    Type.Object({
      type: Type.Literal('orderFilled'),
      ...common,
      order: Order,
      execution: Execution,
    }),
    Type.Object({ type: Type.Literal('orderTriggered'), ...common, order: Order }),
    Type.Object({ type: Type.Literal('orderReplaced'), ...common, order: Order }),
    Type.Object({ type: Type.Literal('orderCanceled'), ...common, order: Order }),
    Type.Object({ type: Type.Literal('orderExpired'), ...common, order: Order }),
    Type.Object({
      type: Type.Literal('phaseChanged'),
      ...common,
      symbol: InstrumentSymbol,
      phase: TradingPhase,
      endsNs: Type.Optional(
        Type.Union([SimNs, Type.Null()], { description: 'null = not by itself.' }),
      ),
      haltReason: Type.Optional(
        Type.Union([HaltReason, Type.Null()], {
          description: 'Of a halt and its reopening auction.',
        }),
      ),
      extensions: Type.Optional(
        Type.Integer({ minimum: 0, description: 'How often the reopening auction was prolonged.' }),
      ),
    }),
    Type.Object({
      type: Type.Literal('headline'),
      ...common,
      symbol: Type.Union([InstrumentSymbol, Type.Null()]),
      text: Type.String({ maxLength: 200 }),
    }),
    Type.Object({
      type: Type.Literal('commandRefused'),
      ...common,
      reason: RejectReason,
      orderId: Type.Union([Id, Type.Null()]),
    }),
    Type.Object({
      type: Type.Literal('marginCallChanged'),
      ...common,
      marginCall: Type.Union([MarginCall, Type.Null()], { description: 'null: it is over.' }),
      equityMicros: Micros,
      maintenanceMicros: Micros,
    }),
    Type.Object({
      type: Type.Literal('dividendPaid'),
      ...common,
      symbol: InstrumentSymbol,
      amount: Type.String({ ...Decimal, description: 'Per unit, in the currency.' }),
      quantityLots: Type.Integer({
        description: 'The position that it is for; negative is short.',
      }),
      cashMicros: Type.Unsafe<Micros>({ ...Micros, description: 'Negative: paid.' }),
    }),
    Type.Object({
      type: Type.Literal('feesChanged'),
      ...common,
      fees: Type.Unsafe<FeeSchedule>({ ...FeeSchedule, description: 'In force from here on.' }),
    }),
    Type.Object({
      type: Type.Literal('stockSplit'),
      ...common,
      symbol: InstrumentSymbol,
      newUnits: Type.Integer({ minimum: 1, description: 'For so many `oldUnits`.' }),
      oldUnits: Type.Integer({ minimum: 1 }),
      priceTicks: Type.Unsafe<PriceTicks>({
        ...PriceTicks,
        description: 'The last price on the new scale.',
      }),
      fromLots: Type.Integer({ description: 'The position before; negative is short.' }),
      quantityLots: Type.Integer({ description: 'The position after.' }),
      cashMicros: Type.Unsafe<Micros>({
        ...Micros,
        description: 'Cash in lieu of less than a lot; negative: paid.',
      }),
      realisedMicros: Type.Unsafe<Micros>({ ...Micros, description: 'The profit in it.' }),
    }),
    Type.Object({ type: Type.Literal('positionChanged'), ...common, position: Position }),
    Type.Object({ type: Type.Literal('accountChanged'), ...common, account: Account }),
    Type.Object({ type: Type.Literal('riskChanged'), ...common, risk: RiskState }),
  ],
  { $id: 'VenueEvent' },
);
export type VenueEvent = Static<typeof VenueEvent>;
