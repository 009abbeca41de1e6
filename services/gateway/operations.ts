/** Requests that do not come over HTTP: the same routes as REST, with the same checks. */
import { randomUUID } from 'node:crypto';
import {
  OPERATIONS,
  type OperationName,
  type OperationParts,
} from '@sandpit/schemas/operations.ts';
import type { Context } from 'moleculer';
import type { CallMeta } from '../platform/action.ts';
import { problem } from '../platform/errors.ts';
import type { Principal } from '../platform/tokens.ts';
import type { VenueInfo } from '../platform/venues.ts';
import { type Door, routeChecks } from './handler.ts';
import { runRoute } from './lab/passage.ts';
import type { Answer, Call, LimitClass, Route } from './route.ts';

export interface Caller {
  principal: Principal;
  token: string;
  venue: VenueInfo;
  clientAddress: string;
}

export interface Operation {
  limit: LimitClass;
  /** @returns  Null: no answer will come, break the connection. */
  run(
    request: OperationParts,
    caller: Caller,
    correlationId: string,
    isGone: () => boolean,
  ): Promise<Answer | null>;
}
export type Operations = Readonly<Record<OperationName, Operation>>;

export const newCorrelationId = () => randomUUID().replaceAll('-', '');

/** @param routes  All of REST. A name that none of them has, or another address, stops the start. */
export function operationsOf(routes: readonly Route[], door: Door): Operations {
  const entries = Object.entries(OPERATIONS).map(([name, [method, path]]) => {
    const route = routes.find(({ operationId }) => operationId === name);
    if (route?.method !== method || route.path !== `/api/v1${path}`) {
      throw new Error(`No route ${name} is ${method} ${path}.`);
    }
    return [name, operationOf(route, door)];
  });
  return Object.fromEntries(entries);
}

function operationOf(route: Route, { broker, limits }: Door): Operation {
  const checks = routeChecks(route);
  const isOfSession = route.path.includes('/sessions/:id');
  return {
    limit: route.limit,
    async run({ path = {}, query = {}, body, idempotencyKey }, caller, correlationId, isGone) {
      const { principal, token, venue, clientAddress } = caller;
      // The token may have ended since it was shown.
      await broker.tokens.verify(token);
      await limits.take(route.limit, principal.accountId);
      if ('id' in path) throw idIsKnown();
      const id = isOfSession ? venue.sessionId : venue.simulatorId;
      const meta: CallMeta = { token, correlationId, clientAddress };
      const call: Call = {
        broker,
        ctx: contextOf(broker, meta),
        req: { headers: idempotencyKey ? { 'idempotency-key': idempotencyKey } : {} },
        principal,
        path: checks.path({ ...path, id }),
        query: checks.query(query),
        body: checks.body(body),
      };
      return runRoute(route, call as Call<never>, isGone);
    },
  };
}

const idIsKnown = () =>
  problem('validationFailed', {
    errors: [{ path: 'path.id', message: 'is known already; leave it out' }],
  });

function contextOf(broker: Door['broker'], meta: CallMeta): Context<unknown, CallMeta> {
  const root = broker.ContextFactory.create(broker, null as never, {}, { meta });
  return root as Context<unknown, CallMeta>;
}
