import { describe, expect, test } from 'vitest';
import { Api } from './api.ts';
import { ApiError } from './api-error.ts';
import {
  defaultStateName,
  deleteState,
  listStates,
  NOT_PUT_AWAY,
  nameError,
  putAway,
  STATE_NAME_MAX,
  saveErrorText,
  saveState,
  startState,
  titleFrom,
} from './saved-states.ts';

const AT = '2026-01-05T15:29:58.250Z';

interface Sent {
  method: string | undefined;
  path: string;
  body: unknown;
}

const never = () => Promise.reject(new Error('not asked for'));

/** A server that gives one answer, or one for each request, and what it was asked. */
function serverOf(status: number, answer: unknown): { api: Api; sent: Sent[] } {
  const sent: Sent[] = [];
  const fetch = async (input: unknown, init?: RequestInit) => {
    const path = String(input).replace('/api/v1', '');
    if (path === '/auth/refresh') {
      return new Response(JSON.stringify({ accessToken: 't', expiresInSeconds: 300 }));
    }
    const body = init?.body === undefined ? undefined : JSON.parse(String(init.body));
    const request = { method: init?.method, path, body };
    sent.push(request);
    const value = typeof answer === 'function' ? answer(request) : answer;
    return new Response(status === 204 ? null : JSON.stringify(value), { status });
  };
  const options = { fetch: fetch as typeof globalThis.fetch, now: () => 0, newId: () => 'c' };
  return { api: new Api(options), sent };
}

describe('names', () => {
  test('the one offered says scenario and moment', () => {
    expect(defaultStateName('Synthetic day', AT, 'utc')).toBe('Synthetic day, 5 Jan 15:29');
  });

  test('one that is taken is told apart by its seconds, then by a number', () => {
    const taken: string[] = [];
    for (let i = 0; i < 4; i++) taken.push(defaultStateName('Synthetic day', AT, 'utc', taken));
    expect(taken).toEqual([
      'Synthetic day, 5 Jan 15:29',
      'Synthetic day, 5 Jan 15:29:58',
      'Synthetic day, 5 Jan 15:29:58 (2)',
      'Synthetic day, 5 Jan 15:29:58 (3)',
    ]);
    const long = defaultStateName('x'.repeat(80), AT, 'utc', [
      defaultStateName('x'.repeat(80), AT, 'utc'),
    ]);
    expect(long).toHaveLength(STATE_NAME_MAX);
  });

  test('a scenario without a title is named by its id, in words', () => {
    expect(titleFrom('flash-crash_2')).toBe('Flash crash 2');
  });

  test.each([20, 46, 47, 48, 200])('a title of %i letters leaves the moment whole', (length) => {
    const name = defaultStateName('x'.repeat(length), AT, 'utc');
    expect(name.length).toBeLessThanOrEqual(STATE_NAME_MAX);
    expect(name.endsWith(', 5 Jan 15:29')).toBe(true);
    expect(name.includes('…')).toBe(length > 47);
    expect(nameError(name)).toBe('');
  });

  test('an empty and a long one are named before anybody is asked', () => {
    expect(nameError('  ')).toBe('Give it a name.');
    expect(nameError('x'.repeat(STATE_NAME_MAX))).toBe('');
    expect(nameError('x'.repeat(STATE_NAME_MAX + 1))).toBe('At most 60 characters.');
  });

  test('a taken one is told by its field, everything else by its sentence', () => {
    const message = 'names one of your saved states already; choose another';
    const errors = [{ path: 'name', message }];
    const taken = new ApiError('validationFailed', 'Check the fields.', { errors });
    expect(saveErrorText(taken)).toBe(`It ${message}.`);
    expect(saveErrorText(new ApiError('quotaExceeded', 'Delete one first.'))).toBe(
      'Delete one first.',
    );
  });
});

describe('requests', () => {
  test('saves under a name without blanks around it', async () => {
    const { api, sent } = serverOf(201, { id: 'sta-1' });
    expect(await saveState(api, 'sim-1', '  Before lunch ')).toEqual({ id: 'sta-1' });
    const path = '/simulators/sim-1/states';
    expect(sent).toEqual([{ method: 'POST', path, body: { name: 'Before lunch' } }]);
  });

  test('lists, starts in a session, deletes', async () => {
    const list = serverOf(200, { items: [{ id: 'sta-1' }] });
    expect(await listStates(list.api)).toEqual([{ id: 'sta-1' }]);
    expect(list.sent).toMatchObject([{ method: 'GET', path: '/states' }]);
    const start = serverOf(201, { id: 'sim-2', state: 'paused' });
    expect(await startState(start.api, 'sta-1', 'ses-1')).toMatchObject({ id: 'sim-2' });
    expect(start.sent).toEqual([
      { method: 'POST', path: '/states/sta-1/start', body: { sessionId: 'ses-1' } },
    ]);
    const gone = serverOf(204, null);
    await deleteState(gone.api, 'sta-1');
    expect(gone.sent).toMatchObject([{ method: 'DELETE', path: '/states/sta-1' }]);
  });

  test('one that has to go on is not said to be put away', async () => {
    const { api, sent } = serverOf(200, { id: 'sim-1', state: 'running' });
    await expect(putAway(api, 'sim-1', never)).rejects.toThrow(NOT_PUT_AWAY);
    expect(sent).toHaveLength(1);
  });

  test('putting away waits until lists say so, and not for ever', async () => {
    let pauses = 0;
    const stateAfter =
      (looks: number) =>
      ({ method }: Sent) => {
        const isAway = method === 'POST' || pauses >= looks;
        return { id: 'sim-1', state: isAway ? 'hibernated' : 'running' };
      };
    const pause = async () => {
      pauses += 1;
    };
    const late = serverOf(200, stateAfter(2));
    expect(await putAway(late.api, 'sim-1', pause)).toMatchObject({ state: 'hibernated' });
    expect(late.sent.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /simulators/sim-1/hibernate',
      ...Array.from({ length: 3 }, () => 'GET /simulators/sim-1'),
    ]);
    pauses = 0;
    const woken = serverOf(200, stateAfter(99));
    expect(await putAway(woken.api, 'sim-1', pause)).toMatchObject({ state: 'hibernated' });
    expect(pauses).toBe(10);
  });
});
