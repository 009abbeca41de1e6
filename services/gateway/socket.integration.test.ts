import { setTimeout as sleep } from 'node:timers/promises';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { presenceOf } from '../platform/presence.ts';
import { SOCKETS_PER_ACCOUNT_MAX } from './socket/door.ts';
import { type Doors, openDoors, type TestTrader } from './testing/doors.ts';
import { ticket } from './testing/rest.ts';
import { SocketClient, type SocketClientOptions } from './testing/socket-client.ts';
import { StreamClient } from './testing/stream-client.ts';

let doors: Doors;
let ada: TestTrader;
const clients: { close(): void }[] = [];

beforeAll(async () => {
  doors = await openDoors();
});
afterAll(async () => {
  for (const client of clients) client.close();
  await doors?.stop();
});
beforeEach(async () => {
  for (const client of clients.splice(0)) client.close();
  ada = await doors.trader();
});

const urlOf = ({ simulator }: TestTrader, web = doors.web) =>
  `${web}/api/v1/simulators/${simulator.simulatorId}/socket`;
function socket(options: SocketClientOptions = {}, from = doors): SocketClient {
  const client = new SocketClient(urlOf(ada, from.web), {
    hello: { token: ada.token },
    ...options,
  });
  clients.push(client);
  return client;
}
const clockEvent = { type: 'clockChanged', clock: { state: 'running' } } as unknown as VenueEvent;
const records = async (count: number) => {
  for (let i = 0; i < count; i++) await doors.worker.append(ada.simulator, [clockEvent]);
};
/** A newer token of the same trader. */
async function refreshed(): Promise<string> {
  const { body } = await ada.call('POST', '/auth/refresh', {}, { cookie: ada.cookie });
  return body.accessToken;
}

test('events come as over SSE: the same names, ids and data, in the same order', async () => {
  const url = urlOf(ada).replace(/socket$/, 'stream');
  const sse = await StreamClient.open(url, { authorization: `Bearer ${ada.token}` });
  clients.push(sse);
  const client = socket();
  const [welcome] = await client.until('authenticated');
  expect(new Date(welcome.data.expiresAt).getTime()).toBeGreaterThan(Date.now() + 200_000);
  await Promise.all([client.until('snapshot'), sse.until('snapshot')]);
  await records(2);
  const answer = await client.ask('submitOrder', { body: ticket('a') });
  await Promise.all([client.until('order'), sse.until('order')]);
  expect(client.of('order')[0]).toEqual({ ...sse.of('order')[0] });
  expect(client.of('session')).toEqual(sse.of('session'));
  expect(client.of('order')[0].data.order).toEqual(answer.data);
  doors.worker.market(ada.simulator, 'quote', { sequence: 1, bid: '180.00' });
  const [quote] = await client.until('quote');
  expect(quote).not.toHaveProperty('id');
  await client.until('gate');
  expect(client.of('heartbeat')[0].data.venue).toBe('live');
});

test('orders, changes and cancels are those of REST: answers, repeats, problems', async () => {
  const client = socket({ hello: { token: ada.token, stream: false } });
  await client.until('authenticated');
  const first = await client.ask('submitOrder', { body: ticket('x') });
  expect(first).toMatchObject({ status: 201, data: { clientOrderId: 'x', status: 'new' } });
  // The same order once more, over either door, is the same order.
  expect(await client.ask('submitOrder', { body: ticket('x') })).toMatchObject({
    status: 200,
    data: first.data,
  });
  const path = `/simulators/${ada.simulator.simulatorId}/orders`;
  expect(await ada.call('POST', path, ticket('x'))).toMatchObject({ status: 200 });
  const other = await client.ask('submitOrder', { body: ticket('x', { quantity: '11' }) });
  expect(other).toMatchObject({ status: 409, data: { code: 'clientOrderIdReused' } });
  const wrong = await client.ask('submitOrder', { body: ticket('y', { quantity: '-1' }) });
  expect(wrong).toMatchObject({ status: 422, data: { code: 'validationFailed' } });
  expect(wrong.data.errors[0].path).toBe('quantity');
  const { orderId } = first.data;
  const canceled = await client.ask('cancelOrder', {
    path: { orderId },
    idempotencyKey: 'once',
  });
  expect(canceled).toMatchObject({ status: 200, data: { status: 'canceled' } });
  const again = await client.ask('cancelOrder', { path: { orderId }, idempotencyKey: 'once' });
  expect(again.data.sequence).toBe(canceled.data.sequence);
  expect(await client.ask('cancelOrder', { path: { orderId: '999' } })).toMatchObject({
    status: 404,
  });
  expect(await client.ask('cancelAllOrders', { query: { colour: 'red' } })).toMatchObject({
    status: 422,
    data: { errors: [{ path: 'colour' }] },
  });
  expect(client.of('snapshot')).toEqual([]);
  expect(client.closed).toBeNull();
});

