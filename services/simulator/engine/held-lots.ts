/**
 * What resting orders hold money for, one side after the other: sums, and each by its price, so that
 * neither is worked out from all of them for every command.
 *
 * Knows nothing of when an order changes: `open-lots.ts` compares each with what is noted here before
 * it believes the sums.
 */
import type { OpenLots } from './buying-power.ts';
import type { BookSide } from './sides.ts';

/** One order as it was when it was noted. */
export interface Held extends OpenLots {
  /** Of lots that only open, at the limit. */
  costMicros: number;
  isReduceOnly: boolean;
  /** Grows with each order that comes to rest: at one price, who came first counts first. */
  place: number;
}

class SideOfHeld {
  costMicros = 0;
  lots = 0;
  /** Without those that only reduce. */
  openingLots = 0;
  /** Cheapest first, then oldest. */
  readonly byPrice: Held[] = [];

  add(held: Held): void {
    this.#count(held, 1);
    const at = this.#indexOf(held);
    // To splice is slow, and most traders have one order or none.
    if (at === this.byPrice.length) this.byPrice.push(held);
    else this.byPrice.splice(at, 0, held);
  }

  remove(held: Held): void {
    this.#count(held, -1);
    const at = this.#indexOf(held);
    if (at === this.byPrice.length - 1) this.byPrice.pop();
    else this.byPrice.splice(at, 1);
  }

  #count({ costMicros, lots, isReduceOnly }: Held, times: 1 | -1): void {
    this.costMicros += times * costMicros;
    this.lots += times * lots;
    if (!isReduceOnly) this.openingLots += times * lots;
  }

  /** Where it is, or would be. */
  #indexOf({ limitTicks, place }: Held): number {
    let low = 0;
    let high = this.byPrice.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.byPrice[middle];
      const isBefore =
        other.limitTicks < limitTicks || (other.limitTicks === limitTicks && other.place < place);
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export class HeldLots {
  readonly #sides = [new SideOfHeld(), new SideOfHeld()] as const;

  of(
    side: BookSide,
  ): Readonly<Pick<SideOfHeld, 'costMicros' | 'lots' | 'openingLots' | 'byPrice'>> {
    return this.#sides[side];
  }

  add(held: Held): void {
    this.#sides[held.side].add(held);
  }

  remove(held: Held): void {
    this.#sides[held.side].remove(held);
  }
}
