/** Tells streams the state of their order gate: once at the start, then whenever it changes. */
import type { Gate } from '@sandpit/schemas/http.ts';
import type { ServiceBroker } from 'moleculer';
import type { Attachment } from './attachment.ts';
import { frame } from './frame.ts';
import type { Stream } from './stream.ts';

export class Gates {
  readonly #broker: ServiceBroker;

  constructor(broker: ServiceBroker) {
    this.#broker = broker;
  }

  /** @param newcomer  Gets the gate in any case; everyone else when it has changed. */
  async tell(attachment: Attachment, newcomer: Stream | null): Promise<void> {
    const [anyone] = attachment.streams;
    const token = newcomer?.token ?? anyone?.token;
    const gate = token && (await this.#ask(attachment, token));
    if (!gate) return;
    const bytes = frame('gate', { gate });
    if (JSON.stringify(gate) !== JSON.stringify(attachment.gate)) attachment.broadcast(bytes);
    else newcomer?.transient(bytes);
    attachment.gate = gate;
  }

  async #ask({ venue }: Attachment, token: string): Promise<Gate | null> {
    try {
      return await this.#broker.call<Gate, { id: string }>(
        'sessions.gate',
        { id: venue.sessionId },
        { meta: { token } },
      );
    } catch {
      // It is asked again in a moment; orders are judged by the service itself.
      return null;
    }
  }
}
