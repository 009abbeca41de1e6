/**
 * The anonymous crowd of limit orders: placed at a power-law distance from the touch, cancelled in
 * proportion to how many there are and how long their queue is.
 *
 * Source: zero-intelligence order flow, Smith, Farmer et al., Quantitative Finance 3 (2003); placement
 * tail, Zovko & Farmer (2002); rates that depend on the queue, Huang, Lehalle & Rosenbaum (2015).
 */
import { BUY, SELL, type SideCode } from '../access.ts';
import { fairTicks, type MarketState } from '../market-state.ts';
import { OrderSlots, type OrderSlotsSnapshot } from '../order-slots.ts';
import { Random, type RandomState } from '../random.ts';
import { drawOrderLots } from '../sizes.ts';
import { type Agent, waitNs } from './agent.ts';

/** Live orders at most; arrivals beyond it are not sent. */
export const LIQUIDITY_SLOTS = 600;
/** Orders that rest on average. */
const USUAL_ORDERS = 130;
/** Orders there from the first moment. */
const OPENING_ORDERS = 110;
const DISTANCE_TAIL = 0.75;
const DISTANCE_GRAINS = 1.3;
const MAX_DISTANCE_GRAINS = 150;
/** Probability to step inside a spread that is as wide as usual. */
const IMPROVE_CHANCE = 0.02;
/** An order in a queue of the usual depth is cancelled at every so many looks, in longer queues
 * more often, up to every look; in thin ones at least at this rate. */
const CANCEL_LOOKS = 4;
const MIN_CANCEL_CHANCE = 0.05;
/** At this distance from the best an order is given twice as much time. */
const PATIENT_GRAINS = 15;
const WITHDRAW_CHANCE = 0.9;
/** Most typical orders in one that rests: nobody shows as much as he may take. */
const MAX_RESTING_ORDERS = 4;
/** Who knows more and can wait rests on the side that gains: at most this much more often. */
const SIDE_PULL = 0.45;
const CANCEL_PULL = 0.85;

export interface LiquiditySnapshot {
  random: RandomState;
  orders: OrderSlotsSnapshot;
  isOpen: boolean;
}

export class Liquidity implements Agent<LiquiditySnapshot> {
  readonly #state: MarketState;
  readonly #firstOwner: number;
  #random: Random;
  #orders = new OrderSlots(LIQUIDITY_SLOTS);
  #isOpen = false;

  constructor(state: MarketState, firstOwner: number, random: Random) {
    this.#state = state;
    this.#firstOwner = firstOwner;
    this.#random = random;
  }

  onFill(slot: number, leavesLots: number): void {
    if (leavesLots === 0) this.#orders.release(slot);
    else this.#orders.lots[slot] = leavesLots;
  }

