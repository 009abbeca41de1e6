/** RFC 9457 problem documents, and the closed list of their codes. */
import Type, { type Static } from 'typebox';

/** code -> HTTP status and a sentence that says what to do. The only place that lists them. */
export const PROBLEMS = {
  malformedJson: [400, 'The body is not valid JSON. Send a JSON object.'],
  validationFailed: [422, 'Some fields are wrong. See `errors` for each field and what it takes.'],
  unsupportedMediaType: [415, 'Send the body as application/json.'],
  payloadTooLarge: [413, 'The body is too large. Send at most 16 KiB.'],
  unauthenticated: [401, 'Log in, or refresh the access token, and send it as a bearer token.'],
  tokenExpired: [401, 'The access token has expired. Refresh it and repeat the request.'],
  invalidCredentials: [401, 'E-mail or password is wrong. Check both and try again.'],
  refreshRejected: [401, 'The refresh token is spent, expired or revoked. Log in again.'],
  forbidden: [403, 'This request is not allowed for you.'],
  originRejected: [403, 'This request must come from the app’s own origin.'],
  notFound: [404, 'There is nothing here. Check the address and the id.'],
  methodNotAllowed: [405, 'This address does not take that method. See /docs.'],
  emailTaken: [409, 'An account with this e-mail exists. Log in instead.'],
  clientOrderIdReused: [409, 'This clientOrderId names a different order. Use a new one.'],
  simulatorStopped: [409, 'This simulator has stopped. Start a new one.'],
  simulatorHalted: [409, 'This simulator is halted. Cancels pass; see /readyz or the operator.'],
  instrumentHalted: [409, 'The instrument is halted already. Reopen it first.'],
  instrumentNotHalted: [409, 'The instrument is not halted: there is nothing to reopen.'],
  rerunUnderWay: [
    409,
    'The session is still being run again. Repeat the same request: it goes on meanwhile.',
  ],
  notReplayable: [409, 'Part of it was made by another engine version and cannot be run again.'],
  resumeReplayed: [
    409,
    'This resume was used before. Send a greater resumeCounter than the session says.',
  ],
  sessionExpired: [409, 'The session has expired. Create a new one.'],
  quotaExceeded: [
    409,
    'You run as many simulators as your tier allows. Stop one, or put one away, first.',
  ],
  tooManyStreams: [429, 'Too many open streams. Close a tab and try again.'],
  upgradeRequired: [426, 'This address speaks WebSocket only. See /asyncapi.json.'],
  rateLimited: [429, 'Too many requests. Wait as long as Retry-After says.'],
  backlogFull: [429, 'The simulator has too many commands waiting. Retry after a moment.'],
  internalError: [500, 'Something broke on our side. Quote the correlation id to support.'],
  unavailable: [503, 'A part of the system is away. Retry after a moment.'],
  labRejected: [422, 'Refused on purpose by the network lab of this session. Nothing was placed.'],
  orderGateClosed: [403, 'Trading is closed for this connection. See the reasons; cancels pass.'],
  staleOrder: [
    403,
    'The order took longer to get here than it was meant for. Look at the prices, then send a new one.',
  ],
  outcomeUnknown: [504, 'No committed answer in time. Repeat the same request: it is safe.'],
} as const satisfies Record<string, readonly [number, string]>;
export type ProblemCode = keyof typeof PROBLEMS;

export const Problem = Type.Object(
  {
    type: Type.String({ description: 'urn:sandpit:problem:<code>' }),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: 'Stable. Programs may branch on it.' }),
    detail: Type.String({ description: 'What to do about it.' }),
    correlationId: Type.String(),
    errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
    commandId: Type.Optional(Type.String({ description: 'Only with outcomeUnknown.' })),
    retryAfterSeconds: Type.Optional(Type.Integer()),
  },
  { $id: 'Problem' },
);
export type Problem = Static<typeof Problem>;
