import { expect, test } from 'vitest';
import { Api } from './api.ts';
import { canReach } from './reach.ts';

const problem = (status: number, code: string) =>
  new Response(JSON.stringify({ code, detail: 'No.', status }), { status });
const lost = (name: string) => () => Promise.reject(new DOMException('', name));

test.each<[string, () => Response | Promise<Response>, boolean]>([
  ['an answer', () => Response.json({ id: 'sim' }), true],
  ['a refusal of ours', () => problem(404, 'notFound'), true],
  ['a part of ours that is away', () => problem(503, 'unavailable'), true],
  ['the page of a portal', () => new Response('<h1>Log in to the network</h1>'), false],
  ['the refusal of a filter', () => new Response('<h1>No</h1>', { status: 403 }), false],
  ['no network', lost('NetworkError'), false],
  ['no answer in time', lost('TimeoutError'), false],
])('%s', async (_name, answer, expected) => {
  const asked: string[] = [];
  const fetch = async (url: string) => {
    asked.push(url);
    if (url.endsWith('/auth/refresh'))
      return Response.json({ accessToken: 't', expiresInSeconds: 300 });
    return answer();
  };
  const api = new Api({ fetch: fetch as typeof globalThis.fetch, now: () => 0, newId: () => 'id' });
  expect(await canReach(api, 'sim')).toBe(expected);
  expect(asked.at(-1)).toBe('/api/v1/simulators/sim');
});
