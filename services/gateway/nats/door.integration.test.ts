/** Requests over NATS against a real gateway, with a scripted worker behind it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { prometheusText } from '../../platform/metrics.ts';
import { ACCESS_TOKEN, JWKS_KEY } from '../../platform/tokens.ts';
import { type Doors, openDoors, type TestTrader } from '../testing/doors.ts';
import { NatsClient } from '../testing/nats-client.ts';
import { ordersOf, ticket } from '../testing/rest.ts';

let doors: Doors;
let ada: TestTrader;
let program: NatsClient;
const programs: NatsClient[] = [];

beforeAll(async () => {
  doors = await openDoors();
});
afterAll(async () => {
  for (const each of programs) await each.close();
  await doors?.stop();
});
beforeEach(async () => {
  ada = await doors.trader();
  program = await programOf(ada);
});

async function programOf(trader: TestTrader): Promise<NatsClient> {
  const opened = await NatsClient.open(inject('servers').natsUrl, trader);
  programs.push(opened);
  return opened;
}
const submitted = () => doors.worker.received.filter(({ command }) => isAdas(command));
const isAdas = ({ simulatorId }: { simulatorId: string }) =>
  simulatorId === ada.simulator.simulatorId;
/** An order that says when it was sent, as it must here. */
const stamped = (clientOrderId: string, change: object = {}) =>
  ticket(clientOrderId, { sentAt: new Date().toISOString(), ...change });
const changed = (token: string) => `${token.slice(0, -4)}AAAA`;
/** A counter of the gateway, by its labels. */
function counter(name: string, label: string): number {
  const line = prometheusText(doors.broker)
    .split('\n')
    .find((each) => each.startsWith(name.replaceAll('.', '_')) && each.includes(label));
  return Number(line?.split(' ').at(-1) ?? 0);
}

test('an order is placed, found over REST, repeated without harm, and canceled', async () => {
  const placed = await program.ask('submitOrder', { body: stamped('a') });
  expect(placed).toMatchObject({
    request: 'r1',
    operation: 'submitOrder',
    status: 201,
    data: { clientOrderId: 'a', status: 'new' },
  });
  expect(Date.parse(placed.at)).toBeGreaterThan(Date.now() - 10_000);
  const { orderId } = placed.data;
  const overRest = await ada.call('GET', `${ordersOf(ada)}/${orderId}`);
  expect(overRest.body).toMatchObject({ orderId, status: 'new' });
  // The same order once more, by either way, is the same order.
  expect(await program.ask('submitOrder', { body: stamped('a') })).toMatchObject({
    status: 200,
    data: placed.data,
  });
  expect((await ada.call('POST', ordersOf(ada), ticket('a'))).status).toBe(200);
  const other = await program.ask('submitOrder', { body: stamped('a', { quantity: '11' }) });
  expect(other).toMatchObject({ status: 409, data: { code: 'clientOrderIdReused' } });
  const cancel = { path: { orderId }, idempotencyKey: 'once' };
  const canceled = await program.ask('cancelOrder', cancel);
  expect(canceled).toMatchObject({ status: 200, data: { status: 'canceled' } });
  const again = await program.ask('cancelOrder', cancel);
  expect(again.data.sequence).toBe(canceled.data.sequence);
  expect(submitted()).toHaveLength(2);
  expect(submitted().every(({ token }) => token === ada.token)).toBe(true);
});

test('the dead-man timer is set, shown over REST, and stopped', async () => {
  const path = `/simulators/${ada.simulator.simulatorId}/dead-man`;
  expect(await program.ask('setDeadMan', { body: { timeoutSeconds: 30 } })).toMatchObject({
    status: 200,
    data: { timeoutSeconds: 30 },
  });
  expect((await ada.call('GET', path)).body.timeoutSeconds).toBe(30);
  await program.ask('setDeadMan', { body: { timeoutSeconds: 0 } });
  expect((await ada.call('GET', path)).body.timeoutSeconds).toBe(0);
});

