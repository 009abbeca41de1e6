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
