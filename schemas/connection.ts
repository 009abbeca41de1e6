/** A trader's connection: sessions, heartbeats, the order gate, and what cancels when it is gone. */
import Type, { type Static } from 'typebox';
import { Id, Sequence, Timestamp } from './units.ts';

const closed = { additionalProperties: false };

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

export const DisconnectMode = Type.Union(
  [Type.Literal('off'), Type.Literal('cancel'), Type.Literal('cancelExceptGtc')],
  {
    $id: 'DisconnectMode',
    description:
      'What becomes of the open orders of a session’s simulators when its connection is gone. ' +
      'cancelExceptGtc: those that are good till canceled or till a date stay.',
  },
);
export type DisconnectMode = Static<typeof DisconnectMode>;
export const CancelOnDisconnectRequest = Type.Object(
  {
    mode: DisconnectMode,
    graceSeconds: Type.Optional(
      Type.Integer({
        minimum: 5,
        maximum: 300,
        description:
          'For so long no stream of the session has been open and no heartbeat has come. 10 unless given.',
      }),
    ),
  },
  { $id: 'CancelOnDisconnectRequest', ...closed },
);
export type CancelOnDisconnectRequest = Static<typeof CancelOnDisconnectRequest>;
export const CancelOnDisconnect = Type.Object(
  {
    mode: DisconnectMode,
    graceSeconds: Type.Integer(),
    fired: Type.Union(
      [
        Type.Object({
          at: Timestamp,
          simulators: Type.Integer({ description: 'That were told to cancel.' }),
          detail: Type.String({ description: 'What happened, in a sentence.' }),
        }),
        Type.Null(),
      ],
      { description: 'The last time that orders were canceled for it.' },
    ),
  },
  { $id: 'CancelOnDisconnect' },
);
export type CancelOnDisconnect = Static<typeof CancelOnDisconnect>;

export const SessionRequest = Type.Object(
  {
    resume: Type.Optional(Id),
    resumeCounter: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description:
          'Needed with `resume`: greater than in every resume before, so that none is taken twice. ' +
          'The time in milliseconds does, or one more than the session’s view says.',
      }),
    ),
    cancelOnDisconnect: Type.Optional(CancelOnDisconnectRequest),
  },
  { $id: 'SessionRequest', ...closed },
);
export type SessionRequest = Static<typeof SessionRequest>;
export const SessionPatch = Type.Object(
  { cancelOnDisconnect: CancelOnDisconnectRequest },
  { $id: 'SessionPatch', ...closed },
);
export type SessionPatch = Static<typeof SessionPatch>;
export const Session = Type.Object(
  {
    id: Id,
    state: Type.Union([Type.Literal('active'), Type.Literal('expired'), Type.Literal('closed')]),
    createdAt: Timestamp,
    expiresAt: Timestamp,
    gate: Gate,
    resumeCounter: Type.Integer({ description: 'Of the last resume; 0: never resumed.' }),
    cancelOnDisconnect: CancelOnDisconnect,
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

export const OpenStreamView = Type.Object(
  {
    simulatorId: Id,
    transport: Type.Union([Type.Literal('sse'), Type.Literal('socket')]),
    openedAt: Timestamp,
  },
  { $id: 'OpenStreamView' },
);
export type OpenStreamView = Static<typeof OpenStreamView>;
/** A session as the list of them shows it. */
export const SessionOverview = Type.Object(
  {
    id: Id,
    state: Session.properties.state,
    createdAt: Timestamp,
    lastSeenAt: Type.String({ ...Timestamp, description: 'Up to a minute behind.' }),
    expiresAt: Timestamp,
    streams: Type.Array(OpenStreamView, { description: 'Open now, on whichever gateway.' }),
  },
  { $id: 'SessionOverview' },
);
export type SessionOverview = Static<typeof SessionOverview>;
export const SessionList = Type.Object(
  {
    items: Type.Array(SessionOverview),
    complete: Type.Boolean({
      description: 'false: a gateway did not answer; streams may be missing.',
    }),
  },
  { $id: 'SessionList' },
);
export const DrillRequest = Type.Object(
  {
    seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 10,
        description: 'Clients are told to stay away for so long. 0 unless given.',
      }),
    ),
  },
  { $id: 'DrillRequest', ...closed },
);
export const DrillAnswer = Type.Object(
  {
    streams: Type.Array(OpenStreamView, { description: 'That were ended.' }),
    endedAt: Timestamp,
    comeBackAt: Timestamp,
    cancelsAt: Type.Union([Timestamp, Type.Null()], {
      description: 'When open orders end if the session is not heard before; null: they stay.',
    }),
    detail: Type.String({ description: 'What the system did, in a sentence.' }),
  },
  { $id: 'DrillAnswer' },
);
export type DrillAnswer = Static<typeof DrillAnswer>;

/** A renewing dead-man timer: whoever does not renew it in time loses the simulator's open orders. */
export const DeadManRequest = Type.Object(
  {
    timeoutSeconds: Type.Integer({
      minimum: 0,
      maximum: 3_600,
      description:
        'All open orders end after so long, unless the timer is set again before. 0 stops it.',
    }),
  },
  { $id: 'DeadManRequest', ...closed },
);
export type DeadManRequest = Static<typeof DeadManRequest>;
export const DeadManView = Type.Object(
  {
    timeoutSeconds: Type.Integer({ description: 'As set last; 0 when it is stopped.' }),
    expiresAt: Type.Union([Timestamp, Type.Null()], {
      description: 'null: it does not run, because it was stopped or has expired.',
    }),
    expiredAt: Type.Union([Timestamp, Type.Null()], {
      description: 'When it last expired and orders were canceled.',
    }),
  },
  { $id: 'DeadManView' },
);
export type DeadManView = Static<typeof DeadManView>;
