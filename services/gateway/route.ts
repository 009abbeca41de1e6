/**
 * One route of the public API, said once: what moleculer-web listens to, what is checked, and what
 * /openapi.json tells the world are all made from it.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ProblemCode } from '@sandpit/schemas/problem.ts';
import type { Context, ServiceBroker } from 'moleculer';
import type { TObject, TSchema } from 'typebox';
import type { CallMeta } from '../platform/action.ts';
import type { Principal } from '../platform/tokens.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Which bucket of the rate limiter a request draws from. */
export type LimitClass = 'login' | 'session' | 'read' | 'write' | 'order' | 'cancel';

export interface Answer {
  status: number;
  /** Undefined = no body. */
  body?: unknown;
  headers?: Record<string, string>;
}

/** A request that has passed every check of its route. */
export interface Call<Input = Record<string, unknown>> {
  broker: ServiceBroker;
  ctx: Context<unknown, CallMeta>;
  req: Pick<IncomingMessage, 'headers'>;
  /** Only of a request over HTTP. */
  res?: ServerResponse;
  /** Null on routes without `auth: 'trader'`. */
  principal: Principal | null;
  /** Path, query and body, checked and in their types. */
  path: Record<string, string>;
  query: Record<string, unknown>;
  body: Input;
}

export interface RouteAnswer {
  description: string;
  /** Null = no body. */
  schema: TSchema | null;
  /** `application/json` unless given. */
  contentType?: string;
  /** Of a stream: name of an event -> the shape of its data. */
  events?: Readonly<Record<string, TSchema>>;
  example?: unknown;
}

export interface Route {
  method: Method;
  /** With `:names`, below the server's root. */
  path: string;
  /** Unique; the method name in generated clients. */
  operationId: string;
  tag: string;
  summary: string;
  description?: string;
  /** `cookie`: the refresh cookie; such routes also insist on the app's own origin. */
  auth: 'none' | 'trader' | 'cookie';
  limit: LimitClass;
  pathSchema?: TObject;
  query?: TObject;
  headers?: TObject;
  body?: TSchema;
  bodyExample?: unknown;
  /** More of them, by what they show; then all are named, the first as `plain`. */
  bodyExamples?: Readonly<Record<string, unknown>>;
  answers: Record<number, RouteAnswer>;
  /** Besides those that every route of its kind has. */
  problems?: readonly ProblemCode[];
  run(call: Call<never>): Promise<Answer>;
}

/** Asks a service in the caller's name. */
export function ask<Result>(
  call: Call<never>,
  action: string,
  params: object = {},
): Promise<Result> {
  return call.ctx.call(action, params) as Promise<Result>;
}

export const json = (status: number, body: unknown, headers?: Record<string, string>): Answer => ({
  status,
  body,
  ...(headers && { headers }),
});
