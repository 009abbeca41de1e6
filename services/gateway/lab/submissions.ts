/**
 * Which orders a client sends twice. Under the same clientOrderId a repeat is the same order: harmless.
 * Under another one it is a second order; when the answer to the first was lost and nothing has told
 * the client of it since, it did not mean to. Pure.
 */
import type { OrderRequest } from '@sandpit/schemas/http.ts';

export type Sent = 'first' | 'repeat' | 'duplicate';

/** What a lab remembers of the orders that were sent through it. */
export interface SubmissionBook {
  /** @param venue  Ids are unique in a simulator. */
  send(venue: string, order: OrderRequest): Sent | Promise<Sent>;
  /** The client got an answer. */
  answered(venue: string, clientOrderId: string): void | Promise<void>;
  /** The client is up to date again: it knows of all that reached the venue, and of all that did not. */
  synced(): void | Promise<void>;
}

interface Submission {
  intent: string;
  /** Whether the client has heard what became of it. */
  known: boolean;
}

/** The newest are remembered. */
const REMEMBERED_MAX = 500;

/** Of one gateway, in its memory. */
export class Submissions implements SubmissionBook {
  readonly #byId = new Map<string, Submission>();

  send(venue: string, order: OrderRequest): Sent {
    const id = idOf(venue, order.clientOrderId);
    if (this.#byId.has(id)) return 'repeat';
    const intent = intentOf(venue, order);
    const isDuplicate = [...this.#byId.values()].some(
      (other) => other.intent === intent && !other.known,
    );
    this.#byId.set(id, { intent, known: false });
    if (this.#byId.size > REMEMBERED_MAX) this.#byId.delete(this.#byId.keys().next().value ?? '');
    return isDuplicate ? 'duplicate' : 'first';
  }

  answered(venue: string, clientOrderId: string): void {
    const submission = this.#byId.get(idOf(venue, clientOrderId));
    if (submission) submission.known = true;
  }

  synced(): void {
    for (const submission of this.#byId.values()) submission.known = true;
  }
}

export const idOf = (venue: string, clientOrderId: string) => `${venue}/${clientOrderId}`;

export function intentOf(venue: string, { clientOrderId: _, ...order }: OrderRequest): string {
  return JSON.stringify([venue, ...Object.entries(order).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