test('every program of the account hears the answers, and knows its own by their names', async () => {
  const second = await programOf(ada);
  await program.ask('heartbeat', { body: { sequence: 1 } }, { request: 'mine' });
  await second.when(() => second.heard.length === 1, 'the answer to the other');
  expect(second.heard[0]).toMatchObject({ request: 'mine', status: 200 });
  const bob = await programOf(await doors.trader());
  await second.ask('heartbeat', { body: { sequence: 2 } });
  await bob.settled();
  expect(bob.heard).toEqual([]);
});

describe('what is refused', () => {
  test('without a token that counts nothing happens', async () => {
    const bob = await doors.trader();
    const order = { body: stamped('x') };
    const refusals: [string | null, number, string][] = [
      [null, 401, 'unauthenticated'],
      ['', 401, 'unauthenticated'],
      ['x'.repeat(2_049), 401, 'unauthenticated'],
      [changed(ada.token), 401, 'unauthenticated'],
      [bob.token, 403, 'forbidden'],
    ];
    for (const [token, status, code] of refusals) {
      const answer = await program.ask('submitOrder', order, { token });
      expect(answer).toMatchObject({ status, data: { code, status } });
      expect(answer.data.correlationId).toMatch(/^[0-9a-f]{32}$/);
    }
    expect(submitted()).toEqual([]);
  });

  test('a token that has ended is refused, and its like that has not is taken', async () => {
    const bucket = await doors.broker.bus.bucket('KEYS');
    const keys = (await bucket.get(JWKS_KEY))?.value as Uint8Array;
    const { publicKey, privateKey } = await generateKeyPair(ACCESS_TOKEN.algorithm);
    const kid = 'of-this-test';
    const jwks = JSON.parse(new TextDecoder().decode(keys));
    jwks.keys.push({ ...(await exportJWK(publicKey)), kid, alg: ACCESS_TOKEN.algorithm });
    const token = (fromNowSeconds: number) => {
      const endsAt = Math.floor(Date.now() / 1_000) + fromNowSeconds;
      return new SignJWT({ acc: ada.accountId, sid: 'login' })
        .setProtectedHeader({ alg: ACCESS_TOKEN.algorithm, typ: ACCESS_TOKEN.type, kid })
        .setIssuer(ACCESS_TOKEN.issuer)
        .setAudience(ACCESS_TOKEN.audience)
        .setSubject('user')
        .setJti(`${fromNowSeconds}`)
        .setIssuedAt(endsAt - 300)
        .setExpirationTime(endsAt)
        .sign(privateKey);
    };
    const ask = async (fromNowSeconds: number) =>
      program.ask(
        'setDeadMan',
        { body: { timeoutSeconds: 0 } },
        { token: await token(fromNowSeconds) },
      );
    await bucket.put(JWKS_KEY, new TextEncoder().encode(JSON.stringify(jwks)));
    try {
      await expect.poll(async () => (await ask(100)).status).toBe(200);
      expect(await ask(-31)).toMatchObject({ status: 401, data: { code: 'tokenExpired' } });
    } finally {
      await bucket.put(JWKS_KEY, keys);
    }
  });

  test('somebody else’s simulator is none, whoever’s token it is', async () => {
    const bob = await doors.trader();
    const { simulatorId } = bob.simulator;
    const address = { accountId: ada.accountId, simulatorId };
    const asking = await NatsClient.open(inject('servers').natsUrl, {
      simulator: address,
      token: ada.token,
    });
    programs.push(asking);
    expect(await asking.ask('submitOrder', { body: stamped('x') })).toMatchObject({
      status: 404,
      data: { code: 'notFound' },
    });
    expect(await asking.ask('pauseSimulator', {}, { token: bob.token })).toMatchObject({
      status: 403,
    });
  });

  test.each<[string, string, object | Uint8Array, object, number, string]>([
    ['an operation that is none', 'getOrder', {}, {}, 404, 'notFound'],
    ['no name', 'submitOrder', {}, { request: null }, 422, 'validationFailed'],
    ['no JSON', 'submitOrder', new Uint8Array([123, 1]), {}, 400, 'malformedJson'],
    ['bytes that are no text', 'submitOrder', new Uint8Array([255, 254]), {}, 400, 'malformedJson'],
    ['too much', 'submitOrder', new Uint8Array(17 * 1024 + 1), {}, 413, 'payloadTooLarge'],
    ['an id in the path', 'stepSimulator', { path: { id: 'x' } }, {}, 422, 'validationFailed'],
    ['a faulty ticket', 'submitOrder', { body: { side: 'up' } }, {}, 422, 'validationFailed'],
    ['a query', 'submitOrder', { query: { a: 1 } }, {}, 422, 'validationFailed'],
    ['no time', 'submitOrder', { body: ticket('t') }, {}, 422, 'validationFailed'],
    ['no body', 'reversePosition', { path: { symbol: 'ACME' } }, {}, 422, 'validationFailed'],
  ])('%s', async (_what, operation, parts, by, status, code) => {
    const answer = await program.ask(operation, parts, by);
    expect(answer).toMatchObject({ status, data: { code } });
    expect(JSON.stringify(answer)).not.toMatch(/node_modules|\.ts:\d/);
    expect(submitted()).toEqual([]);
  });

  test('an order that was held back on its way is not placed; a cancel is carried out', async () => {
    const { data } = await program.ask('submitOrder', { body: stamped('now') });
    const sentAt = new Date(Date.now() - 6_000).toISOString();
    for (const [operation, parts] of [
      ['submitOrder', { body: stamped('late', { sentAt }) }],
      ['replaceOrder', { path: { orderId: data.orderId }, body: { quantity: '20', sentAt } }],
      ['closePosition', { path: { symbol: 'ACME' }, body: { clientOrderId: 'c', sentAt } }],
    ] as const) {
      const answer = await program.ask(operation, parts);
      expect(answer, operation).toMatchObject({ status: 403, data: { code: 'staleOrder' } });
    }
    const cancel = { path: { orderId: data.orderId } };
    expect(await program.ask('cancelOrder', cancel)).toMatchObject({
      data: { status: 'canceled' },
    });
    expect(submitted()).toHaveLength(2);
  });

  test('what names nobody is counted and not answered', async () => {
    const before = counter('sandpit.nats.dropped.total', 'unaddressed');
    const address = { accountId: 'a*b', simulatorId: 'sim' };
    program.say('submitOrder', {}, { address });
    await program.settled();
    await expect.poll(() => counter('sandpit.nats.dropped.total', 'unaddressed')).toBe(before + 1);
  });
});

