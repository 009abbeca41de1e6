/**
 * Limit orders whose arrivals and cancellations depend on how long the queue is that they join: short
 * queues fill up, long ones lose orders, and a price is left when its queue has nothing to say for it.
 *
 * The model's first version: the three prices next to the mid on either side are birth-and-death
 * processes in units of the average order, independent of each other given their lengths. At the best
 * price orders arrive at a rate that does not depend on the queue, half as often when it is empty;
 * behind it the longer the queue the fewer; cancellations grow with the queue, ever more slowly. Market
 * orders are the takers' business. When the price has moved through an order, it is taken back with
 * the probability with which the model draws the whole book anew.
 *
 * Source: Huang, Lehalle & Rosenbaum, Journal of the American Statistical Association 110 (2015).
 */
import { BUY, SELL, type SideCode } from '../access.ts';
import { fairTicks, type MarketState } from '../market-state.ts';
import { OrderSlots, type OrderSlotsSnapshot } from '../order-slots.ts';
import { Random, type RandomState } from '../random.ts';
import { type Agent, waitNs } from './agent.ts';

/** Live orders at most; arrivals beyond it are not sent. */
export const QUEUE_REACTIVE_SLOTS = 240;
/** Arrivals at each price, in arrivals at the best one. */
const WEIGHTS = [1, 0.8, 0.6] as const;
/** Of an empty queue at the best price. */
const EMPTY_ARRIVALS = 0.5;
/** At most, in arrivals of a queue of the usual length; cancellations never reach it. */
const MOST = 2;
/** Chance that an order on the wrong side of the price is taken back at a step of the value. */
const REDRAWN = 0.85;
/** Orders so many prices behind the last one are forgotten by their owners. */
const FAR_TICKS = 6;

export interface QueueReactiveSnapshot {
  random: RandomState;
  orders: OrderSlotsSnapshot;
}

/** The queues of a book in the units of the model. */
export interface QueueTerms {
  /** Limit orders per second, all six queues together, when all are as long as usual. */
  ordersPerSecond: number;
  /** Usual length of a queue, in average orders. */
  usualOrders: number;
}

/** Arrivals per second at the n-th price, 0 = the best one, to a queue of so many average orders. */
export function arrivalsAt(n: number, queueOrders: number, terms: QueueTerms): number {
  const rate = rateAt(n, terms);
  if (n === 0) return queueOrders > 0 ? rate : EMPTY_ARRIVALS * rate;
  return (MOST * rate) / (1 + queueOrders / terms.usualOrders);
}

/** Cancellations per second there; as many as arrivals when the queue is as long as usual. */
export function cancellationsAt(n: number, queueOrders: number, terms: QueueTerms): number {
  return (MOST * rateAt(n, terms) * queueOrders) / (queueOrders + terms.usualOrders);
}

const SIDES_WEIGHT = 2 * WEIGHTS.reduce((sum, weight) => sum + weight, 0);

const rateAt = (n: number, { ordersPerSecond }: QueueTerms) =>
  (ordersPerSecond * WEIGHTS[n]!) / SIDES_WEIGHT;

export class QueueReactive implements Agent<QueueReactiveSnapshot> {
  readonly #state: MarketState;
  readonly #firstOwner: number;
  readonly #ordersPerSecond: number;
  #random: Random;
  #orders = new OrderSlots(QUEUE_REACTIVE_SLOTS);

