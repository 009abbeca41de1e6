import { setTimeout as sleep } from 'node:timers/promises';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { STREAMS_PER_ACCOUNT_MAX } from './sse/hub.ts';
import { type Doors, openDoors, type TestTrader } from './testing/doors.ts';
import { StreamClient } from './testing/stream-client.ts';

let doors: Doors;
let ada: TestTrader;
const clients: StreamClient[] = [];

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

async function stream(headers: Record<string, string> = {}, from = doors, query = '') {
  const url = `${from.web}/api/v1/simulators/${ada.simulator.simulatorId}/stream${query}`;
  const client = await StreamClient.open(url, {
    authorization: `Bearer ${ada.token}`,
    ...headers,
  });
  clients.push(client);
  return client;
}

const submit = (clientOrderId: string) =>
  ada.call('POST', `/simulators/${ada.simulator.simulatorId}/orders`, {
    clientOrderId,
    symbol: 'ACME',
    side: 'buy',
    type: 'limit',
    quantity: '10',
    limitPrice: '180.05',
  });
const clockEvent = { type: 'clockChanged', clock: { state: 'running' } } as unknown as VenueEvent;
const records = async (count: number) => {
  for (let i = 0; i < count; i++) await doors.worker.append(ada.simulator, [clockEvent]);
};

test('a new client gets complete state, then every record in order', async () => {
  await submit('before');
  const client = await stream();
  expect(client.headers.get('content-type')).toBe('text/event-stream');
  expect(client.headers.get('x-accel-buffering')).toBe('no');
  const [snapshot] = await client.until('snapshot');
  expect(snapshot.data).toMatchObject({ n: 2, openOrders: [{ clientOrderId: 'before' }] });
  const answer = await submit('after');
  const [order] = await client.until('order');
  expect(order.data).toMatchObject({ n: 3, last: true, causeId: 'o-after', order: answer.body });
  expect(order.id).toBe(snapshot.id?.replace(/-\d+$/, `-${answer.body.sequence}`));
  await client.until('gate');
  expect(client.of('heartbeat')[0].data).toMatchObject({ headN: 2, venue: 'live' });
});

test('a client that comes back gets exactly what it missed', async () => {
  const first = await stream();
  await first.until('snapshot');
  await records(3);
  await first.until('session', 3);
  first.close();
  await records(5);
  const second = await stream({ 'Last-Event-ID': first.lastId() });
  await second.until('session', 5);
  await records(1);
  await second.until('session', 6);
  expect(second.numbers()).toEqual([5, 6, 7, 8, 9, 10]);
  expect(second.of('snapshot')).toEqual([]);
});

test('any gateway can take over, also one that has never seen the simulator', async () => {
  const first = await stream();
  await first.until('snapshot');
  const id = first.lastId();
  first.close();
  await records(4);
  const others = await openDoors();
  try {
    const second = await stream({}, others, `?from=${id}`);
    await second.until('session', 4);
    await records(2);
    await second.until('session', 6);
    expect(second.numbers()).toEqual([2, 3, 4, 5, 6, 7]);
  } finally {
    await others.stop();
  }
});

test.each`
  rule                        | id
  ${'an id of another log'}   | ${() => 'x20200101-3'}
  ${'an id ahead of the log'} | ${(last: string) => last.replace(/-\d+$/, '-99999999')}
  ${'an id that is none'}     | ${() => 'what is this'}
`('$rule gives a snapshot', async ({ id }) => {
  const first = await stream();
  await first.until('snapshot');
  const second = await stream({ 'Last-Event-ID': id(first.lastId()) });
  await second.until('snapshot');
  expect(second.numbers()).toEqual([1]);
});

test('market data carries no id, and none of an owner that was replaced', async () => {
  const client = await stream();
  await client.until('snapshot');
  doors.worker.market(ada.simulator, 'quote', { sequence: 1, bid: '180.00' });
  const [quote] = await client.until('quote');
  expect(quote).toMatchObject({ id: null, data: { bid: '180.00', epoch: 1 } });
  doors.worker.setEpoch(ada.simulator, 2);
  await doors.worker.append(ada.simulator, [], { type: 'owner' });
  const [owner] = (await client.until('session')).slice(-1);
  expect(owner.data).toMatchObject({ kind: 'owner', epoch: 2 });
  doors.worker.setEpoch(ada.simulator, 1);
  doors.worker.market(ada.simulator, 'quote', { sequence: 2, bid: '1.00' });
  doors.worker.setEpoch(ada.simulator, 2);
  doors.worker.market(ada.simulator, 'quote', { sequence: 2, bid: '180.10' });
  const quotes = await client.until('quote', 2);
  expect(quotes.map(({ data }) => data.bid)).toEqual(['180.00', '180.10']);
});