test('a heartbeat is answered with the gate, which is of the simulator’s own session', async () => {
  const client = socket({ hello: { token: ada.token, stream: false } });
  await client.until('authenticated');
  const beat = await client.ask('heartbeat', { body: { sequence: 1, roundTripMs: 20 } });
  expect(beat).toMatchObject({ status: 200, data: { gate: { state: 'healthy' } } });
});

test('a client that comes back gets exactly what it missed, also after SSE', async () => {
  const first = socket();
  await first.until('snapshot');
  await records(3);
  await first.until('session', 3);
  first.close();
  await records(5);
  const second = socket({ hello: { token: ada.token, resume: first.lastId() } });
  await second.until('session', 5);
  expect(second.numbers()).toEqual([5, 6, 7, 8, 9]);
  expect(second.of('snapshot')).toEqual([]);
  const url = urlOf(ada).replace(/socket$/, 'stream');
  const third = await StreamClient.open(url, {
    authorization: `Bearer ${ada.token}`,
    'Last-Event-ID': first.lastId(),
  });
  clients.push(third);
  await third.until('session', 5);
  expect(third.numbers()).toEqual([5, 6, 7, 8, 9]);
});

test('a fresh token keeps it open, and no event is lost or told twice meanwhile', async () => {
  const client = socket();
  await client.until('snapshot');
  const writing = records(20);
  const token = await refreshed();
  client.send({ type: 'authenticate', token });
  await client.until('authenticated', 2);
  await writing;
  await client.until('session', 20);
  expect(client.numbers()).toEqual(Array.from({ length: 21 }, (_, i) => i + 1));
  expect(client.of('session')).toHaveLength(20);
  expect(await client.ask('submitOrder', { body: ticket('later') })).toMatchObject({ status: 201 });
  expect(doors.worker.received.at(-1)?.token).toBe(token);
});

test('whoever is on a socket is there, with events or without, and can be sent away', async () => {
  const [quiet, watching] = [false, true].map((stream) =>
    socket({ hello: { token: ada.token, stream } }),
  );
  await Promise.all([quiet.until('authenticated'), watching.until('snapshot')]);
  const present = () => presenceOf(doors.broker).ofSession(ada.sessionId);
  expect(present().map(({ transport }) => transport)).toEqual(['socket', 'socket']);
  for (const each of present()) each.end('revoked', 0);
  for (const client of [quiet, watching]) {
    expect((await client.ended()).code).toBe(1_001);
    expect(client.of('goaway')[0].data).toEqual({ reason: 'revoked', retryMs: 0 });
  }
  await expect.poll(present).toEqual([]);
});

test('another account’s token ends it', async () => {
  const bob = await doors.trader();
  const client = socket();
  await client.until('authenticated');
  client.send({ type: 'authenticate', token: bob.token });
  expect(await client.ended()).toEqual({ code: 4_403, reason: 'forbidden' });
});

test('what a client sends before it is let in waits its turn', async () => {
  const client = socket({ hello: undefined as never });
  await client.when(() => client.status === 101, 'the socket');
  client.send({ type: 'authenticate', token: ada.token, stream: false });
  const answers = [client.ask('submitOrder', { body: ticket('p') })];
  answers.push(client.ask('heartbeat', { body: { sequence: 1 } }));
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  expect(statuses).toEqual([201, 200]);
});

test('an account may hold so many sockets; a closed one makes room', async () => {
  const held = Array.from({ length: SOCKETS_PER_ACCOUNT_MAX }, () =>
    socket({ hello: { token: ada.token, stream: false } }),
  );
  await Promise.all(held.map((client) => client.until('authenticated')));
  const refused = socket();
  expect(await refused.ended()).toEqual({ code: 4_429, reason: 'tooManyStreams' });
  held[0].close();
  await sleep(200);
  await socket().until('authenticated');
});

test('a stop answers what was asked, sends clients away spread out, and is quick', async () => {
  const others = await openDoors();
  ada = await others.trader();
  const watching = Array.from({ length: 4 }, (_, i) =>
    socket({ hello: { token: ada.token, stream: i > 0 } }, others),
  );
  await Promise.all(watching.map((client) => client.until('authenticated')));
  await Promise.all(watching.slice(1).map((client) => client.until('snapshot')));
  const [asking] = watching;
  for (let i = 0; i < 5; i++) {
    const body = ticket(`d${i}`);
    asking.send({ type: 'request', request: `d${i}`, operation: 'submitOrder', body });
  }
  await asking.until('answer');
  const startedMs = performance.now();
  await others.broker.stop();
  expect(performance.now() - startedMs).toBeLessThan(4_000);
  const statuses = asking.of('answer').map(({ status }) => status);
  expect(statuses).toEqual([201, 201, 201, 201, 201]);
  const retries = watching.map((client) => client.of('goaway')[0]?.data);
  for (const goaway of retries) expect(goaway).toMatchObject({ reason: 'drain' });
  expect(new Set(retries.map(({ retryMs }) => retryMs)).size).toBeGreaterThan(1);
  expect(watching.map(({ closed }) => closed?.code)).toEqual([1_001, 1_001, 1_001, 1_001]);
  await others.worker.stop();
});
