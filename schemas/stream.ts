/**
 * What travels on the SSE stream of one simulator. `id:` is `<incarnation>-<sequence>`, only on the
 * lossless events; market data, heartbeat and goaway carry none.
 */
import Type, { type Static } from 'typebox';
import { ClockState } from './event.ts';
import { FeeSchedule } from './fees.ts';
import {
  AccountView,
  DividendView,
  ExecutionView,
  Gate,
  InstrumentPhase,
  OrderView,
  PositionView,
  Simulator,
  SplitView,
} from './http.ts';
import { InstrumentSummary } from './instrument.ts';
import { Lab } from './lab.ts';
import {
  BookFrame,
  type CandleFrame,
  QuoteFrame,
  type StatusFrame,
  type TradeFrame,
} from './market-data.ts';
import { Headline } from './news.ts';
import { RejectReason } from './order.ts';
import { RiskView } from './risk.ts';
import { Id, Sequence, Timestamp } from './units.ts';

/** `n` is the simulator's own record number: contiguous, so a client can prove that none is missing. */
const position = { n: Type.Integer({ minimum: 0 }), sequence: Sequence };

/** Complete private state at `sequence`; deltas follow from the next record. */
export const SnapshotFrame = Type.Object(
  {
    ...position,
    epoch: Type.Integer(),
    simulator: Simulator,
    clock: ClockState,
    simulatedAt: Timestamp,
    instruments: Type.Array(InstrumentSummary),
    account: AccountView,
    risk: Type.Optional(RiskView),
    positions: Type.Array(PositionView),
    openOrders: Type.Array(OrderView),
    recentOrders: Type.Array(OrderView),
    executions: Type.Array(ExecutionView),
    quotes: Type.Array(QuoteFrame),
    books: Type.Array(BookFrame),
  },
  { $id: 'SnapshotFrame' },
);
export type SnapshotFrame = Static<typeof SnapshotFrame>;

/**
 * One record = one or more SSE events with the same `n` and `id`; `last` is true on the final one,
 * so that a client moves its resume point only when the whole record was applied.
 */
const delta = { ...position, last: Type.Boolean() };
export const OrderFrame = Type.Object(
  {
    ...delta,
    order: OrderView,
    causeId: Type.Union([Type.String(), Type.Null()]),
    refused: Type.Optional(RejectReason),
  },
  { $id: 'OrderFrame' },
);
export type OrderFrame = Static<typeof OrderFrame>;
export const ExecutionFrame = Type.Object(
  { ...delta, execution: ExecutionView, order: OrderView },
  { $id: 'ExecutionFrame' },
);
export type ExecutionFrame = Static<typeof ExecutionFrame>;
/** The account and the positions that the record changed (without marks: the client has quotes). */
export const AccountFrame = Type.Object(
  { ...delta, account: AccountView, positions: Type.Array(PositionView) },
  { $id: 'AccountFrame' },
);
export type AccountFrame = Static<typeof AccountFrame>;
/**
 * Owner changes, clock changes, refused commands, stop, phases of instruments: what happened to the
 * venue itself. `phase`, `dividend` and `split` with the kind of that name
 * only.
 */
export const SessionFrame = Type.Object(
  {
    ...delta,
    kind: Type.Union([
      Type.Literal('owner'),
      Type.Literal('clock'),
      Type.Literal('refused'),
      Type.Literal('quarantined'),
      Type.Literal('market'),
      Type.Literal('phase'),
      Type.Literal('dividend'),
      Type.Literal('split'),
      Type.Literal('headline'),
      Type.Literal('fees'),
      Type.Literal('risk'),
    ]),
    epoch: Type.Integer(),
    clock: Type.Union([ClockState, Type.Null()]),
    headline: Type.Optional(Headline),
    fees: Type.Optional(FeeSchedule),
    reason: Type.Union([RejectReason, Type.Null()]),
    causeId: Type.Union([Type.String(), Type.Null()]),
    phase: Type.Optional(InstrumentPhase),
    dividend: Type.Optional(DividendView),
    split: Type.Optional(SplitView),
    /** With the kind `risk`: limits and kill switches as they stand now. */
    risk: Type.Optional(RiskView),
  },
  { $id: 'SessionFrame' },
);
export type SessionFrame = Static<typeof SessionFrame>;
export const GateFrame = Type.Object({ gate: Gate }, { $id: 'GateFrame' });
export type GateFrame = Static<typeof GateFrame>;
/** A network lab of the session has begun, ended, or been scored. */
export const LabFrame = Type.Object({ lab: Lab }, { $id: 'LabFrame' });
export type LabFrame = Static<typeof LabFrame>;
export const HeartbeatFrame = Type.Object(
  {
    headN: Type.Integer(),
    headSequence: Sequence,
    serverTime: Timestamp,
    venue: Type.Union([Type.Literal('live'), Type.Literal('recovering'), Type.Literal('halted')]),
  },
  { $id: 'HeartbeatFrame' },
);
export type HeartbeatFrame = Static<typeof HeartbeatFrame>;
export const GoawayFrame = Type.Object(
  { reason: Id, retryMs: Type.Integer({ minimum: 0 }) },
  { $id: 'GoawayFrame' },
);
export type GoawayFrame = Static<typeof GoawayFrame>;

/** About the connection itself: what will end it, or has. Nothing has to be done at once. */
export const NoticeFrame = Type.Object(
  {
    kind: Type.Union([Type.Literal('tokenExpiring'), Type.Literal('sessionEnded')]),
    at: Type.String({ ...Timestamp, description: 'When it happens, or happened.' }),
    detail: Type.String({ description: 'What to do about it.' }),
  },
  { $id: 'NoticeFrame' },
);
export type NoticeFrame = Static<typeof NoticeFrame>;

export interface StreamFrames {
  snapshot: SnapshotFrame;
  order: OrderFrame;
  execution: ExecutionFrame;
  account: AccountFrame;
  session: SessionFrame;
  gate: GateFrame;
  lab: LabFrame;
  book: BookFrame;
  quote: QuoteFrame;
  trade: TradeFrame;
  candle: CandleFrame;
  status: StatusFrame;
  heartbeat: HeartbeatFrame;
  notice: NoticeFrame;
  goaway: GoawayFrame;
}
