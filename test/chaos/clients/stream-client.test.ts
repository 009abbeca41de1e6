import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ChannelName } from './channels.ts';
import { StreamClient } from './stream-client.ts';

let server: Server;
let sockets: WebSocketServer;
let client: StreamClient;
/** What clients said first: `sse <Last-Event-ID>`, `socket <resume>`. */
let asked: string[];
let streams: ServerResponse[];
let isSwallowed: boolean;

beforeEach(async () => {
  asked = [];
  streams = [];
  isSwallowed = false;
  server = createServer((req, res) => {
    asked.push(`sse ${req.headers['last-event-id']}`);
    if (isSwallowed) return;
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    streams.push(res);
    res.write(sse(streams.length));
  });
  sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    socket.once('message', (hello) => {
      const { resume } = JSON.parse(String(hello));
      asked.push(`socket ${resume}`);
      socket.send(JSON.stringify({ event: 'authenticated', data: {} }));
      socket.send(JSON.stringify({ event: 'answer', request: '1', status: 200, data: {} }));
      socket.send(message(Number(resume?.split('-')[1] ?? 0) + 1));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  await client.stop();
  for (const socket of sockets.clients) socket.terminate();
  server.closeAllConnections();
  server.close();
});

const data = (n: number) => ({ n, sequence: n, last: true });
const sse = (n: number) => `event: order\nid: i-${n}\ndata: ${JSON.stringify(data(n))}\n\n`;
const message = (n: number) => JSON.stringify({ event: 'order', id: `i-${n}`, data: data(n) });

function follow(channel: ChannelName): void {
  const { port } = server.address() as { port: number };
  client = new StreamClient({
    client: 'tab',
    channel,
    simulator: () => `http://127.0.0.1:${port}/api/v1/simulators/s`,
    token: async () => 't',
    openWithinMs: 100,
    random: () => 0.1,
  });
  client.start();
}

const frames = () =>
  client.recording(0).connections.map(({ resumedFrom, frames: own }) => ({
    resumedFrom,
    ns: own.map((frame) => frame.data.n),
  }));

test('what came over either channel is written down alike', async () => {
  follow('sse');
  await expect.poll(() => client.n).toBe(1);
  expect(frames()).toEqual([{ resumedFrom: null, ns: [1] }]);
  await client.stop();
  follow('socket');
  await expect.poll(() => client.n).toBe(1);
  expect(frames()).toEqual([{ resumedFrom: null, ns: [1] }]);
});

test('where no event stream gets through it goes on over the socket, from what it had', async () => {
  follow('sse');
  await expect.poll(() => client.n).toBe(1);
  isSwallowed = true;
  streams[0]!.destroy();
  await expect.poll(() => client.n, { timeout: 3_000 }).toBe(2);
  expect(asked).toEqual(['sse undefined', 'sse i-1', 'sse i-1', 'socket i-1']);
  expect(client.channel).toBe('socket');
  expect(frames().at(-1)).toEqual({ resumedFrom: 'i-1', ns: [2] });
});

test('an answer that is no stream, or a lost one, is no reason to change', async () => {
  follow('sse');
  await expect.poll(() => client.n).toBe(1);
  for (let i = 1; i <= 3; i++) {
    streams.at(-1)!.destroy();
    await expect.poll(() => streams.length, { timeout: 3_000 }).toBe(i + 1);
  }
  expect(client.channel).toBe('sse');
});

test('whoever is sent away comes back when he was told to', async () => {
  follow('sse');
  await expect.poll(() => client.n).toBe(1);
  const sentAwayMs = performance.now();
  streams[0]!.end('event: goaway\ndata: {"reason":"drain","retryMs":300}\n\n');
  await expect.poll(() => streams.length, { timeout: 3_000, interval: 10 }).toBe(2);
  expect(performance.now() - sentAwayMs).toBeGreaterThan(290);
  expect(client.refusals).toBe(0);
});

test('a socket that is lost is opened anew, from what it had', async () => {
  follow('socket');
  await expect.poll(() => client.n).toBe(1);
  for (const socket of sockets.clients as Set<WebSocket>) socket.terminate();
  await expect.poll(() => client.n, { timeout: 3_000 }).toBe(2);
  expect(asked).toEqual(['socket undefined', 'socket i-1']);
});
