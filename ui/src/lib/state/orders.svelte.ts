import { quantityLots } from '@sandpit/schemas/decimal.ts';
import type {
  OrderPreview,
  OrderRequest,
  OrderView,
  ReplaceRequest,
} from '@sandpit/schemas/http.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import { type Side, TERMINAL_STATUSES } from '@sandpit/schemas/order.ts';
import { SvelteMap } from 'svelte/reactivity';
import type { Api } from '../client/api.ts';
import { ApiError, messageOf } from '../client/api-error.ts';
import { type InFlightOrder, isNewer, nextStep } from '../client/reconcile.ts';
import type { Connection } from './connection.svelte.ts';

const MAX_ROWS = 2_000;
const REPEAT_AFTER_MS = 1_000;
const MAX_PAUSE_MS = 5_000;

export interface OrderRow extends OrderView {
  /** Not yet confirmed by the venue: shown at once, settled by the stream or the answer. */
  isOptimistic: boolean;
  /** Why it will not be, where the venue never saw it. */
  note: string | null;
}

export type SubmitOutcome =
  | { kind: 'settled'; order: OrderView }
  | { kind: 'refused'; error: ApiError }
  | { kind: 'notPlaced' };

/** The trader's orders: optimistic first, then whatever the venue says, the later record winning. */
export class Orders {
  /** By clientOrderId: known before the venue gives its own id. */
  readonly #rows = new SvelteMap<string, OrderRow>();
  /** Orders with a cancel or a change on its way. */
  readonly changing = new SvelteMap<string, 'canceling' | 'replacing'>();
  readonly #api: Api;
  readonly #path: string;
  readonly #connection: Connection;

  #stopped = false;

  /** Newest first. */
  all: OrderRow[] = $derived([...this.#rows.values()].toSorted(newestFirst));
  open: OrderRow[] = $derived(this.all.filter(({ status }) => !TERMINAL_STATUSES.has(status)));
  closed: OrderRow[] = $derived(this.all.filter(({ status }) => TERMINAL_STATUSES.has(status)));

  constructor(api: Api, simulatorId: string, connection: Connection) {
    this.#api = api;
    this.#path = `/simulators/${simulatorId}/orders`;
    this.#connection = connection;
  }

  /** A snapshot is the whole truth: an open order that it does not know is gone. */
  load(open: readonly OrderView[], recent: readonly OrderView[]): void {
    const known = new Set([...open, ...recent].map(({ clientOrderId }) => clientOrderId));
    for (const [id, row] of this.#rows)
      if (!known.has(id) && !row.isOptimistic && !TERMINAL_STATUSES.has(row.status))
        this.#rows.delete(id);
    for (const order of [...recent, ...open]) this.apply(order);
  }

  apply(order: OrderView): void {
    const current = this.#rows.get(order.clientOrderId);
    if (current && !current.isOptimistic && !isNewer(order, current)) return;
    this.#rows.set(order.clientOrderId, { ...order, isOptimistic: false, note: null });
    this.#forgetOld();
  }

  /** Open lots of an instrument, by side. */
  workingLots(instrument: Instrument | undefined): Record<Side, number> {
    const lots = { buy: 0, sell: 0 };
    for (const { symbol, side, leavesQuantity } of this.open)
      if (symbol === instrument?.symbol)
        lots[side] += quantityLots(leavesQuantity, instrument) ?? 0;
    return lots;
  }

  /** Shows the order at once, sends it, and follows it until its fate is certain. Never throws. */
  async submit(
    ticket: Omit<OrderRequest, 'clientOrderId'>,
    nowIso: string,
  ): Promise<SubmitOutcome> {
    const request: OrderRequest = { clientOrderId: crypto.randomUUID(), ...ticket };
    this.#rows.set(request.clientOrderId, optimisticRow(request, nowIso));
    const order: InFlightOrder = {
      request,
      submittedAtMs: performance.now(),
      sends: 0,
      isSending: false,
      liveSinceMs: null,
    };
    return this.#follow(order);
  }

  /** What would happen, without it happening. @throws ApiError */
  preview(ticket: Omit<OrderRequest, 'clientOrderId'>): Promise<OrderPreview> {
    const request: OrderRequest = { clientOrderId: crypto.randomUUID(), ...ticket };
    return this.#api.post<OrderPreview>(`${this.#path}/preview`, request);
  }

  /** Leaves the desk: what is in flight goes on without being watched. */
  stop(): void {
    this.#stopped = true;
  }

  /** @throws ApiError */
  async cancel(row: OrderRow): Promise<OrderView> {
    return this.#change(row, 'canceling', () =>
      this.#api.delete<OrderView>(`${this.#path}/${row.orderId}`),
    );
  }

  /** @throws ApiError */
  async replace(row: OrderRow, change: ReplaceRequest): Promise<OrderView> {
    return this.#change(row, 'replacing', () =>
      this.#api.patch<OrderView>(`${this.#path}/${row.orderId}`, change),
    );
  }

  /** @throws ApiError */
  async cancelAll(): Promise<number> {
    const { items } = await this.#api.delete<{ items: OrderView[] }>(this.#path);
    for (const order of items) this.apply(order);
    return items.length;
  }

  async #change(
    row: OrderRow,
    kind: 'canceling' | 'replacing',
    send: () => Promise<OrderView>,
  ): Promise<OrderView> {
    this.changing.set(row.orderId, kind);
    try {
      const order = await send();
      this.apply(order);
      return order;
    } finally {
      this.changing.delete(row.orderId);
    }
  }

