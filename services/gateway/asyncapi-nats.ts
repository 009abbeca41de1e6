/** What programs ask and hear over NATS -> the parts of the AsyncAPI document that describe it. */

import { VenueEvent } from '@sandpit/schemas/event.ts';
import {
  BookFrame,
  CandleFrame,
  type MarketDataChannel,
  QuoteFrame,
  StatusFrame,
  TradeFrame,
} from '@sandpit/schemas/market-data.ts';
import { NatsAnswer } from '@sandpit/schemas/nats-requests.ts';
import { RequestId } from '@sandpit/schemas/operations.ts';
import { Problem } from '@sandpit/schemas/problem.ts';
import { EventRecord } from '@sandpit/schemas/record.ts';
import { Timestamp } from '@sandpit/schemas/units.ts';
import Type, { type TObject, type TSchema } from 'typebox';
import { published } from './openapi.ts';
import type { Route } from './route.ts';

type Json = Record<string, unknown>;

const REQUESTS = 'natsRequests';
const ANSWERS = 'natsAnswers';
const RENEWALS = 'natsDeadMan';
const LIVE = 'natsLive';
const MARKET_DATA = 'natsMarketData';
const FRAMES: Readonly<Record<MarketDataChannel, TSchema>> = {
  book: BookFrame,
  quote: QuoteFrame,
  trade: TradeFrame,
  candle: CandleFrame,
  status: StatusFrame,
};
const channelRef = (name: string) => ({ $ref: `#/channels/${name}` });
const messageRef = (channel: string, name: string) => ({
  $ref: `#/channels/${channel}/messages/${name}`,
});
const servers = [{ $ref: '#/servers/nats' }];
const security = [{ $ref: '#/components/securitySchemes/natsCredential' }];
const parameters = {
  account: { description: 'Id of the account, as its credential says.' },
  simulator: { description: 'Id of the simulator.' },
};

const Authorization = Type.String({ description: '`Bearer` and an access token of the account.' });
const RequestHeaders = Type.Object({
  'Sandpit-Request': RequestId,
  'Sandpit-Authorization': Authorization,
});
const sentAt = Type.Unsafe<string>({
  ...Timestamp,
  description: 'When it was sent, in server time. Needed over NATS.',
});

const EVENT_TYPES = VenueEvent.anyOf.map(({ properties }) => properties.type.const);
const LiveRecord = Type.Object({
  ...EventRecord.properties,
  commands: Type.Array(Type.Object({}), { description: 'What was asked, in order.' }),
  events: Type.Array(
    Type.Object({
      type: Type.Unsafe<string>({ type: 'string', enum: EVENT_TYPES }),
      atNs: Type.Integer({ description: 'Simulated time, ns.' }),
      causeId: Type.Union([Type.String(), Type.Null()], {
        description: 'The command that caused it; null: the market did.',
      }),
    }),
    { description: 'What happened, in order; docs/nats.md has what each type brings along.' },
  ),
});

const LiveHeaders = Type.Object({
  'Nats-Sequence': Type.String({ description: 'Its place in the log: `since` of REST.' }),
  'Nats-Last-Sequence': Type.String({ description: 'That of the record before it, or 0.' }),
});

export const NATS_CREDENTIAL = {
  type: 'userPassword',
  description:
    'The contents of a `.creds` file, from `POST /api/v1/integrations/nats`. What counts is the access token ' +
    'in each message.',
};

/** @param url  Where clients reach NATS. */
export function natsServer(url: string): Json {
  const { host, protocol } = new URL(url);
  return { host, protocol: protocol.replace(':', '') };
}

export function natsChannels(requests: readonly Route[], components: Map<string, Json>): Json {
  const asked = requests.map((route) => [route.operationId, requestMessage(route, components)]);
  const answered = requests.map((route) => [
    `${route.operationId}Answer`,
    answerMessage(route, components),
  ]);
  return {
    [REQUESTS]: {
      address: 'sandpit.v1.req.{account}.{simulator}.{operation}',
      description:
        'What a program asks. The last token is the `operationId`; no reply subject is read.',
      servers,
      parameters: { ...parameters, operation: { description: 'Name of the message.' } },
      messages: Object.fromEntries(asked),
    },
    [ANSWERS]: {
      address: 'sandpit.v1.rsp.{account}.{simulator}',
      description: 'Every answer about the simulator, to all programs of the account.',
      servers,
      parameters,
      messages: Object.fromEntries(answered),
    },
    [RENEWALS]: {
      address: 'sandpit.v1.dms.{account}.{simulator}',
      description: 'Renews a dead-man timer that runs. Not answered.',
      servers,
      parameters,
      messages: {
        renewDeadMan: {
          title: 'I am there',
          headers: published(Type.Object({ 'Sandpit-Authorization': Authorization }), components),
          payload: { description: 'Empty.' },
        },
      },
    },
  };
}

