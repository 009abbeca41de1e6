/**
 * Orders whose fate is not known yet, kept over a reload of the page, so that each of them ends known:
 * a tab that is closed and opened in the middle of an order would otherwise forget that it ever asked.
 */
import type { OrderRequest } from '@sandpit/schemas/http.ts';
import type { Asked } from './socket-source.ts';

/** What places an order, or several that depend on each other. */
export type Placing = 'submitOrder' | 'submitOrderList' | 'closePosition' | 'reversePosition';

export interface Sent {
  operation: Placing;
  asked: Asked;
  orders: readonly [OrderRequest, ...OrderRequest[]];
  /** When the trader asked, ms since the epoch. */
  askedAtMs: number;
  /** The same in simulated time, as the row shows it. */
  askedAtIso: string;
}

/** Far more than anybody has under way; the oldest go first. */
const KEPT_MAX = 50;
/** After this the venue's history answers better than we do. */
export const KEPT_MS = 10 * 60_000;

export class InFlight {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  readonly #key: string;
  readonly #now: () => number;

  /** @param now  Milliseconds since the epoch. */
  constructor(
    storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>,
    simulatorId: string,
    now: () => number,
  ) {
    this.#storage = storage;
    this.#key = `sandpit.inFlight.${simulatorId}`;
    this.#now = now;
  }

  /** Oldest first; what cannot be read is none. */
  all(): Sent[] {
    const text = this.#storage.getItem(this.#key);
    if (text === null) return [];
    try {
      const kept = JSON.parse(text) as Sent[];
      return kept.filter(({ orders, askedAtMs }) => {
        const ageMs = this.#now() - askedAtMs;
        return orders.length > 0 && ageMs >= 0 && ageMs < KEPT_MS;
      });
    } catch {
      return [];
    }
  }

  add(sent: Sent): void {
    this.#save([...this.all(), sent].slice(-KEPT_MAX));
  }

  remove({ orders: [gone] }: Sent): void {
    this.#save(
      this.all().filter(({ orders: [first] }) => first.clientOrderId !== gone.clientOrderId),
    );
  }

  #save(kept: readonly Sent[]): void {
    try {
      if (kept.length === 0) this.#storage.removeItem(this.#key);
      else this.#storage.setItem(this.#key, JSON.stringify(kept));
    } catch {
      // Full, or forbidden: the order goes on all the same, only a reload would not know of it.
    }
  }
}
