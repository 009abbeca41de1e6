import { setTimeout as sleep } from 'node:timers/promises';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { Lab, LabFault } from '@sandpit/schemas/lab.ts';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { proxyTo } from '../platform/test/proxy.ts';
import { type Doors, openDoors, request, type TestTrader } from './testing/doors.ts';
import { expectProblem, ordersOf, ticket } from './testing/rest.ts';
import { SocketClient } from './testing/socket-client.ts';
import { StreamClient } from './testing/stream-client.ts';

let doors: Doors;
let ada: TestTrader;
let bob: TestTrader;
const clients: StreamClient[] = [];

beforeAll(async () => {
  doors = await openDoors();
  // Sign-ups are limited, and all tests on these servers count.
  ada = await doors.trader();
  bob = await doors.trader();
});
afterAll(async () => {
  for (const client of clients) client.close();
  await doors?.stop();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await ada.call('DELETE', labOf());
});

const labOf = (trader = ada) => `/sessions/${trader.sessionId}/lab`;
const start = (seconds: number, ...faults: LabFault[]) =>
  ada.call('PUT', labOf(), { seconds, seed: 7, faults });
const lab = async (): Promise<Lab> => (await ada.call('GET', labOf())).body.lab;
const ended = (state = 'ended') =>
  expect.poll(async () => (await lab()).state, { timeout: 8_000 }).toBe(state);
/** How it went: the answer's status, or that there was none. */
const ask = (method = 'GET', path = '/orders', body?: object, trader = ada) =>
  trader.call(method, `/simulators/${trader.simulator.simulatorId}${path}`, body).then(
    ({ status }) => status,
    () => 'broken',
  );
async function timed(work: Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work;
  return performance.now() - startedMs;
}

async function stream(headers: Record<string, string> = {}, trader = ada) {
  const url = `${doors.web}/api/v1/simulators/${trader.simulator.simulatorId}/stream`;
  const authorization = `Bearer ${trader.token}`;
  const client = await StreamClient.open(url, { authorization, ...headers });
  clients.push(client);
  await client.when(() => client.of('snapshot').length + client.of('gate').length > 0, 'a start');
  return client;
}

/** As a client does: until it is let in. */
async function comeBack(client: StreamClient): Promise<StreamClient> {
  for (;;) {
    try {
      return await stream({ 'Last-Event-ID': client.lastId() });
    } catch {
      await sleep(50);
    }
  }
}

const bought = (lots: number) =>
  ({
    type: 'orderFilled',
    atNs: 1,
    causeId: null,
    order: {
      orderId: '1',
      clientOrderId: 'x',
      symbol: 'ACME',
      side: 'buy',
      type: 'limit',
      timeInForce: 'gtc',
      postOnly: false,
      quantityLots: 100,
      limitTicks: 18_000,
      filledLots: lots,
      leavesLots: 100 - lots,
      notionalMicros: 0,
      feesMicros: 0,
      status: 'partiallyFilled',
      rejectReason: null,
      createdNs: 1,
      updatedNs: 1,
    },
    execution: {
      executionId: '1',
      orderId: '1',
      clientOrderId: 'x',
      symbol: 'ACME',
      side: 'buy',
      priceTicks: 18_000,
      quantityLots: lots,
      notionalMicros: 0,
      feeMicros: 0,
      realisedMicros: 0,
      liquidity: 'taker',
      atNs: 1,
    },
  }) as unknown as VenueEvent;

