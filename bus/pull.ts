/**
 * A standing pull on a consumer: always one request waiting at the server, so a message starts its
 * way the moment it is stored or the one before it is acknowledged.
 *
 * The server beats while it has nothing to send. Silence, or its word that the consumer is gone,
 * ends in `onLost`, once; a mere reconnection does not.
 */
import { createInbox, type Msg, type NatsConnection, type Subscription } from 'nats';
import { encodeBody } from './message.ts';

export interface PullOptions {
  stream: string;
  consumer: string;
  inboxPrefix: string;
  /** Messages asked for with one request. */
  batch: number;
  onMessage(message: Msg): void;
  /** Asked when silence makes one wonder. @throws when it is gone. */
  confirm(): Promise<void>;
  onLost(error: unknown): void;
}

const EXPIRES_MS = 30_000;
const HEARTBEAT_MS = 1_000;
const SILENCE_MAX_MS = 2.5 * HEARTBEAT_MS;
/** Pause after an answer that would otherwise be asked for again at once. */
const BACKOFF_MS = 100;

export class Pull {
  readonly #nc: NatsConnection;
  readonly #options: PullOptions;
  readonly #request: Uint8Array;
  #subscription: Subscription | null = null;
  /** Of the request before: what the server had sent on its way when we asked anew is ours as well. */
  #former: Subscription | null = null;
  #left = 0;
  #heardAtMs = performance.now();
  #watch: NodeJS.Timeout;
  #backoff: NodeJS.Timeout | undefined;
  #stopped = false;
  #confirming = false;

  constructor(nc: NatsConnection, options: PullOptions) {
    this.#nc = nc;
    this.#options = options;
    this.#request = encodeBody({
      batch: options.batch,
      expires: EXPIRES_MS * 1e6,
      idle_heartbeat: HEARTBEAT_MS * 1e6,
    });
    this.#watch = setInterval(() => this.#checkSilence(), HEARTBEAT_MS);
    this.restart();
  }

  /** Forgets what was asked for and asks anew. */
  restart(): void {
    if (this.#stopped) return;
    this.#former?.unsubscribe();
    this.#former = this.#subscription;
    const inbox = createInbox(this.#options.inboxPrefix);
    const subscription = this.#nc.subscribe(inbox, {
      callback: (_error, message) => {
        if (this.#subscription === subscription) this.#onReply(message, inbox);
        else if (this.#former === subscription && !isStatus(message)) this.#onLate(message);
      },
    });
    this.#subscription = subscription;
    this.#ask(inbox);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#watch);
    clearTimeout(this.#backoff);
    this.#subscription?.unsubscribe();
    this.#subscription = null;
    this.#former?.unsubscribe();
    this.#former = null;
  }

  #ask(inbox: string): void {
    const { stream, consumer, batch } = this.#options;
    this.#left = batch;
    this.#heardAtMs = performance.now();
    this.#nc.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, this.#request, {
      reply: inbox,
    });
  }

  #onReply(message: Msg, inbox: string): void {
    this.#heardAtMs = performance.now();
    if (isStatus(message)) {
      this.#onStatus(message, inbox);
      return;
    }
    this.#left -= 1;
    // Asked before the message is worked on: the next one finds a request waiting.
    if (this.#left === 0) this.#ask(inbox);
    this.#options.onMessage(message);
  }

  /**
   * Dropped, it would block the consumer until its time to be acknowledged is up: a server that stood
   * still for some seconds sends it just as its silence has made us ask again.
   */
  #onLate(message: Msg): void {
    this.#heardAtMs = performance.now();
    this.#options.onMessage(message);
  }

  #onStatus(message: Msg, inbox: string): void {
    const { code = 0, description = '' } = message.headers ?? {};
    if (code === 100) return;
    if (code === 503 || (code === 409 && /consumer deleted/i.test(description))) {
      this.#lose(new Error(`Consumer ${this.#options.consumer}: ${description || 'no answer'}.`));
    } else if (code === 408) {
      this.#ask(inbox);
    } else {
      clearTimeout(this.#backoff);
      this.#backoff = setTimeout(() => this.restart(), BACKOFF_MS);
    }
  }

  /** The server knows nothing of what was asked before, and perhaps not even of the consumer. */
  onReconnected(): void {
    this.#confirm();
  }

  #checkSilence(): void {
    if (performance.now() - this.#heardAtMs >= SILENCE_MAX_MS) this.#confirm();
  }

  #confirm(): void {
    if (this.#confirming || this.#stopped) return;
    this.#confirming = true;
    this.#options
      .confirm()
      .then(
        () => this.restart(),
        (error: unknown) => this.#lose(error),
      )
      .finally(() => {
        this.#confirming = false;
      });
  }

  #lose(error: unknown): void {
    if (this.#stopped) return;
    this.stop();
    this.#options.onLost(error);
  }
}

const isStatus = ({ headers }: Msg) => headers !== undefined && headers.code >= 100;
