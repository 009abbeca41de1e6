/** The HTTP server's own edges: its patience, what is not HTTP, and what every request gets first. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { problem } from '../../platform/errors.ts';
import { PROBLEM_CONTENT_TYPE, problemOf } from './problems.ts';

/** Longer than a load balancer's 60 s, or it would reuse a connection that we just closed. */
const KEEP_ALIVE_MS = 75_000;
const HEADERS_TIMEOUT_MS = 15_000;
export const REQUEST_TIMEOUT_MS = 30_000;
const CONNECTIONS_MAX = 10_000;
const CORRELATION_ID = /^[A-Za-z0-9_-]{8,64}$/;

export function configureServer(server: Server): void {
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.maxConnections = CONNECTIONS_MAX;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return socket.destroy();
    const document = problemOf(problem('malformedJson', { detail: 'This is not HTTP.' }), 'none');
    const body = JSON.stringify({ ...document, status: 400 });
    socket.end(
      `HTTP/1.1 400 Bad Request\r\nContent-Type: ${PROBLEM_CONTENT_TYPE}\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  });
}

/** Gives a request its id, the client's own if it is a plain one, and the answer its headers. */
export function receive(
  req: IncomingMessage,
  res: ServerResponse,
  headers: Record<string, string>,
): void {
  const given = req.headers['x-correlation-id'];
  const isPlain = typeof given === 'string' && CORRELATION_ID.test(given);
  const correlationId = isPlain ? given : randomUUID().replaceAll('-', '');
  req.headers['x-correlation-id'] = correlationId;
  delete req.headers['x-request-id'];
  res.setHeader('X-Correlation-Id', correlationId);
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
}

export function isDecodable(url = ''): boolean {
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
}

/** Origins that a browser may name when our own page asks. */
export function ownOrigins(http: {
  host: string;
  port: number;
  publicOrigin: string;
}): ReadonlySet<string> {
  const { host, port, publicOrigin } = http;
  return new Set([
    publicOrigin,
    `http://${host}:${port}`,
    ...(host === '127.0.0.1' ? [`http://localhost:${port}`] : []),
  ]);
}
