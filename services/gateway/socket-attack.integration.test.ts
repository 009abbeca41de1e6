import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Doors, openDoors, request, type TestTrader } from './testing/doors.ts';
import { ticket } from './testing/rest.ts';
import { SocketClient, type SocketClientOptions } from './testing/socket-client.ts';

let doors: Doors;
let ada: TestTrader;
const clients: SocketClient[] = [];

beforeAll(async () => {
  doors = await openDoors();
  ada = await doors.trader();
});
afterAll(async () => doors?.stop());
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  // The gateway has to notice.
  await sleep(50);
});

function socket(options: SocketClientOptions = {}, id = ada.simulator.simulatorId): SocketClient {
  const client = new SocketClient(`${doors.web}/api/v1/simulators/${id}/socket`, options);
  clients.push(client);
  return client;
}
async function stranger(): Promise<SocketClient> {
  const client = socket();
  await client.when(() => client.status === 101, 'the socket');
  return client;
}
async function insider(stream = false): Promise<SocketClient> {
  const client = socket({ hello: { token: ada.token, stream } });
  await client.until('authenticated');
  return client;
}

describe('who is not known', () => {
  test.each<[string, (client: SocketClient) => void, string]>([
    ['garbage', ({ socket }) => socket.send('{"type":'), 'malformedJson'],
    ['binary', ({ socket }) => socket.send(Buffer.from('{}')), 'malformedJson'],
    ['an array', ({ socket }) => socket.send('[]'), 'malformedJson'],
    ['nothing of ours', (client) => client.send({ hello: 1 }), 'validationFailed'],
    [
      'a request',
      (client) => client.send({ type: 'request', request: 'r', operation: 'heartbeat' }),
      'unauthenticated',
    ],
    ['no token', (client) => client.send({ type: 'authenticate', token: 'x' }), 'unauthenticated'],
    [
      'a changed token',
      (client) => client.send({ type: 'authenticate', token: `${ada.token.slice(0, -4)}AAAA` }),
      'unauthenticated',
    ],
    [
      'a field too many',
      (client) => client.send({ type: 'authenticate', token: ada.token, accountId: 'a' }),
      'validationFailed',
    ],
    [
      '__proto__',
      ({ socket }) => socket.send('{"type":"authenticate","__proto__":{"token":"x"}}'),
      'validationFailed',
    ],
  ])('who sends %s is told why and let go', async (_name, attack, code) => {
    const client = await stranger();
    attack(client);
    const { reason, code: closeCode } = await client.ended();
    const [told] = client.of('problem');
    expect(told.data).toMatchObject({ code, status: closeCode - 4_000 });
    expect(reason).toBe(code);
    expect(JSON.stringify(client.heard)).not.toMatch(/node_modules|\.ts:\d|SELECT/i);
  });

  test('a message of 18 KiB ends it before it is read', async () => {
    const client = await stranger();
    client.send({ type: 'authenticate', token: 'x'.repeat(18_000) });
    expect((await client.ended()).code).toBe(1_009);
  });

  test('silence ends it after five seconds', async () => {
    const client = await stranger();
    expect(await client.ended()).toEqual({ code: 4_401, reason: 'unauthenticated' });
  });

  test('thirty at a time from one network, and no more', async () => {
    const open = await Promise.all(Array.from({ length: 30 }, () => stranger()));
    const refused = socket();
    await refused.when(() => refused.status !== 0, 'a refusal');
    expect(refused.status).toBe(429);
    for (const client of open) client.close();
    await sleep(200);
    await insider();
  });

  test.each`
    page                            | headers                                                             | status
    ${'another site'}               | ${{ origin: 'https://evil.example' }}                               | ${403}
    ${'no site at all'}             | ${{ origin: 'null' }}                                               | ${403}
    ${'another site, as it says'}   | ${{ 'sec-fetch-site': 'cross-site' }}                               | ${403}
    ${'ours, from elsewhere'}       | ${{ 'sec-fetch-site': 'cross-site', origin: 'http://localhost:1' }} | ${403}
    ${'a program, which says none'} | ${{}}                                                               | ${101}
  `('a page of $page gets $status', async ({ headers, status }) => {
    const client = socket({ headers });
    await client.when(() => client.status !== 0, 'an answer');
    expect(client.status).toBe(status);
  });

  test('our own page comes in, by whatever name it was opened', async () => {
    for (const origin of [doors.web, `http://localhost:${doors.port}`]) {
      const client = socket({ headers: { origin } });
      await client.when(() => client.status !== 0, 'an answer');
      expect(client.status, origin).toBe(101);
    }
    const named = { host: 'desk.example:8080', origin: 'https://desk.example:8080' };
    const client = socket({ headers: named });
    await client.when(() => client.status !== 0, 'an answer');
    expect(client.status).toBe(101);
  });

  test.each(['/api/v1/simulators/a.b/socket', '/api/v1/sessions/a/socket', '/socket', '/'])(
    'there is no socket at %s',
    async (path) => {
      const client = new SocketClient(`${doors.web}${path}`);
      clients.push(client);
      await client.when(() => client.status !== 0, 'an answer');
      expect(client.status).toBe(404);
    },
  );

  test('a token in the address is not looked at', async () => {
    const id = `${ada.simulator.simulatorId}/socket?token=${ada.token}&x=`;
    const client = new SocketClient(`${doors.web}/api/v1/simulators/${id}`);
    clients.push(client);
    await client.when(() => client.status === 101, 'the socket');
    client.send({ type: 'request', request: 'r', operation: 'heartbeat', body: { sequence: 1 } });
    expect((await client.ended()).code).toBe(4_401);
  });
});

