/** The simulators that are being watched through this gateway, each opened once. */
import type { Bus } from '@sandpit/bus/bus.ts';
import type { LiveRecord } from '../../platform/live.ts';
import type { VenueInfo } from '../../platform/venues.ts';
import { Attachment } from './attachment.ts';

/** An attachment outlives its last stream by this, for the reload that is about to come. */
const LINGER_MS = 30_000;

export class Attachments {
  readonly #bus: Bus;
  readonly #onError: (error: unknown, simulatorId: string) => void;
  readonly #pending = new Map<string, Promise<Attachment>>();
  readonly #opened = new Map<string, Attachment>();

  constructor(bus: Bus, onError: (error: unknown, simulatorId: string) => void) {
    this.#bus = bus;
    this.#onError = onError;
  }

  find(simulatorId: string): Attachment | undefined {
    return this.#opened.get(simulatorId);
  }

  all(): Attachment[] {
    return [...this.#opened.values()];
  }

  take(live: LiveRecord): void {
    this.#opened.get(live.address.simulatorId)?.log.take(live);
  }

  /** Call `release` for every `acquire` that resolved. */
  async acquire(venue: VenueInfo): Promise<Attachment> {
    const attachment = await this.#open(venue);
    attachment.users += 1;
    return attachment;
  }

  release(attachment: Attachment): void {
    attachment.users -= 1;
    if (attachment.users === 0) setTimeout(() => this.#forget(attachment), LINGER_MS).unref();
  }

  async close(): Promise<void> {
    const opened = this.all();
    this.#pending.clear();
    this.#opened.clear();
    await Promise.all(opened.map((attachment) => attachment.close()));
  }

  #open(venue: VenueInfo): Promise<Attachment> {
    const { simulatorId } = venue;
    let pending = this.#pending.get(simulatorId);
    if (!pending) {
      pending = this.#openAnew(venue);
      this.#pending.set(simulatorId, pending);
      pending.catch(() => this.#pending.delete(simulatorId));
    }
    return pending;
  }

  async #openAnew(venue: VenueInfo): Promise<Attachment> {
    const { simulatorId } = venue;
    const { incarnation } = await this.#bus.streamState('EVENTS');
    const attachment = new Attachment({
      bus: this.#bus,
      venue,
      // It becomes part of an event's id.
      incarnation: incarnation.replace(/[^A-Za-z0-9]/g, '').slice(0, 40),
      now: () => performance.now(),
      onError: (error) => this.#onError(error, simulatorId),
    });
    // Listens before it looks, so that no record falls between.
    this.#opened.set(simulatorId, attachment);
    try {
      await attachment.open();
      return attachment;
    } catch (error) {
      this.#opened.delete(simulatorId);
      await attachment.close();
      throw error;
    }
  }

  #forget(attachment: Attachment): void {
    const { simulatorId } = attachment.venue;
    if (attachment.users > 0 || this.#opened.get(simulatorId) !== attachment) return;
    this.#opened.delete(simulatorId);
    this.#pending.delete(simulatorId);
    attachment.close().catch((error: unknown) => this.#onError(error, simulatorId));
  }
}