describe('its life', () => {
  test('begun, looked at, ended; the stream tells both', async () => {
    expect((await ada.call('GET', labOf())).body).toEqual({ lab: null });
    expectProblem(await ada.call('DELETE', labOf()), 'notFound');
    const client = await stream();
    const begun = await start(60, { type: 'latency', delayMs: 30 });
    expect(begun).toMatchObject({
      status: 200,
      body: { state: 'running', seed: 7, endedAt: null },
    });
    expect(await lab()).toMatchObject({ id: begun.body.id, state: 'running' });
    const over = await ada.call('DELETE', labOf());
    expect(over.body).toMatchObject({ id: begun.body.id, state: 'ended', endedBy: 'trader' });
    const news = await client.until('lab', 2);
    expect(news.map(({ data }) => data.lab.state)).toEqual(['running', 'ended']);
    expect(news.every(({ id }) => id === null)).toBe(true);
    expect((await ada.call('DELETE', labOf())).body.endedBy).toBe('trader');
  });
  test('the timer ends it', async () => {
    const begun = await start(1, { type: 'disconnect', seconds: 100 });
    expect(await ask()).toBe('broken');
    await sleep(1_050);
    expect(await ask()).toBe(200);
    await ended();
    const { endedBy, endedAt, endsAt } = await lab();
    expect([endedBy, endedAt]).toEqual(['timer', endsAt]);
    expect(endsAt).toBe(begun.body.endsAt);
  });
  test('a second one takes the place of the first', async () => {
    const first = await start(60, { type: 'submitsDown' });
    const second = await start(60, { type: 'cancelsDown' });
    expect(second.body.id).not.toBe(first.body.id);
    expect(await ask('POST', '/orders', ticket('a'))).toBe(201);
    expect(await ask('DELETE', '/orders/1')).toBe(503);
  });
  test('of many at once one runs, and only so many are kept', async () => {
    const starts = Array.from({ length: 22 }, () => start(60, { type: 'staleBook' }));
    expect((await Promise.all(starts)).map(({ status }) => status)).toEqual(Array(22).fill(200));
    const { rows } = await sql<{ running: number; kept: number }>`
      select count(*) filter (where ended_at is null)::int as running, count(*)::int as kept
      from labs where session_id = ${ada.sessionId}`.execute(doors.broker.database);
    expect(rows).toEqual([{ running: 1, kept: 20 }]);
    expect((await lab()).state).toBe('running');
  });
  test('it ends with its session', async () => {
    ada = await doors.trader();
    await start(60, { type: 'latency', delayMs: 10 });
    await ada.call('DELETE', `/sessions/${ada.sessionId}`);
    await ended();
    expect((await lab()).endedBy).toBe('sessionEnded');
    expectProblem(await start(60, { type: 'submitsDown' }), 'sessionExpired');
    ada = await doors.trader();
  });
  test.each`
    body                                                                 | path
    ${{ seconds: 60, faults: [] }}                                       | ${'faults'}
    ${{ seconds: 3_601, faults: [{ type: 'submitsDown' }] }}             | ${'seconds'}
    ${{ seconds: 60, faults: [{ type: 'latency', delayMs: 5_001 }] }}    | ${'faults.0.delayMs'}
    ${{ seconds: 60, faults: [{ type: 'halfOpen', seconds: 121 }] }}     | ${'faults.0.seconds'}
    ${{ seconds: 60, faults: [{ type: 'earthquake' }] }}                 | ${'faults.0.type'}
    ${{ seconds: 60, faults: [{ type: 'staleBook', fromSeconds: 60 }] }} | ${'faults.0.fromSeconds'}
    ${{ seconds: 60, faults: Array(13).fill({ type: 'staleBook' }) }}    | ${'faults'}
  `('$path of $body is refused', async ({ body, path }) => {
    const answer = await ada.call('PUT', labOf(), body);
    expectProblem(answer, 'validationFailed');
    expect(answer.body.errors[0].path).toBe(path);
    expect((await lab())?.state).not.toBe('running');
  });
});

describe('whom it reaches', () => {
  test('its own session, and no other', async () => {
    const bobs = await stream({}, bob);
    await start(60, { type: 'disconnect', seconds: 60 });
    expect(await ask()).toBe('broken');
    expect(await ask('GET', '/orders', undefined, bob)).toBe(200);
    expect(bobs.ended).toBe('open');
    const another = await ada.call('POST', '/sessions', {});
    expect(another.status).toBe(201);
    expect((await ada.call('GET', `/sessions/${another.body.id}`)).status).toBe(200);
    await expect(ada.call('GET', `/sessions/${ada.sessionId}`)).rejects.toThrow();
  });
  test('nobody begins, sees or ends one of somebody else', async () => {
    await start(60, { type: 'submitsDown' });
    for (const method of ['GET', 'DELETE']) {
      expectProblem(await bob.call(method, labOf(ada)), 'notFound');
    }
    const body = { seconds: 60, faults: [{ type: 'disconnect', seconds: 9 }] };
    expectProblem(await bob.call('PUT', labOf(ada), body), 'notFound');
    expect(await ask()).toBe(200);
  });
  test('another gateway, and one that begins later, carry it on and end it in time', async () => {
    await start(6, { type: 'latency', delayMs: 400 });
    const others = await openDoors();
    try {
      const headers = { authorization: `Bearer ${ada.token}` };
      const there = () =>
        timed(request(others.web, 'GET', `/sessions/${ada.sessionId}`, { headers }));
      await expect.poll(there, { timeout: 3_000 }).toBeGreaterThan(790);
      await ada.call('DELETE', labOf());
      await expect.poll(there, { timeout: 4_000 }).toBeLessThan(300);
    } finally {
      await others.stop();
    }
  });
  test('a DELETE ends it also while Postgres is away', async () => {
    await start(60, { type: 'latency', delayMs: 400 });
    const servers = inject('servers');
    const postgres = await proxyTo(servers.databaseUrl);
    const others = await openDoors({ DATABASE_URL: postgres.url });
    try {
      const headers = { authorization: `Bearer ${ada.token}` };
      const session = `/sessions/${ada.sessionId}`;
      const there = () => timed(request(others.web, 'GET', session, { headers }));
      await expect.poll(there, { timeout: 3_000 }).toBeGreaterThan(790);
      postgres.set('refuse');
      const over = await request(others.web, 'DELETE', `${session}/lab`, { headers });
      expect(over).toMatchObject({ status: 200, body: { state: 'ended', endedBy: 'trader' } });
      expect(await there()).toBeLessThan(300);
      postgres.set('pass');
      await sleep(2_500);
      expect(await there()).toBeLessThan(300);
    } finally {
      await others.stop();
      await postgres.close();
    }
  });
});