  async #follow(order: InFlightOrder): Promise<SubmitOutcome> {
    while (!this.#stopped) {
      order.liveSinceMs = this.#connection.liveSinceMs;
      const row = this.#rows.get(order.request.clientOrderId);
      const known = row && !row.isOptimistic ? row : undefined;
      const step = nextStep(order, known, this.#connection.state, performance.now());
      if (step.kind === 'settled') return { kind: 'settled', order: step.order };
      if (step.kind === 'notPlaced') {
        this.#giveUp(order, 'The venue never received it.');
        return { kind: 'notPlaced' };
      }
      if (step.kind === 'wait') await pause(step.ms);
      else {
        const refused = await this.#send(order);
        if (refused) return { kind: 'refused', error: refused };
      }
    }
    return { kind: 'notPlaced' };
  }

  /** @returns the error when the order was refused for good; null when it is settled or unknown. */
  async #send(order: InFlightOrder): Promise<ApiError | null> {
    if (order.sends > 0) this.#annotate(order, 'No answer yet. Asking again: it is safe.');
    order.sends += 1;
    order.isSending = true;
    try {
      this.apply(await this.#api.post<OrderView>(this.#path, order.request));
      return null;
    } catch (error) {
      const known = error instanceof ApiError ? error : new ApiError('badAnswer', messageOf(error));
      if (!known.outcomeUnknown) {
        this.#giveUp(order, known.message);
        return known;
      }
      this.#annotate(order, 'No answer yet. Checking with the venue.');
      await pause(Math.min(known.retryAfterMs ?? REPEAT_AFTER_MS, MAX_PAUSE_MS));
      return null;
    } finally {
      order.isSending = false;
    }
  }

  #annotate({ request }: InFlightOrder, note: string): void {
    const row = this.#rows.get(request.clientOrderId);
    if (row?.isOptimistic) this.#rows.set(request.clientOrderId, { ...row, note });
  }

  /** Refused before the venue: the row stays, marked, so that it never just vanishes. */
  #giveUp({ request }: InFlightOrder, note: string): void {
    const row = this.#rows.get(request.clientOrderId);
    if (row?.isOptimistic)
      this.#rows.set(request.clientOrderId, {
        ...row,
        status: 'rejected',
        leavesQuantity: '0',
        note,
      });
  }

  #forgetOld(): void {
    for (const [id, row] of this.#rows) {
      if (this.#rows.size <= MAX_ROWS) return;
      if (TERMINAL_STATUSES.has(row.status)) this.#rows.delete(id);
    }
  }
}

function newestFirst(a: OrderRow, b: OrderRow): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? 1 : -1;
  return b.sequence - a.sequence;
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function optimisticRow(request: OrderRequest, nowIso: string): OrderRow {
  return {
    orderId: request.clientOrderId,
    clientOrderId: request.clientOrderId,
    symbol: request.symbol,
    side: request.side,
    type: request.type,
    timeInForce: request.timeInForce ?? 'gtc',
    postOnly: request.postOnly ?? false,
    quantity: request.quantity,
    limitPrice: request.limitPrice ?? null,
    status: 'pendingNew',
    filledQuantity: '0',
    leavesQuantity: request.quantity,
    averagePrice: null,
    fees: '0.00',
    rejectReason: null,
    ...(request.stopPrice && { stopPrice: request.stopPrice }),
    ...(request.trailAmount && { trailAmount: request.trailAmount }),
    ...(request.trailPercent && { trailPercent: request.trailPercent }),
    ...(request.triggerReference && { triggerReference: request.triggerReference }),
    ...(request.expireAt && { expireAt: request.expireAt }),
    ...(request.reduceOnly && { reduceOnly: true }),
    createdAt: nowIso,
    updatedAt: nowIso,
    sequence: 0,
    isOptimistic: true,
    note: null,
  };
}
