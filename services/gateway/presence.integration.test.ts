/** Who is where over two gateways, and how streams are ended from elsewhere. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { presenceOf } from '../platform/presence.ts';
import { STREAMS_PER_ACCOUNT_MAX } from './sse/hub.ts';
import { type Doors, openDoors, request, type TestTrader } from './testing/doors.ts';
import { StreamClient } from './testing/stream-client.ts';

let doors: Doors;
let others: Doors;
let ada: TestTrader;
const clients: StreamClient[] = [];

beforeAll(async () => {
  doors = await openDoors();
  const env = { SANDPIT_NAMESPACE: doors.broker.namespace };
  others = await openDoors(env);
  const met = () => expect(doors.broker.registry.nodes.list({})).toHaveLength(2);
  await vi.waitFor(met, { timeout: 10_000 });
});
afterAll(async () => {
  await Promise.all([doors?.stop(), others?.stop()]);
});
beforeEach(async () => {
  ada = await doors.trader();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

async function stream(from = doors, trader = ada) {
  const url = `${from.web}/api/v1/simulators/${trader.simulator.simulatorId}/stream`;
  const client = await StreamClient.open(url, { authorization: `Bearer ${trader.token}` });
  clients.push(client);
  if (client.status === 200) await client.until('heartbeat');
  return client;
}
const list = async () => (await ada.call('GET', '/sessions')).body;

test('the list of sessions shows the streams of all gateways', async () => {
  await Promise.all([stream(), stream(others), stream(others, await doors.trader())]);
  expect(await list()).toMatchObject({
    complete: true,
    items: [
      {
        id: ada.sessionId,
        state: 'active',
        streams: [{ transport: 'sse', simulatorId: ada.simulator.simulatorId }, {}],
      },
    ],
  });
  for (const client of clients) client.close();
  await expect.poll(async () => (await list()).items[0].streams).toEqual([]);
});

test('the bound on streams holds over all gateways', async () => {
  for (let i = 0; i < STREAMS_PER_ACCOUNT_MAX; i++) {
    expect((await stream(i % 2 === 0 ? doors : others)).status).toBe(200);
  }
  for (const each of [doors, others]) {
    expect((await stream(each)).problem).toMatchObject({ status: 429, code: 'tooManyStreams' });
  }
  clients[0]?.close();
  await expect.poll(async () => (await stream(others)).status, { timeout: 5_000 }).toBe(200);
});

test('a drill cuts all streams of the session and says what follows', async () => {
  const cut = [await stream(), await stream(others)];
  const untouched = await stream(others, await doors.trader());
  const path = `/sessions/${ada.sessionId}`;
  const setting = { mode: 'cancel', graceSeconds: 60 };
  await ada.call('PATCH', path, { cancelOnDisconnect: setting });
  const { status, body } = await ada.call('POST', `${path}/drill`, { seconds: 3 });
  expect(status).toBe(200);
  expect(body.streams).toHaveLength(2);
  expect(Date.parse(body.cancelsAt) - Date.parse(body.endedAt)).toBe(60_000);
  expect(Date.parse(body.comeBackAt) - Date.parse(body.endedAt)).toBe(3_000);
  expect(body.detail).toMatch(/^2 streams were ended.*canceled 60 s after/);
  for (const client of cut) {
    const [goaway] = await client.until('goaway');
    expect(goaway?.data).toEqual({ reason: 'drill', retryMs: 3_000 });
  }
  expect(untouched.ended).toBe('open');
  await ada.call('PATCH', path, { cancelOnDisconnect: { mode: 'off' } });
  const calm = await ada.call('POST', `${path}/drill`, {});
  expect(calm.body).toMatchObject({ streams: [], cancelsAt: null });
  const stranger = await doors.trader();
  expect((await stranger.call('POST', `${path}/drill`, {})).status).toBe(404);
});

test('logging out ends the log-in’s streams on every gateway at once, and its tokens', async () => {
  const mine = [await stream(), await stream(others)];
  const bob = await stream(others, await doors.trader());
  const headers = { cookie: ada.cookie, origin: doors.web };
  expect((await request(doors.web, 'POST', '/auth/logout', { headers })).status).toBe(204);
  for (const client of mine) {
    const [goaway] = await client.until('goaway', 1, 2_000);
    expect(goaway?.data).toEqual({ reason: 'authRevoked', retryMs: 0 });
  }
  expect(bob.ended).toBe('open');
  const again = await Promise.all(
    [doors, others].map(({ web }) =>
      request(web, 'GET', '/sessions', { headers: { authorization: `Bearer ${ada.token}` } }),
    ),
  );
  expect(again.map(({ status }) => status)).toEqual([401, 401]);
  expect(
    [doors, others].flatMap(({ broker }) => presenceOf(broker).ofSession(ada.sessionId)),
  ).toEqual([]);
});

test('who watches by a session that ends is told so', async () => {
  const client = await stream(others);
  await ada.call('DELETE', `/sessions/${ada.sessionId}`);
  const [notice] = await client.until('notice');
  expect(notice?.data).toMatchObject({ kind: 'sessionEnded' });
  expect(client.ended).toBe('open');
});

test('a session is extended without a heartbeat, and not once it has ended', async () => {
  const path = `/sessions/${ada.sessionId}`;
  const before = (await ada.call('GET', path)).body.expiresAt;
  await expect
    .poll(async () => (await ada.call('POST', `${path}/extend`)).body.expiresAt > before)
    .toBe(true);
  await ada.call('DELETE', path);
  expect((await ada.call('POST', `${path}/extend`)).status).toBe(409);
});
