/**
 * Sends an order, or a list of them, and follows it until its fate is certain: repeats what may be
 * repeated under the same ids, and otherwise looks at what the venue says.
 */
import type { OrderRequest, OrderView } from '@sandpit/schemas/http.ts';
import { ApiError, messageOf } from './api-error.ts';
import type { LinkState } from './link.ts';
import { type InFlightOrder, nextStep } from './reconcile.ts';

const REPEAT_AFTER_MS = 1_000;
const MAX_PAUSE_MS = 5_000;

/** Refusals that say nothing of an earlier attempt: that one may have come in time. */
const OF_THIS_ATTEMPT: ReadonlySet<string> = new Set(['staleOrder', 'orderGateClosed']);

/** Where the orders are shown meanwhile. */
export interface PlacementBook {
  /** Confirmed by the venue; undefined while it is not. */
  known(clientOrderId: string): OrderView | undefined;
  apply(order: OrderView): void;
  annotate(clientOrderId: string, note: string): void;
  /** It will not be: it stays in sight, marked. */
  giveUp(clientOrderId: string, note: string): void;
}

export interface PlacementRequest {
  /** Placed together: what is known of the first is known of all. */
  orders: readonly [OrderRequest, ...OrderRequest[]];
  /** One attempt. @throws ApiError */
  post(): Promise<readonly OrderView[]>;
  /** It was sent this long ago, by a page that was reloaded since; not sent yet unless given. */
  sentBeforeMs?: number;
}

export interface PlacementWorld {
  book: PlacementBook;
  link(): { state: LinkState; liveSinceMs: number | null };
  isStopped(): boolean;
  nowMs(): number;
  pause(ms: number): Promise<void>;
}

export type SubmitOutcome =
  | { kind: 'settled'; order: OrderView }
  | { kind: 'refused'; error: ApiError }
  | { kind: 'notPlaced' }
  /** Nobody watches any more; what becomes of it is seen on return. */
  | { kind: 'left' };

/** Never throws. */
export async function place(
  request: PlacementRequest,
  world: PlacementWorld,
): Promise<SubmitOutcome> {
  const { book } = world;
  const [first] = request.orders;
  const order: InFlightOrder = {
    request: first,
    submittedAtMs: world.nowMs() - (request.sentBeforeMs ?? 0),
    // Of attempts by a page of before the last one may be as young as the reload.
    lastSentAtMs: world.nowMs(),
    sends: request.sentBeforeMs === undefined ? 0 : 1,
    isTooLate: false,
    isSending: false,
    liveSinceMs: null,
  };
  while (!world.isStopped()) {
    const { state, liveSinceMs } = world.link();
    order.liveSinceMs = liveSinceMs;
    const step = nextStep(order, book.known(first.clientOrderId), state, world.nowMs());
    if (step.kind === 'settled') return { kind: 'settled', order: step.order };
    if (step.kind === 'notPlaced') {
      forEach(request, (id) => book.giveUp(id, 'The venue never received it.'));
      return { kind: 'notPlaced' };
    }
    if (step.kind === 'wait') await world.pause(step.ms);
    else {
      const refused = await send(request, order, world);
      if (refused) return { kind: 'refused', error: refused };
    }
  }
  return { kind: 'left' };
}

/** @returns the error when it was refused for good; null when it is settled or unknown. */
async function send(
  request: PlacementRequest,
  order: InFlightOrder,
  { book, pause, nowMs }: PlacementWorld,
): Promise<ApiError | null> {
  if (order.sends > 0)
    forEach(request, (id) => book.annotate(id, 'No answer yet. Asking again: it is safe.'));
  order.sends += 1;
  order.lastSentAtMs = nowMs();
  order.isSending = true;
  try {
    for (const view of await request.post()) book.apply(view);
    return null;
  } catch (error) {
    const known = error instanceof ApiError ? error : new ApiError('badAnswer', messageOf(error));
    if (order.sends > 1 && OF_THIS_ATTEMPT.has(known.code)) {
      // An attempt before it may have got there.
      order.isTooLate = true;
      forEach(request, (id) =>
        book.annotate(id, 'Too late to ask again. Checking with the venue.'),
      );
      return null;
    }
    if (!known.outcomeUnknown) {
      forEach(request, (id) => book.giveUp(id, known.message));
      return known;
    }
    forEach(request, (id) => book.annotate(id, 'No answer yet. Checking with the venue.'));
    await pause(Math.min(known.retryAfterMs ?? REPEAT_AFTER_MS, MAX_PAUSE_MS));
    return null;
  } finally {
    order.isSending = false;
  }
}

function forEach({ orders }: PlacementRequest, act: (clientOrderId: string) => void): void {
  for (const { clientOrderId } of orders) act(clientOrderId);
}
