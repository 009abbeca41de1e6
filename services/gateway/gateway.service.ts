/**
 * The only public door: REST and SSE on moleculer-web, the web app, the documents. Routes are said
 * once in `routes.ts`; this file only hangs them on moleculer-web and guards the edges of HTTP.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { resolve } from 'node:path';
import type { Service, ServiceSchema } from 'moleculer';
import ApiGateway from 'moleculer-web';
import { problem } from '../platform/errors.ts';
import { type GatewayRequest, handlerOf } from './handler.ts';
import { clientAddress } from './http/address.ts';
import { Limits, limitsOf } from './http/limits.ts';
import { PROBLEM_CONTENT_TYPE, problemOf } from './http/problems.ts';
import { securityHeaders } from './http/security-headers.ts';
import { WebApp } from './http/web-app.ts';
import { openApiOf } from './openapi.ts';
import { API_INFO, routes } from './routes.ts';
import { sitePages } from './site.ts';
import { type StreamHub, streamHub } from './sse/hub.ts';

/** Longer than a load balancer's 60 s, or it would reuse a connection that we just closed. */
const KEEP_ALIVE_MS = 75_000;
const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 30_000;
const CONNECTIONS_MAX = 10_000;
const CORRELATION_ID = /^[A-Za-z0-9_-]{8,64}$/;
const STREAM_PATH = /^\/api\/v1\/simulators\/[^/]+\/stream(\?|$)/;

interface GatewayParts {
  server: Server;
  hub: StreamHub;
  app: WebApp;
  headers: Record<string, string>;
  draining: boolean;
  serve: (req: IncomingMessage, res: ServerResponse) => void;
}
// biome-ignore lint/suspicious/noExplicitAny: moleculer-web's settings and methods are not typed.
type Untyped = Record<string, any>;
type GatewayService = Service<Untyped> & GatewayParts & Untyped;
type HttpHandler = (
  this: GatewayService,
  req: IncomingMessage,
  res: ServerResponse,
  next: unknown,
) => Promise<void>;

/** Streams outlive every guard that is meant for requests. */
const unguarded = { bulkhead: { enabled: false }, circuitBreaker: { enabled: false } };

