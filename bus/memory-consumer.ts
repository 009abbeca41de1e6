/** A durable consumer in memory: what the server keeps of it, and the one reader it may have. */
import type { ConsumeOptions, Delivery } from './bus.ts';
import type { Scheduler } from './memory-scheduler.ts';
import type { MemoryStream } from './memory-stream.ts';
import { StoredLazyMessage } from './message.ts';

interface Pending {
  message: StoredLazyMessage;
  deliveries: number;
  /** Calls off the redelivery that is planned. */
  calm: () => void;
}

/** After a callback that threw. */
const RETRY_PAUSE_MS = 250;

class MemoryDelivery extends StoredLazyMessage implements Delivery {
  readonly deliveries: number;
  readonly #settle: (retryInMs: number | null) => void;

  constructor(pending: Pending, settle: (retryInMs: number | null) => void) {
    const { subject, headers, data, sequence, storedAtMs } = pending.message;
    super(subject, headers, data, sequence, storedAtMs);
    this.deliveries = pending.deliveries;
    this.#settle = settle;
  }

  ack(): void {
    this.#settle(null);
  }

  retry(delayMs: number): void {
    this.#settle(delayMs);
  }
}

export interface ConsumerHooks {
  scheduler: Scheduler;
  /** Whether this delivery is lost on its way, or arrives twice. */
  deliveryFault(sequence: number): 'lost' | 'duplicate' | null;
  /** Acknowledgements from a reader that is cut off go nowhere. */
  isConnected(): boolean;
}

export class MemoryConsumer {
  readonly options: ConsumeOptions;
  readonly #stream: MemoryStream;
  readonly #hooks: ConsumerHooks;
  readonly #pending = new Map<number, Pending>();
  readonly #due: Pending[] = [];
  readonly #inbox: Pending[] = [];
  #nextSequence: number;
  #reading = true;
  #working: Promise<void> | null = null;

  constructor(stream: MemoryStream, options: ConsumeOptions, hooks: ConsumerHooks) {
    this.#stream = stream;
    this.options = options;
    this.#hooks = hooks;
    this.#nextSequence = options.startSequence;
  }

  get isReading(): boolean {
    return this.#reading;
  }

  /** Sends as much as `maxAckPending` allows. */
  pump(): void {
    while (this.#reading && this.#hooks.isConnected()) {
      const redelivery = this.#due.shift();
      if (redelivery) {
        if (this.#pending.has(redelivery.message.sequence)) this.#send(redelivery);
        continue;
      }
      if (this.#pending.size >= this.options.maxAckPending) return;
      const message = this.#stream.next(this.options.filter, this.#nextSequence);
      if (!message) return;
      this.#nextSequence = message.sequence + 1;
      const pending = { message, deliveries: 0, calm: () => {} };
      this.#pending.set(message.sequence, pending);
      this.#send(pending);
    }
  }

  /** No callback runs any more once it resolves. */
  async stop(): Promise<void> {
    this.#reading = false;
    this.#inbox.length = 0;
    for (const pending of this.#pending.values()) pending.calm();
    await this.#working;
  }

  #send(pending: Pending): void {
    const { scheduler, deliveryFault } = this.#hooks;
    pending.deliveries += 1;
    pending.calm();
    pending.calm = scheduler.after(this.options.ackWaitMs, () => this.#redeliver(pending));
    const fault = deliveryFault(pending.message.sequence);
    if (fault === 'lost') return;
    const sent = { ...pending };
    scheduler.after(0, () => this.#arrive(sent));
    if (fault === 'duplicate') scheduler.after(0, () => this.#arrive(sent));
  }

  #redeliver(pending: Pending): void {
    this.#due.push(pending);
    this.pump();
  }

  #arrive(pending: Pending): void {
    if (!this.#reading || !this.#hooks.isConnected()) return;
    this.#inbox.push(pending);
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    for (let next = this.#inbox.shift(); next; next = this.#inbox.shift()) {
      const { message } = next;
      const delivery = new MemoryDelivery(next, (retryInMs) => this.#settle(message, retryInMs));
      try {
        await this.options.onMessage(delivery);
      } catch {
        delivery.retry(RETRY_PAUSE_MS);
      }
    }
    this.#working = null;
  }

  #settle({ sequence }: StoredLazyMessage, retryInMs: number | null): void {
    const pending = this.#pending.get(sequence);
    if (!pending || !this.#hooks.isConnected()) return;
    pending.calm();
    if (retryInMs !== null) {
      pending.calm = this.#hooks.scheduler.after(retryInMs, () => this.#redeliver(pending));
      return;
    }
    this.#pending.delete(sequence);
    // The server sends the next one after the acknowledgement has reached it.
    this.#hooks.scheduler.after(0, () => this.pump());
  }
}
