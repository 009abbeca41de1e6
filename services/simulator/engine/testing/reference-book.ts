/**
 * The rules of the book in the plainest words: one array of orders, sorted when asked. Slow, and
 * obviously right; the real book is compared with it.
 */
import { type BookSide, BUY, FOK, IOC, NO_TRADER, POST_ONLY } from '../sides.ts';

export interface ReferenceOrder {
  id: number;
  owner: number;
  side: BookSide;
  priceTicks: number;
  lots: number;
}

export interface ReferenceFill {
  makerId: number;
  makerOwner: number;
  priceTicks: number;
  lots: number;
}

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
  ): { fills: ReferenceFill[]; rests: boolean; leaves: number; stopped: boolean } {
    const { fills, leaves, stopped } = this.#fillsFor(owner, side, priceTicks, lots);
    const crosses = fills.length > 0 || stopped;
    if (crosses && flags & POST_ONLY) return { fills: [], rests: false, leaves: lots, stopped };
    if (flags & FOK && leaves > 0 && crosses)
      return { fills: [], rests: false, leaves: lots, stopped };
    for (const { makerId, lots } of fills) {
      this.orders.find((order) => order.id === makerId)!.lots -= lots;
    }
    this.orders = this.orders.filter((order) => order.lots > 0);
    const rests = leaves > 0 && priceTicks > 0 && !stopped && !(flags & (IOC | FOK));
    if (rests) this.orders.push({ id, owner, side, priceTicks, lots: leaves });
    return { fills, rests, leaves: rests ? 0 : leaves, stopped };
  }

  cancel(id: number): number {
    const lots = this.orders.find((order) => order.id === id)?.lots ?? 0;
    this.orders = this.orders.filter((order) => order.id !== id);
    return lots;
  }

  reduce(id: number, toLots: number): boolean {
    const order = this.orders.find((order) => order.id === id);
    if (!order || toLots < 1 || toLots >= order.lots) return false;
    order.lots = toLots;
    return true;
  }

  /** One side in the order in which it would trade. Sorting is stable, so age decides ties. */
  queue(side: BookSide): ReferenceOrder[] {
    const direction = side === BUY ? -1 : 1;
    return this.orders
      .filter((order) => order.side === side)
      .sort((a, b) => direction * (a.priceTicks - b.priceTicks));
  }

  #fillsFor(owner: number, side: BookSide, limitTicks: number, lots: number) {
    const fills: ReferenceFill[] = [];
    let leaves = lots;
    for (const maker of this.queue(side === BUY ? 1 : 0)) {
      const worse = side === BUY ? maker.priceTicks > limitTicks : maker.priceTicks < limitTicks;
      if (leaves === 0 || (limitTicks > 0 && worse)) break;
      if (maker.owner === owner && owner !== NO_TRADER) return { fills, leaves, stopped: true };
      const traded = Math.min(leaves, maker.lots);
      leaves -= traded;
      fills.push({
        makerId: maker.id,
        makerOwner: maker.owner,
        priceTicks: maker.priceTicks,
        lots: traded,
      });
    }
    return { fills, leaves, stopped: false };
  }
}
