import {
  BookFrame,
  CandleFrame,
  QuoteFrame,
  StatusFrame,
  TradeFrame,
} from '@sandpit/schemas/market-data.ts';
import {
  AccountFrame,
  ExecutionFrame,
  GateFrame,
  GoawayFrame,
  HeartbeatFrame,
  LabFrame,
  NoticeFrame,
  OrderFrame,
  SessionFrame,
  SnapshotFrame,
  type StreamFrames,
} from '@sandpit/schemas/stream.ts';
import Type, { type TSchema } from 'typebox';
import { problem } from '../../platform/errors.ts';
import type { Answer, Call, Route } from '../route.ts';
import { httpCarrier } from '../sse/carrier.ts';
import { streamHub } from '../sse/hub.ts';
import { parsePosition } from '../sse/position.ts';
import { API, byId, caller, ownedVenue, responseOf } from './shared.ts';

/** Name -> shape of the data of each event. */
export const STREAM_EVENTS: Record<keyof StreamFrames, TSchema> = {
  snapshot: SnapshotFrame,
  order: OrderFrame,
  execution: ExecutionFrame,
  account: AccountFrame,
  session: SessionFrame,
  gate: GateFrame,
  lab: LabFrame,
  book: BookFrame,
  quote: QuoteFrame,
  trade: TradeFrame,
  candle: CandleFrame,
  status: StatusFrame,
  heartbeat: HeartbeatFrame,
  notice: NoticeFrame,
  goaway: GoawayFrame,
};

const position = {
  pattern: '^[A-Za-z0-9]{1,40}-\\d{1,16}$',
  description: 'The `id` of the last event that was applied.',
};

export const streamRoute: Route = {
  method: 'GET',
  path: `${API}/simulators/:id/stream`,
  operationId: 'streamSimulator',
  tag: 'stream',
  summary: 'Everything that happens, as server-sent events',
  description:
    'Events that carry an `id` (`snapshot`, `order`, `execution`, `account`, `session`) are never ' +
    'merged or dropped; those of one record share their `id` and `n`, and `last` marks the final ' +
    'one. `n` has no gaps: on a hole, reconnect with the `id` of the last record applied. `book`, ' +
    '`quote`, `trade`, `candle` and `status` carry none; a slow reader gets the newest. ' +
    '`heartbeat` comes every 5 s with the head of the log. `goaway` says when to come back, `lab` what ' +
    'a network lab of the session does. The data of each event is described under `x-events`. Where no ' +
    'event stream gets through, the same comes over a WebSocket: see /asyncapi.json.',
  auth: 'trader',
  limit: 'read',
  pathSchema: byId,
  query: Type.Object(
    { from: Type.Optional(Type.String(position)) },
    { additionalProperties: false },
  ),
  headers: Type.Object({ 'Last-Event-ID': Type.Optional(Type.String(position)) }),
  answers: {
    200: {
      description: 'A stream without an end.',
      schema: Type.String(),
      contentType: 'text/event-stream',
      events: STREAM_EVENTS,
      example: 'event: quote\ndata: {"symbol":"ACME","bid":"180.04","ask":"180.05"}\n\n',
    },
  },
  problems: ['tooManyStreams', 'simulatorStopped', 'quotaExceeded'],
  run: open,
};

async function open(call: Call<never>): Promise<Answer> {
  const { req, query, broker, ctx } = call;
  const res = responseOf(call);
  const venue = await ownedVenue(call);
  const given = parsePosition(String(req.headers['last-event-id'] ?? query.from ?? ''));
  // Its last records can still be fetched by whoever was watching; there is nothing new to see.
  if (venue.stopped && !given) throw problem('simulatorStopped');
  await streamHub(broker).open({
    carrier: httpCarrier(res),
    transport: 'sse',
    isGone: () => res.destroyed,
    venue,
    principal: caller(call),
    token: ctx.meta.token ?? '',
    given,
  });
  return { status: 200 };
}
