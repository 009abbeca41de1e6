/** Submit, cancel, replace, cancel-all: from a trader's request to the order as the venue left it. */
import type { CommandBody } from '@sandpit/schemas/command.ts';
import type {
  OrderListPreview,
  OrderListRequest,
  OrderListView,
  OrderPreview,
  OrderRequest,
  OrderView,
  ReplaceRequest,
} from '@sandpit/schemas/http.ts';
import type { Order, OrderTicket, Side } from '@sandpit/schemas/order.ts';
import type { OrderStamp } from '@sandpit/schemas/order-stamp.ts';
import type { Caller } from '../platform/caller.ts';
import { problem } from '../platform/errors.ts';
import type { VenueDirectory, VenueInfo } from '../platform/venues.ts';
import { orderView } from '../platform/views.ts';
import { accepted, instrumentOf, ticketsOf } from './accepted.ts';
import { answerOf, finalOrdersOf, ordersOf } from './answer.ts';
import {
  controlCommandId,
  type Envelope,
  envelopeOf,
  newListCommandId,
  newOrderCommandId,
} from './command.ts';
import type { Intake, Submitted } from './intake.ts';
import { Passage, type PassageSources } from './passage.ts';
import { type Refused, refusalOf, VENUE_REASONS } from './refusal.ts';
import type { Stamp } from './stamp.ts';
import { isSameTicket, replacementOf, ticketOf } from './ticket.ts';

interface TicketList {
  contingency: OrderListRequest['contingency'];
  tickets: OrderTicket[];
}

export interface DeskSources extends PassageSources {
  venues: Pick<VenueDirectory, 'owned' | 'refreshed'>;
  /** Committed state, from the worker that runs the simulator. @throws problem `unavailable` */
  order(venue: VenueInfo, orderId: string): Promise<OrderView>;
  preview(venue: VenueInfo, ticket: OrderTicket): Promise<OrderPreview>;
  previewList(venue: VenueInfo, list: TicketList): Promise<OrderListPreview>;
}

export interface Selection {
  symbol?: string | undefined;
  side?: Side | undefined;
}

export class OrderDesk {
  readonly #intake: Pick<Intake, 'recent' | 'send'>;
  readonly #sources: DeskSources;
  readonly #passage: Passage;

  /** @param now  Host time, ms since the epoch. */
  constructor(
    intake: Pick<Intake, 'recent' | 'send'>,
    sources: DeskSources,
    now: () => number = Date.now,
  ) {
    this.#intake = intake;
    this.#sources = sources;
    this.#passage = new Passage(sources, now);
  }

  /** @returns `repeated`: this clientOrderId had been sent before, and this is what it got then. */
  async submit(
    caller: Caller,
    simulatorId: string,
    request: OrderRequest,
    given: OrderStamp = {},
  ): Promise<{ order: OrderView; repeated: boolean }> {
    const venue = await this.#sources.venues.owned(simulatorId, caller.accountId);
    const instrument = instrumentOf(venue, request.symbol);
    const ticket = accepted(ticketOf(request, instrument, venue.opensAtMs));
    const envelope = envelopeOf(caller, simulatorId, newOrderCommandId(ticket.clientOrderId));
    let submitted = this.#intake.recent(envelope);
    if (!submitted) {
      if (venue.stopped) throw problem('simulatorStopped');
      const stamp = this.#passage.inTime(given);
      await this.#passage.pass(caller, venue, [ticket], stamp);
      const body = { type: 'newOrder', ticket } as const;
      submitted = await this.#intake.send(envelope, body, caller.token, endOf(stamp));
    }
    const { outcome, repeated } = submitted;
    const isMine = (order: Order) => order.clientOrderId === ticket.clientOrderId;
    const answer = answerOf(outcome, isMine);
    if (answer.kind !== 'order') return this.#refuse(caller, venue, answer);
    if (!isSameTicket(answer.first, ticket)) throw problem('clientOrderIdReused');
    // The venue knew the id, so an earlier, different command used it.
    if (answer.order.rejectReason === 'duplicateClientOrderId')
      throw problem('clientOrderIdReused');
    return { order: view(answer.order, venue, outcome.sequence), repeated };
  }

  /** What the venue would do with it now. Nothing is recorded, and the session's gate is not asked. */
  async preview(caller: Caller, simulatorId: string, request: OrderRequest): Promise<OrderPreview> {
    const venue = await this.#sources.venues.owned(simulatorId, caller.accountId);
    if (venue.stopped) throw problem('simulatorStopped');
    const instrument = instrumentOf(venue, request.symbol);
    const ticket = accepted(ticketOf(request, instrument, venue.opensAtMs));
    return this.#sources.preview(venue, ticket);
  }