test('nobody gets at what is not theirs, whether it exists or not', async () => {
  const bob = await doors.trader();
  for (const id of [bob.simulator.simulatorId, 'no-such-simulator']) {
    const client = socket({ hello: { token: ada.token } }, id);
    expect(await client.ended()).toEqual({ code: 4_404, reason: 'notFound' });
    expect(client.heard.map(({ event }) => event)).toEqual(['problem']);
  }
  const before = doors.worker.received.length;
  const client = await insider();
  const body = ticket('mine');
  const path = { id: bob.simulator.simulatorId };
  expect(await client.ask('submitOrder', { path, body })).toMatchObject({ status: 422 });
  expect(doors.worker.received.length).toBe(before);
});

test.each<[string, object]>([
  ['an unknown operation', { request: 'q', operation: 'stopSimulator' }],
  ['a name of every object', { request: 'q', operation: 'constructor' }],
  ['no operation', { request: 'q' }],
  ['a body that is none', { request: 'q', operation: 'submitOrder', body: null }],
  [
    'a path too long',
    { request: 'q', operation: 'cancelOrder', path: { orderId: 'x'.repeat(99) } },
  ],
])('%s is an answer, and the socket goes on', async (_name, message) => {
  const client = await insider();
  client.send({ type: 'request', ...message });
  const [answer] = await client.until('answer');
  expect(answer).toMatchObject({ request: 'q', status: 422, data: { code: 'validationFailed' } });
  const body = ticket(`ok-${Math.random().toString(36).slice(2)}`);
  expect(await client.ask('submitOrder', { body })).toMatchObject({ status: 201 });
});

test('an operator sees how many there are, and why some were refused', async () => {
  const figures = async () => {
    const { body } = await request(doors.web, 'GET', '//metrics');
    const of = (series: string) => Number(new RegExp(`^${series} (\\d+)`, 'm').exec(body)?.[1]);
    return {
      open: of('sandpit_socket_open\\{[^}]*\\}'),
      refused: of('sandpit_socket_refused_total\\{[^}]*code="notFound"[^}]*\\}'),
    };
  };
  await expect.poll(async () => (await figures()).open).toBe(0);
  const { refused } = await figures();
  await insider();
  await socket({ hello: { token: ada.token } }, 'no-such-simulator').ended();
  expect(await figures()).toEqual({ open: 1, refused: refused + 1 });
});

test('a flood ends it; the account trades on', async () => {
  ada = await doors.trader();
  const client = await insider();
  for (let i = 0; i < 5_000; i++) client.socket.send('{"type":"request"}');
  // Each of them is a fault of its own without a number to answer to: the first one ends it.
  expect((await client.ended()).code).toBe(4_422);
  const flood = await insider();
  const beat = { type: 'request', request: 'b', operation: 'cancelAllOrders', query: { x: 1 } };
  for (let i = 0; i < 5_000; i++) flood.send(beat);
  expect(await flood.ended()).toEqual({ code: 4_429, reason: 'rateLimited' });
  expect(flood.of('answer').some(({ status }) => status === 429)).toBe(true);
  const path = `/simulators/${ada.simulator.simulatorId}/orders`;
  expect(await ada.call('POST', path, ticket('after'))).toMatchObject({ status: 201 });
});

/** A client that shakes hands, shows its token, and then does not read. */
async function stalledReader(): Promise<{ socket: Socket; closed: () => boolean }> {
  let closed = false;
  const raw = connect(doors.port, '127.0.0.1');
  raw.on('close', () => {
    closed = true;
  });
  raw.on('error', () => {});
  raw.write(
    `GET /api/v1/simulators/${ada.simulator.simulatorId}/socket HTTP/1.1\r\nHost: x\r\n` +
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await new Promise<void>((resolve) => raw.once('data', () => resolve()));
  const text = Buffer.from(JSON.stringify({ type: 'authenticate', token: ada.token }));
  // A masked text frame, with a mask of zeros.
  const head = Buffer.from([0x81, 0x80 | 126, text.length >> 8, text.length & 255, 0, 0, 0, 0]);
  raw.write(Buffer.concat([head, text]));
  await new Promise<void>((resolve) => raw.once('data', () => resolve()));
  raw.pause();
  return { socket: raw, closed: () => closed };
}

test('a reader that does not read is conflated, then cut off; the others notice nothing', async () => {
  const watching = await insider(true);
  await watching.until('snapshot');
  const { socket: raw, closed } = await stalledReader();
  await sleep(200);
  const streams = async () => {
    const { body } = await request(doors.web, 'GET', '//metrics');
    return Number(/^sandpit_sse_streams\{[^}]*\} (\d+)/m.exec(body)?.[1]);
  };
  expect(await streams()).toBe(2);
  const level = { price: '180.00', quantity: '1'.repeat(2_000), orders: 1 };
  const bids = Array.from({ length: 100 }, () => level);
  for (let i = 1; i <= 120; i++) {
    doors.worker.market(ada.simulator, 'book', { sequence: i, bids, asks: [] });
    if (i % 3 === 0) await sleep(60);
  }
  const clock = { type: 'clockChanged', clock: { state: 'running' } } as unknown as VenueEvent;
  const events = Array.from({ length: 100 }, () => clock);
  for (let i = 0; i < 15 && !closed(); i++) await doors.worker.append(ada.simulator, events);
  for (let i = 0; i < 100 && (await streams()) > 1; i++) await sleep(20);
  expect(await streams()).toBe(1);
  await watching.until('session', 1_100);
  const numbers = watching.numbers();
  expect(numbers).toEqual(numbers.map((_, i) => numbers[0] + i));
  raw.destroy();
});
