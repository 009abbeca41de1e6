import type { OrderPreview, OrderRequest } from '@sandpit/schemas/http.ts';
import { listLines, outcomeLine, type PreviewLine } from '../client/preview-words.ts';
import type { PlanList } from '../client/ticket-plan.ts';
import type { Orders } from './orders.svelte.ts';

/** What can be asked about: an order, or several that depend on each other. */
export type Question =
  | { request: Omit<OrderRequest, 'clientOrderId'>; isCollected: boolean }
  | { list: PlanList; isCollected: boolean };

/** Typing comes in bursts: one question for each. */
const SETTLE_MS = 300;
/** The market moves on under a ticket that stays as it is. */
const REFRESH_MS = 3_000;

/** What the venue would do with what is in the ticket. Empty while there is nothing, or no answer. */
export class Preview {
  lines = $state.raw<readonly PreviewLine[]>([]);
  /** Of the order, or of the first one of a list; null while it would be refused. */
  first = $state.raw<OrderPreview | null>(null);

  /** Asks for as long as nobody calls what it returns. Forgets the last answers at once. */
  watch(question: Question, orders: Orders): () => void {
    let isOver = false;
    this.#forget();
    const ask = async () => {
      const answer = await answerTo(question, orders).catch(() => null);
      if (isOver) return;
      // Without an answer the desk's own estimate stands.
      if (answer === null) this.#forget();
      else Object.assign(this, answer);
      timer = setTimeout(ask, REFRESH_MS);
    };
    let timer = setTimeout(ask, SETTLE_MS);
    return () => {
      isOver = true;
      clearTimeout(timer);
      this.#forget();
    };
  }

  #forget(): void {
    this.lines = [];
    this.first = null;
  }
}

async function answerTo(
  question: Question,
  orders: Orders,
): Promise<Pick<Preview, 'lines' | 'first'>> {
  const { isCollected } = question;
  if ('list' in question) {
    const answer = await orders.previewList(question.list);
    const [first = null] = answer.accepted ? answer.orders : [];
    return { lines: listLines(question.list, answer, isCollected), first };
  }
  const answer = await orders.preview(question.request);
  return { lines: [outcomeLine(answer, isCollected)], first: answer.accepted ? answer : null };
}