describe('the connection', () => {
  test('latency takes its time in both directions, also of the stream', async () => {
    const client = await stream();
    await start(60, { type: 'latency', delayMs: 250 });
    expect(await timed(ask())).toBeGreaterThan(495);
    const startedMs = performance.now();
    await doors.worker.append(ada.simulator, []);
    doors.worker.market(ada.simulator, 'quote', { bid: '1.00' });
    await client.until('quote');
    expect(performance.now() - startedMs).toBeGreaterThan(245);
  });

  test('a cut: nothing lost, nothing twice, and what it cost', async () => {
    const client = await stream();
    doors.worker.positions = [{ symbol: 'ACME', quantity: '10', exposure: '1800.00' } as never];
    await start(60, { type: 'disconnect', seconds: 2 });
    await client.when(() => client.ended !== 'open', 'the cut');
    expect(client.ended).toBe('reset');
    await expect(stream({ 'Last-Event-ID': client.lastId() })).rejects.toThrow();
    await doors.worker.append(ada.simulator, [bought(10)]);
    await expect.poll(async () => (await lab()).score).toMatchObject({ isBlind: true, outages: 1 });
    const back = await comeBack(client);
    await back.until('execution');
    await expect.poll(async () => (await lab()).score.isBlind, { timeout: 4_000 }).toBe(false);
    const { score } = await lab();
    expect(score).toMatchObject({ outages: 1, fillsMissed: 1, exposureWorst: '1800.00' });
    expect(score.blindMs).toBeGreaterThan(1_800);
    expect(score.resyncMs).toBeLessThan(score.blindMs - 1_500);
    const held = Number(score.exposureSeconds) / 1_800;
    expect(held).toBeGreaterThan(1.5);
    expect(held).toBeLessThan(score.blindMs / 1_000);
    const numbers = [...client.numbers(), ...back.numbers()];
    expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] as number) + i));
  });

  test('half open: the stream is silent and stays open, until the lab ends it', async () => {
    const client = await stream();
    await start(3, { type: 'halfOpen', seconds: 1 });
    await client.until('lab');
    const held = timed(ask());
    await doors.worker.append(ada.simulator, [bought(1)]);
    expect(await held).toBeGreaterThan(700);
    expect(await ask()).toBe(200);
    await doors.worker.append(ada.simulator, [bought(1)]);
    await sleep(300);
    expect([client.ended, client.of('execution').length]).toEqual(['open', 0]);
    await client.when(() => client.ended !== 'open', 'its end');
    const back = await comeBack(client);
    await back.until('execution', 2);
    await back.until('lab');
    expect(await lab()).toMatchObject({ state: 'ended', score: { outages: 1 } });
    await expect
      .poll(async () => (await lab()).score, { timeout: 4_000 })
      .toMatchObject({ isBlind: false, fillsMissed: 2 });
  });

  test('answers that never come: repeats are harmless, a second order is a duplicate', async () => {
    await start(60, { type: 'halfOpen', seconds: 2, direction: 'toClient' });
    const send = (id: string) => ask('POST', '/orders', ticket(id, { quantity: '77' }));
    const lost = [send('lost1'), send('lost2'), send('lost1')];
    expect(await Promise.all(lost)).toEqual(['broken', 'broken', 'broken']);
    const { items } = (await ada.call('GET', ordersOf(ada))).body;
    expect(items.filter((each: { quantity: string }) => each.quantity === '77')).toHaveLength(2);
    expect(await send('lost1')).toBe(200);
    const score = { repeatsSent: 2, duplicatesSent: 1, answersLost: 3 };
    await expect.poll(async () => (await lab()).score, { timeout: 4_000 }).toMatchObject(score);
  });

  test('a narrow line takes long for a snapshot', async () => {
    await start(60, { type: 'throttle', bytesPerSecond: 4_096 });
    for (let i = 0; i < 12; i++) await ask('POST', '/orders', ticket(`narrow${i}`));
    const took = await timed(stream());
    const bytes = JSON.stringify(clients[0]?.of('snapshot')[0]?.data).length;
    expect(bytes).toBeGreaterThan(4_000);
    expect(took).toBeGreaterThan((bytes / 4_096) * 1_000);
  });
});

