/** The trader's orders through risk, account and settlement, in a book that a crowd has filled. */
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { Order, OrderTicket } from '@sandpit/schemas/order.ts';
import type { PriceTicks, QuantityLots } from '@sandpit/schemas/units.ts';
import { NO_TRADER } from '../services/simulator/engine/book.ts';
import { Exchange, type OrderCommand } from '../services/simulator/engine/exchange.ts';
import { isOpen } from '../services/simulator/engine/order-status.ts';
import { LISTING } from './books.ts';
import { MID_TICKS, type Operations } from './operations.ts';

/** In turn: an order that rests, its cancel, an order that trades. Two orders in three commands. */
const PHASES = 3;
/** A simulator takes 50,000 orders. */
export const COMMANDS_MAX = 72_000;
/** Of one who makes a market. */
export const MANY_OPEN_ORDERS = 100;
const STARTING_CASH_MICROS = 100_000_000_000_000;

/** A desk in front of a filled book; the same rounds of commands every time. */
export class TraderPath {
  readonly #exchange = new Exchange([LISTING], 'USD');
  #done = 0;
  #restingId = '';
  /** The events of every command, when somebody wants them. */
  told: VenueEvent[][] | null = null;

  /** @param openOrders  Of his own that rest all the while, on both sides; at most 200. */
  constructor({ preload, side, priceTicks, lots }: Operations, openOrders = 0) {
    this.#exchange.deposit(STARTING_CASH_MICROS);
    for (let i = 0; i < preload; i++) {
      this.#exchange.submit(0, NO_TRADER, side[i] as 0 | 1, priceTicks[i]!, lots[i]!, 0);
    }
    for (let i = 0; i < openOrders; i++) {
      const away = 60 + i;
      const [which, limit] = i % 2 === 0 ? ['buy' as const, -away] : ['sell' as const, away];
      this.#execute({ type: 'newOrder', ticket: ticket(`o${i}`, which, MID_TICKS + limit) });
    }
  }

  /** @param commands  More of them; all together no more than `COMMANDS_MAX`. */
  run(commands: number): void {
    for (const end = this.#done + commands; this.#done < end; this.#done++) {
      this.#exchange.setNow(this.#done);
      if (this.#done % PHASES === 0) this.#rest();
      else if (this.#done % PHASES === 1) this.#cancel();
      else this.#take();
    }
  }

  #rest(): void {
    const rest = ticket(`r${this.#done}`, 'buy', MID_TICKS - 50);
    const [accepted] = this.#execute({ type: 'newOrder', ticket: rest });
    if (accepted?.type !== 'orderAccepted') throw new Error(`bench: ${JSON.stringify(accepted)}`);
    this.#restingId = accepted.order.orderId;
  }

  #cancel(): void {
    const [canceled] = this.#execute({ type: 'cancelOrder', orderId: this.#restingId });
    if (canceled?.type !== 'orderCanceled') throw new Error(`bench: ${JSON.stringify(canceled)}`);
  }

  /** Buys and sells in turn, so that the position stays small. */
  #take(): void {
    const side = this.#done % 2 === 0 ? 'buy' : 'sell';
    const events = this.#execute({
      type: 'newOrder',
      ticket: ticket(`t${this.#done}`, side, null),
    });
    if (events[1]?.type !== 'orderFilled') throw new Error(`bench: ${JSON.stringify(events)}`);
  }

  #execute(command: OrderCommand) {
    const events = this.#exchange.execute(command, `c${this.#done}`, null);
    this.told?.push(events);
    return events;
  }
}

/**
 * The events of a desk's commands made once more, and nothing else: what the objects that leave the
 * engine take, whatever is done to find out what they say.
 */
export class EventsAlone {
  readonly #told: readonly VenueEvent[][];
  #done = 0;
  /** Where the copies go, so that making them is not for nothing. */
  last: VenueEvent[] = [];

  /** @param commands  As many as will be run. */
  constructor(operations: Operations, commands: number) {
    const path = new TraderPath(operations);
    path.told = [];
    path.run(commands);
    this.#told = path.told;
  }

  run(commands: number): void {
    for (const end = this.#done + commands; this.#done < end; this.#done++) {
      this.last = this.#told[this.#done]!.map(copyOf);
    }
  }
}

/** Field by field, as the engine makes them: an order that is done is shown as it is. */
function copyOf(event: VenueEvent): VenueEvent {
  const { atNs, causeId } = event;
  switch (event.type) {
    case 'orderFilled': {
      const { type, order, execution } = event;
      return { type, order: shown(order), execution: { ...execution }, atNs, causeId };
    }
    case 'orderAccepted':
    case 'orderCanceled':
      return { type: event.type, order: shown(event.order), atNs, causeId };
    case 'positionChanged':
      return { type: event.type, position: { ...event.position }, atNs, causeId };
    case 'accountChanged':
      return { type: event.type, account: { ...event.account }, atNs, causeId };
    default:
      throw new Error(`bench: ${event.type} is not of this path`);
  }
}

const shown = (order: Order): Order => (isOpen(order.status) ? { ...order } : order);

const ticket = (
  clientOrderId: string,
  side: 'buy' | 'sell',
  limitTicks: number | null,
): OrderTicket => ({
  clientOrderId,
  symbol: LISTING.instrument.symbol,
  side,
  type: limitTicks === null ? 'market' : 'limit',
  quantityLots: 1 as QuantityLots,
  limitTicks: limitTicks as PriceTicks | null,
  timeInForce: limitTicks === null ? 'ioc' : 'gtc',
  postOnly: false,
});