/** What is heard without being asked for. */
export function natsFeeds(components: Map<string, Json>): Json {
  const shard = { shard: { description: 'Follows from the simulator’s id; subscribe with `*`.' } };
  const frames = Object.entries(FRAMES).map(([channel, frame]) => [
    `${channel}Frame`,
    { title: channel, payload: published(frame, components) },
  ]);
  return {
    [LIVE]: {
      address: 'sandpit.v1.live.{shard}.{account}.{simulator}',
      description: 'Each committed record, once it is stored: whole ticks, lots and micros.',
      servers,
      parameters: { ...shard, ...parameters },
      messages: {
        record: {
          title: 'A record',
          headers: published(LiveHeaders, components),
          payload: published(LiveRecord, components),
        },
      },
    },
    [MARKET_DATA]: {
      address: 'sandpit.v1.md.{shard}.{account}.{simulator}.{symbol}.{channel}',
      description: 'Market data of one instrument; not replayed.',
      servers,
      parameters: {
        ...shard,
        ...parameters,
        symbol: { description: 'Of the instrument.' },
        channel: { enum: Object.keys(FRAMES), description: 'Which frames.' },
      },
      messages: Object.fromEntries(frames),
    },
  };
}

export function natsOperations(requests: readonly Route[]): Json {
  const asked = requests.map(({ operationId, summary }) => [
    `${operationId}OverNats`,
    {
      action: 'receive',
      channel: channelRef(REQUESTS),
      security,
      summary,
      messages: [messageRef(REQUESTS, operationId)],
      reply: {
        channel: channelRef(ANSWERS),
        messages: [messageRef(ANSWERS, `${operationId}Answer`)],
      },
    },
  ]);
  return {
    ...Object.fromEntries(asked),
    recordsOverNats: {
      action: 'send',
      channel: channelRef(LIVE),
      security,
      summary: 'What happened, as it is stored.',
      messages: [messageRef(LIVE, 'record')],
    },
    marketDataOverNats: {
      action: 'send',
      channel: channelRef(MARKET_DATA),
      security,
      summary: 'The market as it moves.',
      messages: Object.keys(FRAMES).map((name) => messageRef(MARKET_DATA, `${name}Frame`)),
    },
    renewDeadManOverNats: {
      action: 'receive',
      channel: channelRef(RENEWALS),
      security,
      summary: 'Renews a dead-man timer that runs.',
      messages: [messageRef(RENEWALS, 'renewDeadMan')],
    },
  };
}

function requestMessage(route: Route, components: Map<string, Json>): Json {
  const { id: _id, ...path } = route.pathSchema?.properties ?? {};
  const payload = Type.Object(
    {
      ...(Object.keys(path).length > 0 && { path: Type.Object(path) }),
      ...(route.query && { query: Type.Optional(route.query) }),
      ...(route.body && { body: bodyOf(route.body, route.limit) }),
      idempotencyKey: Type.Optional(Type.String({ maxLength: 64 })),
    },
    { additionalProperties: false },
  );
  return {
    title: route.summary,
    headers: published(RequestHeaders, components),
    payload: published(payload, components),
  };
}

/** What may trade says when it was sent. */
function bodyOf(body: TSchema, limit: Route['limit']): TSchema {
  if (limit !== 'order') return body;
  const { properties } = body as TObject;
  return Type.Object({ ...properties, sentAt }, { additionalProperties: false });
}

function answerMessage({ operationId, answers }: Route, components: Map<string, Json>): Json {
  const shapes: TSchema[] = Object.values(answers).flatMap(({ schema }) =>
    schema ? [schema] : [],
  );
  const payload = Type.Object({
    ...NatsAnswer.properties,
    operation: Type.Literal(operationId),
    data: Type.Union([...new Set(shapes), Problem]),
  });
  return { title: `Answer to ${operationId}`, payload: published(payload, components) };
}