const gateway: ServiceSchema<Untyped, object, GatewayParts, GatewayService> = {
  name: 'gateway',
  mixins: [ApiGateway as never],
  settings: {
    $secureSettings: ['rootCallOptions', 'onError', 'routes'],
    requestTimeout: REQUEST_TIMEOUT_MS,
    logRequest: null,
    logResponse: null,
    logRouteRegistration: null,
    log4XXResponses: false,
    routes: null,
    rootCallOptions(
      this: GatewayService,
      options: Record<string, unknown>,
      req: IncomingMessage,
    ): void {
      options.meta = {
        correlationId: req.headers['x-correlation-id'],
        clientAddress: clientAddress(req, this.broker.config.http.trustedProxies),
      };
      // A graceful stop waits for requests, and streams are ended by us.
      options.tracking = !STREAM_PATH.test(req.url ?? '');
    },
    onError(this: GatewayService, req: IncomingMessage, res: ServerResponse, error: unknown): void {
      this.sendProblem(req, res, error);
    },
  },

  actions: {
    rest: { ...unguarded, params: false } as never,
    // They would let any node of the mesh change what the public door listens to.
    listAliases: false,
    addRoute: false,
    removeRoute: false,
  },

  methods: {
    errorHandler(this: GatewayService, req: IncomingMessage, res: ServerResponse, error: unknown) {
      this.sendProblem(req, res, error);
    },

    /** First to see a request: gives it an id, and every answer its headers. */
    httpHandler(this: GatewayService, req: IncomingMessage, res: ServerResponse, next: unknown) {
      const given = req.headers['x-correlation-id'];
      const correlationId =
        typeof given === 'string' && CORRELATION_ID.test(given)
          ? given
          : randomUUID().replaceAll('-', '');
      req.headers['x-correlation-id'] = correlationId;
      delete req.headers['x-request-id'];
      res.setHeader('X-Correlation-Id', correlationId);
      for (const [name, value] of Object.entries(this.headers)) res.setHeader(name, value);
      // moleculer-web would take an address that cannot be decoded for a fault of ours.
      if (!isDecodable(req.url)) return this.sendProblem(req, res, problem('notFound'));
      const { methods } = ApiGateway as unknown as { methods: { httpHandler: HttpHandler } };
      return methods.httpHandler.call(this, req, res, next);
    },

    sendProblem(this: GatewayService, req: IncomingMessage, res: ServerResponse, error: unknown) {
      const document = problemOf(error, String(req.headers['x-correlation-id']));
      if (document.status >= 500) {
        const { correlationId, code } = document;
        this.logger.warn(
          { correlationId, code, path: req.url?.split('?')[0], err: error },
          'answered with a problem',
        );
      }
      if (res.headersSent) return void res.destroy();
      const body = JSON.stringify(document);
      res.writeHead(document.status, {
        'Content-Type': PROBLEM_CONTENT_TYPE,
        'Content-Length': Buffer.byteLength(body),
        'Cache-Control': 'no-store',
        ...(document.retryAfterSeconds && { 'Retry-After': document.retryAfterSeconds }),
        ...(document.status === 401 && { 'WWW-Authenticate': 'Bearer' }),
        // What is left of an oversized body is not read.
        ...(document.code === 'payloadTooLarge' && { Connection: 'close' }),
      });
      res.end(req.method === 'HEAD' ? undefined : body);
    },

    /** Addresses that no route takes: the web app, or a problem that says which. */
    serveRest(this: GatewayService, req: GatewayRequest, res: ServerResponse) {
      const url = (req.originalUrl ?? req.url ?? '').split('?')[0];
      const methods = this.aliases
        .filter((alias: { match(url: string): unknown }) => alias.match(url))
        .map((alias: { method: string }) => alias.method);
      if (methods.length > 0) {
        res.setHeader('Allow', methods.join(', '));
        return this.sendProblem(req, res, problem('methodNotAllowed'));
      }
      const nothing = () => this.sendProblem(req, res, problem('notFound'));
      if (req.method !== 'GET' && req.method !== 'HEAD') return nothing();
      req.url = req.originalUrl;
      if (this.app.reload()) {
        this.headers = headersFor(this);
        for (const [name, value] of Object.entries(this.headers)) res.setHeader(name, value);
      }
      this.app.serve(req, res, nothing);
    },
  },

  created(this: GatewayService) {
    const { broker } = this;
    const { http } = broker.config;
    this.settings.port = http.port;
    this.settings.ip = http.host;
    this.draining = false;
    this.app = new WebApp(resolve(http.uiDir));
    this.headers = headersFor(this);
    this.hub = streamHub(broker);
    this.serve = (req, res) => this.serveRest(req, res);
    const door = {
      broker,
      limits: new Limits(broker.cache.redis, limitsOf(http.ordersPerSecond)),
      origins: originsOf(http),
    };
    const pages = sitePages({
      broker,
      openApi: openApiOf(routes, API_INFO),
      webAppBuilt: () => this.app.built,
      draining: () => this.draining,
    });
    this.addRoute({
      path: '/',
      mappingPolicy: 'restrict',
      bodyParsers: false,
      logging: false,
      pathToRegexpOptions: { sensitive: true },
      aliases: Object.fromEntries([
        ...routes.map((route) => [`${route.method} ${route.path}`, alias(handlerOf(route, door))]),
        ...Object.entries(pages).flatMap(([path, page]) =>
          ['GET', 'HEAD'].map((method) => [`${method} ${path}`, alias(page)]),
        ),
      ]),
    });
    configureServer(this);
  },

  async started(this: GatewayService) {
    await this.hub.start();
  },

  async stopped(this: GatewayService) {
    this.draining = true;
    // Before moleculer-web closes its server, which waits for every open answer.
    await this.hub.stop();
    this.server.closeIdleConnections();
  },
};
export default gateway;

/** moleculer-web's function alias: errors go to `onError`, answers are complete by themselves. */
function alias(run: (req: GatewayRequest, res: ServerResponse) => Promise<void> | void) {
  return async (req: GatewayRequest, res: ServerResponse, next: (error: unknown) => void) => {
    try {
      await run(req, res);
    } catch (error) {
      next(error);
    }
  };
}

/** The page's inline scripts are the only ones that may run. */
function headersFor({ app, broker }: GatewayService): Record<string, string> {
  const { publicOrigin } = broker.config.http;
  return securityHeaders(app.scriptHashes, publicOrigin.startsWith('https://'));
}

function isDecodable(url = ''): boolean {
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
}

function originsOf({
  host,
  port,
  publicOrigin,
}: {
  host: string;
  port: number;
  publicOrigin: string;
}) {
  return new Set([
    publicOrigin,
    `http://${host}:${port}`,
    ...(host === '127.0.0.1' ? [`http://localhost:${port}`] : []),
  ]);
}

function configureServer({ server }: GatewayService): void {
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
