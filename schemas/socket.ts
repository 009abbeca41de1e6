/**
 * What travels on the WebSocket of one simulator: JSON text, one object per message. The stream's
 * events are those of SSE with the same names, ids and data; requests are those of `operations.ts`.
 */
import Type, { type Static } from 'typebox';
import { OPERATIONS, type OperationName, operationParts, RequestId } from './operations.ts';
import type { StreamFrames } from './stream.ts';
import { Timestamp } from './units.ts';

const closed = { additionalProperties: false };

/** The subprotocol of version 1; a client that names none speaks it too. */
export const SOCKET_PROTOCOL = 'sandpit.v1';
/** Bytes of one message from a client: a REST body of 16 KiB and what stands around it. */
export const SOCKET_MESSAGE_BYTES_MAX = 17 * 1024;
/** A socket without a valid first message is closed after this. */
export const SOCKET_AUTHENTICATE_WITHIN_MS = 5_000;

/** The first message, and again with a fresh token before the last one ends. */
export const SocketAuthenticate = Type.Object(
  {
    type: Type.Literal('authenticate'),
    token: Type.String({ minLength: 1, maxLength: 2_048, description: 'The access token.' }),
    stream: Type.Optional(
      Type.Boolean({
        description: 'Whether events follow; true unless given. First message only.',
      }),
    ),
    resume: Type.Optional(
      Type.String({
        maxLength: 64,
        description: 'The `id` of the last event that was applied. First message only.',
      }),
    ),
  },
  { $id: 'SocketAuthenticate', ...closed },
);
export type SocketAuthenticate = Static<typeof SocketAuthenticate>;

/** One request of REST. Answers come as they are ready; whoever needs an order waits for them. */
export const SocketRequest = Type.Object(
  {
    type: Type.Literal('request'),
    request: RequestId,
    operation: Type.Unsafe<OperationName>({
      type: 'string',
      enum: Object.keys(OPERATIONS),
      description: 'An `operationId` of the REST interface.',
    }),
    ...operationParts,
  },
  { $id: 'SocketRequest', ...closed },
);
export type SocketRequest = Static<typeof SocketRequest>;
export type SocketMessage = SocketAuthenticate | SocketRequest;

export const SocketAuthenticated = Type.Object(
  {
    expiresAt: Type.Unsafe<string>({
      ...Timestamp,
      description: 'Of the token: show the next one before it.',
    }),
    expiresInSeconds: Type.Integer({ description: 'The same, for clocks that are wrong.' }),
  },
  { $id: 'SocketAuthenticated' },
);
export type SocketAuthenticated = Static<typeof SocketAuthenticated>;

/** What the server sends: an event of the stream, or one of these. */
export type SocketEvent =
  | {
      [Name in keyof StreamFrames]: { event: Name; id?: string; data: StreamFrames[Name] };
    }[keyof StreamFrames]
  | { event: 'authenticated'; data: SocketAuthenticated }
  /** `data` as the body of the REST answer: a problem document from status 400 on. */
  | { event: 'answer'; request: string; status: number; data: unknown }
  /** Says why the socket is closed next. */
  | { event: 'problem'; data: unknown };

/** Close codes besides those of RFC 6455: 4000 + the HTTP status of the problem before it. */
export const SOCKET_CLOSE = { base: 4_000, goaway: 1_001, tooLarge: 1_009 } as const;
