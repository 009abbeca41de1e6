/**
 * The public doors: REST and SSE on moleculer-web, WebSockets, NATS, the web app, the documents. Routes are said
 * once in `routes.ts`; this file only hangs them on moleculer-web.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { resolve } from 'node:path';
import type { Context, Service, ServiceBroker, ServiceMethods, ServiceSchema } from 'moleculer';
import ApiGateway from 'moleculer-web';
import { problem } from '../platform/errors.ts';
import { LAB_CHANGED, type LabRecord } from '../platform/labs.ts';
import { asyncApiOf } from './asyncapi.ts';
import { type Door, type GatewayRequest, type Handler, handlerOf } from './handler.ts';
import { clientAddress } from './http/address.ts';
import { sendProblem } from './http/answers.ts';
import { Limits, limitsOf } from './http/limits.ts';
import { dataHeaders, securityHeaders } from './http/security-headers.ts';
import {
  configureServer,
  isDecodable,
  ownOrigins,
  REQUEST_TIMEOUT_MS,
  receive,
} from './http/server.ts';
import { WebApp } from './http/web-app.ts';
import { type GatewayLabs, gatewayLabs } from './lab/labs.ts';
import { NatsDoor } from './nats/door.ts';
import { openApiOf } from './openapi.ts';
import { STREAM_EVENTS } from './routes/stream.ts';
import { API_INFO, routes } from './routes.ts';
import { sitePages } from './site.ts';
import { SocketDoor } from './socket/door.ts';
import { type StreamHub, streamHub } from './sse/hub.ts';

const STREAM_PATH = /^\/api\/v1\/simulators\/[^/]+\/stream(\?|$)/;

interface GatewayParts {
  server: Server;
  hub: StreamHub;
  sockets: SocketDoor;
  programs: NatsDoor;
  labs: GatewayLabs;
  app: WebApp;
  headers: Record<string, string>;
  dataHeaders: Record<string, string>;
  draining: boolean;
  serve: (req: GatewayRequest, res: ServerResponse) => void;
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

const base = ApiGateway as unknown as { methods: { httpHandler: HttpHandler } };

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
    rootCallOptions(this: GatewayService, options: Untyped, req: IncomingMessage): void {
      options.meta = {
        correlationId: req.headers['x-correlation-id'],
        clientAddress: clientAddress(req, this.broker.config.http.trustedProxies),
      };
      // A graceful stop waits for requests, and streams are ended by us.
      options.tracking = !STREAM_PATH.test(req.url ?? '');
    },
    onError(this: GatewayService, req: IncomingMessage, res: ServerResponse, error: unknown): void {
      this.answerProblem(req, res, error);
    },
  },

  actions: {
    // Streams outlive every guard that is meant for requests.
    rest: {
      bulkhead: { enabled: false },
      circuitBreaker: { enabled: false },
      params: false,
    } as never,
    // They would let any node of the mesh change what the public door listens to.
    listAliases: false,
    addRoute: false,
    removeRoute: false,
  },

  events: {
    [LAB_CHANGED](this: GatewayService, ctx: Context<LabRecord>) {
      this.labs?.take(ctx.params);
    },
  },

  methods: {
    async httpHandler(req: IncomingMessage, res: ServerResponse, next: unknown): Promise<void> {
      receive(req, res, isData(req.url) ? this.dataHeaders : this.headers);
      // moleculer-web would take an address that cannot be decoded for a fault of ours.
      if (isDecodable(req.url)) await base.methods.httpHandler.call(this, req, res, next);
      else this.answerProblem(req, res, problem('notFound'));
    },

    errorHandler(req: IncomingMessage, res: ServerResponse, error: unknown): void {
      this.answerProblem(req, res, error);
    },

    answerProblem(req: IncomingMessage, res: ServerResponse, error: unknown): void {
      const { status, correlationId, code } = sendProblem(req, res, error);
      if (status < 500) return;
      const path = req.url?.split('?')[0];
      this.logger.warn({ correlationId, code, path, err: error }, 'answered with a problem');
    },

    /** Addresses that no route takes: the web app, or a problem that says which. */
    serveRest(req: GatewayRequest, res: ServerResponse): void {
      const methods = this.methodsOf(req.originalUrl.split('?')[0]);
      if (methods.length > 0) {
        res.setHeader('Allow', methods.join(', '));
        this.answerProblem(req, res, problem('methodNotAllowed'));
      } else if (req.method === 'GET' || req.method === 'HEAD') {
        this.servePage(req, res);
      } else {
        this.answerProblem(req, res, problem('notFound'));
      }
    },

    servePage(req: GatewayRequest, res: ServerResponse): void {
      if (this.app.reload()) {
        this.headers = headersFor(this);
        for (const [name, value] of Object.entries(this.headers)) res.setHeader(name, value);
      }
      req.url = req.originalUrl;
      this.app.serve(req, res, () => this.answerProblem(req, res, problem('notFound')));
    },

    methodsOf(url: string): string[] {
      type Alias = { match(url: string): unknown; method: string };
      return this.aliases
        .filter((each: Alias) => each.match(url))
        .map(({ method }: Alias) => method);
    },
  } as ServiceMethods & ThisType<GatewayService>,

  created() {
    const { http } = this.broker.config;
    this.settings.port = http.port;
    this.settings.ip = http.host;
    this.draining = false;
    this.app = new WebApp(resolve(http.uiDir));
    this.headers = headersFor(this);
    this.dataHeaders = dataHeaders(isSecure(this.broker));
    this.hub = streamHub(this.broker);
    this.labs = gatewayLabs(this.broker);
    const door = doorOf(this.broker);
    this.sockets = new SocketDoor(door, this.hub, routes);
    this.programs = new NatsDoor(door, routes);
    this.serve = (req, res) => this.serveRest(req, res);
    this.addRoute({
      path: '/',
      mappingPolicy: 'restrict',
      bodyParsers: false,
      logging: false,
      pathToRegexpOptions: { sensitive: true },
      aliases: aliasesOf(this, door),
    });
    configureServer(this.server);
    this.server.on('upgrade', (...opening) => void this.sockets.upgrade(...opening));
  },

  async started() {
    await this.hub.start();
    this.labs.start();
    this.programs.start();
  },

  async stopped() {
    this.draining = true;
    // What a lab holds back would hold up the stop.
    this.labs.stop();
    // Before moleculer-web closes its server, which waits for every open answer.
    await Promise.all([this.sockets.stop(), this.programs.stop()]);
    await this.hub.stop();
    this.server.closeIdleConnections();
  },
};
export default gateway;

