import type { OrderPreview, OrderRequest } from '@sandpit/schemas/http.ts';
import type { Orders } from './orders.svelte.ts';

type Request = Omit<OrderRequest, 'clientOrderId'>;

/** Typing comes in bursts: one question for each. */
const SETTLE_MS = 300;
/** The market moves on under a ticket that stays as it is. */
const REFRESH_MS = 3_000;

/**
 * What the venue would do with the orders in the ticket that can be asked about: the order, the entry
 * of a bracket, both of an OCO. Empty while there is none, or no answer.
 */
export class Preview {
  answers = $state.raw<readonly OrderPreview[]>([]);

  /** Asks for as long as nobody calls what it returns. Forgets the last answers at once. */
  watch(requests: readonly Request[], orders: Orders): () => void {
    let isOver = false;
    this.answers = [];
    const ask = async () => {
      const asked = requests.map((request) => orders.preview(request));
      const answers = await Promise.all(asked).catch(() => []);
      if (isOver) return;
      // Without an answer the desk's own estimate stands.
      this.answers = answers;
      timer = setTimeout(ask, REFRESH_MS);
    };
    let timer = setTimeout(ask, SETTLE_MS);
    return () => {
      isOver = true;
      clearTimeout(timer);
      this.answers = [];
    };
  }
}
