/**
 * The rules of the book in the plainest words: one array of orders, sorted when asked. Slow, and
 * obviously right; the real book is compared with it.
 */
import { type BookSide, BUY, FOK, IOC, NO_TRADER, POST_ONLY, TRADER } from '../sides.ts';

export interface ReferenceOrder {
  id: number;
  owner: number;
  side: BookSide;
  priceTicks: number;
  /** Those that trade next: of an iceberg its tip, else all. */
  lots: number;
  /** Lots behind the tip. */
  behind: number;
  /** Size of the next tip. */
  part: number;
  isHidden: boolean;
  /** Fewest lots of a trade with it, while it has as many; 0 = any. */
  minimum: number;
}

export interface ReferenceFill {
  makerId: number;
  makerOwner: number;
  priceTicks: number;
  lots: number;
}

export interface ReferenceEntered {
  fills: ReferenceFill[];
  rests: boolean;
  leaves: number;
  /** The order of the same owner that it has met. */
  stoppedBy: number | null;
  /** Makers that were allowed less than they met; they are out of the book. */
  ended: number[];
}

/** How many lots a maker may trade of those that it meets, after these fills. */
export type Allowed = (
  maker: ReferenceOrder,
  lots: number,
  fills: readonly ReferenceFill[],
) => number;

export const asMet: Allowed = (_, lots) => lots;

export class ReferenceBook {
  /** Oldest first. */
  orders: ReferenceOrder[] = [];

  submit(
    id: number,
    owner: number,
    side: BookSide,
    priceTicks: number,
    lots: number,
    flags: number,
    allowed: Allowed = asMet,
  ): ReferenceEntered {
    const trial = this.#trade(owner, side, priceTicks, lots, allowed);
    const { fills, leaves, stoppedBy, ended, left } = trial;
    const stopped = stoppedBy !== null;
    const crosses = fills.length > 0 || stopped || ended.length > 0;
    const isHalf = (flags & FOK) !== 0 && leaves > 0;
    if (crosses && (flags & POST_ONLY || isHalf)) {
      return { fills: [], rests: false, leaves: lots, stoppedBy, ended: [] };
    }
    this.orders = left;
    const rests = leaves > 0 && priceTicks > 0 && !stopped && !(flags & (IOC | FOK));
    const plain = { behind: 0, part: 0, isHidden: false, minimum: 0 };
    if (rests) this.orders.push({ id, owner, side, priceTicks, lots: leaves, ...plain });
    return { fills, rests, leaves: rests ? 0 : leaves, stoppedBy, ended };
  }

  /** Shows only so much of an order that has just come to rest. */
  show(id: number, part: number): void {
    const order = this.orders.find((each) => each.id === id);
    if (!order || part >= order.lots) return;
    if (part === 0) order.isHidden = true;
    else Object.assign(order, { lots: part, behind: order.lots - part, part });
  }

  /** Rests an order of the trader's that is hidden and trades a minimum at a time. */
  rest(id: number, side: BookSide, priceTicks: number, lots: number, minimum: number): void {
    const order = { id, owner: TRADER, side, priceTicks, lots, minimum };
    this.orders.push({ ...order, behind: 0, part: 0, isHidden: true });
  }

  cancel(id: number): number {
    const order = this.orders.find((each) => each.id === id);
    this.orders = this.orders.filter((each) => each.id !== id);
    return order ? order.lots + order.behind : 0;
  }

  /** Takes so much of an order in an auction, tip by tip; each next one goes to the back. */
  trade(id: number, lots: number): void {
    let left = lots;
    while (left > 0) {
      const order = this.orders.find((each) => each.id === id)!;
      const taken = Math.min(left, order.lots);
      order.lots -= taken;
      left -= taken;
      if (order.lots > 0) return;
      this.orders = this.orders.filter((each) => each !== order);
      if (order.behind === 0) return;
      order.lots = Math.min(order.part, order.behind);
      order.behind -= order.lots;
      this.orders.push(order);
    }
  }

  reduce(id: number, toLots: number): boolean {
    const order = this.orders.find((each) => each.id === id);
    if (!order || toLots < 1 || toLots >= order.lots + order.behind) return false;
    order.behind = Math.max(0, toLots - order.lots);
    order.lots = Math.min(toLots, order.lots);
    return true;
  }

  /** One side in the order in which it would trade. Sorting is stable, so age decides ties. */
  queue(side: BookSide, orders = this.orders): ReferenceOrder[] {
    const direction = side === BUY ? -1 : 1;
    return orders
      .filter((order) => order.side === side)
      .sort(
        (a, b) =>
          direction * (a.priceTicks - b.priceTicks) || Number(a.isHidden) - Number(b.isHidden),
      );
  }

  /** Trades on a copy, one maker after the other. @returns  What is left in the book, too. */
  #trade(owner: number, side: BookSide, limitTicks: number, lots: number, allowed: Allowed) {
    const fills: ReferenceFill[] = [];
    const ended: number[] = [];
    let left = this.orders.map((order) => ({ ...order }));
    let leaves = lots;
    while (leaves > 0) {
      // Who asks for more than there is left to trade is passed over.
      const maker = this.queue(side === BUY ? 1 : 0, left).find(
        ({ minimum, lots }) => Math.min(minimum, lots) <= leaves,
      );
      if (!maker) break;
      const worse = side === BUY ? maker.priceTicks > limitTicks : maker.priceTicks < limitTicks;
      if (limitTicks > 0 && worse) break;
      if (maker.owner === owner && owner !== NO_TRADER) {
        return { fills, leaves, stoppedBy: maker.id, ended, left };
      }
      const atMost = Math.min(leaves, maker.lots);
      const traded = allowed(maker, atMost, fills);
      leaves -= traded;
      maker.lots -= traded;
      const { id: makerId, owner: makerOwner, priceTicks } = maker;
      if (traded > 0) fills.push({ makerId, makerOwner, priceTicks, lots: traded });
      if (traded < atMost) {
        left = left.filter((order) => order !== maker);
        ended.push(makerId);
        continue;
      }
      if (maker.lots > 0) continue;
      left = left.filter((order) => order !== maker);
      if (maker.behind === 0) continue;
      maker.lots = Math.min(maker.part, maker.behind);
      maker.behind -= maker.lots;
      left.push(maker);
    }
    return { fills, leaves, stoppedBy: null, ended, left };
  }
}
