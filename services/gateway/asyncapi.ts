/** Routes and the shapes of the socket and of NATS -> AsyncAPI 3.0. The schemas are those that check messages. */
import { OPERATIONS } from '@sandpit/schemas/operations.ts';
import { Problem } from '@sandpit/schemas/problem.ts';
import {
  SOCKET_PROTOCOL,
  SocketAuthenticate,
  SocketAuthenticated,
} from '@sandpit/schemas/socket.ts';
import Type, { type TSchema } from 'typebox';
import {
  NATS_CREDENTIAL,
  natsChannels,
  natsFeeds,
  natsOperations,
  natsServer,
} from './asyncapi-nats.ts';
import { type Api, published } from './openapi.ts';
import type { Route } from './route.ts';

type Json = Record<string, unknown>;

const CHANNEL = 'simulatorSocket';
const channel = { $ref: `#/channels/${CHANNEL}` };
/** A heartbeat is a request, too. */
const eventName = (name: string) => `${name}Event`;
const security = [{ $ref: '#/components/securitySchemes/accessToken' }];
const messageRef = (name: string) => ({ $ref: `#/channels/${CHANNEL}/messages/${name}` });

/**
 * @param at      Where clients reach the gateway and, where there is one for them, NATS.
 * @param events  Name -> shape of the data of each event of the stream.
 */
export function asyncApiOf(
  routes: readonly Route[],
  api: Pick<Api, 'title' | 'version'>,
  at: { origin: string; natsUrl: string | null },
  events: Readonly<Record<string, TSchema>>,
): Json {
  const components = new Map<string, Json>();
  const requests = Object.keys(OPERATIONS).map((name) => {
    const route = routes.find(({ operationId }) => operationId === name);
    if (!route) throw new Error(`There is no route ${name}.`);
    return route;
  });
  const messages = {
    authenticate: messageOf('Proves who you are', SocketAuthenticate, components),
    authenticated: eventMessage('authenticated', SocketAuthenticated, components),
    problem: eventMessage('problem', Problem, components),
    ...Object.fromEntries(
      requests.flatMap((route) => [
        [route.operationId, requestMessage(route, components)],
        [`${route.operationId}Answer`, answerMessage(route, components)],
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(events).map(([name, data]) => [
        eventName(name),
        streamMessage(name, data, components),
      ]),
    ),
  };
  const nats = at.natsUrl === null ? null : natsServer(at.natsUrl);
  const overNats = nats && {
    channels: { ...natsChannels(requests, components), ...natsFeeds(components) },
    operations: natsOperations(requests),
  };
  const { host, protocol } = new URL(at.origin);
  const schemas = Object.fromEntries([...components].sort(([a], [b]) => a.localeCompare(b)));
  return {
    asyncapi: '3.0.0',
    info: { title: `${api.title} socket`, version: api.version, description: DESCRIPTION },
    servers: {
      gateway: { host, protocol: protocol === 'https:' ? 'wss' : 'ws' },
      ...(nats && { nats }),
    },
    channels: { [CHANNEL]: { ...CHANNEL_HEAD, messages }, ...overNats?.channels },
    operations: { ...operationsOf(requests, Object.keys(events)), ...overNats?.operations },
    components: {
      schemas,
      securitySchemes: {
        accessToken: ACCESS_TOKEN,
        ...(nats && { natsCredential: NATS_CREDENTIAL }),
      },
    },
  };
}

const DESCRIPTION =
  'The second channel beside REST and server-sent events: for programs that want one connection, and ' +
  'for networks that let no event stream through. Every message is one JSON object as text of at most ' +
  '17 KiB from you. **First message**: `authenticate`, within 5 s; the token never stands in the ' +
  'address. Send it again with a fresh token before `expiresAt`: nothing is interrupted. 30 s after the ' +
  'end of its token a socket is sent away. **Events** are those of `GET …/stream`, with the same names, ' +
  '`id` and `data`, and the same rules; `resume` takes the `id` of the last one that was applied. ' +
  '**Requests** are those of REST with the same checks, limits, answers and problems, and as safe to ' +
  'repeat. They run side by side: whoever needs an order waits for the answer. A faulty request is ' +
  'answered; what no client should do ends the socket with a `problem` and the close code 4000 + its ' +
  'status. `goaway` (close code 1001) says when to come back. The server pings every 10 s and ends what ' +
  'gives no sign of life for 35 s. **Over NATS** programs ask the same and are answered the same; see ' +
  'docs/nats.md.';

const ACCESS_TOKEN = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'JWT',
  description: 'In the message `authenticate`, never in the address.',
};

const CHANNEL_HEAD = {
  address: '/api/v1/simulators/{id}/socket',
  description: `One simulator. Subprotocol \`${SOCKET_PROTOCOL}\`, or none.`,
  parameters: { id: { description: 'Id of the simulator.' } },
  servers: [{ $ref: '#/servers/gateway' }],
  bindings: { ws: { method: 'GET' } },
};

function operationsOf(requests: readonly Route[], events: readonly string[]): Json {
  const asked = requests.map(({ operationId, summary }) => [
    operationId,
    {
      action: 'receive',
      channel,
      security,
      summary,
      messages: [messageRef(operationId)],
      reply: { channel, messages: [messageRef(`${operationId}Answer`)] },
    },
  ]);
  return {
    authenticate: {
      action: 'receive',
      channel,
      security,
      summary: 'Shows the access token: first of all, and again before it ends.',
      messages: [messageRef('authenticate')],
      reply: { channel, messages: [messageRef('authenticated'), messageRef('problem')] },
    },
    ...Object.fromEntries(asked),
    events: {
      action: 'send',
      channel,
      security,
      summary: 'What happens on the simulator.',
      messages: events.map((name) => messageRef(eventName(name))),
    },
  };
}

function messageOf(title: string, payload: TSchema, components: Map<string, Json>): Json {
  return { title, payload: published(payload, components) };
}

const eventMessage = (name: string, data: TSchema, components: Map<string, Json>) =>
  messageOf(name, Type.Object({ event: Type.Literal(name), data }), components);

const streamMessage = (name: string, data: TSchema, components: Map<string, Json>) =>
  messageOf(
    name,
    Type.Object({ event: Type.Literal(name), id: Type.Optional(Type.String()), data }),
    components,
  );

function requestMessage(route: Route, components: Map<string, Json>): Json {
  const { id: _id, ...path } = route.pathSchema?.properties ?? {};
  const payload = Type.Object({
    type: Type.Literal('request'),
    request: Type.String({ description: 'Comes back with the answer.' }),
    operation: Type.Literal(route.operationId),
    ...(Object.keys(path).length > 0 && { path: Type.Object(path) }),
    ...(route.query && { query: Type.Optional(route.query) }),
    ...(route.body && { body: route.body }),
    idempotencyKey: Type.Optional(Type.String({ maxLength: 64 })),
  });
  return messageOf(route.summary, payload, components);
}

function answerMessage({ operationId, answers }: Route, components: Map<string, Json>): Json {
  const shapes = Object.values(answers).flatMap(({ schema }) => (schema ? [schema] : []));
  const payload = Type.Object({
    event: Type.Literal('answer'),
    request: Type.String(),
    status: Type.Integer({ description: 'As over HTTP; a problem document from 400 on.' }),
    data: Type.Union([...new Set(shapes), Problem]),
  });
  return messageOf(`Answer to ${operationId}`, payload, components);
}
