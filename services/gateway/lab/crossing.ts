/** A request on its way to the venue and back, through a lab. Knows nothing of HTTP. */
import {
  type OrderListRequest,
  type OrderRequest,
  type OrderSubmission,
  unstamped,
} from '@sandpit/schemas/http.ts';
import { problem } from '../../platform/errors.ts';
import type { Answer, Call, Route } from '../route.ts';
import { type Fate, ofConnection } from './fate.ts';
import type { Room } from './room.ts';
import type { Selection } from './under-way.ts';

const SUBMITS: ReadonlySet<string> = new Set([
  'submitOrder',
  'submitOrderList',
  'replaceOrder',
  'closePosition',
  'reversePosition',
]);
const CANCELS: ReadonlySet<string> = new Set(['cancelOrder', 'cancelAllOrders', 'cancelOrderList']);
/** Questions that a standing market answers with what it said first. */
const FROZEN: ReadonlySet<string> = new Set(['getBook', 'getQuote', 'getTrades', 'getCandles']);
const FROZEN_MAX = 64;
/** What stands around an answer: headers, and a problem document if it is one. */
const HEADER_BYTES = 700;

/**
 * Carries a request there and its answer back.
 *
 * @param isGone  Whether the client has given up.
 * @returns  Null when the connection has to be broken instead of an answer.
 * @throws what `run` throws, and the refusals of a lab.
 */
export async function cross(
  room: Room,
  route: Route,
  call: Call<never>,
  run: () => Promise<Answer>,
  isGone: () => boolean,
): Promise<Answer | null> {
  const drawn = room.next();
  const fate = route.operationId === 'streamSimulator' ? ofConnection(drawn) : drawn;
  const orders = ordersIn(route.operationId, call.body);
  const venue = call.path.id ?? '';
  // Noted where it was sent: what follows takes each request its own time.
  const arrived = room.underWay.send(orders.map((order) => ({ ...order, venue })));
  const isCancel = route.operationId === 'cancelAllOrders';
  const cancels = isCancel ? room.underWay.cancelAll(venue, call.query as Selection) : null;
  let [isThere, missed] = [false, 0];
  try {
    await noteOrders(room, venue, orders);
    isThere = await arrives(room, fate, isGone);
  } finally {
    missed = arrived();
  }
  if (!isThere) {
    room.count('requestsLost');
    return null;
  }
  if (!room.conditions.submitsDown) room.count('cancelsMissed', missed);
  if (!room.conditions.cancelsDown) cancels?.();
  const outcome = await outcomeOf(room, route, call, fate, run);
  if (!(await returns(room, fate, bytesOf(outcome), isGone))) {
    room.count('answersLost');
    return null;
  }
  await Promise.all(orders.map((order) => room.submissions.answered(venue, order.clientOrderId)));
  if (outcome.kind === 'error') throw outcome.error;
  return outcome.answer;
}

/** The way there. A connection that opens needs no more than this. */
export async function arrives(room: Room, fate: Fate, isGone: () => boolean): Promise<boolean> {
  if (!(await room.wait(fate.delayToVenueMs))) return false;
  if (fate.lost === 'request' && !room.hasEnded) return false;
  if (room.conditions.toVenue === 'open') return true;
  await room.held('toVenue', isGone);
  return false;
}

/** The way back. A client that has given up meanwhile never hears of it. */
async function returns(
  room: Room,
  fate: Fate,
  bytes: number,
  isGone: () => boolean,
): Promise<boolean> {
  if (!(await room.carry(bytes))) return false;
  if (!(await room.wait(fate.delayToClientMs))) return false;
  if (isGone()) return false;
  if (fate.lost === 'answer' && !room.hasEnded) return false;
  if (room.conditions.toClient === 'open') return true;
  await room.held('toClient', isGone);
  return false;
}

type Outcome = { kind: 'answer'; answer: Answer } | { kind: 'error'; error: unknown };

/** What an answer weighs on the line. One that is written as it goes, a file, is not weighed. */
function bytesOf(outcome: Outcome): number {
  if (outcome.kind === 'error') return HEADER_BYTES;
  const { body } = outcome.answer;
  return HEADER_BYTES + (body === undefined ? 0 : Buffer.byteLength(JSON.stringify(body)));
}

async function outcomeOf(
  room: Room,
  route: Route,
  call: Call<never>,
  fate: Fate,
  run: () => Promise<Answer>,
): Promise<Outcome> {
  try {
    refuse(room, route, fate);
    return { kind: 'answer', answer: await frozenOr(room, route, call, run) };
  } catch (error) {
    return { kind: 'error', error };
  }
}

/** @throws problem `unavailable`, `labRejected` */
function refuse(room: Room, { operationId }: Route, fate: Fate): void {
  const { submitsDown, cancelsDown } = room.conditions;
  const isSubmit = SUBMITS.has(operationId);
  if ((isSubmit && submitsDown) || (cancelsDown && CANCELS.has(operationId))) {
    room.count('refused');
    const what = isSubmit ? 'New orders and changes' : 'Cancels';
    const detail = `${what} do not reach the venue: the network lab of this session is on.`;
    throw problem('unavailable', { detail, retryAfterSeconds: 1 });
  }
  if (isSubmit && fate.rejected && !room.hasEnded) {
    room.count('refused');
    throw problem('labRejected');
  }
}

async function frozenOr(
  room: Room,
  { operationId }: Route,
  call: Call<never>,
  run: () => Promise<Answer>,
): Promise<Answer> {
  if (!room.conditions.bookStale || !FROZEN.has(operationId)) return run();
  const key = JSON.stringify([operationId, call.path, call.query]);
  const kept = room.frozen.get(key) as Answer | undefined;
  if (kept) return kept;
  const answer = await run();
  if (room.conditions.bookStale && room.frozen.size < FROZEN_MAX) room.frozen.set(key, answer);
  return answer;
}

/** Counts what is sent twice. */
async function noteOrders(
  room: Room,
  venue: string,
  orders: readonly OrderRequest[],
): Promise<void> {
  const sent = await Promise.all(orders.map((order) => room.submissions.send(venue, order)));
  if (sent.includes('duplicate')) room.count('duplicatesSent');
  else if (sent.includes('repeat')) room.count('repeatsSent');
}

/** The orders in a request. */
function ordersIn(operationId: string, body: unknown): OrderRequest[] {
  if (operationId === 'submitOrder') return [unstamped(body as OrderSubmission).request];
  if (operationId === 'submitOrderList') return (body as OrderListRequest).orders;
  return [];
}