describe('a WebSocket', () => {
  const sockets: SocketClient[] = [];
  afterEach(() => {
    for (const { socket } of sockets.splice(0)) socket.terminate();
  });
  const open = (resume?: string) => {
    const url = `${doors.web}/api/v1/simulators/${ada.simulator.simulatorId}/socket`;
    const hello = { token: ada.token, ...(resume && { resume }) };
    const client = new SocketClient(url, { hello });
    sockets.push(client);
    return client;
  };
  test('its requests and its events go through the lab as well', async () => {
    const client = open();
    await client.until('snapshot');
    await start(60, { type: 'latency', delayMs: 200 });
    expect(await timed(client.ask('submitOrder', { body: ticket('x') }))).toBeGreaterThan(395);
    await start(60, { type: 'submitsDown' });
    const refused = await client.ask('submitOrder', { body: ticket('a') });
    expect(refused).toMatchObject({ status: 503, data: { code: 'unavailable' } });
    await client.until('lab', 3);
  });
  test('a cut ends it, and nobody gets in; afterwards it resumes', async () => {
    const client = open();
    const [snapshot] = await client.until('snapshot');
    await start(2, { type: 'disconnect', seconds: 60 });
    expect((await client.ended()).code).toBe(1006);
    await doors.worker.append(ada.simulator, [bought(1)]);
    const refused = open(snapshot?.id);
    expect((await refused.ended()).code).toBe(1006);
    expect(refused.heard).toEqual([]);
    await ended();
    const back = open(snapshot?.id);
    await back.until('execution');
    await expect
      .poll(async () => (await lab()).score, { timeout: 4_000 })
      .toMatchObject({ outages: 1, isBlind: false, fillsMissed: 1 });
  });
});

describe('the venue', () => {
  test('submits down, cancels down, rejects', async () => {
    const before = await ada.call('POST', ordersOf(ada), ticket('before'));
    const path = `${ordersOf(ada)}/${before.body.orderId}`;
    const count = async () => (await ada.call('GET', ordersOf(ada))).body.items.length;
    const orders = await count();
    await start(60, { type: 'submitsDown' });
    const refused = await ada.call('POST', ordersOf(ada), ticket('refused1'));
    expectProblem(refused, 'unavailable');
    expect(refused.body).toMatchObject({
      retryAfterSeconds: 1,
      detail: expect.stringMatching(/network lab/),
    });
    await start(60, { type: 'cancelsDown' });
    expectProblem(await ada.call('DELETE', path), 'unavailable');
    await start(60, { type: 'rejects', ratio: 1 });
    expectProblem(await ada.call('POST', ordersOf(ada), ticket('refused2')), 'labRejected');
    expect((await ada.call('DELETE', path)).status).toBe(200);
    expect(await count()).toBe(orders);
    await expect.poll(async () => (await lab()).score.refused, { timeout: 4_000 }).toBe(1);
  });
  test('a stale book stands still in the stream, then shows the newest', async () => {
    const client = await stream();
    doors.worker.market(ada.simulator, 'quote', { bid: '1.00' });
    await client.until('quote');
    await start(60, { type: 'staleBook', seconds: 1 });
    await client.until('lab');
    doors.worker.market(ada.simulator, 'quote', { bid: '2.00' });
    doors.worker.market(ada.simulator, 'quote', { bid: '3.00' });
    await doors.worker.append(ada.simulator, [bought(1)]);
    await client.until('execution');
    expect(client.of('quote')).toHaveLength(1);
    const quotes = await client.until('quote', 2);
    expect(quotes.map(({ data }) => data.bid)).toEqual(['1.00', '3.00']);
  });
});
