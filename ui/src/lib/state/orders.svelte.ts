import { quantityLots } from '@sandpit/schemas/decimal.ts';
import type {
  FillReceipt,
  OrderListPreview,
  OrderListRequest,
  OrderListView,
  OrderPreview,
  OrderRequest,
  OrderStamp,
  OrderView,
  ReplaceRequest,
} from '@sandpit/schemas/http.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import { type Side, TERMINAL_STATUSES } from '@sandpit/schemas/order.ts';
import { SvelteMap } from 'svelte/reactivity';
import type { Api } from '../client/api.ts';
import type { Commands } from '../client/commands.ts';
import { InFlight, type Placing, type Sent } from '../client/in-flight.ts';
import { atWork } from '../client/order-groups.ts';
import { type PlacementWorld, place, type SubmitOutcome } from '../client/placement.ts';
import { isNewer, receiveWindowOf } from '../client/reconcile.ts';
import type { Asked } from '../client/socket-source.ts';
import { isLinked, type PlanList } from '../client/ticket-plan.ts';
import type { Connection } from './connection.svelte.ts';

const MAX_ROWS = 2_000;

export interface OrderRow extends OrderView {
  /** Not yet confirmed by the venue: shown at once, settled by the stream or the answer. */
  isOptimistic: boolean;
  /** Why it will not be, where the venue never saw it. */
  note: string | null;
}

/** The trader's orders: optimistic first, then whatever the venue says, the later record winning. */
export class Orders {
  /** By clientOrderId: known before the venue gives its own id. */
  readonly #rows = new SvelteMap<string, OrderRow>();
  /** Orders with a cancel or a change on its way. */
  readonly changing = new SvelteMap<string, 'canceling' | 'replacing'>();
  readonly #api: Api;
  readonly #commands: Commands;
  readonly #path: string;
  readonly #inFlight: InFlight;
  /** Of what is sent now; the same for all of its attempts. */
  readonly #stamp: () => OrderStamp | null;

  readonly #world: PlacementWorld;
  #stopped = false;

