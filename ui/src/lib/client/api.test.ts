import { beforeEach, describe, expect, test } from 'vitest';
import { Api } from './api.ts';
import { ApiError } from './api-error.ts';

interface Sent {
  path: string;
  headers: Record<string, string>;
  body: unknown;
}
type Answer = (sent: Sent) => Response | Promise<Response>;

const json = (status: number, value: unknown) => new Response(JSON.stringify(value), { status });
const grant = (accessToken: string) =>
  json(200, { accessToken, expiresInSeconds: 300, user: { id: 'u', email: 'a@b.cd' } });
const problem = (status: number, code: string, extra = {}) =>
  json(status, { code, detail: `${code}!`, status, correlationId: 'c-9', ...extra });

let nowMs: number;
let sent: Sent[];
let answers: Record<string, Answer>;
let signedOut: number;
let locked: string[];
let dates: number[];
let api: Api;

beforeEach(() => {
  nowMs = 0;
  sent = [];
  signedOut = 0;
  locked = [];
  dates = [];
  let tokens = 0;
  answers = { '/auth/refresh': () => grant(`token-${++tokens}`) };
  const locks = {
    request: async (name: string, run: () => Promise<unknown>) => {
      locked.push(name);
      return run();
    },
  } as unknown as LockManager;
  api = new Api({
    fetch: async (input, init) => {
      const path = String(input).replace('/api/v1', '');
      const request: Sent = {
        path,
        headers: init?.headers as Record<string, string>,
        body: init?.body === undefined ? undefined : JSON.parse(String(init.body)),
      };
      sent.push(request);
      return (answers[path] ?? (() => problem(404, 'notFound')))(request);
    },
    now: () => nowMs,
    onDate: (serverTimeMs) => dates.push(serverTimeMs),
    newId: () => 'correlation-1',
    locks,
    onSignedOut: () => {
      signedOut += 1;
    },
  });
});

const paths = () => sent.map(({ path }) => path);

describe('tokens', () => {
  test('fetches one under the lock, uses it, and renews it before it ends', async () => {
    answers['/things'] = ({ headers }) => json(200, headers.authorization);
    expect(await api.get('/things')).toBe('Bearer token-1');
    expect(await api.get('/things')).toBe('Bearer token-1');
    expect(locked).toEqual(['sandpit-refresh']);
    nowMs = 281_000;
    expect(await api.get('/things')).toBe('Bearer token-2');
  });

  test('everybody who waits shares one refresh', async () => {
    answers['/things'] = () => json(200, 1);
    await Promise.all([api.get('/things'), api.get('/things'), api.get('/things')]);
    expect(paths().filter((path) => path === '/auth/refresh')).toHaveLength(1);
  });

  test('a refused token is renewed once and the request repeated', async () => {
    answers['/things'] = ({ headers }) =>
      headers.authorization === 'Bearer token-1' ? problem(401, 'tokenExpired') : json(200, 'ok');
    expect(await api.get('/things')).toBe('ok');
    expect(paths()).toEqual(['/auth/refresh', '/things', '/auth/refresh', '/things']);
  });

  test('a token refused twice is an error, not a loop', async () => {
    answers['/things'] = () => problem(401, 'unauthenticated');
    await expect(api.get('/things')).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(sent).toHaveLength(4);
  });

  test('a spent cookie signs out', async () => {
    answers['/auth/refresh'] = () => problem(401, 'refreshRejected');
    await expect(api.get('/things')).rejects.toMatchObject({ code: 'signedOut' });
    expect(signedOut).toBe(1);
    expect(paths()).toEqual(['/auth/refresh']);
  });

  test('a lost network while refreshing does not', async () => {
    answers['/auth/refresh'] = () => Promise.reject(new TypeError('Failed to fetch'));
    await expect(api.get('/things')).rejects.toMatchObject({ code: 'offline' });
    expect(signedOut).toBe(0);
  });

  test('logging in keeps the token it brings', async () => {
    answers['/auth/login'] = () => grant('from-login');
    answers['/things'] = ({ headers }) => json(200, headers.authorization);
    await api.logIn({ email: 'a@b.cd', password: 'long enough to pass' });
    expect(await api.get('/things')).toBe('Bearer from-login');
    expect(paths()).not.toContain('/auth/refresh');
  });
});

describe('answers', () => {
  test('problem documents become errors that name fields and the id to quote', async () => {
    const errors = [
      { path: '/limitPrice', message: 'Use steps of 0.01.' },
      { path: 'body.quantity', message: 'Too large.' },
    ];
    answers['/orders'] = () => problem(422, 'validationFailed', { errors, retryAfterSeconds: 2 });
    const error = await api.post('/orders', {}).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      code: 'validationFailed',
      message: 'validationFailed!',
      correlationId: 'c-9',
      retryAfterMs: 2_000,
      fields: { limitPrice: 'Use steps of 0.01.', quantity: 'Too large.' },
      outcomeUnknown: false,
    });
  });

  test.each([
    ['a proxy’s page', () => new Response('<html>', { status: 502 }), 'badAnswer'],
    ['no connection', () => Promise.reject(new TypeError('x')), 'offline'],
    ['no answer in time', () => Promise.reject(new DOMException('x', 'TimeoutError')), 'timeout'],
    ['our own unknown', () => problem(504, 'outcomeUnknown'), 'outcomeUnknown'],
    ['a part away', () => problem(503, 'unavailable'), 'unavailable'],
  ])('%s leaves the outcome unknown', async (_name, answer, code) => {
    answers['/orders'] = answer;
    await expect(api.post('/orders', {})).rejects.toMatchObject({ code, outcomeUnknown: true });
  });

  test.each([
    [409, 'clientOrderIdReused'],
    [429, 'backlogFull'],
    [403, 'orderGateClosed'],
  ])('%i is a refusal', async (status, code) => {
    answers['/orders'] = () => problem(status, code);
    await expect(api.post('/orders', {})).rejects.toMatchObject({ code, outcomeUnknown: false });
  });

  test('204 has no body; a GET sends none', async () => {
    answers['/auth/logout'] = () => new Response(null, { status: 204 });
    answers['/things'] = () => json(200, 1);
    await api.logOut();
    await api.get('/things');
    expect(sent.at(-1)?.body).toBeUndefined();
    expect(sent.at(-1)?.headers).not.toHaveProperty('content-type');
    expect(sent.at(-1)?.headers['x-correlation-id']).toBe('correlation-1');
  });
});

test('each answer tells the time at the server, also a refusal; one without a date tells none', async () => {
  const date = 'Mon, 05 Jan 2026 14:30:00 GMT';
  answers['/clock'] = () => new Response('{}', { headers: { date } });
  answers['/odd'] = () => new Response('{}', { status: 500, headers: { date: 'soon' } });
  answers['/late'] = () => new Response('{}', { status: 404, headers: { date } });
  await api.get('/clock');
  await api.get('/odd').catch(() => {});
  await api.get('/late').catch(() => {});
  expect(dates).toEqual([Date.UTC(2026, 0, 5, 14, 30), Date.UTC(2026, 0, 5, 14, 30)]);
});