  wake(nowNs: number): number {
    if (!this.#isOpen) {
      this.#isOpen = true;
      for (let i = 0; i < OPENING_ORDERS; i++) this.#place();
    }
    const arrivals = this.#state.parameters.limitOrdersPerSecond;
    const cancellations = (CANCEL_LOOKS * arrivals * this.#orders.liveCount) / USUAL_ORDERS;
    if (this.#random.uniform() * (arrivals + cancellations) < arrivals) this.#place();
    else this.#cancelOne();
    const activity = Math.sqrt(this.#state.value.activity) + 0.1;
    return nowNs + waitNs(this.#random.exponential(), (arrivals + cancellations) * activity);
  }

  /** Its orders are gone, e.g. by a split: the next look begins with as many as on the first day. */
  reopen(): void {
    this.#isOpen = false;
  }

  #place(): void {
    const slot = this.#orders.nextFree;
    const side: SideCode = this.#random.chance(0.5 + SIDE_PULL * this.#lean()) ? BUY : SELL;
    const price = this.#choosePrice(side);
    const { parameters, value } = this.#state;
    const lots = drawOrderLots(this.#random, parameters, value.sizeScale, MAX_RESTING_ORDERS);
    if (slot < 0 || price < 1) return;
    const handle = this.#state.book.rest(this.#firstOwner + slot, side, price, lots);
    if (handle !== 0) this.#orders.take(side, price, lots, handle);
  }

  /** How far what the patient ones know is from the price, in spreads; −1 … 1, positive = above. */
  #lean(): number {
    const { book, flow, value } = this.#state;
    const worth = value.valueTicks * (1 + flow.pressure);
    const gap = (worth - book.midTicks(worth)) / value.spreadTicks;
    return Math.max(-1, Math.min(1, gap));
  }

  /** Limit in ticks; 0 when this order is better not sent. */
  #choosePrice(side: SideCode): number {
    const { book, parameters, value } = this.#state;
    const improves = this.#random.uniform();
    const stepInside = this.#random.uniform();
    const depth = this.#random.pareto(DISTANCE_TAIL) - 1;
    const fair = fairTicks(this.#state);
    const sign = side === BUY ? 1 : -1;
    const bid = book.bestBid;
    const ask = book.bestAsk;
    const own = side === BUY ? bid : ask;
    // An empty side, or one far from where the price should be, is no place to start from.
    const shy = fair - sign * (value.spreadTicks / 2);
    let from = side === BUY ? Math.floor(shy) : Math.ceil(shy);
    if (own > 0 && sign * (fair - own) > 0 && sign * (shy - own) < 4 * value.spreadTicks)
      from = own;
    if (bid > 0 && ask > bid + 1 && from === own) {
      const width = (ask - bid) / value.spreadTicks;
      if (improves < IMPROVE_CHANCE * width * width * width * width) {
        const room = Math.min(ask - bid - 1, Math.ceil(((ask - bid) / 2) * stepInside));
        const price = own + sign * Math.max(1, room);
        return sign * (fair - price) > 0 ? price : 0;
      }
    }
    const distance = Math.floor(depth * DISTANCE_GRAINS * parameters.grainTicks);
    if (distance > MAX_DISTANCE_GRAINS * parameters.grainTicks) return 0;
    return from - sign * distance;
  }

  /** Long queues lose orders faster than short ones. */
  #cancelOne(): void {
    const { liveCount } = this.#orders;
    const pick = this.#random.uniform();
    const accept = this.#random.uniform();
    if (liveCount === 0) return;
    const slot = this.#orders.liveAt(Math.floor(pick * liveCount));
    const side = this.#orders.side[slot]! as SideCode;
    const { book, parameters } = this.#state;
    const price = this.#orders.priceTicks[slot]!;
    const fullness = book.lotsAt(side, price) / parameters.depthLots;
    const behind = Math.abs(price - (side === BUY ? book.bestBid : book.bestAsk));
    const patience = 1 + behind / (PATIENT_GRAINS * parameters.grainTicks);
    const usual = Math.max(MIN_CANCEL_CHANCE, (fullness * fullness) / CANCEL_LOOKS);
    const chance = usual / patience;
    const losing = side === BUY ? -this.#lean() : this.#lean();
    if (accept < chance * (1 + CANCEL_PULL * losing)) this.#cancel(slot);
  }

  /** Takes back orders on the wrong side of the price and those it has left far behind. */
  withdrawStale(): void {
    const { parameters, value } = this.#state;
    const fair = fairTicks(this.#state);
    const farTicks = (MAX_DISTANCE_GRAINS + 15) * parameters.grainTicks + 3 * value.spreadTicks;
    const margin = 0.1 * value.spreadTicks;
    for (let n = this.#orders.liveCount - 1; n >= 0; n--) {
      const slot = this.#orders.liveAt(n);
      const sign = this.#orders.side[slot] === BUY ? 1 : -1;
      const behind = sign * (fair - this.#orders.priceTicks[slot]!);
      if (behind > farTicks || (behind < -margin && this.#random.chance(WITHDRAW_CHANCE))) {
        this.#cancel(slot);
      }
    }
  }

  #cancel(slot: number): void {
    this.#state.book.cancel(this.#orders.handle[slot]!);
    this.#orders.release(slot);
  }

  snapshot(): LiquiditySnapshot {
    return {
      random: this.#random.state(),
      orders: this.#orders.snapshot(),
      isOpen: this.#isOpen,
    };
  }

  restore(snapshot: LiquiditySnapshot): void {
    this.#random = Random.restore(snapshot.random);
    this.#orders = OrderSlots.restore(snapshot.orders);
    this.#isOpen = snapshot.isOpen;
  }
}
