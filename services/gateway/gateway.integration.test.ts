import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answered, type Doors, openDoors, request, type TestTrader } from './testing/doors.ts';
import { expectProblem, ordersOf, ticket } from './testing/rest.ts';

let doors: Doors;
let ada: TestTrader;

beforeAll(async () => {
  doors = await openDoors();
  ada = await doors.trader();
});
afterAll(async () => doors?.stop());

test('an order comes back as it was committed, and its repeat as the same order', async () => {
  const first = await ada.call('POST', ordersOf(ada), ticket('one'));
  expect(first).toMatchObject({
    status: 201,
    body: { clientOrderId: 'one', status: 'new', quantity: '10', limitPrice: '180.05' },
  });
  expect(first.headers.get('location')).toBe(`/api/v1${ordersOf(ada)}/${first.body.orderId}`);
  const second = await ada.call('POST', ordersOf(ada), ticket('one'));
  expect(second).toMatchObject({ status: 200, body: first.body });
  expectProblem(
    await ada.call('POST', ordersOf(ada), ticket('one', { quantity: '11' })),
    'clientOrderIdReused',
  );
});

test('twenty identical requests at once are one order', async () => {
  const before = doors.worker.received.length;
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => ada.call('POST', ordersOf(ada), ticket('twenty'))),
  );
  expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(19);
  expect(doors.worker.received.length).toBe(before + 1);
});

test('the worker gets the trader’s token beside the command, never inside it', async () => {
  await ada.call('POST', ordersOf(ada), ticket('token'));
  const { command, token } = doors.worker.received.at(-1) as (typeof doors.worker.received)[0];
  expect(token).toBe(ada.token);
  expect(JSON.stringify(command)).not.toContain(ada.token);
  expect(command).toMatchObject({ commandId: 'o-token', accountId: ada.accountId });
});

test('a cancel, a cancel too late, and one of nothing', async () => {
  const { body } = await ada.call('POST', ordersOf(ada), ticket('gone'));
  const path = `${ordersOf(ada)}/${body.orderId}`;
  const canceled = await ada.call('DELETE', path);
  expect(canceled).toMatchObject({ status: 200, body: { status: 'canceled', rejectReason: null } });
  const late = await ada.call('DELETE', path);
  expect(late).toMatchObject({
    status: 200,
    body: { status: 'canceled', rejectReason: 'tooLateToCancel' },
  });
  expectProblem(await ada.call('DELETE', `${ordersOf(ada)}/9999`), 'notFound');
});

test('a cancel sent again with its key is the same command', async () => {
  const { body } = await ada.call('POST', ordersOf(ada), ticket('keyed'));
  const path = `${ordersOf(ada)}/${body.orderId}`;
  const headers = { 'Idempotency-Key': 'k1' };
  const first = await ada.call('DELETE', path, undefined, headers);
  const before = doors.worker.received.length;
  const second = await ada.call('DELETE', path, undefined, headers);
  expect(second).toMatchObject({ status: 200, body: first.body });
  expect(doors.worker.received.length).toBe(before);
});

test('no committed answer in time is said to be unknown; the same request later gets it', async () => {
  doors.worker.answering = false;
  const unknown = await ada.call('POST', ordersOf(ada), ticket('later'));
  expectProblem(unknown, 'outcomeUnknown');
  expect(unknown.body.commandId).toBe('o-later');
  doors.worker.answering = true;
  await sleep(300);
  const repeated = await ada.call('POST', ordersOf(ada), ticket('later'));
  expect(repeated).toMatchObject({ status: 200, body: { clientOrderId: 'later', status: 'new' } });
  const list = await ada.call('GET', ordersOf(ada));
  const later = list.body.items.filter(
    (o: { clientOrderId: string }) => o.clientOrderId === 'later',
  );
  expect(later).toHaveLength(1);
});