  /** The same of a list. */
  async previewList(
    caller: Caller,
    simulatorId: string,
    { contingency, orders }: OrderListRequest,
  ): Promise<OrderListPreview> {
    const venue = await this.#sources.venues.owned(simulatorId, caller.accountId);
    if (venue.stopped) throw problem('simulatorStopped');
    return this.#sources.previewList(venue, { contingency, tickets: ticketsOf(orders, venue) });
  }

  /** The order as it stands after it; `rejectReason` says why nothing changed. */
  async cancel(caller: Caller, simulatorId: string, orderId: string, key?: string) {
    const id = controlCommandId('c', `${simulatorId}/${orderId}`, key);
    return this.#change(caller, simulatorId, orderId, id, { type: 'cancelOrder', orderId });
  }

  async replace(
    caller: Caller,
    simulatorId: string,
    orderId: string,
    request: ReplaceRequest,
    key?: string,
    given: OrderStamp = {},
  ): Promise<OrderView> {
    const venue = await this.#sources.venues.owned(simulatorId, caller.accountId);
    const { symbol } = await this.#sources.order(venue, orderId);
    if (Object.keys(request).length === 0) {
      const message = 'names nothing to change; give a price or a size';
      throw problem('validationFailed', { errors: [{ path: '', message }] });
    }
    const replacement = accepted(replacementOf(request, instrumentOf(venue, symbol)));
    const id = controlCommandId('r', `${simulatorId}/${orderId}/${JSON.stringify(request)}`, key);
    const body = { type: 'replaceOrder', orderId, ...replacement } as const;
    return this.#change(caller, simulatorId, orderId, id, body, given);
  }

