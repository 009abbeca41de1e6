import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { type Balancer, startBalancer } from './balancer.ts';

type Handler = (req: IncomingMessage, res: ServerResponse) => void;

interface Door {
  name: string;
  port: number;
  asked: string[];
  close(): Promise<void>;
}

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

/** A door that is ready unless it says otherwise, and notes what it was asked. */
async function door(
  name: string,
  handler: Handler,
  ready: () => number = () => 200,
  isFrozen = { value: false },
) {
  const asked: string[] = [];
  const server = createServer((req, res) => {
    if (req.url === '/readyz') return void (isFrozen.value || res.writeHead(ready()).end());
    asked.push(`${req.method} ${req.url}`);
    handler(req, res);
  });
  const sockets = new Set<Duplex>();
  server.on('upgrade', (_, socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    socket.on('data', (data: Buffer) => socket.write(`${name} heard ${data}`));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const close = async () => {
    if (!server.listening) return;
    server.closeAllConnections();
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  const made: Door = { name, port, asked, close };
  open.push(made);
  return made;
}

async function balance(...doors: Door[]): Promise<Balancer> {
  const balancer = await startBalancer(0, doors);
  open.push(balancer);
  return balancer;
}

interface Answer {
  status: number;
  text: string;
}

function ask({ port }: Balancer, method: string, path: string, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, method, path, agent: false }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => (text += chunk));
      answer.once('end', () => resolve({ status: answer.statusCode!, text }));
      answer.once('error', reject);
    });
    asked.once('error', reject);
    asked.end(body);
  });
}

const says =
  (text: string): Handler =>
  (_, res) =>
    res.end(text);
const goesAway: Handler = (_, res) => res.destroy();

test('requests go to the doors in turn, with the address of who asked', async () => {
  const echo: Handler = (req, res) => {
    let body = '';
    req.on('data', (chunk) => (body += chunk));
    req.once('end', () => res.end(`${body} for ${req.headers['x-forwarded-for']}`));
  };
  const doors = [await door('a', echo), await door('b', echo)];
  const balancer = await balance(...doors);
  for (let i = 0; i < 4; i++) {
    const { text } = await ask(balancer, 'POST', '/orders', 'buy');
    expect(text).toBe('buy for 127.0.0.1');
  }
  expect(doors.map(({ asked }) => asked.length)).toEqual([2, 2]);
});

test('a door that drains gets nothing; when none wants work, all that answer do', async () => {
  let draining = 503;
  const drained = await door('a', says('a'), () => draining);
  const busy = await door('b', says('b'));
  const balancer = await balance(drained, busy);
  for (let i = 0; i < 3; i++) expect((await ask(balancer, 'GET', '/')).text).toBe('b');
  const both = await balance(drained, await door('c', says('c'), () => 503));
  const texts = [await ask(both, 'GET', '/'), await ask(both, 'GET', '/')].map(({ text }) => text);
  expect(texts.sort()).toEqual(['a', 'c']);
  draining = 200;
  await expect.poll(() => ask(balancer, 'GET', '/').then(({ text }) => text)).toBe('a');
});

test('a door that refuses the connection costs nobody anything', async () => {
  const gone = await door('a', says('a'));
  const there = await door('b', says('b'));
  const balancer = await balance(gone, there);
  await gone.close();
  for (let i = 0; i < 4; i++) {
    expect(await ask(balancer, 'POST', '/orders', 'buy')).toEqual({ status: 200, text: 'b' });
  }
});

test('what may have been executed is not sent again; a question is', async () => {
  const lost = await door('a', goesAway);
  const there = await door('b', says('b'));
  const balancer = await balance(lost, there);
  const posts = [await ask(balancer, 'POST', '/x', '1'), await ask(balancer, 'POST', '/x', '2')];
  expect(posts.map(({ status }) => status).sort()).toEqual([200, 502]);
  expect([...lost.asked, ...there.asked]).toEqual(['POST /x', 'POST /x']);
  for (let i = 0; i < 2; i++) expect((await ask(balancer, 'GET', '/')).text).toBe('b');
});

test('an answer that breaks off breaks off for the client too', async () => {
  const half = await door('a', (_, res) => {
    res.writeHead(200, { 'content-length': '100' });
    res.write('half');
    setTimeout(() => res.destroy(), 20);
  });
  await expect(ask(await balance(half), 'GET', '/')).rejects.toThrow();
});

test('a stream is passed on as it comes, and its end reaches the door', async () => {
  let ended = false;
  const streaming = await door('a', (_, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write('data: 1\n\n');
    res.once('close', () => (ended = true));
  });
  const { port } = await balance(streaming);
  const asked = request({ host: '127.0.0.1', port, agent: false });
  asked.end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const [chunk] = await once(answer, 'data');
  expect(`${chunk}`).toBe('data: 1\n\n');
  asked.on('error', () => {});
  asked.destroy();
  await expect.poll(() => ended).toBe(true);
});

test('without a door that answers it says so, and a body without end is refused', async () => {
  const gone = await door('a', says('a'));
  const balancer = await balance(gone);
  expect((await ask(balancer, 'POST', '/', 'x'.repeat(1024 * 1024 + 1))).status).toBe(413);
  await gone.close();
  const answer = await ask(balancer, 'GET', '/');
  expect(answer.status).toBe(503);
  expect(JSON.parse(answer.text)).toMatchObject({ code: 'unavailable' });
});

test('a door that hangs is given up: what waits for it is asked elsewhere, its streams are cut', async () => {
  const isFrozen = { value: false };
  const hangs: Handler = (req, res) => {
    if (req.url === '/stream') res.write('data: 1\n\n');
    else if (!isFrozen.value) res.end('a');
  };
  const frozen = await door('a', hangs, () => 200, isFrozen);
  const probing = { everyMs: 20, timeoutMs: 100 };
  const balancer = await startBalancer(0, [frozen], probing);
  open.push(balancer);
  const stream = ask(balancer, 'GET', '/stream');
  await expect.poll(() => frozen.asked).toContain('GET /stream');
  isFrozen.value = true;
  await expect(stream).rejects.toThrow();
  const both = await startBalancer(0, [frozen, await door('b', says('b'))], probing);
  open.push(both);
  const answers = await Promise.all([ask(both, 'GET', '/'), ask(both, 'GET', '/')]);
  expect(answers.map(({ text }) => text)).toEqual(['b', 'b']);
  isFrozen.value = false;
  await expect.poll(() => ask(both, 'GET', '/').then(({ text }) => text)).toBe('a');
});

test('an upgraded connection is two sockets that are one', async () => {
  const { port } = await balance(await door('a', says('a')));
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await once(socket, 'data');
  socket.write('hello');
  const [data] = await once(socket, 'data');
  expect(`${data}`).toBe('a heard hello');
  socket.destroy();
});
