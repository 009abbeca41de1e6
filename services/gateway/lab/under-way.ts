/**
 * Which orders a cancel of all missed: those that were sent before it and reached the venue after it,
 * because a lab delays each request on its own. The client believes that nothing is open. Pure.
 */
export interface Sent {
  venue: string;
  symbol: string;
  side: string;
}

/** Of a cancel of all; nothing given = every one. */
export interface Selection {
  symbol?: string | undefined;
  side?: string | undefined;
}

interface UnderWayOrder extends Sent {
  isMissed: boolean;
}

export class UnderWay {
  readonly #orders = new Set<UnderWayOrder>();

  /** @returns to be called when they have arrived, or are lost: how many a cancel has missed. */
  send(orders: readonly Sent[]): () => number {
    const sent = orders.map((order) => ({ ...order, isMissed: false }));
    for (const order of sent) this.#orders.add(order);
    return () => {
      for (const order of sent) this.#orders.delete(order);
      return sent.filter(({ isMissed }) => isMissed).length;
    };
  }

  /** Where a cancel of all stands when it is sent; orders that are sent later are none of its business. */
  cancelAll(venue: string, { symbol, side }: Selection): () => void {
    const before = [...this.#orders].filter(
      (order) =>
        order.venue === venue &&
        (symbol === undefined || order.symbol === symbol) &&
        (side === undefined || order.side === side),
    );
    return () => {
      for (const order of before) order.isMissed ||= this.#orders.has(order);
    };
  }
}