test('an order that says when it was sent is judged by that', async () => {
  const eve = await doors.trader();
  const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
  const submit = (id: string, stamp: object) => eve.call('POST', ordersOf(eve), ticket(id, stamp));
  const beat = (sequence: number, feedAgeMs: number) =>
    eve.call('POST', `/sessions/${eve.sessionId}/heartbeat`, { sequence, feedAgeMs });

  const before = doors.worker.received.length;
  const stale = await submit('old', { sentAt: ago(6_000), seenAt: ago(6_100) });
  expectProblem(stale, 'staleOrder');
  expect(stale.body.detail).toMatch(/^The order is 6\.\d s old and was meant for 5\.0 s\./);
  expectProblem(await submit('ahead', { sentAt: ago(-4_000) }), 'validationFailed');
  expectProblem(await submit('half', { receiveWindowMs: 900 }), 'validationFailed');
  expectProblem(
    await submit('wide', { sentAt: ago(0), receiveWindowMs: 61_000 }),
    'validationFailed',
  );
  expectProblem(await submit('blind', { sentAt: ago(50), seenAt: ago(14_000) }), 'orderGateClosed');
  expect(doors.worker.received.length).toBe(before);

  // A connection that has only just come back, and an order that was sent after it did.
  expect((await beat(1, 20_000)).body.gate.state).toBe('reduceOnly');
  // The gate that was open a moment ago is believed for a moment.
  await sleep(250);
  expectProblem(await submit('silent', {}), 'orderGateClosed');
  const sentAt = ago(20);
  expect((await submit('fresh', { sentAt, seenAt: ago(300), receiveWindowMs: 3_000 })).status).toBe(
    201,
  );
  const { command } = doors.worker.received.at(-1)!;
  expect(command).toMatchObject({
    commandId: 'o-fresh',
    deadlineAt: new Date(Date.parse(sentAt) + 3_000).toISOString(),
  });
  // What it says of itself is no part of the order.
  expect(JSON.stringify(command)).not.toMatch(/sentAt|seenAt|receiveWindow/);
  expect((await submit('fresh', { sentAt: ago(60_000) })).status).toBe(200);
});

test.each`
  what                       | method    | path                                      | code
  ${'an unknown address'}    | ${'GET'}  | ${'/nothing/here'}                        | ${'notFound'}
  ${'another method'}        | ${'PUT'}  | ${'/profile'}                             | ${'methodNotAllowed'}
  ${'a method for a page'}   | ${'POST'} | ${'//openapi.json'}                       | ${'methodNotAllowed'}
  ${'a broken escape'}       | ${'GET'}  | ${'/simulators/%E0%A4%A/orders'}          | ${'notFound'}
  ${'a NUL'}                 | ${'GET'}  | ${'/simulators/a%00b/orders'}             | ${'notFound'}
  ${'an id that cannot be'}  | ${'GET'}  | ${'/simulators/a.b/orders'}               | ${'notFound'}
  ${'a list without an end'} | ${'GET'}  | ${'/simulators/a/orders?limit=501'}       | ${'validationFailed'}
  ${'a cursor that is none'} | ${'GET'}  | ${'/simulators/a/orders?since=x'}         | ${'validationFailed'}
  ${'a parameter twice'}     | ${'GET'}  | ${'/simulators/a/orders?limit=1&limit=2'} | ${'validationFailed'}
  ${'an unknown parameter'}  | ${'GET'}  | ${'/simulators/a/orders?x=1'}             | ${'validationFailed'}
  ${'a file outside'}        | ${'GET'}  | ${'//..%2f..%2fpackage.json'}             | ${'notFound'}
`('$what is a problem, too', async ({ method, path, code }) => {
  expectProblem(await ada.call(method, path), code);
});

test('a preflight opens nothing', async () => {
  const answer = await request(doors.web, 'OPTIONS', ordersOf(ada), {
    headers: {
      origin: 'https://evil.example',
      'access-control-request-method': 'POST',
      authorization: `Bearer ${ada.token}`,
    },
  });
  expectProblem(answer, 'methodNotAllowed');
  expect(answer.headers.get('access-control-allow-origin')).toBeNull();
});

