/** Pieces that several routes share. */
import type { ServerResponse } from 'node:http';
import { Id, InstrumentSymbol } from '@sandpit/schemas/units.ts';
import type { ServiceBroker } from 'moleculer';
import Type, { type TObject, type TSchema } from 'typebox';
import { codeOf, problem } from '../../platform/errors.ts';
import { askWorker } from '../../platform/owners.ts';
import type { Principal } from '../../platform/tokens.ts';
import { type VenueInfo, venueDirectory } from '../../platform/venues.ts';
import { type Answer, ask, type Call, json } from '../route.ts';

export const API = '/api/v1';

const closed = { additionalProperties: false };
export const byId = Type.Object({ id: Id }, closed);
export const byOrder = Type.Object({ id: Id, orderId: Id }, closed);
export const bySymbol = Type.Object({ id: Id, symbol: InstrumentSymbol }, closed);

/** A repeat with the same key is the same command: safe to send again after a lost answer. */
export const IdempotencyKey = Type.Object({
  'Idempotency-Key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      description: 'Makes a repeat of this request the same command. Any text of yours.',
    }),
  ),
});

export function idempotencyKeyOf({ req }: Call<never>): { idempotencyKey?: string } {
  const key = req.headers['idempotency-key'];
  if (key === undefined) return {};
  if (typeof key === 'string' && key.length >= 1 && key.length <= 64) {
    return { idempotencyKey: key };
  }
  throw problem('validationFailed', {
    errors: [{ path: 'Idempotency-Key', message: 'takes 1 to 64 characters' }],
  });
}

/** The verified caller of a route with `auth: 'trader'`. */
export function caller({ principal }: Call<never>): Principal {
  if (!principal) throw problem('unauthenticated');
  return principal;
}

/** For a route that writes its answer as it goes, which only HTTP can carry. */
export function responseOf({ res }: Call<never>): ServerResponse {
  if (!res) throw new Error('This route writes its own answer, and there is none to write.');
  return res;
}

/** The simulator in the path, if it is the caller's. */
export function ownedVenue(call: Call<never>): Promise<VenueInfo> {
  return venueDirectory(call.broker).owned(call.path.id, caller(call).accountId);
}

/** Committed state from the worker that runs the simulator in the path. */
export async function fromWorker(
  call: Call<never>,
  action: `simulator.${string}`,
  params: Record<string, unknown> = {},
): Promise<unknown> {
  const venue = await ownedVenue(call);
  if (venue.stopped) throw problem('simulatorStopped');
  return workerAnswer(call.broker, venue, call, action, params);
}

/**
 * The same question to the worker while the simulator runs, and to the archive once it has stopped.
 */
export async function fromWorkerOrArchive(
  call: Call<never>,
  name: 'orders' | 'executions' | 'positions' | 'account',
): Promise<unknown> {
  const venue = await ownedVenue(call);
  if (venue.stopped) {
    return ask(call, `portfolio.${name}`, { simulatorId: venue.simulatorId, ...call.query });
  }
  return workerAnswer(call.broker, venue, call, `simulator.${name}`, call.query);
}

/** The order in the path: from the archive, too, when the worker keeps it no longer. */
export async function orderFromWorkerOrArchive(call: Call<never>): Promise<unknown> {
  const venue = await ownedVenue(call);
  const { orderId } = call.path;
  const archived = () => ask(call, 'portfolio.order', { simulatorId: venue.simulatorId, orderId });
  if (venue.stopped) return archived();
  try {
    return await workerAnswer(call.broker, venue, call, 'simulator.order', { orderId });
  } catch (error) {
    if (codeOf(error) !== 'notFound') throw error;
    return archived();
  }
}

async function workerAnswer(
  broker: ServiceBroker,
  { simulatorId, accountId }: VenueInfo,
  { ctx }: Call<never>,
  action: `simulator.${string}`,
  params: Record<string, unknown>,
): Promise<unknown> {
  const { token, correlationId } = ctx.meta;
  const answer = await askWorker(
    broker,
    simulatorId,
    action,
    { accountId, ...params },
    { meta: { token, correlationId } },
  );
  if (answer === null || answer === undefined) throw problem('notFound');
  return answer;
}

/** A route that hands its checked input to one action and answers with what comes back. */
export function forward(action: string, status = 200) {
  return async (call: Call<never>): Promise<Answer> => {
    const params = { ...call.path, ...call.query, ...(call.body as object | undefined) };
    const answer = await ask<unknown>(call, action, params);
    return answer === null || answer === undefined ? { status: 204 } : json(status, answer);
  };
}

/** `{ items }` without a cursor, for lists that are short. */
export const itemsOf = <T extends TSchema>($id: string, items: T): TObject =>
  Type.Object({ items: Type.Array(items) }, { $id });