function doorOf(broker: ServiceBroker): Door {
  const { http, namespace } = broker.config;
  const limits = new Limits(broker.cache.redis, limitsOf(http.ordersPerSecond), namespace);
  return { broker, limits, origins: ownOrigins(http) };
}

function aliasesOf(service: GatewayService, door: Door): Record<string, unknown> {
  const { broker } = service;
  const pages = sitePages({
    broker,
    openApi: openApiOf(routes, API_INFO),
    asyncApi: asyncApiOf(routes, API_INFO, doorsOf(broker), STREAM_EVENTS),
    webAppBuilt: () => service.app.built,
    draining: () => service.draining,
  });
  return Object.fromEntries([
    ...routes.map((route) => [`${route.method} ${route.path}`, alias(handlerOf(route, door))]),
    ...Object.entries(pages).flatMap(([path, page]) =>
      ['GET', 'HEAD'].map((method) => [
        `${method} ${path}`,
        alias(async (...pair) => page(...pair)),
      ]),
    ),
  ]);
}

/** NATS is for programs where credentials for it are issued. */
function doorsOf({ config: { http, nats } }: ServiceBroker) {
  return { origin: http.publicOrigin, natsUrl: nats.appAccountId ? nats.publicUrl : null };
}

/** moleculer-web's function alias: errors go to `onError`, answers are complete by themselves. */
function alias(run: Handler) {
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
  return securityHeaders(app.scriptHashes, isSecure(broker));
}

const isSecure = ({ config }: ServiceBroker) => config.http.publicOrigin.startsWith('https://');
const isData = (url = '') => url.startsWith('/api/');