describe('how much', () => {
  test('a flood of orders is refused, and keeps no cancel out', async () => {
    const dropped = () => counter('sandpit.nats.dropped.total', 'flooded');
    const before = dropped();
    const { data } = await program.ask('submitOrder', { body: stamped('first') });
    for (let i = 0; i < 5_000; i++) program.say('previewOrder', {});
    const canceled = await program.ask('cancelOrder', { path: { orderId: data.orderId } });
    expect(canceled).toMatchObject({ status: 200, data: { status: 'canceled' } });
    const statuses = new Set(program.heard.map(({ status }) => status));
    expect(statuses).toContain(429);
    await expect.poll(dropped).toBeGreaterThan(before);
    // Another trader does not notice.
    const bob = await programOf(await doors.trader());
    expect((await bob.ask('submitOrder', { body: stamped('b') })).status).toBe(201);
  });
});

describe('who is there', () => {
  const beat = (sequence: number) =>
    ada.call('POST', `/sessions/${ada.sessionId}/heartbeat`, { sequence, feedAgeMs: 31_000 });

  test('while a desk beats, its gate is the program’s, too', async () => {
    expect((await beat(1)).body.gate.state).toBe('closed');
    const refused = await program.ask('submitOrder', { body: stamped('g') });
    expect(refused).toMatchObject({ status: 403, data: { code: 'orderGateClosed' } });
    expect(refused.data.detail).toContain('feedStale');
    expect(submitted()).toEqual([]);
  });

  test('once the desk is gone, a program is let in that says what it has seen', async () => {
    const quality = {
      state: 'closed',
      reasons: ['feedStale'],
      lastHeartbeatAtMs: Date.now() - 40_000,
      lastHeartbeatSequence: 7,
      roundTripsMs: [],
      roundTripMs: null,
      jitterMs: null,
      feedAgeMs: 31_000,
      betterSinceMs: null,
    };
    // As another process that heard the desk would have left it.
    const key = `sandpit:session:${ada.sessionId}`;
    await doors.broker.cache.run((redis) => redis.set(key, JSON.stringify(quality), 'PX', 60_000));
    // So long a gateway goes by what it has read.
    await sleep(5_100);
    const blind = await program.ask('submitOrder', { body: stamped('blind') });
    expect(blind).toMatchObject({ status: 403, data: { code: 'orderGateClosed' } });
    const seen = (ageMs: number) => ({ seenAt: new Date(Date.now() - ageMs).toISOString() });
    const old = await program.ask('submitOrder', { body: stamped('old', seen(13_000)) });
    expect(old).toMatchObject({ status: 403, data: { code: 'orderGateClosed' } });
    expect(await program.ask('submitOrder', { body: stamped('seen', seen(200)) })).toMatchObject({
      status: 201,
    });
  });

  test('what a program says keeps its orders from being canceled as a disconnect', async () => {
    const cancelOnDisconnect = { mode: 'cancel', graceSeconds: 5 };
    await ada.call('PATCH', `/sessions/${ada.sessionId}`, { cancelOnDisconnect });
    const fired = async () =>
      (await ada.call('GET', `/sessions/${ada.sessionId}`)).body.cancelOnDisconnect.fired;
    // Cancels and the clock prove it as well as orders do.
    const until = performance.now() + 8_000;
    while (performance.now() < until) {
      await program.ask('cancelOrder', { path: { orderId: '99' } });
      await sleep(1_000);
    }
    expect(await fired()).toBeNull();
    await expect.poll(fired, { timeout: 10_000, interval: 250 }).not.toBeNull();
  }, 40_000);
});