  constructor(state: MarketState, firstOwner: number, ordersPerSecond: number, random: Random) {
    [this.#state, this.#firstOwner, this.#random] = [state, firstOwner, random];
    this.#ordersPerSecond = ordersPerSecond;
  }

  /** One possible event, by thinning: all queues at their busiest bound what happens. */
  wake(nowNs: number): number {
    const isArrival = this.#random.chance(0.5);
    const side = this.#random.chance(0.5) ? BUY : SELL;
    this.#tryOne(isArrival, side, this.#random.uniform());
    const activity = Math.sqrt(this.#state.value.activity) + 0.1;
    const bound = 2 * MOST * this.#ordersPerSecond;
    return nowNs + waitNs(this.#random.exponential(), bound * activity);
  }

  /** @param place  Where in the bound of its side and kind the event falls, 0 … 1. */
  #tryOne(isArrival: boolean, side: SideCode, place: number): void {
    const terms = this.#terms();
    let left = (place * MOST * this.#ordersPerSecond) / 2;
    for (let n = 0; n < WEIGHTS.length; n++) {
      const most = MOST * rateAt(n, terms);
      if (left >= most) {
        left -= most;
        continue;
      }
      const price = this.#priceAt(side, n);
      if (price < 1) return;
      const queue = this.#state.book.lotsAt(side, price) / this.#orderLots();
      const rate = isArrival ? arrivalsAt(n, queue, terms) : cancellationsAt(n, queue, terms);
      if (left >= rate) return;
      if (isArrival) this.#place(side, price);
      else this.#cancelAt(side, price);
      return;
    }
  }

  #terms(): QueueTerms {
    const { depthLots } = this.#state.parameters;
    const usualOrders = Math.max(1, depthLots / this.#orderLots());
    return { ordersPerSecond: this.#ordersPerSecond, usualOrders };
  }

  /** The average order in lots, a round lot at least. */
  #orderLots(): number {
    const { orderLots, roundLot } = this.#state.parameters;
    return Math.max(1, Math.round(orderLots / roundLot)) * roundLot;
  }

  /** The n-th price from the mid; 0 while a side of the book is empty. */
  #priceAt(side: SideCode, n: number): number {
    const mid = this.#state.book.midTicks(0);
    if (mid === 0) return 0;
    return side === BUY ? Math.floor(mid - 0.5) - n : Math.ceil(mid + 0.5) + n;
  }

  #place(side: SideCode, price: number): void {
    const slot = this.#orders.nextFree;
    const fair = fairTicks(this.#state);
    if (slot < 0 || (side === BUY ? price >= fair : price <= fair)) return;
    const lots = Math.min(this.#orderLots(), this.#state.parameters.maxOrderLots);
    const handle = this.#state.book.rest(this.#firstOwner + slot, side, price, lots);
    if (handle !== 0) this.#orders.take(side, price, lots, handle);
  }

  /** Any of its own there. */
  #cancelAt(side: SideCode, price: number): void {
    const pick = this.#random.uniform();
    const own: number[] = [];
    for (let i = 0; i < this.#orders.liveCount; i++) {
      const slot = this.#orders.liveAt(i);
      if (this.#orders.priceTicks[slot] === price && this.#orders.side[slot] === side) {
        own.push(slot);
      }
    }
    if (own.length > 0) this.#cancel(own[Math.floor(pick * own.length)]!);
  }

  /** Takes back what the price has moved through or left far behind; called as the value steps. */
  withdrawStale(): void {
    const fair = fairTicks(this.#state);
    for (let i = this.#orders.liveCount - 1; i >= 0; i--) {
      const slot = this.#orders.liveAt(i);
      const sign = this.#orders.side[slot] === BUY ? 1 : -1;
      const behind = sign * (fair - this.#orders.priceTicks[slot]!);
      const isThrough = behind < 0 && this.#random.chance(REDRAWN);
      if (isThrough || behind > WEIGHTS.length + FAR_TICKS) this.#cancel(slot);
    }
  }

  onFill(slot: number, leavesLots: number): void {
    if (leavesLots === 0) this.#orders.release(slot);
    else this.#orders.lots[slot] = leavesLots;
  }

  #cancel(slot: number): void {
    this.#state.book.cancel(this.#orders.handle[slot]!);
    this.#orders.release(slot);
  }

  snapshot(): QueueReactiveSnapshot {
    return { random: this.#random.state(), orders: this.#orders.snapshot() };
  }

  restore(snapshot: QueueReactiveSnapshot): void {
    this.#random = Random.restore(snapshot.random);
    this.#orders = OrderSlots.restore(snapshot.orders);
  }
}
