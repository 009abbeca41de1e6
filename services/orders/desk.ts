/** Submit, cancel, replace, cancel-all: from a trader's request to the order as the venue left it. */
import type { CommandBody } from '@sandpit/schemas/command.ts';
import { quantityLots } from '@sandpit/schemas/decimal.ts';
import type {
  Gate,
  OrderListPreview,
  OrderListRequest,
  OrderListView,
  OrderPreview,
  OrderRequest,
  OrderView,
  PositionView,
  ReplaceRequest,
} from '@sandpit/schemas/http.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { Order, OrderTicket, RejectReason, Side } from '@sandpit/schemas/order.ts';
import type { Caller } from '../platform/caller.ts';
import { problem } from '../platform/errors.ts';
import type { VenueDirectory, VenueInfo } from '../platform/venues.ts';
import { orderView } from '../platform/views.ts';
import { accepted, instrumentOf, ticketsOf } from './accepted.ts';
import { type Answer, answerOf, finalOrdersOf, ordersOf } from './answer.ts';
import {
  controlCommandId,
  type Envelope,
  envelopeOf,
  newListCommandId,
  newOrderCommandId,
} from './command.ts';
import { gateRefusal } from './gate.ts';
import type { Intake, Submitted } from './intake.ts';
import { isSameTicket, replacementOf, ticketOf } from './ticket.ts';

interface TicketList {
  contingency: OrderListRequest['contingency'];
  tickets: OrderTicket[];
}

export interface DeskSources {
  venues: Pick<VenueDirectory, 'owned' | 'refreshed'>;
  /** The gate of the session that owns the simulator. */
  gate(caller: Caller, sessionId: string): Promise<Gate>;
  /** Committed state, from the worker that runs the simulator. @throws problem `unavailable` */
  order(venue: VenueInfo, orderId: string): Promise<OrderView>;
  positions(venue: VenueInfo): Promise<readonly PositionView[]>;
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

  constructor(intake: Pick<Intake, 'recent' | 'send'>, sources: DeskSources) {
    this.#intake = intake;
    this.#sources = sources;
  }

