/**
 * A balancer in front of the doors, as any installation has one: requests in turn, streams and
 * upgrades passed through, and nothing sent to a door that is down or draining.
 *
 * What certainly did not reach a door goes to the next one. What may have reached it is repeated only
 * when it asks and changes nothing; else the client is told 502 and repeats under its own id.
 */
import { once } from 'node:events';
import {
  Agent,
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import { type Probing, type Upstream, Upstreams } from './upstreams.ts';

/** The doors take less; it is kept to be sent once more. */
const BODY_BYTES_MAX = 1024 * 1024;
const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS']);
/** The doors answer 503 themselves after 30 s. */
const ANSWER_TIMEOUT_MS = 45_000;

/** A client that sends on a connection just as it is closed cannot know what became of its request. */
const KEEP_ALIVE_MS = 75_000;

export interface Balancer {
  port: number;
  close(): Promise<void>;
}

/** Requests under way and streams that are open, by door. */
type Open = Map<Upstream, Set<ClientRequest>>;

/** @param port  0 = any free one. @throws Error when the port is taken. */
export async function startBalancer(
  port: number,
  doors: readonly { name: string; port: number }[],
  probing?: Probing,
): Promise<Balancer> {
  const open: Open = new Map();
  const upstreams = new Upstreams({
    doors,
    ...(probing && { probing }),
    onDead: (upstream) => {
      for (const asked of open.get(upstream) ?? []) asked.destroy(new Error('door is dead'));
    },
  });
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 256 });
  const pass = { upstreams, open, agent };
  const server = createServer((req, res) => void forward(req, res, pass));
  server.requestTimeout = 0;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  // Not among the server's connections any more.
  const upgraded = new Set<Socket>();
  server.on('upgrade', (req, socket: Socket, head) => {
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    upgrade(req, socket, head, upstreams);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  await upstreams.look();
  upstreams.start();
  return {
    port: (server.address() as { port: number }).port,
    async close() {
      upstreams.stop();
      agent.destroy();
      server.closeAllConnections();
      for (const socket of upgraded) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Pass {
  upstreams: Upstreams;
  open: Open;
  agent: Agent;
}

async function forward(req: IncomingMessage, res: ServerResponse, pass: Pass): Promise<void> {
  const body = await bodyOf(req).catch(() => null);
  if (body === null) return refuse(res, 413, 'The request is too large.');
  const tried = new Set<Upstream>();
  for (let upstream = pass.upstreams.next(tried); upstream; upstream = pass.upstreams.next(tried)) {
    tried.add(upstream);
    const outcome = await attempt(req, res, body, upstream, pass);
    if (outcome === 'answered' || res.destroyed) return;
    if (outcome === 'unreached') pass.upstreams.refused(upstream);
    else if (!REPEATABLE.has(req.method ?? '')) {
      return refuse(res, 502, 'The door that had the request went away. Ask again.');
    }
  }
  refuse(res, 503, 'No door answers at the moment.');
}

/** `unreached`: certainly not executed. `lost`: nobody knows. */
type Outcome = 'answered' | 'unreached' | 'lost';

function attempt(
  req: IncomingMessage,
  res: ServerResponse,
  body: Buffer,
  upstream: Upstream,
  { open, agent }: Pass,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const { port } = upstream;
    const { method, url: path } = req;
    const headers = { ...forwarded(req), 'content-length': `${body.length}` };
    if (body.length === 0) delete (headers as Record<string, unknown>)['content-length'];
    const asked = request({ host: '127.0.0.1', port, method, path, headers, agent });
    const here = open.get(upstream) ?? new Set();
    open.set(upstream, here.add(asked));
    const over = (outcome: Outcome) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    const timer = setTimeout(() => asked.destroy(new Error('no answer')), ANSWER_TIMEOUT_MS);
    asked.on('error', (error: NodeJS.ErrnoException) =>
      over(error.code === 'ECONNREFUSED' ? 'unreached' : 'lost'),
    );
    asked.once('close', () => here.delete(asked));
    asked.once('response', (answer) => {
      over('answered');
      relay(answer, res);
    });
    res.once('close', () => {
      if (!res.writableFinished) asked.destroy();
    });
    asked.end(body);
  });
}

/** A break on either side breaks the other: no half answer is taken for a whole one. */
function relay(answer: IncomingMessage, res: ServerResponse): void {
  const { connection: _, 'transfer-encoding': __, ...headers } = answer.headers;
  res.writeHead(answer.statusCode ?? 502, headers);
  res.flushHeaders();
  answer.pipe(res);
  answer.once('error', () => res.destroy());
  answer.once('close', () => {
    if (!answer.complete) res.destroy();
  });
}

function forwarded(req: IncomingMessage): Record<string, string | string[] | undefined> {
  const { connection: _, 'transfer-encoding': __, ...headers } = req.headers;
  const before = headers['x-forwarded-for'];
  const address = req.socket.remoteAddress ?? '';
  return { ...headers, 'x-forwarded-for': before ? `${before}, ${address}` : address };
}

async function bodyOf(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error('too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function refuse(res: ServerResponse, status: number, detail: string): void {
  if (res.headersSent || res.destroyed) return;
  const code = status === 413 ? 'payloadTooLarge' : 'unavailable';
  const title = 'The request could not be passed on';
  res.writeHead(status, { 'Content-Type': 'application/problem+json', 'Retry-After': '1' });
  res.end(JSON.stringify({ type: 'about:blank', title, status, code, detail }));
}

/** WebSockets: from the first byte on, two sockets that are one. */
function upgrade(req: IncomingMessage, client: Socket, head: Buffer, upstreams: Upstreams): void {
  const upstream = upstreams.next(new Set());
  if (!upstream) return void client.destroy();
  const door = connect(upstream.port, '127.0.0.1', () => {
    const headers = Object.entries({ ...forwarded(req), connection: 'Upgrade' });
    const lines = headers.flatMap(([name, value]) =>
      [value].flat().map((each) => `${name}: ${each}`),
    );
    door.write([`${req.method} ${req.url} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
    door.write(head);
    door.pipe(client).pipe(door);
  });
  for (const [one, other] of [
    [door, client],
    [client, door],
  ] as const) {
    one.on('error', () => one.destroy());
    one.on('close', () => other.destroy());
  }
}
