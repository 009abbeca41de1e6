/**
 * Requests with one standing reply subscription, for publishes as for the JetStream API.
 *
 * The client library has the like; this one also knows the difference between "not sent" and
 * "sent, no answer", fails at once when the connection goes, and has a limit on what waits.
 */
import type { Msg, MsgHdrs, NatsConnection } from 'nats';
import { createInbox } from 'nats';
import { BusError } from './bus.ts';

const WAITING_MAX = 16_384;

interface Waiting {
  subject: string;
  resolve(message: Msg): void;
  reject(error: BusError): void;
  timer: NodeJS.Timeout;
}

export interface RequestOptions {
  timeoutMs: number;
  headers?: MsgHdrs;
}

export class Requests {
  readonly #nc: NatsConnection;
  readonly #inbox: string;
  readonly #waiting = new Map<string, Waiting>();
  #count = 0;
  connected = true;

  constructor(nc: NatsConnection, inboxPrefix: string) {
    this.#nc = nc;
    this.#inbox = `${createInbox(inboxPrefix)}.`;
    nc.subscribe(`${this.#inbox}*`, {
      // A refused subscription comes without a message; requests then run into their time-out.
      callback: (error, message) => {
        if (!error) this.#onReply(message);
      },
    });
  }

  /**
   * @throws BusError `unavailable` (not sent, or nobody serves the subject), `unknown` (sent, no
   *   answer), `refused` (no permission).
   */
  send(subject: string, data: Uint8Array, { timeoutMs, headers }: RequestOptions): Promise<Msg> {
    if (!this.connected || this.#nc.isClosed()) {
      return Promise.reject(new BusError('unavailable', `${subject}: not connected to NATS.`));
    }
    if (this.#waiting.size >= WAITING_MAX) {
      return Promise.reject(
        new BusError('unavailable', `${subject}: ${WAITING_MAX} requests wait already.`),
      );
    }
    const token = (this.#count++).toString(36);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(token);
        reject(new BusError('unknown', `${subject}: no answer within ${timeoutMs} ms.`));
      }, timeoutMs);
      this.#waiting.set(token, { subject, resolve, reject, timer });
      try {
        this.#nc.publish(subject, data, {
          reply: this.#inbox + token,
          ...(headers && { headers }),
        });
      } catch (error) {
        this.#take(token);
        reject(new BusError('refused', `${subject}: ${(error as Error).message}.`, error));
      }
    });
  }

  /** What was sent and not answered may or may not have happened. */
  failAll(reason: string): void {
    for (const token of [...this.#waiting.keys()]) {
      const waiting = this.#take(token);
      waiting?.reject(new BusError('unknown', `${waiting.subject}: ${reason}.`));
    }
  }

  failForbidden(subject: string): void {
    for (const [token, waiting] of this.#waiting) {
      if (waiting.subject !== subject) continue;
      this.#take(token);
      waiting.reject(new BusError('refused', `${subject}: this credential may not publish there.`));
    }
  }

  #take(token: string): Waiting | undefined {
    const waiting = this.#waiting.get(token);
    if (!waiting) return undefined;
    this.#waiting.delete(token);
    clearTimeout(waiting.timer);
    return waiting;
  }

  #onReply(message: Msg): void {
    const waiting = this.#take(message.subject.slice(this.#inbox.length));
    if (!waiting) return;
    if (message.headers?.code === 503) {
      waiting.reject(
        new BusError('unavailable', `${waiting.subject}: nobody serves it; is JetStream up?`),
      );
    } else {
      waiting.resolve(message);
    }
  }
}
