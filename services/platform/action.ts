/** Typed actions: the handler's params come from the schema, the principal from the `auth` key. */
import type { AuditArea } from '@sandpit/schemas/audit.ts';
import type { ActionSchema, Context, Service, ServiceSchema } from 'moleculer';
import type { Static, TSchema } from 'typebox';
import type { Principal } from './tokens.ts';

/** What every call carries. It proves nothing about the caller. */
export interface CallMeta {
  token?: string;
  correlationId?: string;
  clientAddress?: string;
}

export type TraderContext<Params = unknown> = Context<Params, CallMeta, { principal: Principal }>;
export type OpenContext<Params = unknown> = Context<Params, CallMeta, Record<string, unknown>>;

/** A service schema whose handlers run on `This`: the service plus what its `started` puts there. */
export type SchemaOf<This> = ServiceSchema<object, object, object, This>;

/** A handler as middlewares get it: its service is bound already. */
// biome-ignore lint/suspicious/noExplicitAny: Moleculer's own type of a handler's context.
export type BoundHandler = (ctx: Context<any, any>) => Promise<unknown>;

/** What of a call goes into the audit trail. */
export interface AuditedAction {
  area: AuditArea;
  /** In the past tense of the desk: `sessionClosed`. */
  action: string;
  // biome-ignore lint/suspicious/noExplicitAny: each reads the params and the answer of its action.
  subject?(params: any, answer: any): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  account?(params: any): unknown;
  /** Chosen facts; never what is secret or says who somebody is. */
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  detail?(params: any, answer: any): Record<string, string | number | boolean | null>;
}

interface Common {
  audit?: AuditedAction;
  /** Caller's patience; the handler runs on after it. */
  timeoutMs?: number;
  /** Repeated once when the serving process was away. Never for anything that changes state. */
  read?: boolean;
  bulkhead?: { enabled?: boolean; concurrency?: number; maxQueueSize?: number };
  /** Level of the one line that each call leaves; `debug` unless given. */
  log?: 'debug' | 'info';
}

export function traderAction<P extends TSchema, This = Service>(
  definition: Common & {
    params: P;
    handler(this: This, ctx: TraderContext<Static<P>>): Promise<unknown>;
  },
): ActionSchema<This> {
  return { ...common(definition), auth: 'trader' };
}

export function openAction<P extends TSchema, This = Service>(
  definition: Common & {
    params: P;
    handler(this: This, ctx: OpenContext<Static<P>>): Promise<unknown>;
  },
): ActionSchema<This> {
  return common(definition);
}

function common<This>(
  definition: Common & { params: TSchema; handler: (this: This, ctx: never) => Promise<unknown> },
): ActionSchema<This> {
  const { timeoutMs, read, params, handler, bulkhead, log, audit } = definition;
  return {
    // Moleculer's type describes another schema language; the validation middleware reads this one.
    params: params as unknown as NonNullable<ActionSchema['params']>,
    handler: handler as NonNullable<ActionSchema<This>['handler']>,
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
    ...(read ? { retryPolicy: { enabled: true } } : {}),
    ...(bulkhead ? { bulkhead } : {}),
    ...(log ? { log } : {}),
    ...(audit ? { audit } : {}),
  };
}