test('the refresh cookie is for our own pages only, and each use replaces it', async () => {
  const eve = await doors.trader();
  expect(eve.cookie).toMatch(/^__Host-sandpit-refresh=/);
  const refresh = (cookie: string, headers: object = {}) =>
    request(doors.web, 'POST', '/auth/refresh', { headers: { cookie, ...headers } });
  expectProblem(await refresh(eve.cookie, { origin: 'https://evil.example' }), 'originRejected');
  expectProblem(await refresh(eve.cookie, { 'sec-fetch-site': 'same-site' }), 'originRejected');
  expectProblem(await refresh('other=1'), 'refreshRejected');
  const refreshed = await refresh(eve.cookie, {
    origin: doors.web,
    'sec-fetch-site': 'same-origin',
  });
  expect(refreshed).toMatchObject({ status: 200, body: { expiresInSeconds: 300 } });
  const header = refreshed.headers.get('set-cookie') ?? '';
  for (const part of ['HttpOnly', 'Secure', 'SameSite=Strict', 'Path=/'])
    expect(header).toContain(part);
  expect(header.split(';')[0]).not.toBe(eve.cookie);
  const out = await request(doors.web, 'POST', '/auth/logout', {
    headers: { cookie: header.split(';')[0], origin: doors.web },
  });
  expect(out.status).toBe(204);
  expect(out.headers.get('set-cookie')).toContain('Max-Age=0');
  expectProblem(await refresh(header.split(';')[0]), 'refreshRejected');
});

test('a correlation id of the caller’s comes back; one that is none is replaced', async () => {
  const of = async (given: string) =>
    (await ada.call('GET', '/nothing', undefined, { 'x-correlation-id': given })).headers.get(
      'x-correlation-id',
    );
  expect(await of('my-own-id-1')).toBe('my-own-id-1');
  expect(await of('with space')).toMatch(/^[0-9a-f]{32}$/);
});

test('every answer tells the browser how little it may do', async () => {
  const { headers } = await request(doors.web, 'GET', '//docs');
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'self'");
  expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline/);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('x-powered-by')).toBeNull();
});

test('documents, health and metrics are there', async () => {
  expect((await request(doors.web, 'GET', '//openapi.json')).body.openapi).toBe('3.1.0');
  expect((await request(doors.web, 'GET', '//docs/page.js')).status).toBe(200);
  expect((await request(doors.web, 'GET', '//healthz')).body).toEqual({ ok: true });
  const ready = await request(doors.web, 'GET', '//readyz');
  expect(ready).toMatchObject({ status: 200, body: { ready: true } });
  expect(ready.body.checks.nats).toMatchObject({ ok: true });
  const metrics = await request(doors.web, 'GET', '//metrics');
  expect(/^sandpit_sse_streams\{/m.test(metrics.body)).toBe(true);
});

test('what is not HTTP gets a problem and is shown out', async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(doors.port, '127.0.0.1', () => socket.write('HELO you\r\n\r\n'));
    let text = '';
    socket.on('data', (chunk) => (text += chunk));
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nContent-Type: application\/problem\+json/);
});

test('too many requests are told how long to wait, and cancels have a limit of their own', async () => {
  const few = await openDoors({ ORDERS_PER_SECOND: '1' });
  try {
    const eve = await few.trader();
    const path = ordersOf(eve);
    const answers: Answered[] = [];
    for (let i = 0; i < 12; i++) answers.push(await eve.call('POST', path, ticket(`r${i}`)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
    const refused = answers.at(-1) as Answered;
    expectProblem(refused, 'rateLimited');
    expect(Number(refused.headers.get('retry-after'))).toBe(refused.body.retryAfterSeconds);
    expect((await eve.call('DELETE', `${path}/${answers[0].body.orderId}`)).status).toBe(200);
  } finally {
    await few.stop();
  }
});
