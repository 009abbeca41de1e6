import type { OrderPreview, OrderRequest } from '@sandpit/schemas/http.ts';
import type { Orders } from './orders.svelte.ts';

type Request = Omit<OrderRequest, 'clientOrderId'>;

/** Typing comes in bursts: one question for each. */
const SETTLE_MS = 300;
/** The market moves on under a ticket that stays as it is. */
const REFRESH_MS = 3_000;

/** What the venue would do with the order in the ticket; null while there is none, or no answer. */
export class Preview {
  answer = $state.raw<OrderPreview | null>(null);

  /** Asks for as long as nobody calls what it returns. Forgets the last order's answer at once. */
  watch(request: Request, orders: Orders): () => void {
    let isOver = false;
    this.answer = null;
    const ask = async () => {
      const answer = await orders.preview(request).catch(() => null);
      if (isOver) return;
      // Without an answer the desk's own estimate stands.
      this.answer = answer;
      timer = setTimeout(ask, REFRESH_MS);
    };
    let timer = setTimeout(ask, SETTLE_MS);
    return () => {
      isOver = true;
      clearTimeout(timer);
      this.answer = null;
    };
  }
}
