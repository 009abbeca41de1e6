// @vitest-environment jsdom
/** sse.js against real HTTP: the traps that the live stream relies on this file to have closed. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Opening, openSseSource, type Source } from './sse-source.ts';

interface Heard {
  opened: number;
  events: [string, string, string | null][];
  ended: [number, string][];
}
let server: Server;
let url: string;
let requests: Record<string, unknown>[];
let serve: (response: ServerResponse) => void;
let open: Source[];

beforeEach(async () => {
  requests = [];
  open = [];
  server = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', '*, authorization, last-event-id');
    if (request.method === 'OPTIONS') {
      response.end();
      return;
    }
    requests.push(request.headers);
    serve(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/stream`;
});

afterEach(async () => {
  for (const source of open) source.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function connect(opening: Opening = { token: 't', resume: null }): Heard {
  const heard: Heard = { opened: 0, events: [], ended: [] };
  open.push(
    openSseSource(url)(opening, {
      onOpen: () => {
        heard.opened += 1;
      },
      onEvent: (...args) => heard.events.push(args),
      onEnd: (...args) => heard.ended.push(args),
    }),
  );
  return heard;
}

const streaming = (text: string, end: boolean) => (response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(text);
  if (end) response.end();
};

test('hands on type, data and id of each event, and the headers it was given', async () => {
  serve = streaming('event: order\nid: a-1\ndata: {"n":1}\n\nevent: quote\ndata: {}\n\n', false);
  const heard = connect({ token: 't', resume: 'a-0' });
  await vi.waitFor(() => expect(heard.events).toHaveLength(2));
  expect(heard.opened).toBe(1);
  expect(heard.events).toEqual([
    ['order', '{"n":1}', 'a-1'],
    ['quote', '{}', null],
  ]);
  expect(requests[0]).toMatchObject({ authorization: 'Bearer t', 'last-event-id': 'a-0' });
  expect(open[0]?.received()).toBeGreaterThan(50);
});

test('a clean end is told once, and nobody reconnects behind our back', async () => {
  serve = streaming('retry: 10\nevent: heartbeat\ndata: {}\n\n', true);
  const heard = connect();
  await vi.waitFor(() => expect(heard.ended).toHaveLength(1));
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(heard.ended).toHaveLength(1);
  expect(requests).toHaveLength(1);
});

test('a frame cut in half arrives as it is, to be judged by the live stream', async () => {
  serve = streaming('event: order\nid: a-7\ndata: {"n":1,"sequ', true);
  const heard = connect();
  await vi.waitFor(() => expect(heard.ended).toHaveLength(1));
  expect(heard.events).toEqual([['order', '{"n":1,"sequ', 'a-7']]);
});

test.each([401, 404, 503])('%i is told with its status and body', async (status) => {
  serve = (response) => {
    response.writeHead(status, { 'content-type': 'application/problem+json' });
    response.end('{"code":"x"}');
  };
  const heard = connect();
  await vi.waitFor(() => expect(heard.ended).toHaveLength(1));
  expect(heard.ended[0]?.[0]).toBe(status);
  expect(heard.ended[0]?.[1]).toContain('"code"');
});

test('a page with status 200 is no stream', async () => {
  serve = (response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.write('<p>event: order\n\nevent: order\ndata: {}\n\n');
  };
  const heard = connect();
  await vi.waitFor(() => expect(heard.ended).toEqual([[0, '']]));
  expect(heard).toMatchObject({ opened: 0, events: [] });
});

test('after close nothing is heard', async () => {
  let response: ServerResponse | undefined;
  serve = (answer) => {
    response = answer;
    streaming('event: quote\ndata: {}\n\n', false)(answer);
  };
  const heard = connect();
  await vi.waitFor(() => expect(heard.events).toHaveLength(1));
  open[0]?.close();
  response?.write('event: quote\ndata: {}\n\n');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(heard.events).toHaveLength(1);
  expect(heard.ended).toEqual([]);
});