test('a program that asks, or renews its timer, keeps its simulator awake', async () => {
  const woken = (trader: TestTrader) =>
    doors.worker.woken.filter((id) => id === trader.simulator.simulatorId).length;
  await program.ask('submitOrder', { body: stamped('x') }, { token: changed(ada.token) });
  expect(woken(ada)).toBe(0);
  for (let i = 0; i < 3; i++) await program.ask('heartbeat', { body: { sequence: i } });
  await expect.poll(() => woken(ada)).toBe(1);
  const bob = await doors.trader();
  const renewing = await programOf(bob);
  for (let i = 0; i < 3; i++) renewing.renew();
  await expect.poll(() => woken(bob)).toBe(1);
  await renewing.settled();
  expect([woken(ada), woken(bob)]).toEqual([1, 1]);
});

test('two gateways handle each request once; when one goes, the other has it all', async () => {
  const namespace = doors.broker.config.namespace;
  const others = await openDoors({
    SANDPIT_NAMESPACE: namespace,
  });
  const answers = () => counter('sandpit.nats.answered.total', 'status="201"');
  const before = answers();
  const ask = (from: number, to: number) =>
    Promise.all(
      Array.from({ length: to - from }, (_, i) =>
        program.ask('submitOrder', { body: stamped(`q${from + i}`) }),
      ),
    );
  const placed = await ask(0, 40);
  expect(placed.map(({ status }) => status)).toEqual(Array(40).fill(201));
  expect(program.heard).toHaveLength(40);
  const here = answers() - before;
  expect(here).toBeGreaterThan(0);
  expect(here).toBeLessThan(40);
  // What is asked while it leaves is answered all the same.
  const leaving = ask(40, 60);
  await others.broker.stop();
  expect((await leaving).map(({ status }) => status)).toEqual(Array(20).fill(201));
  expect((await ask(60, 70)).map(({ status }) => status)).toEqual(Array(10).fill(201));
  expect(new Set(submitted().map(({ command }) => command.commandId)).size).toBe(70);
  await others.worker.stop();
}, 60_000);
