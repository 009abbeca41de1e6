/**
 * Core publishes whose sender wants to know when nobody heard them. Each names a subject to answer on;
 * the server itself answers there, at once, when nobody in the whole cluster listens ("no responders").
 * Subscribers do not answer.
 */
import { createInbox, type Msg, type NatsConnection } from 'nats';

/** Offers whose answer can still come; it takes a round trip. */
const OPEN_MAX = 4_096;
const NO_RESPONDERS = 503;

interface Offer {
  token: string;
  onUnheard(): void;
}

export class Offers {
  readonly #nc: NatsConnection;
  readonly #inbox: string;
  /** By their number, around and around. */
  readonly #open: (Offer | null)[] = new Array<Offer | null>(OPEN_MAX).fill(null);
  #count = 0;

  constructor(nc: NatsConnection, inboxPrefix: string) {
    this.#nc = nc;
    this.#inbox = `${createInbox(inboxPrefix)}.`;
    nc.subscribe(`${this.#inbox}*`, { callback: (_error, message) => this.#onReply(message) });
  }

  /** @param onUnheard  Is kept for a while: it should not hold on to much. */
  send(subject: string, body: Uint8Array, onUnheard: () => void): void {
    const number = this.#count++;
    const token = number.toString(36);
    this.#open[number % OPEN_MAX] = { token, onUnheard };
    this.#nc.publish(subject, body, { reply: this.#inbox + token });
  }

  #onReply({ subject, headers }: Msg): void {
    if (headers?.code !== NO_RESPONDERS) return;
    const token = subject.slice(this.#inbox.length);
    const slot = Number.parseInt(token, 36) % OPEN_MAX;
    const offer = this.#open[slot];
    if (offer?.token !== token) return;
    this.#open[slot] = null;
    offer.onUnheard();
  }
}
