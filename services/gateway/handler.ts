/** A route -> the function that moleculer-web calls: every check, then the work, then the answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context, ServiceBroker } from 'moleculer';
import type { TObject, TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import type { CallMeta } from '../platform/action.ts';
import { problem } from '../platform/errors.ts';
import { fieldErrors } from '../platform/field-errors.ts';
import type { Principal } from '../platform/tokens.ts';
import { networkOf } from './http/address.ts';
import { sendAnswer } from './http/answers.ts';
import { readJson } from './http/body.ts';
import type { Limits } from './http/limits.ts';
import { checkOrigin } from './http/origin.ts';
import { runRoute } from './lab/passage.ts';
import type { Call, Route } from './route.ts';

/** What moleculer-web adds to a request. */
export type GatewayRequest = IncomingMessage & {
  $ctx: Context<unknown, CallMeta>;
  $params: Record<string, string>;
  originalUrl: string;
};

export interface Door {
  broker: ServiceBroker;
  limits: Limits;
  /** Origins of our own app. */
  origins: ReadonlySet<string>;
}

export type Handler = (req: GatewayRequest, res: ServerResponse) => Promise<void>;

const compiled = (schema: TSchema | undefined) => (schema ? Compile(schema) : null);

/** A route's checks of what is given, in the types of its schemas. @throws problem */
export interface RouteChecks {
  path(given: Record<string, string>): Record<string, string>;
  query(given: Record<string, unknown>): Record<string, unknown>;
  body(given: unknown): Record<string, unknown>;
  hasBody: boolean;
}

export function routeChecks(route: Route): RouteChecks {
  const path = compiled(route.pathSchema);
  const query = compiled(route.query);
  const body = compiled(route.body);
  return {
    path: (given) => pathOf(given, path),
    query: (given) => queryOf(given, query, route.query),
    body: (given) => (body ? checkedBody(given, body) : {}) as Record<string, unknown>,
    hasBody: body !== null,
  };
}

export function handlerOf(route: Route, door: Door): Handler {
  const checks = routeChecks(route);
  const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name);
  return async (req, res) => {
    // moleculer-web takes a preflight for the method that it asks about.
    if (req.method !== route.method) throw problem('methodNotAllowed');
    if (route.method !== 'GET') checkOrigin(req, door.origins);
    const { $ctx: ctx } = req;
    const principal = route.auth === 'trader' ? await authenticate(door, ctx, req) : null;
    await door.limits.take(
      route.limit,
      principal?.accountId ?? networkOf(ctx.meta.clientAddress ?? ''),
    );
    const call: Call = {
      broker: door.broker,
      ctx,
      req,
      res,
      principal,
      path: checks.path(Object.fromEntries(names.map((name) => [name, req.$params[name]]))),
      query: checks.query(givenQuery(req)),
      body: checks.body(checks.hasBody ? await readJson(req) : undefined),
    };
    const answer = await runRoute(route, call as Call<never>, () => res.destroyed);
    if (answer === null) res.destroy();
    else if (!res.headersSent) sendAnswer(res, answer);
  };
}

async function authenticate(
  { broker, limits }: Door,
  ctx: Context<unknown, CallMeta>,
  req: GatewayRequest,
): Promise<Principal> {
  const token = /^Bearer ([^\s]+)$/i.exec(req.headers.authorization ?? '')?.[1];
  try {
    const principal = await broker.tokens.verify(token);
    ctx.meta.token = token as string;
    return principal;
  } catch (error) {
    // Guessing tokens costs us signatures to check.
    await limits.take('denied', networkOf(ctx.meta.clientAddress ?? ''));
    throw error;
  }
}

/** An id that cannot be one names nothing, so it is not found rather than invalid. */
function pathOf(path: Record<string, string>, check: Validator | null): Record<string, string> {
  if (check && !check.Check(path)) throw problem('notFound');
  return path;
}

/** @throws problem `validationFailed` for what is given twice. */
function givenQuery(req: GatewayRequest): Record<string, string> {
  const at = req.originalUrl.indexOf('?');
  const given = new URLSearchParams(at < 0 ? '' : req.originalUrl.slice(at + 1));
  const twice = [...new Set(given.keys())]
    .filter((name) => given.getAll(name).length > 1)
    .map((name) => ({ path: name.slice(0, 40), message: 'is given more than once' }));
  if (twice.length > 0) throw problem('validationFailed', { errors: twice.slice(0, 20) });
  return Object.fromEntries(given);
}

function queryOf(
  given: Record<string, unknown>,
  check: Validator | null,
  schema: TObject | undefined,
): Record<string, unknown> {
  const wrong = Object.keys(given)
    .filter((name) => !schema || !Object.hasOwn(schema.properties, name))
    .map((name) => ({ path: name.slice(0, 40), message: 'is not known here; leave it out' }));
  if (wrong.length > 0) throw problem('validationFailed', { errors: wrong.slice(0, 20) });
  if (!check) return {};
  const query = check.Convert({ ...given }) as Record<string, unknown>;
  if (!check.Check(query)) {
    throw problem('validationFailed', { errors: fieldErrors(check.Errors(query)) });
  }
  return query;
}

function checkedBody(body: unknown, check: Validator): unknown {
  const given = body === undefined ? {} : body;
  if (check.Check(given)) return given;
  throw problem('validationFailed', { errors: fieldErrors(check.Errors(given)) });
}