test('a client that comes back to a quiet market is shown it as it is', async () => {
  const first = await stream();
  await first.until('snapshot');
  const id = first.lastId();
  doors.worker.market(ada.simulator, 'quote', { sequence: 1, bid: '180.00' });
  doors.worker.market(ada.simulator, 'quote', { sequence: 2, bid: '180.10' });
  await first.when(() => first.of('quote').at(-1)?.data.bid === '180.10', 'the quote');
  first.close();
  const second = await stream({ 'Last-Event-ID': id });
  const [quote] = await second.until('quote');
  expect(quote.data.bid).toBe('180.10');
});

test('all clients of a simulator see the same bytes in the same order', async () => {
  const [a, b] = [await stream(), await stream()];
  await Promise.all([a.until('snapshot'), b.until('snapshot')]);
  await Promise.all([submit('x'), submit('y'), submit('z')]);
  await Promise.all([a.until('order', 3), b.until('order', 3)]);
  expect(a.of('order')).toEqual(b.of('order'));
});

test('the venue’s absence is said at once, and the stream survives it', async () => {
  const client = await stream();
  await client.until('snapshot');
  doors.worker.answering = false;
  doors.worker.stopRenewing();
  const venue = () => client.of('heartbeat').at(-1)?.data.venue;
  await client.when(() => venue() === 'recovering', 'recovering', 6_000);
  // Also for one that comes now: it waits on an open stream.
  const late = await stream();
  expect(late.status).toBe(200);
  expect((await late.until('heartbeat'))[0].data.venue).toBe('recovering');
  doors.worker.answering = true;
  await doors.worker.renewLease();
  await late.until('snapshot');
  expect(client.ended).toBe('open');
});

test('an account may hold so many streams; a closed one makes room', async () => {
  for (let i = 0; i < STREAMS_PER_ACCOUNT_MAX; i++) await (await stream()).until('heartbeat');
  const refused = await stream();
  expect(refused).toMatchObject({ status: 429, problem: { code: 'tooManyStreams' } });
  clients[0].close();
  await sleep(200);
  expect((await stream()).status).toBe(200);
});

test('one that may not wake is not watched, and says why; who comes back is not kept out', async () => {
  const client = await stream();
  const [{ id } = { id: null }] = await client.until('snapshot');
  doors.worker.refusal = 'You run 3 simulators and may run 3.';
  const refused = await stream();
  expect(refused).toMatchObject({
    status: 409,
    problem: { code: 'quotaExceeded', detail: 'You run 3 simulators and may run 3.' },
  });
  client.close();
  expect((await stream({ 'last-event-id': String(id) })).status).toBe(200);
  doors.worker.refusal = null;
});

test('nobody opens a stream on what is not theirs, or without a good token', async () => {
  const bob = await doors.trader();
  const url = `${doors.web}/api/v1/simulators/${bob.simulator.simulatorId}/stream`;
  const asAda = await StreamClient.open(url, { authorization: `Bearer ${ada.token}` });
  expect(asAda).toMatchObject({ status: 404, problem: { code: 'notFound' } });
  const forged = await StreamClient.open(url, { authorization: `Bearer ${ada.token}x` });
  expect(forged).toMatchObject({ status: 401, problem: { code: 'unauthenticated' } });
  const bare = await StreamClient.open(url, {});
  expect(bare).toMatchObject({ status: 401, problem: { code: 'unauthenticated' } });
});

test('a stop sends clients away in order and is quick, however many watch', async () => {
  const others = await openDoors();
  ada = await others.trader();
  const watching = await Promise.all(Array.from({ length: 5 }, () => stream({}, others)));
  await Promise.all(watching.map((client) => client.until('snapshot')));
  const startedMs = performance.now();
  await others.stop();
  expect(performance.now() - startedMs).toBeLessThan(2_500);
  const retries = watching.map((client) => client.of('goaway')[0]?.data);
  for (const goaway of retries) expect(goaway).toMatchObject({ reason: 'drain' });
  expect(new Set(retries.map(({ retryMs }) => retryMs)).size).toBeGreaterThan(1);
  expect(watching.map(({ ended }) => ended)).toEqual(watching.map(() => 'end'));
});