  /** Newest first. */
  all: OrderRow[] = $derived([...this.#rows.values()].toSorted(newestFirst));
  open: OrderRow[] = $derived(this.all.filter(({ status }) => !TERMINAL_STATUSES.has(status)));
  /** Open, without the exits that wait for their entry. */
  working: OrderRow[] = $derived(atWork(this.open, this.all));
  closed: OrderRow[] = $derived(this.all.filter(({ status }) => TERMINAL_STATUSES.has(status)));

  constructor(
    api: Api,
    commands: Commands,
    simulatorId: string,
    connection: Connection,
    stamp: () => OrderStamp | null,
  ) {
    this.#stamp = stamp;
    this.#api = api;
    this.#commands = commands;
    this.#path = `/simulators/${simulatorId}`;
    this.#inFlight = new InFlight(sessionStorage, simulatorId, Date.now);
    this.#world = {
      book: {
        known: (id) => this.#confirmed(id),
        apply: (order) => this.apply(order),
        annotate: (id, note) => this.#annotate(id, note),
        giveUp: (id, note) => this.#giveUp(id, note),
      },
      link: () => connection,
      isStopped: () => this.#stopped,
      nowMs: () => performance.now(),
      pause,
    };
  }

  /** A snapshot is the whole truth: an open order that it does not know is gone. */
  load(open: readonly OrderView[], recent: readonly OrderView[]): void {
    const known = new Set([...open, ...recent].map(({ clientOrderId }) => clientOrderId));
    for (const [id, row] of this.#rows)
      if (!known.has(id) && !row.isOptimistic && !TERMINAL_STATUSES.has(row.status))
        this.#rows.delete(id);
    for (const order of [...recent, ...open]) this.apply(order);
  }

  /** As `load` takes it: what the venue has confirmed. */
  get confirmed(): { openOrders: OrderView[]; recentOrders: OrderView[] } {
    const confirmed = (rows: OrderRow[]): OrderView[] =>
      rows.filter(({ isOptimistic }) => !isOptimistic);
    return { openOrders: confirmed(this.open), recentOrders: confirmed(this.closed) };
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
    const lists = new Set<string>();
    for (const { symbol, side, leavesQuantity, listId, contingency } of this.working) {
      // Of the orders of a list one trades: they count once.
      const list = listId && contingency !== 'oto' ? `${listId} ${side}` : null;
      if (list && lists.has(list)) continue;
      if (list) lists.add(list);
      if (symbol === instrument?.symbol)
        lots[side] += quantityLots(leavesQuantity, instrument) ?? 0;
    }
    return lots;
  }

  /** Shows the order at once, sends it, and follows it until its fate is certain. Never throws. */
  submit(ticket: Omit<OrderRequest, 'clientOrderId'>, nowIso: string): Promise<SubmitOutcome> {
    const request: OrderRequest = { clientOrderId: crypto.randomUUID(), ...ticket };
    return this.#submit('submitOrder', { body: request }, [request], nowIso);
  }

  /** As `submit`, for orders that depend on each other; the outcome is the first one's. */
  submitList({ contingency, orders }: PlanList, nowIso: string): Promise<SubmitOutcome> {
    const requests = orders.map((leg) => ({ clientOrderId: crypto.randomUUID(), ...leg }));
    const list: OrderListRequest = {
      clientListId: crypto.randomUUID(),
      contingency,
      orders: requests,
    };
    const all = requests as [OrderRequest, ...OrderRequest[]];
    return this.#submit('submitOrderList', { body: list }, all, nowIso);
  }

  /** Trades a position away, or twice to turn it; its open orders go first. Never throws. */
  submitExit(
    exit: { symbol: string; side: Side; quantity: string; kind: 'close' | 'reverse' },
    nowIso: string,
  ): Promise<SubmitOutcome> {
    const { kind, ...ticket } = exit;
    const request: OrderRequest = {
      clientOrderId: crypto.randomUUID(),
      type: 'market',
      timeInForce: 'ioc',
      ...ticket,
    };
    const asked = {
      path: { symbol: ticket.symbol },
      body: { clientOrderId: request.clientOrderId },
    };
    const operation = kind === 'close' ? 'closePosition' : 'reversePosition';
    return this.#submit(operation, asked, [request], nowIso);
  }

  /** Follows what a page of before was following when it was reloaded. Call once there is a snapshot. */
  recall(): void {
    for (const sent of this.#inFlight.all()) void this.#follow(sent, Date.now() - sent.askedAtMs);
  }

  #submit(
    operation: Placing,
    asked: Asked,
    orders: readonly [OrderRequest, ...OrderRequest[]],
    askedAtIso: string,
  ): Promise<SubmitOutcome> {
    const stamp = this.#stamp();
    const body = { ...(asked.body as object), ...stamp, ...(stamp && receiveWindowOf(orders[0])) };
    const askedAtMs = Date.now();
    const sent = { operation, asked: { ...asked, body }, orders, askedAtMs, askedAtIso };
    this.#inFlight.add(sent);
    return this.#follow(sent);
  }

  async #follow(sent: Sent, sentBeforeMs?: number): Promise<SubmitOutcome> {
    const { operation, asked, orders } = sent;
    for (const row of optimisticRows(sent))
      if (!this.#rows.has(row.clientOrderId)) this.#rows.set(row.clientOrderId, row);
    const post = async () => {
      const answer = await this.#commands.send<OrderView | OrderListView>(operation, asked);
      return 'orders' in answer ? answer.orders : [answer];
    };
    const before = sentBeforeMs === undefined ? {} : { sentBeforeMs };
    const outcome = await place({ orders, post, ...before }, this.#world);
    if (outcome.kind !== 'left') this.#inFlight.remove(sent);
    return outcome;
  }

  /** What would happen, without it happening. @throws ApiError */
  preview(ticket: Omit<OrderRequest, 'clientOrderId'>): Promise<OrderPreview> {
    const request: OrderRequest = { clientOrderId: crypto.randomUUID(), ...ticket };
    return this.#api.post<OrderPreview>(`${this.#path}/orders/preview`, request);
  }

  /** As `preview`, for orders that depend on each other. @throws ApiError */
  previewList({ contingency, orders }: PlanList): Promise<OrderListPreview> {
    const list: OrderListRequest = {
      clientListId: crypto.randomUUID(),
      contingency,
      orders: orders.map((leg) => ({ clientOrderId: crypto.randomUUID(), ...leg })),
    };
    return this.#api.post<OrderListPreview>(`${this.#path}/order-lists/preview`, list);
  }

  /** Why it was filled, or was not. @throws ApiError */
  receipt(orderId: string): Promise<FillReceipt> {
    return this.#api.get<FillReceipt>(`${this.#path}/orders/${orderId}/receipt`);
  }

  /** Leaves the desk: what is in flight goes on without being watched. */
  stop(): void {
    this.#stopped = true;
  }

  /** @throws ApiError */
  async cancel(row: OrderRow): Promise<OrderView> {
    return this.#change(row, 'canceling', () =>
      this.#commands.send('cancelOrder', { path: { orderId: row.orderId } }),
    );
  }

  /** @throws ApiError */
  async replace(row: OrderRow, change: ReplaceRequest): Promise<OrderView> {
    const body = { ...change, ...this.#stamp() };
    return this.#change(row, 'replacing', () =>
      this.#commands.send('replaceOrder', { path: { orderId: row.orderId }, body }),
    );
  }

  /** Of the symbol and the side, where given. @throws ApiError */
  async cancelAll(only: { symbol?: string; side?: Side } = {}): Promise<number> {
    return this.#applyAll(await this.#commands.send('cancelAllOrders', { query: { ...only } }));
  }

  /** What is open of a list. @throws ApiError */
  async cancelList(listId: string): Promise<number> {
    return this.#applyAll(await this.#commands.send('cancelOrderList', { path: { listId } }));
  }

  #applyAll({ items }: { items: OrderView[] }): number {
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

  #confirmed(clientOrderId: string): OrderRow | undefined {
    const row = this.#rows.get(clientOrderId);
    return row?.isOptimistic ? undefined : row;
  }

  #annotate(clientOrderId: string, note: string): void {
    const row = this.#rows.get(clientOrderId);
    if (row?.isOptimistic) this.#rows.set(clientOrderId, { ...row, note });
  }

  /** Refused before the venue: the row stays, marked, so that it never just vanishes. */
  #giveUp(clientOrderId: string, note: string): void {
    const row = this.#rows.get(clientOrderId);
    if (row?.isOptimistic)
      this.#rows.set(clientOrderId, { ...row, status: 'rejected', leavesQuantity: '0', note });
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

/** Orders as they are shown before the venue has said anything. */
function optimisticRows({ asked, orders, askedAtIso }: Sent): OrderRow[] {
  const { clientListId, contingency } = (asked.body ?? {}) as Partial<OrderListRequest>;
  return orders.map((request, i) => {
    const row = optimisticRow(request, askedAtIso);
    if (!clientListId || !contingency) return row;
    const listRole = isLinked(contingency) ? 'peer' : i === 0 ? 'parent' : 'child';
    return { ...row, listId: clientListId, contingency, listRole };
  });
}

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
    ...(request.minimumQuantity && { minimumQuantity: request.minimumQuantity }),
    ...(request.pegPriceType && { pegPriceType: request.pegPriceType }),
    ...(request.pegOffset && { pegOffset: request.pegOffset }),
    createdAt: nowIso,
    updatedAt: nowIso,
    sequence: 0,
    isOptimistic: true,
    note: null,
  };
}