  async cancelAll(caller: Caller, simulatorId: string, selection: Selection, key?: string) {
    const venue = await this.#sources.venues.owned(simulatorId, caller.accountId);
    if (selection.symbol !== undefined) instrumentOf(venue, selection.symbol);
    const { symbol = null, side = null } = selection;
    const target = `${simulatorId}/${symbol}/${side}`;
    const envelope = envelopeOf(caller, simulatorId, controlCommandId('a', target, key));
    const { outcome } = await this.#send(caller, venue, envelope, {
      type: 'cancelAll',
      symbol,
      side,
    });
    const answer = answerOf(outcome, () => true);
    if (answer.kind === 'refused' || answer.kind === 'quarantined') {
      return this.#refuse(caller, venue, answer);
    }
    const items = finalOrdersOf(outcome.events).map((order) =>
      view(order, venue, outcome.sequence),
    );
    return { items, nextSince: outcome.sequence };
  }

  /** @returns `repeated`: this clientListId had been sent before, and this is what it got then. */
  async submitList(
    caller: Caller,
    simulatorId: string,
    { clientListId, contingency, orders }: OrderListRequest,
    given: OrderStamp = {},
  ): Promise<{ list: OrderListView; repeated: boolean }> {
    const venue = await this.#sources.venues.owned(simulatorId, caller.accountId);
    const tickets = ticketsOf(orders, venue);
    const envelope = envelopeOf(caller, simulatorId, newListCommandId(clientListId));
    let submitted = this.#intake.recent(envelope);
    if (!submitted) {
      if (venue.stopped) throw problem('simulatorStopped');
      const stamp = this.#passage.inTime(given);
      const opening = contingency === 'oco' || contingency === 'ouo' ? tickets : [tickets[0]!];
      await this.#passage.pass(caller, venue, opening, stamp);
      const body = { type: 'newOrderList', clientListId, contingency, tickets } as const;
      submitted = await this.#intake.send(envelope, body, caller.token, endOf(stamp));
    }
    const { outcome, repeated } = submitted;
    const ids = new Set(tickets.map((ticket) => ticket.clientOrderId));
    const isMine = (order: Order) => ids.has(order.clientOrderId);
    const answer = answerOf(outcome, isMine);
    if (answer.kind !== 'order') return this.#refuse(caller, venue, answer);
    const firstOf = (id: string) =>
      ordersOf(outcome.events).find((order) => order.clientOrderId === id);
    if (!tickets.every((ticket) => isTicketOf(firstOf(ticket.clientOrderId), ticket))) {
      throw problem('clientOrderIdReused');
    }
    const mine = finalOrdersOf(outcome.events).filter(isMine);
    const views = mine.map((order) => view(order, venue, outcome.sequence));
    const { listId } = answer.first.list ?? { listId: answer.first.orderId };
    return { list: { listId, clientListId, contingency, orders: views }, repeated };
  }

  /** Ends what is open of a list; the orders that it ended. */
  async cancelList(caller: Caller, simulatorId: string, listId: string, key?: string) {
    const venue = await this.#sources.venues.owned(simulatorId, caller.accountId);
    const id = controlCommandId('x', `${simulatorId}/${listId}`, key);
    const envelope = envelopeOf(caller, simulatorId, id);
    const { outcome } = await this.#send(caller, venue, envelope, { type: 'cancelList', listId });
    const answer = answerOf(outcome, () => true);
    const isOver = answer.kind === 'refused' && answer.reason === 'tooLateToCancel';
    if (!isOver && (answer.kind === 'refused' || answer.kind === 'quarantined')) {
      return this.#refuse(caller, venue, answer);
    }
    const items = finalOrdersOf(outcome.events).map((order) =>
      view(order, venue, outcome.sequence),
    );
    return { items, nextSince: outcome.sequence };
  }

  /** Cancels the symbol's orders and trades the position away, or turns it; the closing order. */
  async closePosition(
    caller: Caller,
    simulatorId: string,
    symbol: string,
    clientOrderId: string,
    reverse: boolean,
    given: OrderStamp = {},
  ): Promise<{ order: OrderView; repeated: boolean }> {
    const venue = await this.#sources.venues.owned(simulatorId, caller.accountId);
    instrumentOf(venue, symbol);
    const envelope = envelopeOf(caller, simulatorId, newOrderCommandId(clientOrderId));
    const body = { type: 'closePosition', symbol, clientOrderId, reverse } as const;
    // Closing passes any gate; turning a position opens one.
    const { outcome, repeated } = await this.#send(caller, venue, envelope, body, async () => {
      const stamp = this.#passage.inTime(given);
      if (reverse) await this.#passage.passOpening(caller, venue, stamp);
      return endOf(stamp);
    });
    const answer = answerOf(outcome, (order) => order.clientOrderId === clientOrderId);
    if (answer.kind === 'refused' && answer.reason === 'reduceOnlyWouldIncrease') {
      throw problem('notFound', { detail: `There is no position in ${symbol}.` });
    }
    if (answer.kind !== 'order') return this.#refuse(caller, venue, answer);
    return { order: view(answer.order, venue, outcome.sequence), repeated };
  }

  async #change(
    caller: Caller,
    simulatorId: string,
    orderId: string,
    commandId: string,
    body: CommandBody,
    given: OrderStamp = {},
  ): Promise<OrderView> {
    const venue = await this.#sources.venues.owned(simulatorId, caller.accountId);
    const envelope = envelopeOf(caller, simulatorId, commandId);
    const { outcome } = await this.#send(caller, venue, envelope, body, async () =>
      endOf(this.#passage.inTime(given)),
    );
    const answer = answerOf(outcome, (order) => order.orderId === orderId);
    if (answer.kind === 'order') return view(answer.order, venue, outcome.sequence);
    if (answer.kind === 'quarantined') return this.#refuse(caller, venue, answer);
    if (answer.kind === 'nothing') return this.#sources.order(venue, orderId);
    if (VENUE_REASONS.has(answer.reason)) {
      return this.#refuse(caller, venue, answer);
    }
    // Filled or done meanwhile: an answer, not a failure. The order says how it ended.
    return { ...(await this.#sources.order(venue, orderId)), rejectReason: answer.reason };
  }

  async #send(
    caller: Caller,
    venue: VenueInfo,
    envelope: Envelope,
    body: CommandBody,
    pass: () => Promise<number | null> = async () => null,
  ): Promise<Submitted> {
    const known = this.#intake.recent(envelope);
    if (known) return known;
    if (venue.stopped) throw problem('simulatorStopped');
    return this.#intake.send(envelope, body, caller.token, await pass());
  }

  async #refuse(caller: Caller, venue: VenueInfo, answer: Refused): Promise<never> {
    throw await refusalOf(answer, venue, caller, this.#sources.venues);
  }
}

/** When its trader no longer wants it, ms since the epoch; the venue looks, too. */
const endOf = (stamp: Stamp | null): number | null => stamp && stamp.sentAtMs + stamp.windowMs;

const isTicketOf = (order: Order | undefined, ticket: OrderTicket): boolean =>
  order !== undefined && isSameTicket(order, ticket);

function view(order: Order, venue: VenueInfo, sequence: number): OrderView {
  return orderView(order, instrumentOf(venue, order.symbol), venue.opensAtMs, sequence);
}