  /** @returns `repeated`: this clientOrderId had been sent before, and this is what it got then. */
  async submit(
    caller: Caller,
    simulatorId: string,
    request: OrderRequest,
  ): Promise<{ order: OrderView; repeated: boolean }> {
    const venue = await this.#sources.venues.owned(simulatorId, caller.accountId);
    const instrument = instrumentOf(venue, request.symbol);
    const ticket = accepted(ticketOf(request, instrument, venue.opensAtMs));
    const envelope = envelopeOf(caller, simulatorId, newOrderCommandId(ticket.clientOrderId));
    let submitted = this.#intake.recent(envelope);
    if (!submitted) {
      if (venue.stopped) throw problem('simulatorStopped');
      await this.#passGate(caller, venue, ticket, instrument);
      submitted = await this.#intake.send(envelope, { type: 'newOrder', ticket }, caller.token);
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
    return this.#change(caller, simulatorId, orderId, id, () => ({ type: 'cancelOrder', orderId }));
  }

  async replace(
    caller: Caller,
    simulatorId: string,
    orderId: string,
    request: ReplaceRequest,
    key?: string,
  ): Promise<OrderView> {
    const venue = await this.#sources.venues.owned(simulatorId, caller.accountId);
    const { symbol } = await this.#sources.order(venue, orderId);
    const replacement = accepted(replacementOf(request, instrumentOf(venue, symbol)));
    const id = controlCommandId('r', `${simulatorId}/${orderId}/${JSON.stringify(request)}`, key);
    return this.#change(caller, simulatorId, orderId, id, () => ({
      type: 'replaceOrder',
      orderId,
      ...replacement,
    }));
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
  ): Promise<{ list: OrderListView; repeated: boolean }> {
    const venue = await this.#sources.venues.owned(simulatorId, caller.accountId);
    const tickets = ticketsOf(orders, venue);
    const envelope = envelopeOf(caller, simulatorId, newListCommandId(clientListId));
    let submitted = this.#intake.recent(envelope);
    if (!submitted) {
      if (venue.stopped) throw problem('simulatorStopped');
      const opening = contingency === 'oco' || contingency === 'ouo' ? tickets : [tickets[0]!];
      for (const ticket of opening) {
        await this.#passGate(caller, venue, ticket, instrumentOf(venue, ticket.symbol));
      }
      const body = { type: 'newOrderList', clientListId, contingency, tickets } as const;
      submitted = await this.#intake.send(envelope, body, caller.token);
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
  ): Promise<{ order: OrderView; repeated: boolean }> {
    const venue = await this.#sources.venues.owned(simulatorId, caller.accountId);
    instrumentOf(venue, symbol);
    if (reverse) await this.#passOpening(caller, venue);
    const envelope = envelopeOf(caller, simulatorId, newOrderCommandId(clientOrderId));
    const body = { type: 'closePosition', symbol, clientOrderId, reverse } as const;
    const { outcome, repeated } = await this.#send(caller, venue, envelope, body);
    const answer = answerOf(outcome, (order) => order.clientOrderId === clientOrderId);
    if (answer.kind === 'refused' && answer.reason === 'reduceOnlyWouldIncrease') {
      throw problem('notFound', { detail: `There is no position in ${symbol}.` });
    }
    if (answer.kind !== 'order') return this.#refuse(caller, venue, answer);
    return { order: view(answer.order, venue, outcome.sequence), repeated };
  }

  /** Closing always passes; turning a position opens one. */
  async #passOpening(caller: Caller, venue: VenueInfo): Promise<void> {
    const gate = await this.#sources.gate(caller, venue.sessionId);
    if (gate.state === 'healthy' || gate.state === 'degraded') return;
    if (gate.reasons.includes('sessionExpired')) throw problem('sessionExpired');
    const detail = 'This connection may only reduce positions; close the position instead.';
    throw problem('orderGateClosed', { detail });
  }

  async #change(
    caller: Caller,
    simulatorId: string,
    orderId: string,
    commandId: string,
    body: () => CommandBody,
  ): Promise<OrderView> {
    const venue = await this.#sources.venues.owned(simulatorId, caller.accountId);
    const envelope = envelopeOf(caller, simulatorId, commandId);
    const { outcome } = await this.#send(caller, venue, envelope, body());
    const answer = answerOf(outcome, (order) => order.orderId === orderId);
    if (answer.kind === 'order') return view(answer.order, venue, outcome.sequence);
    if (answer.kind === 'quarantined') return this.#refuse(caller, venue, answer);
    if (answer.kind === 'nothing') return this.#sources.order(venue, orderId);
    if (answer.reason === 'unknownOrder' || answer.reason === 'simulatorHalted') {
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
  ): Promise<Submitted> {
    const known = this.#intake.recent(envelope);
    if (known) return known;
    if (venue.stopped) throw problem('simulatorStopped');
    return this.#intake.send(envelope, body, caller.token);
  }

  async #passGate(
    caller: Caller,
    venue: VenueInfo,
    ticket: OrderTicket,
    instrument: Instrument,
  ): Promise<void> {
    const gate = await this.#sources.gate(caller, venue.sessionId);
    if (gate.state === 'healthy' || gate.state === 'degraded') return;
    let heldLots = 0;
    if (gate.state === 'reduceOnly') {
      const positions = await this.#sources.positions(venue);
      const held = positions.find(({ symbol }) => symbol === ticket.symbol);
      heldLots = held ? (quantityLots(held.quantity, instrument) ?? 0) : 0;
    }
    if (gate.reasons.includes('sessionExpired')) throw problem('sessionExpired');
    const refusal = gateRefusal(gate, ticket, heldLots);
    if (refusal) throw problem('orderGateClosed', { detail: refusal });
  }

  /** A command that the venue as a whole would not take. */
  async #refuse(
    caller: Caller,
    venue: VenueInfo,
    answer: Exclude<Answer, { kind: 'order' }>,
  ): Promise<never> {
    if (answer.kind === 'quarantined') throw problem('simulatorHalted');
    if (answer.kind === 'nothing') throw problem('internalError');
    throw await this.#refusalOf(caller, venue, answer.reason);
  }

  async #refusalOf(caller: Caller, venue: VenueInfo, reason: RejectReason) {
    switch (reason) {
      case 'unknownOrder':
        return problem('notFound', { detail: 'This simulator has no order with that id.' });
      case 'duplicateClientOrderId':
        return problem('clientOrderIdReused');
      case 'simulatorHalted': {
        const now = await this.#sources.venues.refreshed(venue.simulatorId, caller.accountId);
        return problem(now.stopped ? 'simulatorStopped' : 'simulatorHalted');
      }
      case 'internalError':
        return problem('internalError');
      case 'killSwitchEngaged':
        return problem('forbidden', {
          detail:
            'A kill switch is on: only cancels pass. The simulator’s `risk` says whose it is.',
        });
      default:
        return problem('forbidden', { detail: `The venue refused it: ${reason}.` });
    }
  }
}

const isTicketOf = (order: Order | undefined, ticket: OrderTicket): boolean =>
  order !== undefined && isSameTicket(order, ticket);

function view(order: Order, venue: VenueInfo, sequence: number): OrderView {
  return orderView(order, instrumentOf(venue, order.symbol), venue.opensAtMs, sequence);
}
